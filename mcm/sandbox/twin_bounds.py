"""What `metric-threshold` calls bad of the metrics of a twin."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from mcm.core.canonical import parse_duration
from mcm.core.checks.metric_threshold import rule_of
from mcm.core.checks.series import series_of
from mcm.core.judging.threshold import Bound
from mcm.core.plans.plan import Guardrail
from mcm.sandbox.metrics import Series
from mcm.sandbox.twin_metrics import Limit

KIND = "metric-threshold"


def bounded(guardrails: Iterable[Guardrail]) -> list[Guardrail]:
    """Return the uses of the kind whose series is one metric; math is not modelled."""
    return [g for g in guardrails if g.kind == KIND and not g.params["expression"]]


def limits_of(guardrails: Iterable[Guardrail], region: str) -> dict[Series, list[Limit]]:
    """Return what the uses call bad of each series; for the one that counts requests, too few.

    Raises ValueError for a bound that its series does not have.
    """
    found: dict[Series, list[Limit]] = {}
    for guardrail in bounded(guardrails):
        params = guardrail.params
        bound = rule_of(guardrail, series_of(params).unit).bound
        for item in params["metrics"]:
            pairs = tuple(sorted((each["name"], each["value"]) for each in item["dimensions"]))
            series = Series(region, item["namespace"], item["metric"], pairs)
            is_samples = item["name"] == params["samples"]
            limit = _enough(int(params["min_samples"])) if is_samples else _beyond(bound)
            counts = item["stat"] == "SampleCount"
            found.setdefault(series, []).append(replace(limit, counts=counts))
    return found


def needs(guardrail: Guardrail, settle: timedelta) -> timedelta:
    """Return how long the new content must be loud before the bound shows as crossed."""
    period = parse_duration(guardrail.params["period"])
    return period * int(guardrail.params["points"]["breach"]) + settle


def _beyond(bound: Bound) -> Limit:
    edges = [float(each) for each in (bound.above, bound.below) if each is not None]
    steps = ((each / 2, each - max(abs(each), 1), each + max(abs(each), 1)) for each in edges)
    values = (*(value for step in steps for value in step), sum(edges) / len(edges))
    return Limit(lambda value: bound.is_crossed(Decimal(value)), values)


def _enough(wanted: int) -> Limit:
    """Too few requests are no pass; twice as many as are wanted come on a calm day."""
    return (
        Limit(lambda _: False, ()) if not wanted else Limit(lambda v: v < wanted, (2.0 * wanted,))
    )
