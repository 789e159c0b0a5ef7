"""Playing one scenario: processes that die and start again, until an end or a hold."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from mcm.app.runner import Ending
from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit, McmError
from mcm.core.journal import Draft, Entry, StoreError
from mcm.core.state import State
from mcm.core.turn import Turn
from mcm.sandbox.faults import Fault as EngineFault
from mcm.sandbox.identity import user_key
from mcm.store.memory import NO_CLAIMS, MemoryJournal
from tests.kit.dying import Boundaries, KilledError, MortalJournal, MortalPort
from tests.kit.world import Recorder, World
from tests.simulation.draw import Drawn
from tests.simulation.faults import DiskFull, Kill, Lag, Trouble, When
from tests.simulation.stories import Setting, prepare

NONE = timedelta(0)
PROCESSES, UNTIL_HEALED = 9, 2
"""How often the command is run at most, and after how many ends nothing fails any more."""
FINAL = frozenset(
    {Exit.DONE, Exit.ROLLED_BACK, Exit.NEEDS_PERSON, Exit.FAILED, Exit.REFUSED, Exit.ABORTED}
)
TURNS_AT_ONCE, TURNS = 60, 4000


class NeverEndsError(Exception):
    """The walk turns without getting anywhere."""


class Listener(Recorder):
    """Tells the simulation what was journaled, and notices a loop that spins."""

    def __init__(self, simulation: "Simulation", before: Recorder) -> None:
        super().__init__()
        self.lost_entries = before.lost_entries
        self._simulation = simulation
        self._at: datetime | None = None
        self._turns = self._here = 0

    def wrote(self, entries: Sequence[Entry]) -> None:
        super().wrote(entries)
        self._simulation.journaled(entries)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        super().lost(entries, why)
        self._simulation.say(f"LOST ({why}):")
        self._simulation.journaled(entries)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        self._here = self._here + 1 if now == self._at else 0
        self._at = now
        self._turns += 1
        if self._here > TURNS_AT_ONCE or self._turns > TURNS:
            raise NeverEndsError(f"turns without end: {turn.next}")


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


class LaggingPort:
    """Shows the past now and then, within the bound of the lag in force."""

    def __init__(self, port: Port, simulation: "Simulation") -> None:
        self._port = port
        self._simulation = simulation

    def call(self, service: str, operation: str, params: Params) -> Reply:
        reply = self._port.call(service, operation, params)
        return self._simulation.maybe_old(operation, params, reply)


class Simulation:
    """One seed's run; `problems` is empty when nothing was wrong."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.trace: list[str] = []
        self.problems: list[str] = []
        self.endings: list[Ending] = []
        self.deed_at: datetime | None = None
        self._chance = Random(drawn.seed)
        self._can_lag = any(isinstance(fault, Lag) for fault in drawn.played())
        self._moments: dict[str, datetime] = {}
        self._waiting: list[tuple[When, Callable[[], None]]] = []
        self._lags: list[tuple[Lag, datetime]] = []
        self._answers: dict[str, list[tuple[datetime, Reply]]] = {}
        self._full_until: datetime | None = None
        slow = drawn.story == "slow_breach"
        takes = timedelta(minutes=10) if slow else timedelta(seconds=90)
        self.journal = FullDisk(self._disk_is_full)
        self.world = World(seed=f"seed-{drawn.seed}", passes=drawn.passes, update_takes=takes)
        self.clock = self.world.clock
        self.setting: Setting = prepare(drawn.story, self.world)
        self.version = self.setting.plan.pipeline_version
        self.boundaries = Boundaries()
        self.world.journal = MortalJournal(self.journal, self.boundaries)
        self.world.wrap = self._wrap
        self.checks: list[Callable[[int], None]] = []
        """Told the number of writes that the engine had seen before a call of mcm's."""

    # What the scenario does

    def _wrap(self, port: Port) -> Port:
        watched = WatchedPort(LaggingPort(port, self), self)
        return MortalPort(watched, self.boundaries, reads=self.drawn.kills_at_reads)

    def _arrange(self) -> None:
        drawn, setting = self.drawn, self.setting
        when = drawn.deed
        if setting.at_latest == "now":
            setting.deed()
        elif setting.at_latest == "late":
            self._tie(When("bake_started", timedelta(minutes=27)), self._do_deed)
        else:
            limit = {
                "intent": ("intent", 0),
                "entered": ("entered", 60),
                "bake_started": ("bake_started", 1500),
            }
            moment, most = limit.get(setting.at_latest, (when.moment, 3600))
            moment = "start" if setting.at_latest == "start" else moment
            delay = min(when.delay, timedelta(seconds=most))
            if when.moment == "entered" and setting.at_latest == "bake_started":
                moment = "entered"
            self._tie(When(moment, delay), self._do_deed)
        for fault in drawn.played():
            if not isinstance(fault, Kill):
                self._tie(fault.when, partial(self._begin, fault))
        if setting.broken:
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

    def _do_deed(self) -> None:
        self.say(f"DEED of {self.drawn.story}")
        if self.setting.deed() is False:
            self.say("  which AWS refused")
        else:
            self.deed_at = self.clock.now()

    def _begin(self, fault: Trouble | Lag | DiskFull) -> None:
        self.say(f"FAULT {fault}")
        until = self.clock.now() + fault.lasts
        if isinstance(fault, Lag):
            self._lags.append((fault, until))
        elif isinstance(fault, DiskFull):
            self._full_until = until
        else:
            rule = EngineFault(
                fault.effect,
                operation=fault.operation,
                access_key_id=user_key("alice"),
                times=fault.times,
                until=until,
            )
            self.world.engine.faults.add(rule)

    def _disk_is_full(self) -> bool:
        return self._full_until is not None and self.clock.now() < self._full_until

    def maybe_old(self, operation: str, params: Params, reply: Reply) -> Reply:
        """Return `reply` or, while a lag is in force, perhaps one from the recent past."""
        now = self.clock.now()
        if not self._can_lag:
            return reply
        kept = self._answers.setdefault(f"{operation} {params}", [])
        kept.append((now, reply))
        for lag, until in self._lags:
            if lag.operation == operation and now < until and self._chance.random() < 0.5:
                old = [one for at, one in kept if now - at <= lag.bound]
                return self._chance.choice(old)
        return reply

    def lags(self, operation: str) -> bool:
        return any(lag.operation == operation for lag, _ in self._lags)

    # Playing it

    def play(self) -> "Simulation":
        """Run the command, again after each death, until it ends; then let all heal."""
        self._arrange()
        kills = [fault for fault in self.drawn.played() if isinstance(fault, Kill)]
        self.boundaries.deadly = {kill.boundary for kill in kills}
        self.boundaries.seen.clear()
        down = [kill.down for kill in kills]
        for _ in range(PROCESSES):
            is_healed = len(self.endings) >= UNTIL_HEALED
            if is_healed:
                self._heal()
            before = self.endings[-1:]
            ending = self._run(down, NONE if is_healed else self.drawn.patience)
            if ending is None:
                continue
            if ending.exit in FINAL and not ending.gate:
                break
            if is_healed and before[0].gate == ending.gate:
                break
            self.clock.pass_time(timedelta(minutes=10))
        self._heal()
        return self

    def _heal(self) -> None:
        self.world.engine.faults.clear()
        self._lags.clear()
        self._full_until = None
        self.boundaries.deadly.clear()

    def again(self) -> Ending | None:
        """Run the command once more, now that nothing fails."""
        return self._run([], NONE)

    def _run(self, down: list[timedelta], patience: timedelta) -> Ending | None:
        self.say("START of the command")
        self.world.listener = Listener(self, self.world.listener)
        try:
            ending = self._command(patience)
        except KilledError as err:
            self.say(f"KILLED at {err}")
            self.clock.pass_time(down.pop(0) if down else timedelta(0))
            return None
        except McmError as err:
            self.say(f"DIED: {err}")
            self.clock.pass_time(timedelta(minutes=2))
            return None
        except Exception as err:  # noqa: BLE001 - whatever it is, the seed must be told
            self.say(f"BUG {type(err).__name__}: {err}")
            self.problems.append(f"{type(err).__name__}: {err}")
            return Ending(Exit.ABORTED, "bug")
        self.say(f"END {ending}")
        self.endings.append(ending)
        return ending

    def _command(self, patience: timedelta) -> Ending:
        if self.setting.oncall:
            return self.world.roll_back(abandon=self.drawn.abandon)
        return self.world.deploy(self.setting.plan, patience=patience)

    # What it hears

    def say(self, text: str) -> None:
        self.trace.append(f"{self.clock.now():%H:%M:%S} {text}")

    def journaled(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.say(f"  {entry.seq} {entry.kind} {str(entry.body)[:160]}")
            self._reached(entry.kind)

    def called(self, before: int) -> None:
        for check in self.checks:
            check(before)


class WatchedPort:
    """Calls the invariants after each write that came through."""

    def __init__(self, port: Port, simulation: Simulation) -> None:
        self._port = port
        self._simulation = simulation

    def call(self, service: str, operation: str, params: Params) -> Reply:
        before = len(self._simulation.world.engine.log.writes)
        try:
            return self._port.call(service, operation, params)
        finally:
            self._simulation.called(before)
