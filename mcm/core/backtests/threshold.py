"""`metric-threshold` over history, by the rule of its own judge."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from mcm.core.backtests.tried import (
    Cannot,
    Replay,
    Subject,
    Terms,
    Tried,
    ask,
    is_sum,
    notes_of,
    with_period,
)
from mcm.core.canonical import parse_duration
from mcm.core.checks import metric_threshold
from mcm.core.checks.series import metric_of, series_of
from mcm.core.judging.backtest import Resolution, backtest, resolution, stretch
from mcm.core.judging.replay import History
from mcm.core.judging.threshold import Rule
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.points import Points
from mcm.core.query import MetricQuery, Query
from mcm.core.reading import Readings


@dataclass(frozen=True)
class ThresholdReplay:
    subject: Subject
    query: MetricQuery
    samples: MetricQuery | None
    """Of the requests, where no data counts as 0 in periods that had some."""
    rule: Rule
    kept: Resolution

    def queries(self) -> frozenset[Query]:
        return frozenset({self.query, *((self.samples,) if self.samples else ())})

    def run(self, readings: Readings, terms: Terms) -> Tried:
        points = readings.known(self.query, Points)
        if points is None or points.start is None:
            why = readings.why_unknown(self.query) or "no period has closed yet"
            return self.subject.without(why)
        if self.samples is not None and readings.known(self.samples, Points) is None:
            why = f"how many requests there were: {readings.why_unknown(self.samples)}"
            return self.subject.without(why)
        history = History(points.start, self.kept.period, self._values(points, readings))
        result = backtest(history, self.rule, terms.incidents, terms.rate)
        return self.subject.found(result, self._notes())

    def _values(self, points: Points, readings: Readings) -> list[Decimal | None]:
        if self.samples is None:
            return points.values(self.kept.period)
        params = {
            **self.subject.guardrail.params,
            "period": self.kept.period // timedelta(milliseconds=1),
        }
        of = replace(self.subject.guardrail, params=params)
        requests = readings.known(self.samples, Points)
        return list(metric_threshold.values_of(of, points, requests).values())

    def _notes(self) -> Iterable[str]:
        yield from notes_of(self.query.metric, self.kept)
        if self.subject.guardrail.params["no_data_is_zero"]:
            yield "no data counts as 0 in periods that had requests"


def threshold_replay(
    stage: StagePlan, guardrail: Guardrail, lag: timedelta, terms: Terms
) -> Replay:
    """Return how a threshold is replayed, by the finest points that there are."""
    params, series = guardrail.params, series_of(guardrail.params)
    subject = Subject(stage, guardrail, series.title, series.unit)
    period = parse_duration(params["period"])
    try:
        rule = metric_threshold.rule_of(guardrail, series.unit)
        kept = resolution(period, timedelta(days=terms.days))
    except ValueError as err:
        return Cannot(subject, str(err))
    start = terms.start(kept.period)
    counted = next((i for i in params["metrics"] if i["name"] == params["samples"]), None)
    samples = None
    if counted is not None and params["no_data_is_zero"]:
        samples = ask(stage.place, metric_of(counted, kept.period), start, lag)
    stretched = stretch(rule, period, kept.period, is_sum=is_sum(series.metric))
    query = ask(stage.place, with_period(series.metric, kept.period), start, lag)
    return ThresholdReplay(subject, query, samples, stretched, kept)
