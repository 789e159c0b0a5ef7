"""Calendars in files: holidays, and .ics as others write them; what is not understood refuses."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mcm.core.errors import UsageError
from mcm.core.windows.hours import Calendar, CalendarSource
from mcm.probe.calendars import read_calendar

UNTIL = datetime.fromisoformat("2028-01-01")
LA = "America/Los_Angeles"
HOUR = timedelta(hours=1)


def nothing(name: str) -> bytes:
    raise AssertionError(f"{name} is read, and no file is needed")


def below(folder: Path) -> Callable[[str], bytes]:
    return lambda name: (folder / name).read_bytes()


def holidays(source: str) -> dict[str, str]:
    found = read_calendar(CalendarSource("h", "holidays", source, LA), nothing, UNTIL)
    return {f"{event.start:%Y-%m-%d}": event.reason for event in found.events}


def ics(tmp_path: Path, *lines: str, zone: str = LA) -> Calendar:
    """Read a file of one calendar with these lines between its first and its last."""
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *lines, "END:VCALENDAR", ""]
    (tmp_path / "c.ics").write_text("\r\n".join(text))
    return read_calendar(CalendarSource("c", "ics", "c.ics", zone), below(tmp_path), UNTIL)


def event(*lines: str, uid: str = "1") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT")


def starts(calendar: Calendar) -> list[str]:
    return [f"{each.start:%Y-%m-%d %H:%M}" for each in calendar.events]


def test_holidays_are_days_of_the_zone_with_their_names() -> None:
    found = read_calendar(CalendarSource("h", "holidays", "US", LA), nothing, UNTIL)
    christmas = next(each for each in found.events if each.start == datetime(2026, 12, 25))  # noqa: DTZ001

    assert christmas.end - christmas.start == 24 * HOUR
    assert christmas.reason == "Christmas Day"
    assert found.until == UNTIL


def test_a_part_of_a_country_has_its_own() -> None:
    assert "2026-01-06" in holidays("DE-BY")
    assert "2026-01-06" not in holidays("DE")


def test_a_country_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="no holidays are known of XX"):
        holidays("XX")


def test_a_calendar_of_aws_is_not_read_here() -> None:
    source = CalendarSource("ops", "change_calendar", "arn:x", "")

    assert read_calendar(source, nothing, UNTIL) == Calendar(
        "ops", "change_calendar", "arn:x", "", (), None
    )


def test_a_day_a_local_time_and_an_instant_become_local_times(tmp_path: Path) -> None:
    found = ics(
        tmp_path,
        *event("DTSTART;VALUE=DATE:20260401", "SUMMARY:all day"),
        *event("DTSTART:20260402T020000", "DURATION:PT2H", uid="2"),
        *event("DTSTART:20260403T100000Z", "DTEND:20260403T113000Z", uid="3"),
        *event("DTSTART;TZID=Europe/Berlin:20260404T090000", "DURATION:PT1H", uid="4"),
    )

    assert starts(found) == [
        "2026-04-01 00:00", "2026-04-02 02:00", "2026-04-03 03:00", "2026-04-04 00:00"
    ]  # fmt: skip
    assert [each.end - each.start for each in found.events] == [
        24 * HOUR, 2 * HOUR, 1.5 * HOUR, HOUR
    ]  # fmt: skip
    assert found.events[0].reason == "all day"


def test_a_recurring_event_keeps_its_local_hour_over_both_dst_nights(tmp_path: Path) -> None:
    found = ics(
        tmp_path,
        *event(f"DTSTART;TZID={LA}:20260301T040000", "DURATION:PT1H",
               "RRULE:FREQ=WEEKLY;UNTIL=20260322T110000Z"),
    )  # fmt: skip

    assert starts(found) == [f"2026-03-{day:02d} 04:00" for day in (1, 8, 15, 22)]


def test_taken_out_moved_added_and_cancelled_times(tmp_path: Path) -> None:
    found = ics(
        tmp_path,
        *event(f"DTSTART;TZID={LA}:20260401T020000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5",
               f"EXDATE;TZID={LA}:20260402T020000", f"RDATE;TZID={LA}:20260420T020000"),
        *event(f"RECURRENCE-ID;TZID={LA}:20260403T020000", f"DTSTART;TZID={LA}:20260403T060000",
               "DURATION:PT1H"),
        *event(f"RECURRENCE-ID;TZID={LA}:20260404T020000", f"DTSTART;TZID={LA}:20260404T020000",
               "DURATION:PT1H", "STATUS:CANCELLED"),
    )  # fmt: skip

    assert starts(found) == [
        "2026-04-01 02:00", "2026-04-03 06:00", "2026-04-05 02:00", "2026-04-20 02:00"
    ]  # fmt: skip


def test_added_periods_have_a_length_of_their_own(tmp_path: Path) -> None:
    found = ics(
        tmp_path,
        *event(f"DTSTART;TZID={LA}:20260401T020000", "DURATION:PT1H",
               "RDATE;VALUE=PERIOD:20260410T100000Z/PT3H,20260411T100000Z/20260411T103000Z",
               "RDATE;VALUE=PERIOD:20260412T100000Z/PT1H", "EXDATE:20260412T100000Z"),
    )  # fmt: skip

    assert sorted(
        (f"{each.start:%m-%d %H:%M}", each.end - each.start) for each in found.events
    ) == [
        ("04-01 02:00", HOUR),
        ("04-10 03:00", 3 * HOUR),
        ("04-11 03:00", 0.5 * HOUR),
    ]


def test_an_event_shown_as_free_counts(tmp_path: Path) -> None:
    """Public holiday calendars mark every day so."""
    found = ics(tmp_path, *event("DTSTART;VALUE=DATE:20260401", "TRANSP:TRANSPARENT"))

    assert starts(found) == ["2026-04-01 00:00"]


def test_an_event_without_an_end_of_its_series_stops_where_the_plan_does(tmp_path: Path) -> None:
    found = ics(tmp_path, *event("DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=MONTHLY"))

    assert starts(found)[-1] == "2027-12-01 00:00"
    assert len(found.events) < 40


def test_words_of_a_calendar_are_cleaned(tmp_path: Path) -> None:
    found = ics(tmp_path, *event("DTSTART;VALUE=DATE:20260401", "SUMMARY:red \x1b[31malert"))

    assert "\x1b" not in found.events[0].reason


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (event("SUMMARY:no start"), "cannot be read"),
        (event("DTSTART:20260402T020000"), "lasts 0:00:00"),
        (event("DTSTART:20260402T020000", "DTEND:20260401T020000"), "lasts -1 day"),
        (event("DTSTART:20260402T020000", "DURATION:P800D"), "at most a year"),
        (event("DTSTART:20260101T020000", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"), "by the minute"),
        (
            event(
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20260402T020000",
                "DTSTART:20260402T040000",
                "DURATION:PT1H",
            ),
            "moves all later ones with it",
        ),
        (
            event(
                "DTSTART:20260402T020000Z",
                "DURATION:PT1H",
                "RDATE;VALUE=PERIOD:20260410T100000Z/20260409T100000Z",
            ),
            "lasts -1 day|cannot be read",
        ),
        (event("DTSTART:20180101T020000", "DURATION:PT1M", "RRULE:FREQ=HOURLY"), "too often"),
        (event("DTSTART:20260101T020000", "DURATION:PT1H", "RRULE:FREQ=SOMETIMES"), "cannot be"),
    ],
)
def test_what_is_not_understood_is_refused(
    tmp_path: Path, lines: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        ics(tmp_path, *lines)


def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.ics").write_bytes(b"\xff\xfe what is this")

    with pytest.raises(UsageError, match="cannot be read as a calendar"):
        read_calendar(CalendarSource("c", "ics", "c.ics", LA), below(tmp_path), UNTIL)
