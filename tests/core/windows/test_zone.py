"""Zones: names, the skipped and the doubled hour, and what a reader sees."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mcm.core.windows.zone import find_zone, spell_local, to_instant, to_local


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    "name",
    ["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "UTC",
     "America/Argentina/Buenos_Aires", "America/Port-au-Prince"],
)  # fmt: skip
def test_a_region_and_city_and_utc_are_zones(name: str) -> None:
    assert find_zone(name).key == name


@pytest.mark.parametrize(
    "name",
    ["", "PST", "EST", "CST", "CET", "MST7MDT", "GMT", "GMT+8", "Etc/GMT+8", "UTC+8", "+08:00",
     "utc", "Z", "america/new_york", "US/Pacific", "localtime", "Factory", "posixrules",
     "Europe/../UTC", "../etc/passwd", "/etc/localtime", "Europe/Berlin\n", " Europe/Berlin",
     "Europe/", "Europe", "Europe/Bеrlin"],
)  # fmt: skip
def test_any_other_name_is_refused(name: str) -> None:
    """Abbreviations, fixed offsets, path tricks and look-alike letters."""
    with pytest.raises(ValueError, match="write an IANA name such as America/Los_Angeles"):
        find_zone(name)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "America/Argentina"])
def test_a_city_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        find_zone(name)


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("America/New_York", "2026-03-08T01:59", "2026-03-08T06:59"),
        ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00"),
        ("America/New_York", "2026-03-08T02:59:59.5", "2026-03-08T07:00"),
        ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-03-08T03:01", "2026-03-08T07:01"),
        ("Europe/Berlin", "2026-03-29T02:45", "2026-03-29T01:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),
    ],
)
def test_rule_32_a_skipped_time_is_the_moment_of_the_jump(
    zone: str, local: str, instant: str
) -> None:
    expected = at(instant).replace(tzinfo=UTC)

    assert to_instant(at(local), ZoneInfo(zone)) == expected
    assert to_instant(at(local), ZoneInfo(zone), later=True) == expected


@pytest.mark.parametrize(
    ("zone", "local", "first", "second"),
    [
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
        ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00", "2026-11-01T07:00"),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00", "2026-10-25T01:00"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
    ],
)
def test_rule_32_a_doubled_time_is_the_first_or_the_later(
    zone: str, local: str, first: str, second: str
) -> None:
    assert to_instant(at(local), ZoneInfo(zone)) == at(first).replace(tzinfo=UTC)
    assert to_instant(at(local), ZoneInfo(zone), later=True) == at(second).replace(tzinfo=UTC)


def test_local_time_tells_the_second_showing() -> None:
    zone = ZoneInfo("America/New_York")

    assert to_local(at("2026-11-01T05:30Z"), zone).fold == 0
    assert to_local(at("2026-11-01T06:30Z"), zone).fold == 1


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("America/Los_Angeles", "2026-03-18T09:00Z", "Wed 18 Mar 02:00 PDT"),
        ("America/Los_Angeles", "2027-01-02T10:00Z", "Sat 02 Jan 2027 02:00 PST"),
        ("America/Los_Angeles", "2027-01-01T07:59Z", "Thu 31 Dec 23:59 PST"),
        ("Europe/Istanbul", "2026-03-18T09:00Z", "Wed 18 Mar 12:00 UTC+03"),
        ("UTC", "2026-03-18T09:00Z", "Wed 18 Mar 09:00 UTC"),
    ],
)
def test_a_reader_sees_the_local_time_and_its_name(zone: str, moment: str, expected: str) -> None:
    assert spell_local(at(moment), ZoneInfo(zone), at("2026-03-01T00:00Z")) == expected
