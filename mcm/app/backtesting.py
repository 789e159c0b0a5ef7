"""Back-tests of a stage's guardrails over what CloudWatch keeps of their metrics.

A `metric-threshold` is replayed by its judge's own rule. An alarm is evaluated again by
mcm's evaluator, which is said with the result: CloudWatch's own is not asked. Other kinds
look at what is, of which nothing is kept. All metrics are read in one observation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mcm.app.observing import Observer
from mcm.core.alarm import AlarmDefinition
from mcm.core.canonical import parse_duration
from mcm.core.checks import metric_threshold
from mcm.core.checks.series import metric_of, series_of
from mcm.core.duration import spell
from mcm.core.judging.alarm_rule import AlarmRule, Comparison, Missing
from mcm.core.judging.backtest import Backtest, Resolution, backtest, resolution, stretch
from mcm.core.judging.replay import History, alarm_breaches
from mcm.core.judging.threshold import Bound, Rule
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.points import Points
from mcm.core.query import AlarmDefinitionQuery, Expression, Metric, MetricQuery, Query
from mcm.core.reading import Readings
from mcm.core.windows.window import Span

PATIENCE = timedelta(seconds=60)
"""Nobody is held up by it."""
RE_EVALUATED = "evaluated again by mcm; CloudWatch's own evaluation is not asked"
_BOUNDS = {
    Comparison.ABOVE: True,
    Comparison.AT_LEAST: True,
    Comparison.BELOW: False,
    Comparison.AT_MOST: False,
}


@dataclass(frozen=True)
class Tried:
    """One guardrail, or one alarm of it, over its history."""

    stage: str
    guardrail: str
    kind: str
    series: str
    """What was looked at, for people."""
    unit: str
    notes: tuple[str, ...]
    result: Backtest | None
    why_not: str
    """Why there is no result; empty when there is one."""


@dataclass(frozen=True)
class Asked:
    """What to read for one replay."""

    guardrail: Guardrail
    series: str
    unit: str
    query: MetricQuery
    samples: MetricQuery | None
    rule: Rule | AlarmRule
    kept: Resolution


@dataclass(frozen=True)
class Terms:
    """What all replays of a run share."""

    now: datetime
    days: int
    incidents: Sequence[Span]
    rate: float
    """False alarms a week to suggest a bound for."""

    def start(self, period: timedelta) -> datetime:
        """Return the start of the first period; none is older than the days."""
        return self.now - timedelta(days=self.days) + period


def backtest_stage(
    stage: StagePlan, observer: Observer, lag: timedelta, terms: Terms
) -> tuple[Tried, ...]:
    """Replay each guardrail of a stage; those that cannot be say why, in their order."""
    names = [
        (g, name) for g in stage.guardrails if g.kind == "alarms" for name in g.params["names"]
    ]
    wanted = {AlarmDefinitionQuery(stage.place, name) for _, name in names}
    alarms = observer.observe(wanted, PATIENCE) if wanted else Readings({}, terms.now)
    asked: list[Asked | Tried] = []
    for guardrail in stage.guardrails:
        if guardrail.kind == "metric-threshold":
            asked.append(_ask_threshold(stage, guardrail, lag, terms))
        elif guardrail.kind == "alarms":
            named = guardrail.params["names"]
            asked += [_ask_alarm(stage, guardrail, n, alarms, lag, terms) for n in named]
        else:
            why = "nothing is kept of what it looks at"
            asked.append(_without(stage, guardrail, guardrail.name, why))
    readings = observer.observe(set(_queries(asked)), PATIENCE)
    return tuple(
        each if isinstance(each, Tried) else _replay(stage, each, readings, terms) for each in asked
    )


def _queries(asked: Iterable[Asked | Tried]) -> Iterable[Query]:
    for each in asked:
        if isinstance(each, Asked):
            yield each.query
            if each.samples is not None:
                yield each.samples


def _without(stage: StagePlan, guardrail: Guardrail, series: str, why: str) -> Tried:
    return Tried(stage.name, guardrail.name, guardrail.kind, series, "", (), None, why)


def _ask_threshold(
    stage: StagePlan, guardrail: Guardrail, lag: timedelta, terms: Terms
) -> Asked | Tried:
    series = series_of(guardrail.params)
    period = parse_duration(guardrail.params["period"])
    try:
        rule = metric_threshold.rule_of(guardrail, series.unit)
        kept = resolution(period, timedelta(days=terms.days))
    except ValueError as err:
        return _without(stage, guardrail, series.title, str(err))
    counted = next(
        (i for i in guardrail.params["metrics"] if i["name"] == guardrail.params["samples"]), None
    )
    samples = None
    if counted is not None and guardrail.params["no_data_is_zero"]:
        samples = _query(stage, metric_of(counted, kept.period), lag, terms)
    is_sum = isinstance(series.metric, Metric) and series.metric.stat in ("Sum", "SampleCount")
    stretched = stretch(rule, period, kept.period, is_sum=is_sum)
    query = _query(stage, _with_period(series.metric, kept.period), lag, terms)
    return Asked(guardrail, series.title, series.unit, query, samples, stretched, kept)


def _ask_alarm(
    stage: StagePlan,
    guardrail: Guardrail,
    name: str,
    alarms: Readings,
    lag: timedelta,
    terms: Terms,
) -> Asked | Tried:
    query = AlarmDefinitionQuery(stage.place, name)
    known = alarms.known(query, AlarmDefinition)
    if known is None:
        return _without(stage, guardrail, name, alarms.why_unknown(query))
    try:
        metric, rule = read_alarm(known)
        kept = resolution(metric.period, timedelta(days=terms.days))
    except ValueError as err:
        return _without(stage, guardrail, name, str(err))
    times = max(1, kept.period // rule.period)
    of = max(1, round(rule.evaluation_periods / times))
    least = max(1, min(of, round(rule.datapoints_to_alarm / times)))
    factor = times if metric.stat in ("Sum", "SampleCount") else 1
    rule = replace(
        rule,
        period=kept.period,
        evaluation_periods=of,
        datapoints_to_alarm=least,
        threshold=rule.threshold * factor,
    )
    asked = _query(stage, _with_period(metric, kept.period), lag, terms)
    return Asked(guardrail, name, "", asked, None, rule, kept)


def read_alarm(known: AlarmDefinition) -> tuple[Metric, AlarmRule]:
    """Return what an alarm watches and how; raise ValueError for one that is not evaluated here."""
    item: Mapping[str, Any] = known.spelled
    if known.kind != "MetricAlarm" or "MetricName" not in item:
        raise ValueError("only an alarm on one metric can be evaluated again")
    if item.get("EvaluateLowSampleCountPercentile") or "ThresholdMetricId" in item:
        raise ValueError("anomaly bands and low sample counts are not evaluated")
    try:
        pairs = tuple(sorted((each["Name"], each["Value"]) for each in item.get("Dimensions", ())))
        period = timedelta(seconds=int(item["Period"]))
        stat = item.get("Statistic") or item["ExtendedStatistic"]
        metric = Metric(item["Namespace"], item["MetricName"], pairs, stat, period)
        number = int(item["EvaluationPeriods"])
        rule = AlarmRule(
            period,
            number,
            int(item.get("DatapointsToAlarm", number)),
            float(item["Threshold"]),
            Comparison(item["ComparisonOperator"]),
            Missing(item.get("TreatMissingData", Missing.MISSING)),
        )
    except (KeyError, TypeError) as err:
        raise ValueError(f"the alarm's definition lacks {err}") from err
    return metric, rule


def _query(
    stage: StagePlan, metric: Metric | Expression, lag: timedelta, terms: Terms
) -> MetricQuery:
    return MetricQuery(stage.place, metric, terms.start(metric.period), None, lag)


def _with_period(metric: Metric | Expression, period: timedelta) -> Metric | Expression:
    if isinstance(metric, Metric):
        return replace(metric, period=period)
    parts = tuple((name, replace(each, period=period)) for name, each in metric.metrics)
    return replace(metric, metrics=parts)


def _replay(stage: StagePlan, asked: Asked, readings: Readings, terms: Terms) -> Tried:
    points = readings.known(asked.query, Points)
    if points is None or points.start is None:
        why = readings.why_unknown(asked.query) or "no period has closed yet"
        return _without(stage, asked.guardrail, asked.series, why)
    if asked.samples is not None and readings.known(asked.samples, Points) is None:
        why = f"how many requests there were: {readings.why_unknown(asked.samples)}"
        return _without(stage, asked.guardrail, asked.series, why)
    period = asked.query.metric.period
    history = History(points.start, period, _values(asked, points, readings))
    notes = list(_notes(asked))
    if isinstance(asked.rule, AlarmRule):
        found = alarm_breaches(asked.rule, history.values)
        rule = _as_rule(asked.rule)
        result = backtest(history, rule, terms.incidents, terms.rate, found)
        notes.insert(0, RE_EVALUATED)
    else:
        result = backtest(history, asked.rule, terms.incidents, terms.rate)
    guardrail = asked.guardrail
    return Tried(
        stage.name,
        guardrail.name,
        guardrail.kind,
        asked.series,
        asked.unit,
        tuple(notes),
        result,
        "",
    )


def _values(asked: Asked, points: Points, readings: Readings) -> list[Decimal | None]:
    if asked.samples is None:
        return points.values(asked.query.metric.period)
    requests = readings.known(asked.samples, Points)
    of = replace(
        asked.guardrail,
        params={
            **asked.guardrail.params,
            "period": asked.query.metric.period // timedelta(milliseconds=1),
        },
    )
    return list(metric_threshold.values_of(of, points, requests).values())


def _notes(asked: Asked) -> Iterable[str]:
    if asked.kept.coarse:
        yield (
            f"points of {spell(asked.kept.period)}: finer ones of that age are gone, so short "
            "spikes are smoothed and too few alarms are counted"
        )
    if isinstance(asked.rule, Rule) and asked.guardrail.params["no_data_is_zero"]:
        yield "no data counts as 0 in periods that had requests"


def _as_rule(rule: AlarmRule) -> Rule:
    """Return the nearest M of N, to count and to suggest by."""
    limit = Decimal(str(rule.threshold))
    bound = Bound(limit, None) if _BOUNDS[rule.comparison] else Bound(None, limit)
    return Rule(bound, rule.datapoints_to_alarm, rule.evaluation_periods)
