"""The metrics of a twin: calm while the old content serves, loud while the new one does.

What an alarm measures is not modelled: each series that an alarm watches has a value that
leaves its alarms alone and one that makes them ring, in the alarm's own statistic. The
traffic has the shape of the hours that were read.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from mcm.aws.port import AwsError, Params
from mcm.core.alarm import AlarmDefinition
from mcm.core.points import Points
from mcm.sandbox.cloudwatch_alarm import CONFIGURED, configuration, rule_of
from mcm.sandbox.metrics import STATISTICS, Series, Stats, epoch, series_of
from mcm.sandbox.traffic_shape import bell, mix, salt_of

NAMESPACE = "mcm/twin"
"""Holds what stands in for alarms that the sandbox does not emulate."""
HOUR = 3600
_LEFT_OUT = ("OKActions", "AlarmActions", "InsufficientDataActions")


@dataclass(frozen=True)
class Dial:
    """The two values of one series."""

    calm: float
    loud: float
    unit: str
    counts: bool
    """An alarm on SampleCount: the value is the number of samples."""

    def stats(self, *, is_loud: bool) -> Stats:
        value = self.loud if is_loud else self.calm
        return Stats(value if self.counts else 1.0, value, value, value)


@dataclass(frozen=True)
class Limit:
    """What somebody who watches a series calls bad."""

    is_bad: Callable[[float], bool]
    values: tuple[float, ...]
    """Some on either side of it."""
    unit: str = "None"
    counts: bool = False


NO_LIMITS: Mapping[Series, Sequence[Limit]] = MappingProxyType({})


@dataclass(frozen=True)
class Alarm:
    """An alarm as the twin sets it up."""

    params: Params
    """For PutMetricAlarm."""
    is_stand_in: bool
    """It could not be taken as it is; one that rings within a minute stands in its place."""


class Switches:
    """Which content serves from when: False is the old one, True the new one."""

    def __init__(self) -> None:
        self._since: list[int] = [0]
        self._new: list[bool] = [False]

    def turn(self, at: datetime, *, is_new: bool) -> None:
        """Let the other content serve from `at` on; `at` lies behind what was turned before."""
        self._since.append(max(epoch(at), self._since[-1]))
        self._new.append(is_new)

    def is_new(self, second: int) -> bool:
        return self._new[bisect_right(self._since, second) - 1]

    def back_at(self) -> datetime | None:
        """Return when the old content came back for good; None if it did not, or never left."""
        if len(self._new) == 1 or self._new[-1]:
            return None
        return datetime.fromtimestamp(self._since[-1], tz=UTC)


class TwinMetrics:
    """A `metrics.Source`: dials for alarms, and the traffic of one metric."""

    def __init__(self, switches: Switches, *, seed: int) -> None:
        self.dials: dict[Series, Dial] = {}
        self._switches = switches
        self._salt = salt_of(seed, "traffic")
        self._traffic: Series | None = None
        self._rates: Sequence[float] = ()

    def flow(self, series: Series, rates: Sequence[float]) -> None:
        """Let requests be counted in `series`: `rates` a second for each hour of the day, UTC."""
        self._traffic, self._rates = series, rates

    def add(
        self,
        region: str,
        alarms: Iterable[Alarm],
        more: Mapping[Series, Sequence[Limit]] = NO_LIMITS,
    ) -> None:
        """Give each series that is watched its two values; the traffic's stays as it is.

        `more` are the limits of others than alarms.
        """
        watching: dict[Series, list[Limit]] = {}
        for alarm in alarms:
            series = series_of(
                region,
                alarm.params["Namespace"],
                alarm.params["MetricName"],
                alarm.params.get("Dimensions", ()),
            )
            watching.setdefault(series, []).append(_limit(alarm.params))
        for series, limits in more.items():
            watching.setdefault(series, []).extend(limits)
        for series, limits in watching.items():
            if series != self._traffic:
                self.dials[series] = _dial(limits)

    # What is read of it (metrics.Source)

    def series(self) -> Iterable[Series]:
        yield from self.dials
        if self._traffic is not None:
            yield self._traffic

    def unit(self, series: Series) -> str | None:
        if series in self.dials:
            return self.dials[series].unit
        return "None" if series == self._traffic else None

    def buckets(
        self, series: Series, start: int, end: int, period: int, now: int
    ) -> Mapping[int, Stats]:
        """Return closed buckets only: what has been read once never changes."""
        dial = self.dials.get(series)
        last = min(end, now - period + 1)
        found: dict[int, Stats] = {}
        for bucket in range(start, last, period):
            if dial is not None:
                is_loud = self._switches.is_new(bucket + period - 1)
                found[bucket] = dial.stats(is_loud=is_loud)
            elif series == self._traffic and (count := self._count(bucket, period)):
                found[bucket] = Stats.of(1.0, count)
        return found

    def _count(self, start: int, period: int) -> float:
        expected = self._rates[start // HOUR % 24] * period
        return float(round(max(0.0, expected + expected**0.5 * bell(mix(self._salt ^ start)))))


def set_up(definition: AlarmDefinition) -> Alarm:
    """Return the alarm for the twin: as it is, or a stand-in where the sandbox has no such."""
    params = {
        key: definition.spelled[key]
        for key in CONFIGURED
        if key in definition.spelled and key not in _LEFT_OUT
    }
    plain = definition.kind == "MetricAlarm" and params.get("Statistic") in STATISTICS
    try:
        rule_of(configuration(params))
    except AwsError:
        plain = False
    if plain and "Metrics" not in params:
        return Alarm(params, is_stand_in=False)
    return Alarm(_stand_in(definition.name), is_stand_in=True)


def rates_of(points: Points | None, otherwise: float) -> tuple[float, ...]:
    """Return requests a second for each hour of the day from hourly sums; `otherwise` if unread.

    An hour that was not read has the mean of those that were; no request at all is none.
    """
    if points is None:
        return (otherwise,) * 24
    known = {at.astimezone(UTC).hour: float(value) / HOUR for at, value in points.points}
    mean = sum(known.values()) / len(known) if known else 0.0
    return tuple(known.get(hour, mean) for hour in range(24))


def needs(alarm: Alarm) -> timedelta:
    """Return how long the new content must be loud before the alarm can ring."""
    rule = rule_of(configuration(alarm.params))
    return rule.period * rule.datapoints_to_alarm


def _stand_in(name: str) -> Params:
    return {
        "AlarmName": name,
        "Namespace": NAMESPACE,
        "MetricName": name,
        "Dimensions": [],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
    }


def _limit(params: Params) -> Limit:
    """Return what an alarm calls bad, and values near it."""
    rule = rule_of(configuration(params))
    far, at = max(1.0, abs(rule.threshold)), rule.threshold
    counts = params.get("Statistic") == "SampleCount"
    values = (at / 2, at - far, at + far)
    unit = str(params.get("Unit", "None"))
    return Limit(lambda value: rule.comparison.breaches(value, at), values, unit, counts=counts)


def _dial(limits: Sequence[Limit]) -> Dial:
    """Choose a value that breaches none of the limits, and one that breaches the most."""
    values = [0.0, *(value for limit in limits for value in limit.values)]
    breached = {value: sum(limit.is_bad(value) for limit in limits) for value in values}
    return Dial(
        calm=min(values, key=lambda value: breached[value]),
        loud=max(values, key=lambda value: breached[value]),
        unit=limits[0].unit,
        counts=limits[0].counts,
    )
