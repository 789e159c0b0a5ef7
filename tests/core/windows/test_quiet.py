"""The quietest hours of a day, and the zone of a region."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm.core.windows.quiet import Quiet, at_hour, find_quiet
from mcm.core.windows.regions import ZONES, zone_of
from mcm.core.windows.zone import find_zone

START = datetime(2026, 3, 2, tzinfo=UTC)


def hours(*quiet: int, days: int = 7) -> list[tuple[datetime, float]]:
    """A thousand requests an hour, ten in the quiet ones, by UTC."""
    return [
        (START + timedelta(hours=h), 10.0 if h % 24 in quiet else 1000.0) for h in range(24 * days)
    ]


def test_the_three_quietest_hours_are_found_in_local_time() -> None:
    found = find_quiet(hours(12, 13, 14), "America/Los_Angeles")  # PST until 8 March

    assert found.start in (4, 5)
    assert find_quiet(hours(12, 13, 14), "UTC").start == 12
    assert find_quiet(hours(23, 0, 1), "UTC").requests == pytest.approx(10)


def test_a_day_that_is_all_alike_is_quiet_at_two() -> None:
    assert find_quiet(hours(), "UTC").start == 2


def test_hours_without_a_point_had_no_requests() -> None:
    busy = [each for each in hours() if each[0].hour not in (5, 6, 7)]

    assert find_quiet(busy, "UTC") == Quiet(5, 0.0)


def test_too_little_data_gives_the_usual_hour_and_no_number() -> None:
    found = find_quiet(hours(12, 13, 14, days=1), "UTC")

    assert (found.start, found.requests) == (2, None)
    assert at_hour(hours(days=1), "UTC", 5).requests is None


def test_an_hour_that_somebody_named_says_what_it_sees() -> None:
    assert at_hour(hours(4, 5, 6), "UTC", 4).requests == pytest.approx(10)
    assert at_hour(hours(4, 5), "UTC", 4).requests == pytest.approx((10 + 10 + 1000) / 3)


def test_every_zone_is_one_and_an_unknown_region_gets_utc() -> None:
    for zone in ZONES.values():
        find_zone(zone)
    assert zone_of("xx-new-1") == "UTC"
