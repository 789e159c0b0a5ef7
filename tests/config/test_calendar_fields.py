"""`windows:`, `calendars:` and a stage's `window:` of mcm.yaml: what is read, what is refused."""

from datetime import datetime, timedelta

import pytest

from mcm.core.windows.hours import CalendarSource, Hours, LowTraffic
from mcm.core.windows.window import Once, Window
from tests.config.test_service_file import WHOLE, edit, load, said

LA = "America/Los_Angeles"
QUIET = Window("quiet-us", "0 2 * * tue-thu", timedelta(hours=3), LA)
MORE = """\
windows:
  launch: {from: 2026-12-05T23:00, to: 2026-12-06T03:00, timezone: America/Los_Angeles}
"""
CALENDARS = """\
calendars:
  us-holidays: {holidays: US-CA, timezone: America/Los_Angeles}
  nights: {ics: calendars/nights.ics, timezone: America/Los_Angeles}
  ops: {change_calendar: "arn:aws:ssm:us-east-1:111111111111:document/quiet"}
freezes:
"""
WINDOW = (
    "window: {allow: [quiet-us, launch, nights], deny: [us-holidays, ops], reserve: 20m,"
    " low_traffic: {per_minute: 120, over: 15m}}"
)


def full() -> str:
    text = edit(WHOLE, "windows:\n", MORE)
    return edit(edit(text, "freezes:\n", CALENDARS), "window: quiet-us", WINDOW)


def hours(window: str) -> Hours | None:
    return load(edit(WHOLE, "window: quiet-us", window)).stages[0].window


def test_windows_and_calendars_become_values() -> None:
    service = load(full())
    start, end = (datetime.fromisoformat(f"2026-12-{day}:00") for day in ("05T23", "06T03"))
    once = Once("launch", start, end, LA)

    assert service.windows == (once, QUIET)
    assert service.calendars == (
        CalendarSource("us-holidays", "holidays", "US-CA", LA),
        CalendarSource("nights", "ics", "calendars/nights.ics", LA),
        CalendarSource(
            "ops", "change_calendar", "arn:aws:ssm:us-east-1:111111111111:document/quiet", ""
        ),
    )
    assert service.stages[0].window == Hours(
        (QUIET,),
        (once,),
        ("nights",),
        ("us-holidays", "ops"),
        timedelta(minutes=20),
        LowTraffic(120, timedelta(minutes=15)),
    )


def test_a_name_alone_is_a_window_with_room_to_go_back() -> None:
    assert hours("window: quiet-us") == Hours((QUIET,), reserve=timedelta(minutes=15))
    assert hours("window: {allow: [quiet-us], reserve: 0s}") == Hours((QUIET,))


def test_nothing_that_allows_is_read_and_stays_closed() -> None:
    assert hours("window: {reserve: 0s}") == Hours()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("holidays: US-CA", "holidays: usa", "`calendars.us-holidays.holidays` cannot be 'usa'"),
        ("ics: calendars/nights.ics", "ics: /etc/nights.ics", "cannot be '/etc/nights.ics'"),
        ("ics: calendars/nights.ics", "ics: a/../../nights.ics", "cannot be"),
        ("{holidays: US-CA, timezone", "{timezone", "must have one of holidays, ics, change_c"),
        ("holidays: US-CA", "holidays: US-CA, ics: a.ics", "must have one of holidays, ics, chan"),
        ("nights], deny", "nights, us-holidays], deny", "names us-holidays, which says when not"),
        ("deny: [us-holidays, ops]", "deny: [quiet-us]", "names quiet-us, a window"),
        ("deny: [us-holidays, ops]", "deny: [eu-holidays]", "is 'eu-holidays', which `windows`"),
        ("reserve: 20m", "reserve: 13h", "must be at most 12h"),
        ("over: 15m", "over: 4h", "must be at most 3h"),
        ("per_minute: 120", "per_minute: -1", "must be at least 0"),
        ("to: 2026-12-06T03:00", "to: 2026-12-05T03:00", "which is not after its start"),
        ("  nights: {ics", "  quiet-us: {ics", "has 'quiet-us', which is a window's name"),
        ("name: peak", "name: ops", "is given twice: ops"),
    ],
)
def test_mistakes_are_told_where_they_stand(old: str, new: str, message: str) -> None:
    assert any(message in problem for problem in said(edit(full(), old, new)))


def test_low_traffic_needs_a_metric() -> None:
    traffic = next(line for line in full().split("\n") if line.startswith("    traffic:"))
    text = edit(full(), f"{traffic}\n", "")
    text = edit(text, "min_samples: 500", "min_samples: 0")

    (only,) = said(text)
    assert "needs the stage's `traffic`" in only
