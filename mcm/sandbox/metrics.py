"""Metric series of the sandbox's CloudWatch: what is stored, and what is read back.

A series is its region, namespace, name and exact set of dimensions. Points come from
sources: `Stored` holds what PutMetricData brought, `Traffic` computes its points when
they are asked for. Reading aligns buckets to the period (from the epoch, so also to
minutes and hours) and follows CloudWatch's retention by age ("cloudwatch_concepts"):
below 60 s for 3 hours, 60 s for 15 days, 5 minutes for 63 days, 1 hour for 455 days.
"""

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import NormalDist
from typing import NamedTuple, Protocol

STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(?:100|\d{1,2}(?:\.\d{1,10})?)", re.ASCII)
_TAIL = 3.0
"""Deviations from the mean at which the sandbox's bell ends."""
_HOUR = 3600
_DAY = 24 * _HOUR


class Series(NamedTuple):
    """One metric series; dimensions are sorted, so their order in a request is no matter."""

    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


def series_of(
    region: str, namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] = ()
) -> Series:
    """Build a Series from dimensions in the API's form, `[{"Name": …, "Value": …}]`."""
    pairs = sorted((item["Name"], item["Value"]) for item in dimensions)
    return Series(region, namespace, name, tuple(pairs))


@dataclass(frozen=True, slots=True)
class Stats:
    """A statistic set: what one point of a metric holds."""

    count: float
    total: float
    low: float
    high: float

    @staticmethod
    def of(value: float, count: float = 1.0) -> "Stats":
        """Return the statistics of `count` samples of one value."""
        return Stats(count, value * count, value, value)

    def merged(self, other: "Stats | None") -> "Stats":
        """Return both together."""
        if other is None:
            return self
        return Stats(
            self.count + other.count,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    def value(self, statistic: str) -> float:
        """Return one of STATISTICS or a percentile; raise KeyError for any other."""
        match statistic:
            case "Sum":
                return self.total
            case "Average":
                return self.total / self.count if self.count else 0.0
            case "SampleCount":
                return self.count
            case "Minimum":
                return self.low
            case "Maximum":
                return self.high
        if not PERCENTILE.fullmatch(statistic):
            raise KeyError(statistic)
        return self._percentile(float(statistic[1:]) / 100)

    def _percentile(self, share: float) -> float:
        """Return a percentile as of a bell whose tails are the lowest and highest value.

        Single values are not kept. Exact where all are the same, and at both ends.
        """
        if share <= 0 or share >= 1 or self.low == self.high:
            return self.low if share <= 0 else self.high
        mean = self.total / self.count if self.count else 0.0
        tail = NormalDist().inv_cdf(share) / _TAIL
        reach = self.high - mean if tail > 0 else mean - self.low
        return min(max(mean + tail * reach, self.low), self.high)


class Source(Protocol):
    """Where points come from. All times are whole seconds since the epoch."""

    def series(self) -> Iterable[Series]:
        """Name the series that have or may have points."""
        ...

    def unit(self, series: Series) -> str | None:
        """Return the unit of a series, or None if the source does not have the series."""
        ...

    def buckets(
        self, series: Series, start: int, end: int, period: int, now: int
    ) -> Mapping[int, Stats]:
        """Return the non-empty buckets that start in [start, end), by start.

        `start` is a multiple of `period`. A source gives nothing for a period finer than
        what it holds for that time. What lies after `now` may be left out.
        """
        ...


@dataclass
class _Points:
    """Points of one series, by second; `finest` is the resolution they were stored at."""

    unit: str
    finest: int
    times: list[int] = field(default_factory=list)
    at: dict[int, Stats] = field(default_factory=dict)


class Stored:
    """What was put, kept at 60 s or (StorageResolution 1) at 1 s, as long as the process lives."""

    def __init__(self) -> None:
        self._points: dict[Series, _Points] = {}

    def put(
        self, series: Series, when: int, stats: Stats, unit: str = "None", resolution: int = 60
    ) -> None:
        """Add samples to the point that holds second `when`."""
        points = self._points.setdefault(series, _Points(unit, resolution))
        second = when - when % resolution
        if second not in points.at:
            insort(points.times, second)
        points.at[second] = stats.merged(points.at.get(second))

    def series(self) -> Iterable[Series]:
        """Name the series that were put."""
        return self._points.keys()

    def unit(self, series: Series) -> str | None:
        """Return the unit of the first point put, or None."""
        points = self._points.get(series)
        return points.unit if points else None

    def buckets(
        self, series: Series, start: int, end: int, period: int, now: int
    ) -> Mapping[int, Stats]:
        """Return the buckets in [start, end); see `Source`."""
        points = self._points.get(series)
        found: dict[int, Stats] = {}
        if points is None or period < points.finest:
            return found
        last = _last_bucket_end(start, end, period)
        for second in points.times[bisect_left(points.times, start) :]:
            if second >= last or second > now:
                break
            bucket = second - second % period
            found[bucket] = points.at[second].merged(found.get(bucket))
        return found


class Metrics:
    """All series of one account: the stored ones and those of the other sources."""

    def __init__(self, sources: Sequence[Source] = ()) -> None:
        self.stored = Stored()
        self._sources: tuple[Source, ...] = (self.stored, *sources)

    def read(
        self, series: Series, start: int, end: int, period: int, now: int, unit: str | None = None
    ) -> dict[int, Stats]:
        """Return the buckets that start in [start, end) by start, oldest first.

        `start` is rounded down to the period. Buckets too old for the period, series that
        do not exist and a unit other than the series' own give nothing.
        """
        first = max(_floor(start, period), _ceil(now - retention(period), period))
        found: dict[int, Stats] = {}
        for source in self._sources:
            known = source.unit(series)
            if known is None or (unit is not None and unit != known):
                continue
            for bucket, stats in source.buckets(series, first, end, period, now).items():
                found[bucket] = stats.merged(found[bucket]) if bucket in found else stats
        return dict(sorted(found.items()))

    def unit(self, series: Series) -> str:
        """Return the unit of a series, `None` (CloudWatch's word) if it has none."""
        units = (source.unit(series) for source in self._sources)
        return next((unit for unit in units if unit is not None), "None")

    def listed(self, region: str) -> list[Series]:
        """Return every series of a region, sorted, each once."""
        return sorted({series for series in self._all() if series.region == region})

    def _all(self) -> Iterator[Series]:
        for source in self._sources:
            yield from source.series()


def retention(period: int) -> int:
    """Return for how many seconds points can be read at `period` seconds."""
    if period % _HOUR == 0:
        return 455 * _DAY
    if period % 300 == 0:
        return 63 * _DAY
    if period % 60 == 0:
        return 15 * _DAY
    return 3 * _HOUR


def exact(moment: datetime | float) -> float:
    """Return seconds since the epoch; a naive datetime is read as UTC, as AWS does."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return float(moment)


def epoch(moment: datetime | float) -> int:
    """Return whole seconds since the epoch, rounded down."""
    return int(exact(moment) // 1)


def instant(second: float) -> datetime:
    """Return the aware UTC time of a second since the epoch."""
    return datetime.fromtimestamp(second, tz=UTC)


def _last_bucket_end(start: int, end: int, period: int) -> int:
    return start + _ceil(max(end - start, 0), period)


def _floor(second: int, period: int) -> int:
    return second - second % period


def _ceil(second: int, period: int) -> int:
    return -(-second // period) * period
