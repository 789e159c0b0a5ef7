"""What does not come from AWS: the inbox, and freezes and calendars as they stand now.

Both are read anew each turn, so a rejection, a trust file or a freeze that arrives while
a walk waits is seen before the next write. What cannot be read is unknown, never empty.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mcm.app.ports import Clock
from mcm.core.errors import McmError
from mcm.core.query import CalendarsQuery, ChangesQuery, FreezesQuery, InboxQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.trust.inbox import Inbox
from mcm.core.windows.hours import Calendar
from mcm.core.windows.window import Freeze

if TYPE_CHECKING:
    from mcm.core.gates.others import OtherChange

ReadCalendars = Callable[[tuple[str, ...], datetime], tuple[Calendar, ...]]


def no_calendars(names: tuple[str, ...], until: datetime) -> tuple[Calendar, ...]:
    """Read no calendar: what nobody can read is unknown."""
    del until
    raise ValueError(f"nothing here reads calendars: {', '.join(names)}")


class LocalSource:
    """Answers queries for what lies here, each through the function it is given."""

    def __init__(
        self,
        read_inbox: Callable[[str], Inbox],
        read_freezes: Callable[[], tuple[Freeze, ...]],
        clock: Clock,
        read_calendars: ReadCalendars = no_calendars,
        read_others: "Callable[[str], tuple[OtherChange, ...]]" = lambda _: (),
    ) -> None:
        self._read_inbox = read_inbox
        self._read_freezes = read_freezes
        self._clock = clock
        self._read_calendars = read_calendars
        self._read_others = read_others

    def answers(self, query: Query) -> bool:
        """Say whether this source is the one for `query`."""
        return isinstance(query, InboxQuery | FreezesQuery | CalendarsQuery | ChangesQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Return a reading for each query; files are read at once, so `within` is not needed."""
        del within
        return {query: self._read(query) for query in queries}

    def _read(self, query: Query) -> Reading:
        at = self._clock.now()
        try:
            if isinstance(query, InboxQuery):
                return Known(self._read_inbox(query.change), at)
            if isinstance(query, ChangesQuery):
                return Known(self._read_others(query.change), at)
            if isinstance(query, CalendarsQuery):
                return Known(self._read_calendars(query.names, query.until), at)
            return Known(self._read_freezes(), at)
        except (McmError, OSError, ValueError) as err:
            return Unknown(Blindness.FAILED, _first_line(err), at)


def _first_line(err: Exception) -> str:
    return (str(err).splitlines() or [type(err).__name__])[0]
