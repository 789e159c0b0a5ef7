"""Playing one scenario: processes that die and start again, until an end or a hold."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from mcm.app.runner import Ending
from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit, McmError
from mcm.core.goal import Goal, GoForward
from mcm.core.journal import Draft, Entry, StoreError
from mcm.core.state import State
from mcm.core.turn import Turn
from mcm.store.memory import NO_CLAIMS, MemoryJournal
from tests.kit.dying import Boundaries, KilledError, MortalJournal, MortalPort
from tests.kit.world import STAGE, Recorder, World
from tests.simulation.conditions import Conditions, LocalClock
from tests.simulation.draw import Drawn
from tests.simulation.drivers import NONE, Beside, by_ticks
from tests.simulation.faults import Kill, Lag, Passing, Second, When
from tests.simulation.stories import Setting, prepare

PROCESSES, UNTIL_HEALED = 9, 2
"""After how many runs, and after how many ends, nothing fails any more."""
FINAL = frozenset(
    {Exit.DONE, Exit.ROLLED_BACK, Exit.NEEDS_PERSON, Exit.FAILED, Exit.REFUSED, Exit.ABORTED}
)
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
        self._simulation.journaled(entries, self.name)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        super().lost(entries, why)
        self._simulation.say(f"LOST ({why}):")
        self._simulation.journaled(entries, self.name)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        self._here = self._here + 1 if now == self._at else 0
        self._at = now
        self._turns += 1
        if self._here > TURNS_AT_ONCE or self._turns > TURNS:
            raise NeverEndsError(f"turns without end: {turn.next}")
        for watch in self._simulation.watches if not self.name else ():
            watch(state)


class FullDisk(MemoryJournal):
    """A journal that takes nothing while `full` says so."""

    def __init__(self, full: Callable[[], bool]) -> None:
        super().__init__()
        self._full = full

    def append(
        self, change: str, drafts: Sequence[Draft], *, after: int, claims: Any = NO_CLAIMS
    ) -> tuple[Entry, ...]:
        if self._full():
            raise StoreError("database or disk is full")
        return super().append(change, drafts, after=after, claims=claims)


class Crossings(Boundaries):
    """Boundaries at some of which somebody else turns before we go on."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: dict[int, Callable[[], None]] = {}

    def passed(self, where: str) -> None:
        super().passed(where)
        if meanwhile := self.meanwhile.pop(len(self.seen) - 1, None):
            meanwhile()


class SimulatedPort:
    """mcm's way to the engine, under the conditions; the invariants look at each write."""

    def __init__(self, port: Port, simulation: "Simulation") -> None:
        self._port = port
        self._simulation = simulation

    def call(self, service: str, operation: str, params: Params) -> Reply:
        simulation = self._simulation
        try:
            return simulation.conditions.call(self._port, service, operation, params)
        finally:
            for check in simulation.checks:
                check()


