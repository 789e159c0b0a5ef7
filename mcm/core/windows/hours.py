"""When one stage may be promoted: windows and calendars by name, put together.

What a calendar file or a country's holidays say is read when a change is planned and lies
in the plan's bytes, so whoever approves and whoever deploys mean the same days, with
whatever version of whatever package. Read again while a walk waits it can only close. A
calendar of AWS (Change Calendar) is asked each turn and is no part of the plan but by name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mcm.core.duration import spell
from mcm.core.windows.window import AnyWindow, Freeze, Once, Window
from mcm.core.windows.zone import find_zone

HOLIDAYS, ICS, CHANGE_CALENDAR = "holidays", "ics", "change_calendar"
_END_OF_TIME = datetime(9000, 1, 1)  # noqa: DTZ001 - a local time, as all of a calendar's
_ENOUGH = timedelta(days=180)


@dataclass(frozen=True)
class CalendarSource:
    """A calendar as mcm.yaml names it."""

    name: str
    kind: str
    """`holidays`, `ics` or `change_calendar`."""
    source: str
    """Country and part by ISO 3166 (`US`, `DE-BY`); a file; a document's name or ARN."""
    timezone: str
    """Where its days are days; empty for a change calendar, which is asked for an instant."""


@dataclass(frozen=True)
class Event:
    """A span of a calendar, local in its zone."""

    start: datetime
    end: datetime
    reason: str
    """What the calendar calls it: foreign text."""


@dataclass(frozen=True)
class Calendar:
    """What a calendar says, as far as it was read."""

    name: str
    kind: str
    source: str
    timezone: str
    events: tuple[Event, ...]
    """Sorted; none of a change calendar, which is asked each turn."""
    until: datetime | None
    """Local time up to which `events` is all there is; None for a change calendar."""

    def freezes(self) -> Iterator[Freeze]:
        """Yield what it denies, and all that comes after what is known of it."""
        for event in self.events:
            try:
                yield Freeze(self.name, event.start, event.end, self.timezone, event.reason)
            except ValueError:
                continue  # it lies within the hour that clocks skip: there is no such time
        if self.until is not None:
            reason = "the plan knows the calendar up to here: plan again"
            yield Freeze(self.name, self.until, _END_OF_TIME, self.timezone, reason)

    def windows(self) -> Iterator[Once]:
        """Yield what it allows."""
        for event in self.events:
            try:
                yield Once(self.name, event.start, event.end, self.timezone)
            except ValueError:
                continue


@dataclass(frozen=True)
class ChangeCalendarView:
    """What AWS says of a Change Calendar."""

    state: str
    """`OPEN`, `CLOSED`, or a word that is not known yet and so no OPEN."""
    turns_at: datetime | None
    """When that changes; None when AWS does not say."""


@dataclass(frozen=True)
class LowTraffic:
    """Besides the clock, current traffic must be low."""

    per_minute: int
    """Most requests a minute, on average over `over`."""
    over: timedelta


@dataclass(frozen=True)
class Hours:
    """The `window` of a stage: open in any of what allows and in none of what denies."""

    windows: tuple[Window, ...] = ()
    once: tuple[Once, ...] = ()
    allow: tuple[str, ...] = ()
    """Calendars whose events open it."""
    deny: tuple[str, ...] = ()
    """Calendars whose events, or whose state, close it."""
    reserve: timedelta = timedelta(0)
    """How long a way back may take: an opening must hold the bake and this."""
    low_traffic: LowTraffic | None = None

    @property
    def calendars(self) -> tuple[str, ...]:
        """The calendars it names."""
        return tuple(dict.fromkeys((*self.allow, *self.deny)))


def windows_of(hours: Hours | None, calendars: Iterable[Calendar]) -> tuple[AnyWindow, ...]:
    """Return all that opens a stage; `calendars` may be more than its own."""
    if hours is None:
        return ()
    named = (each for each in calendars if each.name in hours.allow)
    return (*hours.windows, *hours.once, *(one for each in named for one in each.windows()))


def denials_of(hours: Hours | None, calendars: Iterable[Calendar]) -> tuple[Freeze, ...]:
    """Return all that the calendars of a stage deny."""
    if hours is None:
        return ()
    named = (each for each in calendars if each.name in hours.deny)
    return tuple(freeze for each in named for freeze in each.freezes())


def needs_of(hours: Hours | None, bake: timedelta) -> timedelta:
    """Return how much of an opening must be left when a promotion starts."""
    return bake + (hours.reserve if hours is not None else timedelta(0))


def zone_of(hours: Hours | None, calendars: Sequence[Calendar] = ()) -> ZoneInfo:
    """Return the zone in which a stage's hours are told: of the first that opens it."""
    opens = (*windows_of(hours, calendars), *denials_of(hours, calendars))
    return find_zone(opens[0].timezone if opens else "UTC")


def until_of(now: datetime, before: Iterable[Calendar] = ()) -> datetime:
    """Return up to which local time calendars are to be read.

    The end of the next year, so that planning again gives the same bytes; or what the plan
    `before` has while half a year of it is left.
    """
    known = {each.until for each in before if each.until is not None}
    if len(known) == 1 and min(known) - now.replace(tzinfo=None) >= _ENOUGH:
        return min(known)
    return datetime(now.year + 2, 1, 1)  # noqa: DTZ001 - a local time


def spell_hours(hours: Hours | None, *, production: bool) -> str:
    """Say when a stage may be promoted, in one line."""
    opens = [
        f"{w.name}: cron {w.cron}, for {spell(w.duration)}, {w.timezone}" for w in _cron(hours)
    ]
    if hours is not None:
        opens += [
            f"{o.name}: {_local(o.start)} to {_local(o.end)} {o.timezone}" for o in hours.once
        ]
        opens += [f"calendar {name}" for name in hours.allow]
    if not opens:
        opens = ["never: no window is configured" if production else "at any time"]
    return "; ".join([", or ".join(opens), *_restrictions(hours)])


def _cron(hours: Hours | None) -> tuple[Window, ...]:
    return hours.windows if hours is not None else ()


def _restrictions(hours: Hours | None) -> Iterator[str]:
    if hours is None:
        return
    if hours.deny:
        yield f"never in {', '.join(hours.deny)}"
    low = hours.low_traffic
    if low is not None:
        yield f"at most {low.per_minute} requests a minute over {spell(low.over)}"
    if hours.reserve:
        yield f"with room for the bake and {spell(hours.reserve)} to go back"


def _local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
