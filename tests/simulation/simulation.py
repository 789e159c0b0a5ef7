"""Playing one scenario: processes that die and start again, until an end or a hold."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from mcm.app.runner import Ending
from mcm.aws.port import Port
from mcm.core.errors import Exit, McmError
from mcm.core.history.goal import Goal, GoForward
from mcm.core.history.journal import Entry
from mcm.core.history.lease import DrivenError
from mcm.core.history.state import State
from mcm.sandbox.identity import ACCOUNT
from mcm.store.memory import MemoryJournal
from tests.kit.dying import KilledError, MortalJournal, MortalPort
from tests.kit.world import STAGE, World
from tests.simulation.between import Crossings, FullDisk, Listener, SimulatedPort
from tests.simulation.conditions import Conditions, LocalClock
from tests.simulation.draw import Drawn
from tests.simulation.drivers import NONE, Beside, Desk, by_command, by_ticks, by_watching
from tests.simulation.faults import Hiccup, Kill, Lag, Passing, Second, When
from tests.simulation.outside import Outside
from tests.simulation.signers import Signers
from tests.simulation.stories import Setting, prepare

PROCESSES, UNTIL_HEALED = 9, 2
"""After how many runs, and after how many ends, nothing fails any more."""
FINAL = frozenset(
    {Exit.DONE, Exit.ROLLED_BACK, Exit.NEEDS_PERSON, Exit.FAILED, Exit.REFUSED, Exit.ABORTED}
)
DRIVEN = "lease"
"""The gate of a command that finds another driver; no end of a walk."""


class Simulation:
    """One seed's run; `problems` is empty when nothing was wrong."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.trace: list[str] = []
        self.problems: list[str] = []
        self.endings: list[Ending] = []
        self.noted = MemoryJournal()
        """What an observer writes down for itself."""
        self.lost: list[list[Entry]] = []
        """What the store did not take, process by process."""
        self.deed_at: datetime | None = None
        self.running_since: datetime | None = None
        """Since when the process that is watched lives; None while it is dead."""
        self.checks: list[Callable[[], None]] = []
        """Called after each call of mcm's."""
        self.deaths: list[Callable[[McmError], None]] = []
        """Told of what ended a process that nobody killed."""
        self.hears: list[Callable[[Entry, Listener | None], None]] = []
        """Told each entry right after it was journaled, wherever."""
        self.watches: list[Callable[[State], None]] = []
        """Told, at each turn, what it is decided on."""
        self.crashes = 0
        self.others = False
        """Whether another process of mcm's has ever turned beside the first."""
        self._is_healed = False
        self._moments: dict[str, datetime] = {}
        self._waiting: list[tuple[When, Callable[[], None]]] = []
        self._build()

    def _build(self) -> None:
        drawn = self.drawn
        takes = timedelta(minutes=10) if drawn.is_slow else timedelta(seconds=90)
        self.world = World(
            seed=f"seed-{drawn.seed}",
            passes=drawn.passes,
            update_takes=takes,
            local=LocalClock,
            people=Signers,
        )
        assert isinstance(self.world.people, Signers)
        self.people = self.world.people
        self.clock = self.world.clock
        can_lag = any(isinstance(fault, Lag | Hiccup) for fault in drawn.played())
        self.conditions = Conditions(drawn.seed, self.world.engine, self.clock, can_lag=can_lag)
        self.outside = self.conditions.outside = Outside(self.clock, self.world.local)
        self.world.more.append(self.outside)
        self.journal = FullDisk(self.conditions.disk_is_full, self.heard)
        assert isinstance(self.world.local, LocalClock)
        self.world.local.conditions = self.conditions
        for name in ("dave", "mallory"):
            self.world.engine.identities.admit(ACCOUNT, name)
        self.world.journal = self.world.plain_journal = self.journal
        self.setting: Setting = prepare(drawn.story, self.world)
        self._moments.clear()
        self.setting.beside = self._beside
        self.desk = Desk(self.world)
        self.conditions.leases = self.desk.leases
        self.boundaries = Crossings()
        if self.setting.between is not None:
            self.boundaries.at_intent = partial(self._do, self.setting.between)
        if self.setting.overtaken is not None:
            self.boundaries.at_opening = partial(self._do, self.setting.overtaken)
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
        if isinstance(fault, Second) and self.setting.observes is None:
            goal = GoForward(self.setting.plan, (STAGE,))
            change = self.setting.plan.change
            second = self._beside(goal, change, fault.lasts, leases=fault.leases)
            seen = len(self.boundaries.seen)
            self.boundaries.meanwhile |= {seen + at: second.turn for at in fault.boundaries}

    def _beside(
        self,
        goal: Goal,
        change: str,
        lasts: timedelta = timedelta(hours=1),
        *,
        leases: bool = False,
    ) -> Beside:
        """Let another process begin to turn beside the one that is watched."""
        self.others = True
        listener = Listener(self, "beside")
        failed = self._failed_beside
        return Beside(self.world, self.desk, goal, change, listener, lasts, failed, leases=leases)

    def _failed_beside(self, err: Exception) -> None:
        self.say(f"beside DIED: {err}")
        if not isinstance(err, McmError):
            self.problems.append(f"{type(err).__name__}: {err}")

    # Playing it

    def play(self) -> "Simulation":
        """Run the command, again after each death, until it ends; then let all heal."""
        self._arrange()
        kills = [fault for fault in self.drawn.played() if isinstance(fault, Kill)]
        self.boundaries.seen.clear()
        if self.drawn.lives:
            for count, kill in enumerate(kills):
                # Each restart of the other run passes two boundaries more: it says that it begins.
                at = kill.boundary - 2 * count
                self.boundaries.meanwhile[at] = partial(self.clock.pass_time, kill.down)
            kills = []
        self.boundaries.deadly = {kill.boundary for kill in kills}
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
            is_same = bool(before) and before[0].gate == ending.gate
            if is_healed and is_same and ending.gate != DRIVEN:
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
        """Run the command once more, now that nothing fails, and nobody else drives."""
        for _ in range(PROCESSES):
            ending = self._run(NONE)
            if ending is None or ending.gate != DRIVEN:
                return ending
            self.clock.pass_time(timedelta(minutes=10))
        return None

    def _run(self, patience: timedelta) -> Ending | None:
        self.say("START of the command")
        self.world.listener = Listener(self)
        self.running_since = self.clock.now()
        try:
            ending = self._command(patience)
        except KilledError as err:
            self._killed(err)
            return None
        except DrivenError as err:
            self.say(f"DRIVEN: {err}")
            return Ending(Exit.HELD, str(err), gate=DRIVEN)
        except McmError as err:
            self.say(f"DIED: {err}")
            for tell in self.deaths:
                tell(err)
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
        self.crashes += 1
        self.running_since = None
        self.clock.pass_time(self._down.pop(0) if self._down else NONE)
        self.running_since = self.clock.now()

    def _command(self, patience: timedelta) -> Ending:
        if self.setting.oncall:
            return self.world.roll_back(abandon=self.drawn.abandon)
        if self.setting.observes is not None:
            return by_watching(self.world, self.setting.observes, self.noted)
        if self.drawn.ticks:
            return by_ticks(self.world, self.desk, self.setting.plan, patience, self._killed)
        return by_command(self.world, self.desk, self.setting.plan, patience)

    # What it hears

    def say(self, text: str) -> None:
        self.trace.append(f"{self.clock.now():%H:%M:%S} {text}")

    def tell(self, entries: Iterable[Entry], who: str) -> None:
        """Put into the trace what a process has written."""
        for entry in entries:
            self.say(f"  {who}{' ' if who else ''}{entry.seq} {entry.kind} {str(entry.body)[:160]}")

    def heard(self, entries: Iterable[Entry], by: Listener | None = None) -> None:
        """Take note of what is journaled, also when its writer dies right after it.

        `by` is who alone knows of it, since the store did not take it.
        """
        for entry in entries:
            self._reached(entry.kind)
            for hear in self.hears:
                hear(entry, by)
