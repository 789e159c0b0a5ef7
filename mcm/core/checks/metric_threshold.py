"""`metric-threshold`: a bound on a metric or on metric math (AWS-RULES 24–26).

Before the promotion the newest N periods are judged; after it every closed period since
then. No data is unknown, never 0, except where the use says that a count of errors is
silent when all is well and the period did have requests.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from mcm.core.canonical import parse_duration
from mcm.core.checks.series import Series, bound_of, listed, metric_of, series_of, shown
from mcm.core.checks.watch import Watch
from mcm.core.judging.threshold import Bound, Finding, Rule, judge_values
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import Expression, Metric, MetricQuery, Query
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict

Values = dict[datetime, Decimal | None]


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query for the series, one for the requests if they are counted."""
    samples = _samples(guardrail, watch)
    return frozenset({_query(guardrail, watch), *((samples,) if samples else ())})


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Judge the closed periods; see the module's docstring for which."""
    query, counted = _query(guardrail, watch), _samples(guardrail, watch)
    for each in (query, counted):
        if each is not None and readings.known(each, Points) is None:
            return Verdict(guardrail.name, Kind.ERROR, readings.why_unknown(each) or "no points")
    points = readings.known(query, Points)
    requests = readings.known(counted, Points) if counted else None
    assert points is not None  # looked at above
    return judge_points(guardrail, points, requests)


def judge_points(guardrail: Guardrail, points: Points, requests: Points | None) -> Verdict:
    """Judge points alone: the same for a turn and for a back-test."""
    series = series_of(guardrail.params)
    try:
        rule = rule_of(guardrail, series.unit)
    except ValueError as err:  # a plan that another version of mcm has made
        return Verdict(guardrail.name, Kind.ERROR, str(err))
    values = values_of(guardrail, points, requests)
    found = judge_values(rule, list(values.values()))
    told = _evidence(series, rule, values, found)
    verdict = Verdict(guardrail.name, found.kind, _reason(series, rule, values, found), told)
    if found.kind is Kind.BREACH:
        return replace(verdict, count=found.breaches, newest=found.newest)
    if found.kind is not Kind.PASS:
        return verdict
    return _enough(guardrail, requests) or verdict


def rule_of(guardrail: Guardrail, unit: str) -> Rule:
    """Return the rule of a use, its bounds in the series' unit; raise ValueError for none."""
    params = guardrail.params
    bound = Bound(bound_of(params["above"], unit), bound_of(params["below"], unit))
    return Rule(bound, params["points"]["breach"], params["points"]["of"])


def values_of(guardrail: Guardrail, points: Points, requests: Points | None) -> Values:
    """Return each closed period's value; 0 for no data where the use says so (AWS-RULES 25)."""
    period = parse_duration(guardrail.params["period"])
    values = points.by_period(period)
    if guardrail.params["no_data_is_zero"] and requests is not None:
        busy = {start for start, count in requests.points if count > 0}
        return {
            start: Decimal(0) if value is None and start in busy else value
            for start, value in values.items()
        }
    return values


def _enough(guardrail: Guardrail, requests: Points | None) -> Verdict | None:
    """OK on too few requests proves nothing (AWS-RULES 20)."""
    wanted, seen = guardrail.params["min_samples"], requests.total() if requests else 0
    if not wanted or seen >= wanted:
        return None
    reason = f"within the bound, but on {seen} of {wanted} requests"
    return Verdict(guardrail.name, Kind.INCONCLUSIVE, reason)


def _reason(series: Series, rule: Rule, values: Values, found: Finding) -> str:
    window = list(values.items())[found.first : found.first + rule.of]
    of = f"{rule.breach} of {rule.of} make a breach"
    if found.kind is Kind.PASS:
        newest = window[-1][1] if window else None
        return f"{series.title} {shown(newest, series.unit)}, {_words(rule, series)}"
    if found.kind is Kind.INCONCLUSIVE:
        begun = f"{found.missing} of {rule.of} periods have no data"
        since = f" from {window[0][0]:%H:%M:%SZ}" if window else ""
        return f"{begun}{since}: {series.title} is unknown there ({of})"
    listing = listed([value for _, value in window], series.unit)
    where = f"from {window[0][0]:%H:%M:%SZ}"
    return f"{series.title} {listing} {where}: {found.crossed} not {_words(rule, series)}, {of}"


def _words(rule: Rule, series: Series) -> str:
    parts = []
    if rule.bound.above is not None:
        parts.append(f"at most {shown(rule.bound.above, series.unit)}")
    if rule.bound.below is not None:
        parts.append(f"at least {shown(rule.bound.below, series.unit)}")
    return " and ".join(parts)


def _evidence(series: Series, rule: Rule, values: Values, found: Finding) -> tuple[str, ...]:
    """Name the periods of the window that decided, one line each."""
    window = list(values.items())[found.first : found.first + rule.of]
    return tuple(
        f"{start:%Y-%m-%dT%H:%M:%SZ} {shown(value, series.unit)}"
        + (" crossed" if value is not None and rule.bound.is_crossed(value) else "")
        for start, value in window
    )


def _query(guardrail: Guardrail, watch: Watch) -> MetricQuery:
    return _ask(series_of(guardrail.params).metric, guardrail, watch)


def _samples(guardrail: Guardrail, watch: Watch) -> MetricQuery | None:
    name = guardrail.params["samples"]
    item = next((item for item in guardrail.params["metrics"] if item["name"] == name), None)
    if item is None:
        return None
    return _ask(metric_of(item, parse_duration(guardrail.params["period"])), guardrail, watch)


def _ask(metric: Metric | Expression, guardrail: Guardrail, watch: Watch) -> MetricQuery:
    last = timedelta(0)
    if watch.since is None:
        last = metric.period * int(guardrail.params["points"]["of"])
    return MetricQuery(watch.stage.place, metric, watch.since, None, watch.settle, last)
