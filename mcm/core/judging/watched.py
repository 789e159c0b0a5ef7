"""What watches a stage, found without anybody naming it: endpoints, alarms, its traffic.

A guess by names, so it is written into `mcm.yaml` for people to read and never used to
decide anything by itself. An exact name wins over a similar one. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from mcm.core.alarm import AlarmDefinition
from mcm.core.endpoint import EndpointView
from mcm.core.judging.alarm_faults import metrics, names
from mcm.core.naming import fold
from mcm.core.place import Metric
from mcm.core.plans.layout import Site

_MINUTE = timedelta(minutes=1)
_SHORTEST = 4
"""A shorter name is found in too many others."""
_TRAFFIC = {
    "AWS/SageMaker": "Invocations",
    "AWS/ApplicationELB": "RequestCount",
    "AWS/ApiGateway": "Count",
    "AWS/Lambda": "Invocations",
}
"""The metric that counts requests, where a service has one."""


def endpoints_of(site: Site, known: Sequence[str], sites: Iterable[Site]) -> tuple[str, ...]:
    """Return the endpoints of the site's place that it seems to deploy to."""
    exact = tuple(name for name in known if name in site.targets)
    if exact:
        return exact
    beside = [other for other in sites if other is not site and other.place == site.place]
    taken = {name for other in beside for name in other.targets}
    free = [name for name in known if name not in taken]
    similar = tuple(n for n in free if any(_alike(n, target) for target in site.targets))
    if similar:
        return similar
    return tuple(free) if len(free) == 1 and not beside else ()


def alarms_of(
    site: Site,
    endpoints: Sequence[str],
    known: Iterable[AlarmDefinition],
    sites: Iterable[Site],
) -> tuple[AlarmDefinition, ...]:
    """Return the alarms of the site's place that seem to be about it, by name.

    Those that read a metric of what it deploys to; without any, those that are named
    after it; and every composite alarm that is.
    """
    alarms = list(known)
    about = {*site.targets, *endpoints}
    beside = [other for other in sites if other is not site and other.place == site.place]
    others = {name for other in beside for name in other.targets} - about
    measured = [each for each in alarms if names(each) & about and not names(each) & others]
    named = [
        each
        for each in alarms
        if any(_alike(each.name, name) for name in about)
        and not any(_alike(each.name, name) for name in others)
        and not names(each) & others
    ]
    chosen = measured + [e for e in named if e.kind == "CompositeAlarm"] if measured else named
    return tuple(sorted({each.name: each for each in chosen}.values(), key=lambda e: e.name))


def traffic_of(
    endpoints: Sequence[EndpointView], alarms: Iterable[AlarmDefinition]
) -> Metric | None:
    """Return the metric that would count the stage's requests; None where nothing tells."""
    for view in endpoints:
        live = [each for each in view.content.live if each.count > 0] or list(view.content.live)
        if live:
            most = max(live, key=lambda each: float(each.weight or 0))
            pairs = (("EndpointName", view.name), ("VariantName", most.name))
            return Metric("AWS/SageMaker", "Invocations", pairs, "Sum", _MINUTE)
    for alarm in alarms:
        for metric in metrics(alarm):
            if counter := _TRAFFIC.get(metric.namespace):
                return Metric(metric.namespace, counter, metric.dimensions, "Sum", _MINUTE)
    return None


def _alike(one: str, other: str) -> bool:
    a, b = fold(one), fold(other)
    short, long = sorted((a, b), key=len)
    return len(short) >= _SHORTEST and short in long
