"""Hours of a stage: windows and calendars by name, and in words."""

from datetime import UTC, datetime, timedelta

from mcm.core.windows.hours import (
    Calendar,
    Event,
    Hours,
    LowTraffic,
    denials_of,
    needs_of,
    spell_hours,
    until_of,
    windows_of,
    zone_of,
)
from mcm.core.windows.opening import is_open
from mcm.core.windows.window import Once, Window

LA = "America/Los_Angeles"
HOUR = timedelta(hours=1)
QUIET = Window("quiet", "0 2 * * *", 3 * HOUR, LA)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


XMAS = Calendar(
    "holidays",
    "holidays",
    "US",
    LA,
    (Event(local("2026-12-25T00:00"), local("2026-12-26T00:00"), "Christmas Day"),),
    local("2028-01-01T00:00"),
)


def open_at(hours: Hours, moment: str) -> str:
    """Return what closes the hours, empty when they are open."""
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    windows, denied = windows_of(hours, [XMAS]), denials_of(hours, [XMAS])
    return is_open(windows, denied, now, production=True).gate or ""


def test_a_denying_calendar_wins_over_the_window() -> None:
    hours = Hours((QUIET,), deny=("holidays",))

    assert open_at(hours, "2026-12-24T11:00") == ""
    assert open_at(hours, "2026-12-25T11:00") == "freeze:holidays"
    assert open_at(Hours((QUIET,)), "2026-12-25T11:00") == ""


def test_what_a_calendar_does_not_reach_is_denied() -> None:
    """The plan knows two years of it; after them nobody knows which days are free."""
    hours = Hours((QUIET,), deny=("holidays",))

    assert open_at(hours, "2027-12-31T11:00") == ""
    assert open_at(hours, "2028-01-02T11:00") == "freeze:holidays"


def test_a_calendar_may_open_a_stage() -> None:
    hours = Hours(allow=("holidays",))

    assert open_at(hours, "2026-12-25T11:00") == ""
    assert open_at(hours, "2026-12-24T11:00") == "window"


def test_deny_wins_where_a_calendar_is_on_both_sides() -> None:
    hours = Hours(allow=("holidays",), deny=("holidays",))

    assert open_at(hours, "2026-12-25T11:00") == "freeze:holidays"


def test_an_event_in_the_hour_that_clocks_skip_is_no_time_at_all() -> None:
    event = Event(local("2026-03-08T02:10"), local("2026-03-08T02:40"), "never")
    calendar = Calendar("c", "ics", "c.ics", LA, (event,), None)

    assert list(calendar.freezes()) == []
    assert list(calendar.windows()) == []


def test_room_is_the_bake_and_the_reserve() -> None:
    assert needs_of(Hours(reserve=HOUR / 4), HOUR) == 1.25 * HOUR
    assert needs_of(None, HOUR) == HOUR


def test_calendars_are_read_to_the_end_of_the_next_year() -> None:
    """So that planning again gives the same bytes."""
    assert until_of(datetime(2026, 3, 18, tzinfo=UTC)) == local("2028-01-01")
    assert until_of(datetime(2026, 12, 31, tzinfo=UTC)) == local("2028-01-01")


def test_a_plan_over_new_year_keeps_what_it_has_while_that_is_enough() -> None:
    assert until_of(datetime(2027, 1, 2, tzinfo=UTC), [XMAS]) == local("2028-01-01")
    assert until_of(datetime(2027, 8, 1, tzinfo=UTC), [XMAS]) == local("2029-01-01")


def test_the_zone_is_that_of_what_opens() -> None:
    assert zone_of(Hours((QUIET,))).key == LA
    assert zone_of(None).key == "UTC"
    assert zone_of(Hours(deny=("holidays",)), [XMAS]).key == LA


def test_hours_in_words() -> None:
    launch = Once("launch", local("2026-12-05T23:00"), local("2026-12-06T03:00"), LA)
    hours = Hours(
        (QUIET,), (launch,), ("days",), ("holidays",), HOUR / 4, LowTraffic(120, HOUR / 4)
    )

    assert spell_hours(hours, production=True) == (
        f"quiet: cron 0 2 * * *, for 3h, {LA}, or launch: 2026-12-05 23:00 to 2026-12-06 03:00 "
        f"{LA}, or calendar days; never in holidays; at most 120 requests a minute over 15m; "
        "with room for the bake and 15m to go back"
    )
    assert spell_hours(None, production=True) == "never: no window is configured"
    assert spell_hours(None, production=False) == "at any time"
