"""Evaluate an alarm's configuration over points, as CloudWatch documents it.

Two callers share this one rule: the sandbox's alarms, and the back-test of a threshold
over history. Source: CloudWatch user guide, "alarm-evaluation" and
"alarms-and-missing-data".

Simplified, because AWS gives no number or no rule:
- the evaluation range is N + 2 periods (AWS: "more than N"; its examples use 5 for N = 3);
- a breaching point counts for the early alarm anywhere in that range, not only in the
  newest N periods;
- anomaly bands, percentiles with few samples, PromQL and warm-up are not evaluated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import isnan


class State(StrEnum):
    """State of an alarm, spelled as CloudWatch spells it."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """What a period without data counts as (`TreatMissingData`)."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


class Comparison(StrEnum):
    """When a value breaches, as `value <comparison> threshold`."""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"
    AT_MOST = "LessThanOrEqualToThreshold"

    def breaches(self, value: float, threshold: float) -> bool:
        """Say whether `value` breaches; a NaN never compares, so it counts as breaching."""
        if isnan(value):
            return True
        match self:
            case Comparison.ABOVE:
                return value > threshold
            case Comparison.AT_LEAST:
                return value >= threshold
            case Comparison.BELOW:
                return value < threshold
            case Comparison.AT_MOST:
                return value <= threshold


@dataclass(frozen=True)
class AlarmRule:
    """How an alarm judges its points: M of the newest N periods breach.

    Raises ValueError for a period that CloudWatch does not have, or M outside 1…N.
    """

    period: timedelta
    """10, 20 or 30 s, or a whole number of minutes."""
    evaluation_periods: int
    """N."""
    datapoints_to_alarm: int
    """M."""
    threshold: float
    comparison: Comparison
    missing: Missing = Missing.MISSING

    def __post_init__(self) -> None:
        seconds = self.period.total_seconds()
        if seconds not in (10, 20, 30) and (seconds < 60 or seconds % 60):
            raise ValueError(f"an alarm's period is 10, 20, 30 or n * 60 s, not {seconds:g} s")
        if not 1 <= self.datapoints_to_alarm <= self.evaluation_periods:
            raise ValueError("datapoints to alarm must lie between 1 and the evaluation periods")

    @property
    def looks_at(self) -> int:
        """How many closed periods one evaluation reads."""
        return self.evaluation_periods + 2

    @property
    def cadence(self) -> timedelta:
        """How often CloudWatch evaluates: each 10 s for short periods, else each minute."""
        return timedelta(seconds=10 if self.period < timedelta(minutes=1) else 60)


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation found."""

    state: State
    """The state the alarm is in now."""
    breaching: int
    """Breaching points among those judged, without filled-in ones."""
    judged: tuple[float, ...]
    """The real points judged, newest first; at most N."""
    filled: int
    """How many periods had to be filled in by the treatment of missing data."""
    early: bool = False
    """ALARM with fewer than M points: one old breach and nothing good since."""


def evaluate(rule: AlarmRule, values: Sequence[float | None], current: State) -> Evaluation:
    """Judge the values of consecutive closed periods, oldest first; None is no data.

    Only the newest `rule.looks_at` values are read; fewer count as missing before them.
    `current` is kept where the rule says that the state is retained.
    """
    window = list(values)[-rule.looks_at :]
    real = [value for value in reversed(window) if value is not None]
    judged = tuple(real[: rule.evaluation_periods])
    breaching = sum(rule.comparison.breaches(value, rule.threshold) for value in judged)
    filled = rule.evaluation_periods - len(judged)
    early = _is_early(rule, window, judged, breaching)
    state = _state(rule, judged, breaching, early, current)
    return Evaluation(state, breaching, judged, filled, early and state is State.ALARM)


def period_starts(rule: AlarmRule, now: datetime) -> list[datetime]:
    """Return the starts of the closed periods that an evaluation at `now` reads, oldest first."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    end = epoch + (now - epoch) // rule.period * rule.period
    return [end - rule.period * back for back in range(rule.looks_at, 0, -1)]


def _state(
    rule: AlarmRule, judged: Sequence[float], breaching: int, early: bool, current: State
) -> State:
    filled = rule.evaluation_periods - len(judged)
    if rule.missing is Missing.BREACHING:
        breaching += filled
    if breaching >= rule.datapoints_to_alarm:
        return State.ALARM
    if rule.missing in (Missing.BREACHING, Missing.NOT_BREACHING):
        return State.OK
    if rule.missing is Missing.IGNORE:
        nothing_good = breaching == len(judged)
        return current if nothing_good and filled else State.OK
    if not judged:
        return State.INSUFFICIENT_DATA
    return State.ALARM if early else State.OK


def _is_early(
    rule: AlarmRule, window: Sequence[float | None], judged: Sequence[float], breaching: int
) -> bool:
    """Say whether the oldest point is a breach at least M periods old with nothing good since."""
    if not judged or breaching < len(judged):
        return False
    oldest = next(index for index, value in enumerate(window) if value is not None)
    return len(window) - oldest >= rule.datapoints_to_alarm
