"""Change Calendars of the sandbox: a document of events, open or closed by default.

Emulated: iCalendar text with X-CALENDAR-TYPE and single events in UTC. Recurring events and
local times are refused: what would be answered about them would be a guess.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

KIND = "ChangeCalendar"
OPEN, CLOSED = "OPEN", "CLOSED"
_TYPE = re.compile(r"^X-CALENDAR-TYPE:DEFAULT_(OPEN|CLOSED)\s*$", re.MULTILINE)
_EVENT = re.compile(r"BEGIN:VEVENT(.*?)END:VEVENT", re.DOTALL)
_START, _END = (
    re.compile(rf"^{name}:(\d{{8}}T\d{{6}})Z\s*$", re.MULTILINE) for name in ("DTSTART", "DTEND")
)
_UNKNOWN = re.compile(r"^(RRULE|RDATE|EXDATE|RECURRENCE-ID)", re.MULTILINE)


@dataclass(frozen=True)
class ChangeCalendar:
    """One document."""

    name: str
    is_open: bool
    """By default; an event turns it around."""
    events: tuple[tuple[datetime, datetime], ...]

    def state(self, now: datetime) -> str:
        inside = any(start <= now < end for start, end in self.events)
        return OPEN if self.is_open is not inside else CLOSED

    def turns_at(self, now: datetime) -> datetime | None:
        """Return when the state changes next; None when it never does."""
        edges = sorted({moment for event in self.events for moment in event if moment > now})
        return next((edge for edge in edges if self.state(edge) != self.state(now)), None)


def read(name: str, content: str) -> ChangeCalendar:
    """Read a document; raise ValueError for one that is not emulated."""
    kind = _TYPE.search(content)
    if kind is None:
        raise ValueError("the calendar needs X-CALENDAR-TYPE:DEFAULT_OPEN or DEFAULT_CLOSED")
    events = []
    for body in _EVENT.findall(content):
        start, end = _START.search(body), _END.search(body)
        if start is None or end is None or _UNKNOWN.search(body):
            raise ValueError("not emulated: events that recur, or that are not in UTC")
        events.append((_moment(start[1]), _moment(end[1])))
    return ChangeCalendar(name, kind[1] == OPEN, tuple(events))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
