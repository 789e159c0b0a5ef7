"""Quiet hours from weeks of traffic: by the local clock, and not moved by outliers."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcm.core.windows.cron import Cron
from mcm.core.windows.quiet_week import (
    Profile,
    QuietHours,
    build_profile,
    flat_share,
    hours_from,
    quiet_windows,
    quietest_hours,
    quietest_share,
    why_too_little,
)
from mcm.core.windows.zone import to_local

LA = ZoneInfo("America/Los_Angeles")
HOUR = timedelta(hours=1)
START = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)  # a Monday's midnight in Los Angeles


def nightly(local: datetime) -> float:
    """Few requests from 02:00 to 05:00, by the clock on the wall."""
    return 60.0 if 2 <= local.hour < 5 else 1200.0


def points(
    weeks: float, of: Callable[[datetime], float | None], zone: ZoneInfo = LA
) -> Iterator[tuple[datetime, float]]:
    for number in range(int(weeks * 168)):
        moment = START + number * HOUR
        value = of(to_local(moment, zone))
        if value is not None:
            yield moment, value


def profile(
    of: Callable[[datetime], float | None] = nightly,
    weeks: float = 8,
    skip: Callable[[date], bool] = lambda _: False,
) -> Profile:
    return build_profile(points(weeks, of), LA, skip)


def test_the_quiet_night_is_found_with_what_is_at_risk() -> None:
    """Over the night in which clocks jump, too: it is the local hour that counts."""
    (best,) = quiet_windows(profile(), 3)

    assert (best.hour, best.cron, best.lasts) == (2, "0 2 * * *", 3)
    assert best.share == pytest.approx(180 / (180 + 21 * 1200))
    assert best.percentile == 0
    assert (best.held, best.nights) == (56, 56)
    Cron.parse(best.cron)


def test_low_traffic_has_some_room_above_the_usual() -> None:
    (best,) = quiet_windows(profile(), 3)

    assert best.per_minute == 2  # 60 an hour is 1 a minute


def test_only_the_days_that_are_asked_for_and_quiet() -> None:
    def weekend_busy(local: datetime) -> float:
        return 1200.0 if local.weekday() >= 4 else nightly(local)

    every = quiet_windows(profile(weekend_busy), 3)
    some = quiet_windows(profile(weekend_busy), 3, (1, 2, 4))

    assert [each.cron for each in every] == ["0 2 * * mon-thu"]
    assert [each.cron for each in some] == ["0 2 * * tue-wed"]


def test_a_flat_day_has_no_quiet_hour() -> None:
    flat = profile(lambda _: 500.0)

    assert quiet_windows(flat, 3) == ()
    assert quietest_share(flat, 3) == pytest.approx(flat_share(3))


def test_an_hour_that_is_not_reliably_quiet_is_not_suggested() -> None:
    """The median is low, but every third night is not."""

    def fickle(local: datetime) -> float:
        return 1200.0 if local.toordinal() % 3 == 0 else nightly(local)

    assert quiet_windows(profile(fickle), 3) == ()


def test_an_outage_and_a_campaign_move_nothing() -> None:
    """One day without requests by noon and one night of a hundredfold."""

    def odd(local: datetime) -> float:
        if local.date() == date(2026, 2, 11):
            return 0.5 if local.hour == 12 else nightly(local)
        return 100 * nightly(local) if local.date() == date(2026, 2, 18) else nightly(local)

    (usual,), (found,) = quiet_windows(profile(), 3), quiet_windows(profile(odd), 3)

    assert (found.cron, found.share) == (usual.cron, usual.share)
    assert found.nights - found.held == 1


def test_holidays_are_left_out() -> None:
    of = profile(skip=lambda day: day == date(2026, 2, 16))

    assert of.skipped == 1
    assert date(2026, 2, 16) not in of.days
    assert quiet_windows(of, 3)[0].nights == 55


def test_an_hour_without_data_on_a_day_with_data_had_no_requests() -> None:
    """SageMaker sends no point for an hour without requests; a day without any is unknown."""

    def silent(local: datetime) -> float | None:
        if local.date() == date(2026, 2, 11):
            return None
        return None if 2 <= local.hour < 5 else 1200.0

    of = profile(silent)

    assert date(2026, 2, 11) not in of.days
    assert of.empty == 55 * 3 - 1  # one of them was skipped by the clock
    assert quiet_windows(of, 3)[0].share == 0


def test_a_window_may_cross_midnight() -> None:
    def late(local: datetime) -> float:
        return 60.0 if local.hour in (23, 0, 1) else 1200.0

    (best,) = quiet_windows(profile(late), 3)

    assert best.cron == "0 23 * * *"
    assert best.nights == 55  # the last one ends after what is known


@pytest.mark.parametrize(("weeks", "why"), [(3.9, "27 days"), (4, ""), (0, "0 days")])
def test_four_weeks_are_needed(weeks: float, why: str) -> None:
    assert why_too_little(profile(weeks=weeks)).startswith(why)


def test_an_hour_shown_twice_is_one_hour_of_the_day() -> None:
    autumn = datetime(2026, 10, 26, 7, 0, tzinfo=UTC)
    hours = ((autumn + n * HOUR, 100.0) for n in range(7 * 24 + 1))
    of = build_profile(hours, LA, lambda _: False)

    assert of.days[date(2026, 11, 1)][1] == 100.0
    assert len(of.days) == 7


def daily(*quiet: int, days: int = 7, without: tuple[int, ...] = ()) -> Profile:
    """A thousand requests an hour, ten in the quiet ones, by UTC."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    hours = ((start + n * HOUR, 10.0 if n % 24 in quiet else 1000.0) for n in range(24 * days))
    known = [each for each in hours if each[0].hour not in without]
    return build_profile(known, ZoneInfo("UTC"), lambda _: False)


def test_the_quietest_hours_of_a_day_need_no_month_of_data_and_no_quiet() -> None:
    assert quietest_hours(daily(12, 13, 14), 3) == QuietHours(12, 10)
    assert quietest_hours(daily(23, 0, 1), 3) == QuietHours(23, 10)
    assert quietest_hours(daily(), 3) == QuietHours(2, 1000)


def test_they_are_those_of_the_clock_on_the_wall_and_no_outage_moves_them() -> None:
    assert quietest_hours(profile(weeks=3), 3) == QuietHours(2, 60)
    outage = profile(lambda at: 0.0 if at.day == 10 and at.hour > 12 else nightly(at), weeks=3)
    assert quietest_hours(outage, 3).start == 2


def test_hours_without_a_point_had_no_requests() -> None:
    assert quietest_hours(daily(without=(5, 6, 7)), 3) == QuietHours(5, 0)


def test_too_little_data_gives_the_usual_hour_and_no_number() -> None:
    assert quietest_hours(daily(12, 13, 14, days=1), 3) == QuietHours(2, None)
    assert hours_from(daily(days=1), 5, 3) == QuietHours(5, None)


def test_hours_that_somebody_named_say_what_they_see() -> None:
    assert hours_from(daily(4, 5, 6), 4, 3).requests == pytest.approx(10)
    assert hours_from(daily(4, 5), 4, 3).requests == pytest.approx((10 + 10 + 1000) / 3)
