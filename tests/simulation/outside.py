"""What mcm asks that is neither AWS nor an inbox: probes, calendar files, other changes.

The truth is what others have put here; an outage stands between it and mcm, as a probe that
hangs or a file that cannot be read does. What was shown last is kept for the invariants.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mcm.core.gates.others import OtherChange
from mcm.core.http import HttpView
from mcm.core.invocation import InvocationView
from mcm.core.judging.plugin import OK, PluginView
from mcm.core.query import (
    CalendarsQuery,
    ChangesQuery,
    CommandQuery,
    HttpQuery,
    InvocationQuery,
    Query,
)
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.windows.hours import Calendar
from tests.kit.clock import VirtualClock
from tests.kit.world import World

PROBES = (CommandQuery, HttpQuery, InvocationQuery)
ASKED: tuple[type[Query], ...] = (*PROBES, CalendarsQuery, ChangesQuery)


@dataclass
class Truth:
    """How things stand, whoever can see it."""

    status: int = OK
    """What the monitoring plugin says."""
    http: int = 200
    answer: str = '{"label": "parcel"}'
    """What the endpoint answers to a sample; empty when the model fails."""
    calendars: tuple[Calendar, ...] = ()
    others: tuple[OtherChange, ...] = ()


class Outside:
    """A source beside AWS. Nothing of it is asked where a plan does not use it."""

    def __init__(self, clock: VirtualClock, local: VirtualClock) -> None:
        self.truth = Truth()
        self.shown: dict[type[Query], Shown] = {}
        self._clock, self._local = clock, local
        self._until: dict[type[Query], tuple[Blindness, datetime]] = {}

    def fail(self, kind: type[Query], why: Blindness, until: datetime) -> None:
        """Let one kind of question go unanswered for a while."""
        self._until[kind] = (why, until)

    def heal(self) -> None:
        self._until.clear()

    def answers(self, query: Query) -> bool:
        return isinstance(query, ASKED)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        del within
        return {query: self._read(query) for query in queries}

    def _read(self, query: Query) -> Reading:
        why, until = self._until.get(type(query), (Blindness.FAILED, self._clock.now()))
        if self._clock.now() < until:
            word = "hangs" if why is Blindness.LATE else "cannot be read"
            return Unknown(why, f"{type(query).__name__} {word}", self._local.now())
        value = self._value(query)
        shown = self.shown.setdefault(type(query), Shown())
        shown.value, shown.at = value, self._clock.now()
        shown.looks.append(shown.at)
        return Known(value, self._local.now())

    def _value(self, query: Query) -> object:
        truth, took = self.truth, timedelta(milliseconds=80)
        if isinstance(query, CommandQuery):
            return PluginView(truth.status, "QUEUE", ())
        if isinstance(query, HttpQuery):
            return HttpView(truth.http, took)
        if isinstance(query, InvocationQuery):
            failed = "" if truth.answer else "500 from the container"
            return InvocationView(truth.answer, "live", took, failed)
        return truth.calendars if isinstance(query, CalendarsQuery) else truth.others


@dataclass
class Shown:
    """The last answer of one kind, and when each was given."""

    value: object = None
    at: datetime | None = None
    looks: list[datetime] = field(default_factory=list)


def outside_of(world: World) -> Outside:
    """Return what a simulated world has beside AWS."""
    return next(each for each in world.more if isinstance(each, Outside))
