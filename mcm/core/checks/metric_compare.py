"""`metric-compare`: a series since the bake began against a baseline (see `comparison`).

The baseline is the same series right before the promotion or a week ago, or another one
over the same time: the live variant for a shadow, another region. Before the promotion
there is nothing new to compare; then only the baseline must be there.
"""

from datetime import timedelta
from math import isfinite

from mcm.core.canonical import parse_duration
from mcm.core.checks.series import brief, quantity_of, series_of
from mcm.core.checks.watch import Watch
from mcm.core.judging.comparison import Criterion, Difference, Sample, compare
from mcm.core.judging.criterion import BEFORE, LAST_WEEK, OTHER, Worse
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import Expression, Metric, MetricQuery, Place, Query
from mcm.core.reading import Readings
from mcm.core.units import convert
from mcm.core.verdict import Kind, Verdict

WEEK = timedelta(days=7)


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query for the baseline; from the bake on another one for what is compared."""
    return frozenset(query for query in (_new(guardrail, watch), _base(guardrail, watch)) if query)


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Compare once there is something new; until then look whether there is a baseline."""
    new, base = _new(guardrail, watch), _base(guardrail, watch)
    for query in (base, new):
        if query is not None and readings.known(query, Points) is None:
            return Verdict(guardrail.name, Kind.ERROR, readings.why_unknown(query) or "no points")
    known = readings.known(base, Points)
    assert known is not None  # looked at above
    baseline = _sample(guardrail, known)
    points = readings.known(new, Points) if new else None
    if points is None:
        return _before(guardrail, watch, baseline)
    return judge_samples(guardrail, _sample(guardrail, points), baseline)


def judge_samples(guardrail: Guardrail, new: Sample, base: Sample) -> Verdict:
    """Judge samples alone: the same for a turn and for a back-test."""
    series = series_of(guardrail.params)
    try:
        found = compare(criterion_of(guardrail, series.unit), new, base)
    except ValueError as err:  # a plan that another version of mcm has made
        return Verdict(guardrail.name, Kind.ERROR, str(err))
    title = f"{series.title} against {_named(guardrail)}"
    if found.mean == found.base == 0 and found.kind is Kind.INCONCLUSIVE:
        return Verdict(guardrail.name, found.kind, f"{title}: {found.reason}")
    told = _evidence(found, new, base, series.unit)
    reason = f"{title}: {found.reason}, {told[0]}"
    return Verdict(guardrail.name, found.kind, reason, told)


def criterion_of(guardrail: Guardrail, unit: str) -> Criterion:
    """Return what a use calls worse; raise ValueError for a floor in another unit."""
    params = guardrail.params
    return Criterion(
        Worse(params["worse"]),
        float(params["confidence"]),
        float(params["effect"]),
        float(convert(quantity_of(params["floor"]), unit)),
        params["min_points"],
    )


def _before(guardrail: Guardrail, watch: Watch, baseline: Sample) -> Verdict:
    """Without anything new: nothing can pass in the bake, and in front of it a baseline must be."""
    wanted, have = guardrail.params["min_points"], len(baseline.values)
    if have < wanted:
        reason = f"the baseline ({_named(guardrail)}) has {have} of {wanted} points"
        return Verdict(guardrail.name, Kind.INCONCLUSIVE, reason)
    if watch.since is not None:
        return Verdict(guardrail.name, Kind.INCONCLUSIVE, "nothing new to compare yet")
    reason = f"a baseline of {have} points ({_named(guardrail)}); compared in the bake"
    return Verdict(guardrail.name, Kind.PASS, reason)


def _evidence(found: Difference, new: Sample, base: Sample, unit: str) -> tuple[str, ...]:
    moved = f" ({(found.mean / found.base - 1) * 100:+.1f} %)" if found.base else ""
    counts = f"{len(new.values)} new and {len(base.values)} baseline points"
    return (
        f"mean {brief(found.mean)} against {brief(found.base)} {unit}".rstrip() + moved,
        f"{counts}, {new.missing} and {base.missing} missing",
        f"p {found.p:.2g}, worse in {found.share * 100:.0f} % of pairs",
    )


def _sample(guardrail: Guardrail, points: Points) -> Sample:
    values = points.by_period(parse_duration(guardrail.params["period"])).values()
    finite = [float(v) for v in values if v is not None and isfinite(v)]
    return Sample(finite, len(values) - len(finite))


def _named(guardrail: Guardrail) -> str:
    words = {BEFORE: "the time before", LAST_WEEK: "a week ago", OTHER: "the other series"}
    region = guardrail.params["other_region"]
    return words[guardrail.params["against"]] + (f" in {region}" if region else "")


def _new(guardrail: Guardrail, watch: Watch) -> MetricQuery | None:
    if watch.baking is None:
        return None
    metric = series_of(guardrail.params).metric
    return MetricQuery(watch.stage.place, metric, watch.baking, None, watch.settle)


def _base(guardrail: Guardrail, watch: Watch) -> MetricQuery:
    params, place = guardrail.params, watch.stage.place
    other = params["against"] == OTHER and params["other"]
    metric: Metric | Expression = series_of(params, "other" if other else "metrics").metric
    if params["other_region"]:
        place = Place(place.account, params["other_region"])
    long = parse_duration(params["baseline_for"])
    lag = watch.settle + (WEEK if params["against"] == LAST_WEEK else timedelta(0))
    if params["against"] == BEFORE and watch.since is not None:
        return MetricQuery(place, metric, watch.since - long, watch.since, watch.settle)
    if watch.baking is None:
        return MetricQuery(place, metric, None, None, lag, long)
    start = watch.baking - (WEEK if params["against"] == LAST_WEEK else timedelta(0))
    return MetricQuery(place, metric, start, None, lag)
