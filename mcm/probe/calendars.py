"""Calendars that lie in files: a country's holidays, and `.ics` with recurring events.

Each becomes spans in local time of its zone. Fail closed: whatever of a file is not
understood is an error and no free day. An event that others show as *free* counts (holiday
calendars do that); one that was cancelled does not.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from mcm.core.errors import UsageError
from mcm.core.sanitize import clean
from mcm.core.windows.hours import HOLIDAYS, ICS, Calendar, CalendarSource, Event
from mcm.core.windows.zone import find_zone

MOST_EVENTS = 2_000
MOST_BYTES = 2_000_000
"""What a file of a calendar may have; a reader is asked to take no more."""
_BACK = 731
"""Days before `until` from which events count."""
_LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)

ReadFile = Callable[[str], bytes]


def read_calendar(source: CalendarSource, read: ReadFile, until: datetime) -> Calendar:
    """Return what a calendar says in the two years up to the local time `until`.

    `read` gives the bytes of a file by its name; what it raises goes on to the caller. One
    of AWS's comes back without events: it is asked elsewhere. Raises UsageError for what is
    not understood or is too much.
    """
    if source.kind not in (HOLIDAYS, ICS):
        return Calendar(source.name, source.kind, source.source, "", (), None)
    if source.kind == HOLIDAYS:
        events = _holidays(source.source, until)
    else:
        events = _file_events(source, read, until)
    ordered = tuple(sorted(events, key=lambda each: (each.start, each.end, each.reason)))
    return Calendar(source.name, source.kind, source.source, source.timezone, ordered, until)


@lru_cache(maxsize=64)
def _holidays(source: str, until: datetime) -> tuple[Event, ...]:
    holidays = _needed("holidays")
    country, _, part = source.partition("-")
    years = range(until.year - 2, until.year + 1)
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    except NotImplementedError as err:
        raise UsageError(
            f"no holidays are known of {source}",
            hint="Write a country such as US, or a part of it such as DE-BY.",
        ) from err
    days = (day for day in found if _counts(_midnight(day), until))
    return tuple(
        Event(_midnight(day), _midnight(day + _DAY), clean(str(found[day]), 120)) for day in days
    )


def _file_events(source: CalendarSource, read: ReadFile, until: datetime) -> tuple[Event, ...]:
    return _ics_events(read(source.source), source.source, source.timezone, until)


@lru_cache(maxsize=64)
def _ics_events(data: bytes, name: str, timezone: str, until: datetime) -> tuple[Event, ...]:
    icalendar = _needed("icalendar")
    try:
        calendar = icalendar.Calendar.from_ical(data)
        found = list(_events(calendar, timezone, until))
    except UsageError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as err:
        why = clean(str(err).partition("\n")[0], 200)
        raise UsageError(f"{name} cannot be read as a calendar: {why}") from err
    if len(found) > MOST_EVENTS:
        raise UsageError(f"{name} has more than {MOST_EVENTS} events in two years")
    return tuple(found)


def _events(calendar: Any, timezone: str, until: datetime) -> Iterator[Event]:
    """Yield each event, recurring ones once for each time; moved ones where they were moved to."""
    events = calendar.walk("VEVENT")
    moved: dict[str, set[datetime]] = {}
    for each in events:
        if "RECURRENCE-ID" in each:
            _refuse_range(each)
            at = _local(each["RECURRENCE-ID"].dt, timezone)
            moved.setdefault(str(each.get("UID", "")), set()).add(at)
    for each in events:
        gone = moved.get(str(each.get("UID", "")), set()) if "RECURRENCE-ID" not in each else set()
        reason = clean(str(each.get("SUMMARY", "")), 120)
        for start, end in _spans(each, timezone, until, gone):
            if _counts(start, until) and str(each.get("STATUS", "")).upper() != "CANCELLED":
                yield Event(start, end, reason)


def _refuse_range(event: Any) -> None:
    if event["RECURRENCE-ID"].params.get("RANGE"):
        raise UsageError(
            "an event moves all later ones with it (RANGE=THISANDFUTURE), which is not understood",
            hint="End the series there (UNTIL) and begin a second one, then export it again.",
        )


def _spans(
    event: Any, timezone: str, until: datetime, gone: set[datetime]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local spans of one event, without those in `gone` that were moved elsewhere."""
    first = event.decoded("DTSTART")
    length = _check_length(_length(event, first))
    for begin, end in _periods(event):
        start = _local(begin, timezone)
        if start not in gone:
            yield start, _local(end, timezone)
    for begin in _times(event, first, until):
        start = _local(begin, timezone)
        if start not in gone:
            yield start, _local(_later(begin, length), timezone)


