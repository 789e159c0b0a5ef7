"""One scenario of a drill, played: the real core, runner and adapters on a twin."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mcm.app.drill_beside import BESIDE, Beside, is_played
from mcm.app.drill_people import new_realm, say_breach, say_yes
from mcm.app.local_source import LocalSource
from mcm.app.observing import Observer
from mcm.app.runner import Ending, Runner, start_walk
from mcm.app.writer import Writer
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit
from mcm.core.history.fold import fold
from mcm.core.history.goal import GoBack, GoForward
from mcm.core.history.journal import Entry
from mcm.core.history.state import StageState, State
from mcm.core.history.turn import Done, Hold, Turn
from mcm.core.plans.plan import Exemption, Plan, StagePlan
from mcm.core.plans.stage_hours import hours_of_plan
from mcm.core.query import Place
from mcm.core.rollback.retreat import retreat
from mcm.core.trust.inbox import Inbox
from mcm.sandbox import twin_bounds
from mcm.sandbox.faults import Fault
from mcm.sandbox.twin import OPERATOR, Twin, build_twin, key_in
from mcm.sandbox.twin_seen import Seen, Tempo
from mcm.sandbox.virtual_clock import VirtualClock
from mcm.store.memory import MemoryJournal

RESTARTS = 4
LOGIN_TAKES = timedelta(minutes=10)
NEW_MODEL = "another-model"


class Breach(StrEnum):
    """How the change of a drill goes wrong: by the first guardrail that rolls back."""

    SIGNAL = "an alarm or a check"
    CONTENT = "the content of an endpoint"
    REPORT = "a person's report"
    BY_HAND = "nobody but a person notices"


class KilledError(BaseException):
    """The process is gone; nothing of mcm's may catch this."""


class HandedOverError(BaseException):
    """A person takes the stage back by hand while the walk watches it."""


class EndlessError(Exception):
    """The walk has no end in a time in which it should have one."""


_SIGNALS = frozenset({"alarms", "metric-threshold", *BESIDE})
"""Kinds that notice by themselves what the new content of a bad change does."""


class DrillClock(VirtualClock):
    """A virtual clock that runs out."""

    def __init__(self, start: datetime, limit: timedelta) -> None:
        super().__init__(start)
        self._ends = start + limit

    def sleep_until(self, moment: datetime) -> None:
        if moment > self._ends:
            raise EndlessError(f"no end by {self._ends:%Y-%m-%d %H:%MZ}")
        super().sleep_until(moment)


@dataclass(frozen=True)
class Scenario:
    """What happens on the way, and to whom."""

    name: str
    breaches: bool = True
    lingers: bool = False
    """The deployment runs on long after the new content serves: it must be stopped."""
    faults: tuple[Fault, ...] = ()
    """From the start."""
    on_breach: Callable[[datetime], Fault] | None = None
    kills: bool = False
    """The process dies right before its first RollbackStage leaves."""
    expires: bool = False
    """The credentials expire as the bake begins; somebody logs in again later."""


def how_it_breaches(stage: StagePlan) -> Breach:
    """Return what can breach in a stage so that mcm rolls back by itself."""
    kinds = {g.kind for g in stage.guardrails if g.on_breach == "roll_back" and is_played(g)}
    if kinds & _SIGNALS:
        return Breach.SIGNAL
    if "sagemaker-endpoint" in kinds and stage.endpoints:
        return Breach.CONTENT
    return Breach.REPORT if "person" in kinds else Breach.BY_HAND


def opening(plan: Plan, stage: StagePlan, now: datetime) -> tuple[datetime, str]:
    """Return when the stage may next be promoted; with a word when that is not now.

    Where it never may, it is now, and the drill needs exceptions (see `drilled`).
    """
    found = hours_of_plan(plan, stage).at(now)
    if found.open:
        return now, ""
    if found.opens_at is None:
        return now, "window and freezes are open: no window is coming up"
    return found.opens_at, f"it is {found.opens_at:%Y-%m-%d %H:%MZ}, when the window is open"


def drilled(plan: Plan, stage: StagePlan, start: datetime) -> Plan:
    """Return the plan to play: in a realm of its own, and never shut by the calendar.

    On a twin there is no calendar to ask, and its traffic is not the real one's.
    """
    named = (*(freeze.name for freeze in plan.freezes), *(each.name for each in plan.calendars))
    gates = ("window", *(f"freeze:{name}" for name in dict.fromkeys(named)))
    asks = stage.window is not None and bool(stage.window.calendars or stage.window.low_traffic)
    shut = asks or opening(plan, stage, start) != (start, "")
    until = start + timedelta(days=400)
    more = tuple(Exemption(gate, "drill", until) for gate in gates) if shut else ()
    stages = tuple(
        replace(s, guardrails=tuple(g for g in s.guardrails if is_played(g))) for s in plan.stages
    )
    return replace(plan, realm=new_realm(), stages=stages, exceptions=(*plan.exceptions, *more))


