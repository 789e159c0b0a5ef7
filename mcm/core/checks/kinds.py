"""The kinds of check: what each wants to see and how it judges what was seen.

A kind is a pair of pure functions over a guardrail and a `Watch`. Adding a kind means
adding a module and a line in `KINDS`; a kind that is not listed is an ERROR, never a pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mcm.core.checks import (
    alarms,
    command,
    endpoint_health,
    http_health,
    metric_compare,
    metric_threshold,
    open_incidents,
    person,
    sagemaker_endpoint,
    shadow_traffic,
    smoke,
)
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.query import Query
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict


@dataclass(frozen=True)
class CheckKind:
    """What a kind wants to see, and how it judges."""

    queries: Callable[[Guardrail, Watch], frozenset[Query]]
    judge: Callable[[Guardrail, Watch, Readings], Verdict]
    sees_past: bool = False
    """Whether a look shows also what was while nobody could look."""


KINDS: dict[str, CheckKind] = {
    "alarms": CheckKind(alarms.queries, alarms.judge, sees_past=True),
    "sagemaker-endpoint": CheckKind(sagemaker_endpoint.queries, sagemaker_endpoint.judge),
    "http-health": CheckKind(http_health.queries, http_health.judge),
    "command": CheckKind(command.queries, command.judge),
    "open-incidents": CheckKind(open_incidents.queries, open_incidents.judge),
    "person": CheckKind(person.queries, person.judge, sees_past=True),
    "shadow-traffic": CheckKind(shadow_traffic.queries, shadow_traffic.judge),
    "smoke": CheckKind(smoke.queries, smoke.judge),
    "metric-threshold": CheckKind(metric_threshold.queries, metric_threshold.judge, sees_past=True),
    "metric-compare": CheckKind(metric_compare.queries, metric_compare.judge, sees_past=True),
}

HEALTH = "endpoint-health"
_UNDEFINED = {HEALTH: CheckKind(endpoint_health.queries, endpoint_health.judge)}
"""Kinds that no definition is of: nobody can name them in mcm.yaml."""


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """Return what must be read to judge `guardrail`; nothing for an unknown kind."""
    kind = KINDS.get(guardrail.kind) or _UNDEFINED.get(guardrail.kind)
    return kind.queries(guardrail, watch) if kind else frozenset()


def sees_past(guardrail: Guardrail) -> bool:
    """Say whether a look at `guardrail` makes up for those that failed."""
    kind = KINDS.get(guardrail.kind)
    return kind is not None and kind.sees_past


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Judge one guardrail on one turn's readings."""
    kind = KINDS.get(guardrail.kind) or _UNDEFINED.get(guardrail.kind)
    if kind is None:
        return Verdict(guardrail.name, Kind.ERROR, f"unknown kind of check: {guardrail.kind}")
    return kind.judge(guardrail, watch, readings)