def _check_length(length: timedelta) -> timedelta:
    if not timedelta(0) < length <= _LONGEST:
        raise UsageError(f"an event lasts {length}: write more than nothing and at most a year")
    return length


def _length(event: Any, first: Any) -> timedelta:
    if "DTEND" in event:
        end = event.decoded("DTEND")
        if isinstance(first, datetime) and first.tzinfo:
            return end.astimezone(UTC) - first.astimezone(UTC)  # type: ignore[no-any-return]
        return end - first  # type: ignore[no-any-return]
    if "DURATION" in event:
        return event.decoded("DURATION")  # type: ignore[no-any-return]
    return _DAY if not isinstance(first, datetime) else timedelta(0)


def _later(begin: Any, length: timedelta) -> Any:
    """Add elapsed time; a day without an hour is a day of the calendar."""
    if isinstance(begin, datetime) and begin.tzinfo:
        return begin.astimezone(UTC) + length
    return begin + length


def _times(event: Any, first: Any, until: datetime) -> Iterator[Any]:
    """Yield when an event begins, as `DTSTART` is written: a day, a local time or an instant."""
    if not any(key in event for key in ("RRULE", "RDATE")):
        yield first
        return
    from dateutil.rrule import rruleset, rrulestr

    zone = first.tzinfo if isinstance(first, datetime) else None
    naive = _naive(first)
    rules = rruleset()
    rules.rdate(naive)
    for rule in _each(event, "RRULE"):
        _refuse_fine(rule)
        text = _without_zone(rule, zone)
        rules.rrule(rrulestr(text, dtstart=naive))
    for moment in _dates(event, "RDATE"):
        rules.rdate(_naive(moment, zone))
    for moment in _dates(event, "EXDATE"):
        rules.exdate(_naive(moment, zone))
    for count, begin in enumerate(rules):
        if begin > until + 2 * _DAY:
            return
        if count > 20 * MOST_EVENTS:
            raise UsageError("an event recurs too often to be read")
        yield begin.replace(tzinfo=zone) if isinstance(first, datetime) else begin.date()


def _refuse_fine(rule: Any) -> None:
    if str(rule.get("FREQ", [""])[0]).upper() in ("SECONDLY", "MINUTELY"):
        raise UsageError("an event recurs by the minute or second, which is no calendar's")


def _without_zone(rule: Any, zone: Any) -> str:
    """Return the rule with `UNTIL` in the local time of the event, as its start is counted in."""
    kept = []
    for part in rule.to_ical().decode().split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL" and value.endswith("Z") and zone is not None:
            moment = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            value = f"{moment.astimezone(zone):%Y%m%dT%H%M%S}"
        kept.append(f"{name}={value.removesuffix('Z') if name.upper() == 'UNTIL' else value}")
    return ";".join(kept)


def _each(event: Any, key: str) -> list[Any]:
    found = event.get(key, [])
    return found if isinstance(found, list) else [found]


def _periods(event: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the times of `RDATE;VALUE=PERIOD`, each with a length of its own."""
    out = {_naive(each, UTC) for each in _dates(event, "EXDATE")}
    for each in (each for group in _each(event, "RDATE") for each in group.dts):
        if not isinstance(each.dt, tuple):
            continue
        begin, end = each.dt
        length = end if isinstance(end, timedelta) else _naive(end, UTC) - _naive(begin, UTC)
        _check_length(length)
        if _naive(begin, UTC) not in out:
            yield begin, _later(begin, length)


def _dates(event: Any, key: str) -> Iterator[Any]:
    for group in _each(event, key):
        for each in group.dts:
            if not isinstance(each.dt, tuple):  # a period: `_periods` has it
                yield each.dt


def _naive(moment: Any, zone: Any = None) -> datetime:
    if not isinstance(moment, datetime):
        return _midnight(moment)
    there = moment.astimezone(zone) if zone is not None and moment.tzinfo else moment
    return there.replace(tzinfo=None)


def _local(moment: Any, timezone: str) -> datetime:
    """Return a day, a local time or an instant as a local time of the calendar's zone."""
    if not isinstance(moment, datetime):
        return _midnight(moment)
    there = moment.astimezone(find_zone(timezone)) if moment.tzinfo else moment
    return there.replace(tzinfo=None, microsecond=0, fold=0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _counts(start: datetime, until: datetime) -> bool:
    return until - _BACK * _DAY - _LONGEST <= start < until


def _needed(package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError as err:
        raise UsageError(
            f"this calendar needs the package {package}, which is not installed",
            hint="Run `pip install 'mcm-deploy[calendars]'`.",
        ) from err
