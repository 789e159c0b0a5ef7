"""What all back-tests of a stage share: the terms, the result, a way to get there.

A `Replay` says what it has to see and then how its guardrail would have done. Nothing here
fetches; the points of all guardrails are read in one observation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from mcm.core.duration import spell
from mcm.core.judging.backtest import Backtest, Resolution
from mcm.core.place import Expression, Metric
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.query import MetricQuery, Place, Query
from mcm.core.reading import Readings
from mcm.core.windows.window import Span

SUMS = ("Sum", "SampleCount")


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
    """How it was judged, where that is not by the judge on its own points."""
    result: Backtest | None
    why_not: str
    """Why there is no result; empty when there is one."""


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


@dataclass(frozen=True)
class Subject:
    """Whose history is replayed."""

    stage: StagePlan
    guardrail: Guardrail
    series: str
    unit: str = ""

    def found(self, result: Backtest, notes: Iterable[str]) -> Tried:
        """Return the result; what the use of the guardrail tolerates is said, not counted."""
        limit = self.guardrail.failure_limit
        told = [f"each breach rings here, though failure_limit tolerates {limit}"] if limit else []
        return self._tried((*notes, *told), result, "")

    def without(self, why: str) -> Tried:
        """Return that there is none, and why."""
        return self._tried((), None, why)

    def _tried(self, notes: tuple[str, ...], result: Backtest | None, why: str) -> Tried:
        use = self.guardrail
        stage = self.stage.name
        return Tried(stage, use.name, use.kind, self.series, self.unit, notes, result, why)


class Replay(Protocol):
    """One guardrail, or one alarm of it, that can be replayed."""

    def queries(self) -> frozenset[Query]:
        """Return what it has to see."""
        ...

    def run(self, readings: Readings, terms: Terms) -> Tried:
        """Replay it over what was seen; say why not where that is unknown."""
        ...


@dataclass(frozen=True)
class Cannot:
    """A replay of something that has no history."""

    subject: Subject
    why: str

    def queries(self) -> frozenset[Query]:
        return frozenset()

    def run(self, readings: Readings, terms: Terms) -> Tried:  # noqa: ARG002 - as all replays
        return self.subject.without(self.why)


def ask(place: Place, metric: Metric | Expression, start: datetime, lag: timedelta) -> MetricQuery:
    """Return the query for everything since `start` that is old enough to stay."""
    return MetricQuery(place, metric, start, None, lag)


def is_sum(metric: Metric | Expression) -> bool:
    """Say whether longer periods have proportionally larger values."""
    return isinstance(metric, Metric) and metric.stat in SUMS


def with_period(metric: Metric | Expression, period: timedelta) -> Metric | Expression:
    """Return the same series in other periods."""
    if isinstance(metric, Metric):
        return replace(metric, period=period)
    parts = tuple((name, replace(each, period=period)) for name, each in metric.metrics)
    return replace(metric, metrics=parts)


def notes_of(metric: Metric | Expression, kept: Resolution) -> Iterable[str]:
    """Yield what the points themselves make of a result."""
    if isinstance(metric, Expression):
        yield "its metric math is computed by CloudWatch, judged by mcm"
    if kept.coarse:
        as_it_is = "; the bound of metric math is taken as it is"
        yield (
            f"points of {spell(kept.period)}: finer ones of that age are gone, so short "
            "spikes are smoothed and too few alarms are counted"
            + (as_it_is if isinstance(metric, Expression) else "")
        )
