"""Traffic of a stage by the hour: read once, holidays left out, unknown is not none."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mcm.app.observing import Observer
from mcm.app.quiet_hours import Skips, read_traffic, traffic_of_file
from mcm.core.errors import BlindError, UsageError
from mcm.core.judging.replay import History
from mcm.core.points import Points
from mcm.core.query import MetricQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.windows.quiet_week import why_too_little
from mcm.core.windows.window import Freeze
from tests.kit.clock import VirtualClock
from tests.planned import NOW, make_service

LA = ZoneInfo("America/Los_Angeles")
HOUR = timedelta(hours=1)
SERVICE = make_service()
DAY = Freeze(
    "holiday",
    datetime.fromisoformat("2026-03-10"),
    datetime.fromisoformat("2026-03-11"),
    LA.key,
    "",
)


class Metrics:
    """A source in which every hour has 100 requests, or nothing can be read."""

    def __init__(self, *, known: bool = True) -> None:
        self.known = known
        self.asked: list[MetricQuery] = []

    def answers(self, query: Query) -> bool:
        return isinstance(query, MetricQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        return {query: self._answer(query) for query in queries if isinstance(query, MetricQuery)}

    def _answer(self, query: MetricQuery) -> Reading:
        self.asked.append(query)
        if not self.known:
            return Unknown(Blindness.THROTTLED, "Throttling", NOW)
        assert query.end is not None
        count = (query.end - query.start) // HOUR
        return Known(
            Points(tuple((query.start + n * HOUR, Decimal(100)) for n in range(count))), NOW
        )


def read(metrics: Metrics, *denied: Freeze, weeks: int = 5):  # type: ignore[no-untyped-def]
    observer = Observer([metrics], VirtualClock(NOW))
    return read_traffic(SERVICE, SERVICE.stages[0], LA, denied, observer, NOW, weeks)


def test_whole_hours_of_the_newest_weeks_are_read_at_once() -> None:
    metrics = Metrics()
    found = read(metrics)

    (query,) = metrics.asked
    assert (query.metric.period, query.end, query.end - query.start) == (
        HOUR, NOW.replace(minute=0), timedelta(weeks=5, days=1, hours=1)
    )  # fmt: skip
    assert found.source == "Sum of Invocations of prod-eu"
    assert found.profile.daily == pytest.approx(2400, rel=0.01)


@pytest.mark.parametrize("hour", [0, 7, 8, 12, 23])
def test_so_many_weeks_are_whole_days_at_any_hour(hour: int) -> None:
    """Four weeks are the least that a suggestion needs: a cut day would be one too few."""
    now = NOW.replace(hour=hour)
    observer = Observer([Metrics()], VirtualClock(now))
    found = read_traffic(SERVICE, SERVICE.stages[0], LA, (), observer, now, 4)

    assert why_too_little(found.profile) == ""


def test_a_holiday_is_left_out() -> None:
    assert read(Metrics(), DAY).profile.skipped == 1


def test_traffic_that_cannot_be_read_is_not_low() -> None:
    with pytest.raises(BlindError, match="traffic of prod-eu cannot be read: Throttling"):
        read(Metrics(known=False))


def test_a_stage_that_counts_none_says_how_to() -> None:
    stage = replace(SERVICE.stages[0], traffic=None)
    observer = Observer([Metrics()], VirtualClock(NOW))

    with pytest.raises(UsageError, match="has no `traffic`"):
        read_traffic(SERVICE, stage, LA, (), observer, NOW, 5)


def test_a_file_is_added_up_by_the_hour() -> None:
    start = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    past = History(start, timedelta(minutes=10), [Decimal(1)] * (6 * 24 * 3))

    assert traffic_of_file(past, "a.csv", LA).profile.daily * 7 == 24 * 6 * 3


def test_half_a_day_makes_a_holiday_and_an_hour_does_not() -> None:
    night = replace(DAY, end=datetime.fromisoformat("2026-03-10T05:00"))

    assert Skips((DAY,), LA)(DAY.start.date())
    assert not Skips((night,), LA)(DAY.start.date())
    assert not Skips((DAY,), LA)(DAY.end.date())