class Simulation:
    """One seed's run; `problems` is empty when nothing was wrong."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.trace: list[str] = []
        self.problems: list[str] = []
        self.endings: list[Ending] = []
        self.lost: list[list[Entry]] = []
        """What the store did not take, process by process."""
        self.deed_at: datetime | None = None
        self.running_since: datetime | None = None
        """Since when the process that is watched lives; None while it is dead."""
        self.checks: list[Callable[[], None]] = []
        """Called after each call of mcm's."""
        self.watches: list[Callable[[State], None]] = []
        """Told, at each turn, what it is decided on."""
        self._is_healed = False
        self._moments: dict[str, datetime] = {}
        self._waiting: list[tuple[When, Callable[[], None]]] = []
        self._build()

    def _build(self) -> None:
        drawn = self.drawn
        takes = timedelta(minutes=10) if drawn.is_slow else timedelta(seconds=90)
        self.world = World(
            seed=f"seed-{drawn.seed}", passes=drawn.passes, update_takes=takes, local=LocalClock
        )
        self.clock = self.world.clock
        can_lag = any(isinstance(fault, Lag) for fault in drawn.played())
        self.conditions = Conditions(drawn.seed, self.world.engine, self.clock, can_lag=can_lag)
        self.journal = FullDisk(self.conditions.disk_is_full)
        assert isinstance(self.world.local, LocalClock)
        self.world.local.conditions = self.conditions
        self.setting: Setting = prepare(drawn.story, self.world)
        self.setting.beside = self._beside
        self.world.plain_journal = self.journal
        self.boundaries = Crossings()
        self.world.journal = MortalJournal(self.journal, self.boundaries)
        self.world.wrap = self._wrap

    def _wrap(self, port: Port) -> Port:
        watched = SimulatedPort(port, self)
        return MortalPort(watched, self.boundaries, reads=self.drawn.kills_at_reads)

    # What the scenario does

    def _arrange(self) -> None:
        when = self.setting.when(self.drawn.deed)
        if when is None:
            self._do(self.setting.deed)
        else:
            self._tie(when, lambda: self._do(self.setting.deed))
        for moment, word in self.setting.then:
            self._tie(moment, partial(self._do_then, word))
        for fault in self.drawn.played():
            if isinstance(fault, Passing):
                self._tie(fault.when, partial(self._begin, fault))
        if self.setting.broken:
            self.deed_at = self.clock.now()
        self._reached("start")

    def _tie(self, when: When, call: Callable[[], None]) -> None:
        self._waiting.append((when, call))

    def _reached(self, moment: str) -> None:
        if moment in self._moments:
            return
        self._moments[moment] = self.clock.now()
        for when, call in self._waiting:
            if when.moment == moment:
                self.clock.at(self.clock.now() + when.delay, call)

    def _do(self, deed: Callable[[], object]) -> None:
        self.say(f"DEED of {self.drawn.story}")
        if deed() is False:
            self.say("  which AWS refused")
        elif self.deed_at is None:
            self.deed_at = self.clock.now()

    def _do_then(self, word: Callable[[], object]) -> None:
        try:
            self.say(f"THEN of {self.drawn.story}: {word()}")
        except Exception as err:  # noqa: BLE001 - a mistake of the story's, not of the walk's
            self.problems.append(f"story: {type(err).__name__}: {err}")

    def _begin(self, fault: Passing) -> None:
        if self._is_healed:
            return
        self.say(f"FAULT {fault}")
        self.conditions.begin(fault)
        if isinstance(fault, Second):
            goal = GoForward(self.setting.plan, (STAGE,))
            second = self._beside(goal, self.setting.plan.change, fault.lasts)
            seen = len(self.boundaries.seen)
            self.boundaries.meanwhile = {seen + at: second.turn for at in fault.boundaries}

    def _beside(self, goal: Goal, change: str, lasts: timedelta = timedelta(hours=1)) -> Beside:
        """Let another process begin to turn beside the one that is watched."""
        listener = Listener(self, "beside")
        return Beside(self.world, goal, change, listener, lasts, self._failed_beside)

    def _failed_beside(self, err: Exception) -> None:
        self.say(f"beside DIED: {err}")
        if not isinstance(err, McmError):
            self.problems.append(f"{type(err).__name__}: {err}")

    # Playing it

    def play(self) -> "Simulation":
        """Run the command, again after each death, until it ends; then let all heal."""
        self._arrange()
        kills = [fault for fault in self.drawn.played() if isinstance(fault, Kill)]
        self.boundaries.deadly = {kill.boundary for kill in kills}
        self.boundaries.seen.clear()
        self._down = [kill.down for kill in kills]
        for process in range(2 * PROCESSES):
            is_healed = len(self.endings) >= UNTIL_HEALED or process >= PROCESSES
            if is_healed:
                self._heal()
            before = self.endings[-1:]
            ending = self._run(NONE if is_healed else self.drawn.patience)
            if ending is None:
                continue
            if ending.exit in FINAL and not ending.gate:
                if not self._go_on():
                    break
                continue
            if is_healed and before and before[0].gate == ending.gate:
                break
            self.clock.pass_time(timedelta(minutes=10))
        self._heal()
        return self

    def _go_on(self) -> bool:
        """Let somebody do what the story has for the end; say whether there was anything."""
        word, self.setting.afterwards = self.setting.afterwards, None
        if word is not None:
            self.clock.pass_time(timedelta(minutes=1))
            self.say(f"AFTERWARDS of {self.drawn.story}: {word()}")
        return word is not None

    def _heal(self) -> None:
        self._is_healed = True
        self.conditions.heal()
        self.boundaries.deadly.clear()

    def again(self) -> Ending | None:
        """Run the command once more, now that nothing fails."""
        return self._run(NONE)

    def _run(self, patience: timedelta) -> Ending | None:
        self.say("START of the command")
        self.world.listener = Listener(self)
        self.running_since = self.clock.now()
        try:
            ending = self._command(patience)
        except KilledError as err:
            self._killed(err)
            return None
        except McmError as err:
            self.say(f"DIED: {err}")
            self.clock.pass_time(timedelta(minutes=2))
            return None
        except Exception as err:  # noqa: BLE001 - whatever it is, the seed must be told
            self.say(f"BUG {type(err).__name__}: {err}")
            self.problems.append(f"{type(err).__name__}: {err}")
            return Ending(Exit.ABORTED, "bug")
        finally:
            self.running_since = None
        self.say(f"END {ending}")
        self.endings.append(ending)
        return ending

    def _killed(self, err: KilledError) -> None:
        self.say(f"KILLED at {err}")
        self.running_since = None
        self.clock.pass_time(self._down.pop(0) if self._down else NONE)
        self.running_since = self.clock.now()

    def _command(self, patience: timedelta) -> Ending:
        if self.setting.oncall:
            return self.world.roll_back(abandon=self.drawn.abandon)
        if self.drawn.ticks:
            return by_ticks(self.world, self.setting.plan, patience, self._killed)
        return self.world.deploy(self.setting.plan, patience=patience)

    # What it hears

    def say(self, text: str) -> None:
        self.trace.append(f"{self.clock.now():%H:%M:%S} {text}")

    def journaled(self, entries: Iterable[Entry], who: str) -> None:
        for entry in entries:
            self.say(f"  {who}{' ' if who else ''}{entry.seq} {entry.kind} {str(entry.body)[:160]}")
            self._reached(entry.kind)
