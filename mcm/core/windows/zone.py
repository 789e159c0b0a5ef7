"""Between local times and instants: IANA zones, both DST nights, times for a reader.

Instants are aware UTC, and only instants are subtracted: Python takes the difference of
two times in one zone by the clock on the wall, an hour wrong on a DST night.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_NAME = re.compile(
    r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)"
    r"(?:/[A-Za-z][A-Za-z0-9_-]*){1,2}",
    re.ASCII,
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=256)
def find_zone(name: str) -> ZoneInfo:
    """Return the IANA zone `Region/City`, or `UTC`; raise ValueError for any other name.

    Abbreviations are refused even where a zone database knows them: CST is Chicago and
    Shanghai, EST has no summer. Fixed offsets are refused because they do not follow the law.
    """
    if name == "UTC" or _NAME.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError) as err:
            # A missing zone is a KeyError; a folder such as America/Argentina an OSError.
            raise ValueError(f"no such time zone: {name[:40]!r}: {_HOW}") from err
    raise ValueError(f"not a time zone by Region/City: {name[:40]!r}: {_HOW}")


_HOW = "write an IANA name such as America/Los_Angeles, Europe/Berlin or UTC"


def to_instant(local: datetime, zone: ZoneInfo, *, later: bool = False) -> datetime:
    """Return the instant at which clocks in `zone` show the naive `local`.

    A time that clocks skip gives the moment they jump (the next valid instant). A time they
    show twice gives the first, or with `later` the second.
    """
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early <= late:
        return late if later else early
    return _jump(local, zone, late, early)


def to_local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what clocks in `zone` show at `moment`, naive; `fold` is 1 the second time."""
    return moment.astimezone(zone).replace(tzinfo=None)


def spell_local(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """Write an instant for a reader in `zone`: `Wed 18 Mar 02:00 PDT`.

    The year is added when it is not the year of `now` there.
    """
    there = moment.astimezone(zone)
    day = spell_day(there)
    year = "" if there.year == now.astimezone(zone).year else f" {there.year}"
    abbreviation = there.tzname() or "UTC"
    # Many zones have no letters of their own and are named +03.
    shown = abbreviation if abbreviation[0].isalpha() else f"UTC{abbreviation}"
    return f"{day}{year} {there.hour:02d}:{there.minute:02d} {shown}"


def spell_day(day: date) -> str:
    """Write a day in any locale: `Wed 18 Mar`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day:02d} {_MONTHS[day.month - 1]}"


def _jump(local: datetime, zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first instant in (before, after] at which clocks show more than `local`."""
    low, high = 0, -((before - after) // _SECOND)
    while high - low > 1:
        middle = (low + high) // 2
        if to_local(before + middle * _SECOND, zone) > local:
            high = middle
        else:
            low = middle
    return (before + high * _SECOND).replace(microsecond=0)
