"""`metric-compare` over history: its judge asked as if changes had been promoted all the time.

The baseline is of the same history: the time before each bake, a week before it, or the
other series.
"""

from collections.abc import Iterable, Sequence
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
from mcm.core.checks.metric_compare import WEEK, criterion_of
from mcm.core.checks.series import series_of
from mcm.core.duration import spell
from mcm.core.judging.backtest import Resolution, backtest, resolution
from mcm.core.judging.comparison import Criterion
from mcm.core.judging.comparison_replay import BaseOf, bakes, replay_comparison, scaled
from mcm.core.judging.criterion import BEFORE, LAST_WEEK, OTHER
from mcm.core.judging.replay import History
from mcm.core.judging.threshold import Bound, Rule, Value
from mcm.core.plans.plan import Bake, Guardrail, StagePlan
from mcm.core.points import Points
from mcm.core.query import MetricQuery, Place, Query
from mcm.core.reading import Readings

UNIT = "of the baseline"


@dataclass(frozen=True)
class CompareReplay:
    subject: Subject
    query: MetricQuery
    other: MetricQuery | None
    """Of the baseline, where that is another series."""
    criterion: Criterion
    kept: Resolution
    reach: int
    """Periods before a bake that its baseline begins."""
    lasts: int
    """Periods of a bake."""

    def queries(self) -> frozenset[Query]:
        return frozenset({self.query, *((self.other,) if self.other else ())})

    def run(self, readings: Readings, terms: Terms) -> Tried:
        for query in (self.query, self.other):
            if query is not None and readings.known(query, Points) is None:
                return self.subject.without(
                    readings.why_unknown(query) or "the answer is no points"
                )
        points = readings.known(self.query, Points)
        if points is None or points.start is None:
            return self.subject.without("no period has closed yet")
        series = points.values(self.kept.period)
        if len(series) <= self.reach:
            return self.subject.without("its baseline alone is longer than the days looked at")
        tried = bakes(self.reach, self.lasts)
        found = replay_comparison(self.criterion, series, self._base(series, readings), tried)
        start = points.start + self.reach * self.kept.period
        history = History(start, tried.turn * self.kept.period, found.moved)
        rule = Rule(Bound(Decimal(str(self.criterion.effect)), None), 1, 1)
        result = backtest(history, rule, terms.incidents, terms.rate, found.breaches)
        if result.suggestion is not None and not result.suggestion.bound.above:
            result = replace(result, suggestion=None)  # nothing ever moved: 0 would be no advice
        return self.subject.found(result, self._notes(tried.lasts))

    def _base(self, series: Sequence[Value], readings: Readings) -> BaseOf:
        against, reach = self.subject.guardrail.params["against"], self.reach
        if against == BEFORE:
            return lambda start, _: series[start - reach : start]
        if against == LAST_WEEK:
            return lambda start, end: series[start - reach : end - reach]
        points = readings.known(self.other, Points) if self.other else None
        other = points.values(self.kept.period) if points else []
        return lambda start, end: other[start:end]

    def _notes(self, lasts: int) -> Iterable[str]:
        length = spell(lasts * self.kept.period)
        yield f"as if a change had been promoted every {length}, and watched for as long"
        yield from notes_of(self.query.metric, self.kept)


def compare_replay(stage: StagePlan, guardrail: Guardrail, lag: timedelta, terms: Terms) -> Replay:
    """Return how a comparison is replayed; one that could never tell says so."""
    params, series = guardrail.params, series_of(guardrail.params)
    subject = Subject(stage, guardrail, f"{series.title} against {_against(guardrail)}", UNIT)
    period = parse_duration(params["period"])
    reach = {BEFORE: parse_duration(params["baseline_for"]), LAST_WEEK: WEEK}.get(
        params["against"], timedelta(0)
    )
    try:
        kept = resolution(period, timedelta(days=terms.days) + reach)
        factor = kept.period // period if is_sum(series.metric) else 1
        criterion = scaled(criterion_of(guardrail, series.unit), max(1, factor))
        lasts = _lasts(stage.bake, criterion.min_points, kept.period)
        if params["against"] == BEFORE and reach // kept.period < criterion.min_points:
            raise ValueError(
                f"its baseline of {spell(reach)} has {reach // kept.period} points, and "
                f"{criterion.min_points} are needed: it could never tell"
            )
    except ValueError as err:
        return Cannot(subject, str(err))
    start = terms.start(kept.period) - reach
    query = ask(stage.place, with_period(series.metric, kept.period), start, lag)
    other = None
    if params["against"] == OTHER:
        place = Place(stage.place.account, params["other_region"] or stage.place.region)
        metric = series_of(params, "other" if params["other"] else "metrics").metric
        other = ask(place, with_period(metric, kept.period), start, lag)
    return CompareReplay(subject, query, other, criterion, kept, reach // kept.period, lasts)


def _lasts(bake: Bake, points: int, period: timedelta) -> int:
    """Return a bake's length in periods: it goes on until there are enough points, or its limit."""
    most = bake.limit // period
    if most < points:
        raise ValueError(
            f"a bake of {spell(bake.limit)} at most has {most} points of {spell(period)}, and "
            f"{points} are needed: it could never tell"
        )
    return min(most, max(-(-bake.lasts // period), points))


def _against(guardrail: Guardrail) -> str:
    words = {BEFORE: "the time before", LAST_WEEK: "a week ago", OTHER: "another series"}
    region = guardrail.params["other_region"]
    return words[guardrail.params["against"]] + (f" in {region}" if region else "")
