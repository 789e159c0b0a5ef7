"""The ports that use cases need; `mcm.cli.compose` fills them in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from mcm.core.history.instruction import Instruction, Outcome
from mcm.core.history.journal import Entry
from mcm.core.history.lease import Driver
from mcm.core.history.state import State
from mcm.core.history.turn import Turn
from mcm.core.query import Query
from mcm.core.reading import Reading


class Clock(Protocol):
    """Where now comes from; the only thing a walk waits on."""

    def now(self) -> datetime: ...

    def sleep_until(self, moment: datetime) -> None: ...


class Source(Protocol):
    """Answers some kinds of query."""

    def answers(self, query: Query) -> bool: ...

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]: ...


class Perform(Protocol):
    """Carries out one instruction once; never raises for what AWS says."""

    def perform(self, instruction: Instruction) -> Outcome: ...


class Listener(Protocol):
    """Told what happens: the live view, notifications, tests. It changes nothing."""

    def wrote(self, entries: Sequence[Entry]) -> None:
        """These entries are in the journal now, or were told to `lost` before."""

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """This is what the walk decided on its latest readings."""

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """These entries could not be stored: there is no other copy of them.

        What goes on in spite of it (a rollback, a watch) comes to `wrote` all the same.
        """


class Lease(Protocol):
    """The right to drive one change, until it is freed or its process ends."""

    def free(self) -> None:
        """Let go; more than once is no error."""


class Leases(Protocol):
    """At most one driver for each change. A rollback asks for none.

    Both methods raise LeaseError or RefusedError when nobody can tell who drives.
    """

    def take(self, change: str, driver: Driver) -> Lease:
        """Take the lease; raise DrivenError while another process that lives holds it."""

    def driver(self, change: str) -> Driver | None:
        """Return who drives the change now; None when nobody does. Changes nothing."""