class Stand:
    """A twin, the people of the drill and a walk on it."""

    def __init__(self, seen: Seen, scenario: Scenario, start: datetime, seed: int) -> None:
        self.scenario, self.stage = scenario, seen.stage
        self.plan = drilled(seen.plan, seen.stage, start)
        self.breach = how_it_breaches(seen.stage)
        self.tempo = _tempo(seen, lingers=scenario.lingers)
        limit = 2 * seen.stage.bake.limit + timedelta(hours=12)
        self.clock = DrillClock(start, limit)
        self._is_bad = scenario.breaches and self.breach in (Breach.SIGNAL, Breach.CONTENT)
        content = NEW_MODEL if self._is_bad and self.breach is Breach.CONTENT else ""
        self.twin: Twin = build_twin(
            seen,
            self.clock.now,
            seed=seed,
            tempo=self.tempo,
            approver=f"arn:aws:iam::{seen.plan.pipeline.place.account}:user/{OPERATOR}-approver",
            is_bad=self._is_bad,
            new_content=content,
        )
        self._beside = Beside(self.stage, self.twin, self.clock.now, is_bad=self._is_bad)
        self.journal = MemoryJournal()
        self._said = say_yes(self.plan, self.stage, start)
        self._dies = scenario.kills
        self.last_word = ""
        """Why the walk waited or held at its latest turn."""
        for fault in scenario.faults:
            self.twin.engine.faults.add(fault)

    @property
    def state(self) -> State:
        return fold(self.journal.entries(self.plan.change))

    @property
    def known(self) -> StageState:
        return self.state.stage(self.stage.name)

    def play(self) -> Ending:
        """Walk, restart what was killed or went blind, and take back by hand what nobody noticed.

        Raises EndlessError when it comes to no end.
        """
        goal: GoForward | GoBack = GoForward(self.plan, (self.stage.name,))
        ending = Ending(Exit.ABORTED, "never started")
        for _ in range(RESTARTS):
            try:
                ending = self._run(goal)
            except KilledError:
                self._dies = False
                self.clock.pass_time(timedelta(minutes=1))
                continue
            except HandedOverError:
                assert isinstance(goal, GoForward)  # only a walk forward is handed over
                goal = replace(
                    retreat(goal.plan, self.stage, self.known), why="asked for in a drill"
                )
                continue
            if ending.exit is not Exit.BLIND or not self.scenario.expires:
                break
            self.clock.pass_time(LOGIN_TAKES)
            for account in self._accounts():
                self.twin.engine.identities.renew(key_in(account))
        return ending

    def observer(self) -> Observer:
        """Return what sees the twin through the adapters that see AWS."""
        clock = self.clock
        people = LocalSource(self._inbox, lambda: self.plan.freezes, clock)
        aws = AwsSource(self._connect, clock.now)
        return Observer([self._beside, aws, people], clock)

    # Listener

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Let happen what happens at this point of the walk."""
        for entry in entries:
            if entry.kind == "breach" and self.scenario.on_breach is not None:
                self.twin.engine.faults.add(self.scenario.on_breach(self.clock.now()))
            if entry.kind == "bake_started" and self.scenario.expires:
                for account in self._accounts():
                    self.twin.engine.identities.expire(key_in(account))
            if entry.kind == "bake_started" and self._is_reported():
                self._said += (say_breach(self.plan, self.stage, self.clock.now()),)
            if entry.kind == "bake_started" and self._by_hand():
                raise HandedOverError

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Keep what was said last: it explains a walk that comes to no end."""
        del state, now
        self.last_word = turn.next.reason if isinstance(turn.next, Hold | Done) else turn.next.why

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """The journal is in memory: it takes everything."""

    def _is_reported(self) -> bool:
        return self.scenario.breaches and self.breach is Breach.REPORT

    def _by_hand(self) -> bool:
        return self.scenario.breaches and self.breach is Breach.BY_HAND

    def _run(self, goal: GoForward | GoBack) -> Ending:
        writer = Writer(
            self.journal, self.plan.change, self.lost, from_nothing=isinstance(goal, GoBack)
        )
        if isinstance(goal, GoForward):
            start_walk(writer, goal, OPERATOR, self.clock)
        performer = Performer(self._connect, self.clock.now)
        runner = Runner(self.observer(), performer, self.clock, self)
        return runner.run(goal, writer, patience=10 * self.plan.poll + 4 * self.plan.settle)

    def _connect(self, place: Place) -> Port:
        return MortalPort(self.twin.port(place), self)

    def die_before(self, operation: str) -> None:
        """Kill the process right before its first RollbackStage, where the scenario says so."""
        if operation == "RollbackStage" and self._dies:
            raise KilledError(operation)

    def _inbox(self, change: str) -> Inbox:
        del change
        return Inbox(self._said, ())

    def _accounts(self) -> Iterable[str]:
        return dict.fromkeys((self.plan.pipeline.place.account, self.stage.place.account))


@dataclass(frozen=True)
class MortalPort:
    """A port whose caller can die before a call."""

    port: Port
    stand: Stand

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """See `Port.call`."""
        self.stand.die_before(operation)
        return self.port.call(service, operation, params)


def _tempo(seen: Seen, *, lingers: bool) -> Tempo:
    """Return how long things take; a deployment that lingers outlasts the slowest signal."""
    tempo = Tempo.of(seen.plan)
    bounds = twin_bounds.bounded(seen.stage.guardrails)
    slowest = max((seen.slowest, *(twin_bounds.needs(g, seen.plan.settle) for g in bounds)))
    return replace(tempo, lingers=slowest + 4 * seen.plan.poll) if lingers else tempo
