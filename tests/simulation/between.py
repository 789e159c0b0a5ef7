"""What stands between mcm and its world in a simulation, and sees or stops what passes."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcm.aws.port import Params, Port, Reply
from mcm.core.history.journal import Draft, Entry, StoreError
from mcm.core.history.state import State
from mcm.core.history.turn import Turn
from mcm.store.memory import NO_CLAIMS, MemoryJournal
from tests.kit.dying import Boundaries
from tests.kit.world import Recorder

if TYPE_CHECKING:
    from tests.simulation.simulation import Simulation

TURNS_AT_ONCE, TURNS = 60, 4000


class NeverEndsError(Exception):
    """The walk turns without getting anywhere."""


class Listener(Recorder):
    """Tells the simulation what was journaled, and notices a loop that spins."""

    def __init__(self, simulation: "Simulation", name: str = "") -> None:
        super().__init__()
        simulation.lost.append(self.lost_entries)
        self.name = name
        self._simulation = simulation
        self._at: datetime | None = None
        self._turns = self._here = 0

    def wrote(self, entries: Sequence[Entry]) -> None:
        super().wrote(entries)
        self._simulation.tell(entries, self.name)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        super().lost(entries, why)
        self._simulation.say(f"LOST ({why}):")
        self._simulation.heard(entries, self)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        self._here = self._here + 1 if now == self._at else 0
        self._at = now
        self._turns += 1
        if self._here > TURNS_AT_ONCE or self._turns > TURNS:
            raise NeverEndsError(f"turns without end: {turn.next}")
        for watch in self._simulation.watches if not self.name else ():
            watch(state)


class FullDisk(MemoryJournal):
    """A journal that takes nothing while `full` says so, and tells `heard` what it took."""

    def __init__(self, full: Callable[[], bool], heard: Callable[[Sequence[Entry]], None]) -> None:
        super().__init__()
        self._full = full
        self._heard = heard

    def append(
        self, change: str, drafts: Sequence[Draft], *, after: int, claims: Any = NO_CLAIMS
    ) -> tuple[Entry, ...]:
        if self._full():
            raise StoreError("database or disk is full")
        made = super().append(change, drafts, after=after, claims=claims)
        self._heard(made)
        return made


class Crossings(Boundaries):
    """Boundaries at some of which somebody else turns before we go on."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: dict[int, Callable[[], None]] = {}
        self.at_intent: Callable[[], None] | None = None
        """What happens between the first intent and its act: after the gates were read."""
        self.at_opening: Callable[[], None] | None = None
        """What happens right before the first opening is sent: after everything was read."""

    def passed(self, where: str) -> None:
        super().passed(where)
        if self.at_intent is not None and re.fullmatch(r"after append of .*\bintent", where):
            at_intent, self.at_intent = self.at_intent, None
            at_intent()
        if self.at_opening is not None and where == "before EnableStageTransition":
            at_opening, self.at_opening = self.at_opening, None
            at_opening()
        if meanwhile := self.meanwhile.pop(len(self.seen) - 1, None):
            meanwhile()


class SimulatedPort:
    """mcm's way to the engine, under the conditions; the invariants look at each write."""

    def __init__(self, port: Port, simulation: "Simulation") -> None:
        self._port = port
        self._simulation = simulation

    @property
    def time(self) -> datetime:
        """AWS's own time, in whole seconds as HTTP tells it."""
        return self._simulation.clock.now().replace(microsecond=0)

    def call(self, service: str, operation: str, params: Params) -> Reply:
        simulation = self._simulation
        try:
            return simulation.conditions.call(self._port, service, operation, params)
        finally:
            for check in simulation.checks:
                check()
