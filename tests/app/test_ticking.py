"""A walk driven only by ticks: the same ends as by deploy, whatever happens between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from mcm.app.driving import driving
from mcm.app.fleet import Ending, Fleet
from mcm.app.halting import abort
from mcm.app.ports import Listener
from mcm.app.runner import start_walk
from mcm.app.ticking import Ticked, Ticker
from mcm.app.writer import Writer
from mcm.aws.perform import Performer
from mcm.core.errors import Exit, RefusedError, UsageError
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Journal
from mcm.core.history.lease import Driver
from mcm.core.history.turn import Hold, Wait
from mcm.core.plans.plan import Plan
from mcm.store.lease import MemoryLeases
from tests.kit.dying import Boundaries, KilledError, MortalJournal, MortalPort
from tests.kit.world import STAGE, World
from tests.planned import as_an_earlier_mcm_wrote

CHANGE = "CM-0001"
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def allow(plan: Plan) -> None:
    """The files are as they were planned."""


@dataclass
class Cron:
    """Calls a tick every so often, each in a process of its own."""

    world: World
    plan: Plan
    every: timedelta = MINUTE
    leases: MemoryLeases = field(default_factory=MemoryLeases)
    check: Callable[[Plan], None] = allow
    journal: Journal | None = None
    in_the_bake: Callable[[], object] = lambda: None
    """What happens between the first two ticks of the bake."""
    pid: int = 100
    ticks: int = 0

    def begin(self, stages: Sequence[str] = (STAGE,)) -> None:
        """Do what `mcm deploy --detach` does."""
        goal = GoForward(self.plan, tuple(stages))
        writer = Writer(self.world.journal, CHANGE, self.world.listener.lost)
        with driving(self.leases, self.driver(), self.world.journal, CHANGE, goal.stages):
            start_walk(writer, goal, "alice", self.world.clock)

    def driver(self) -> Driver:
        self.pid += 1
        return Driver("alice", "mcm tick", self.pid, "ci", self.world.clock.now())

    def tick(self, listener: Listener | None = None) -> list[Ticked]:
        self.ticks += 1
        world = self.world
        told = listener or world.listener
        runner = world.runner()
        fleet = Fleet(runner.observer, Performer(world.connect, world.clock.now), world.clock)
        ticker = Ticker(
            fleet,
            self.leases,
            self.journal or world.journal,
            self.driver(),
            lambda _change: self.plan,
            self.check,
            lambda _goal: told,
        )
        return ticker.tick([CHANGE])

    def until_the_end(self, within: timedelta = 4 * HOUR) -> Ending:
        """Tick until the walk has ended; return how."""
        last = self.world.clock.now() + within
        while self.world.clock.now() < last:
            for each in self.tick():
                if isinstance(each.step, Ending):
                    return each.step
            if "bake_started" in self.world.kinds():
                happens, self.in_the_bake = self.in_the_bake, lambda: None
                happens()
            self.world.clock.pass_time(self.every)
        raise AssertionError(f"no end in {within}: {self.world.kinds()[-5:]}")


def begun(**world: object) -> Cron:
    found = World(**world)  # type: ignore[arg-type]
    cron = Cron(found, found.ready())
    cron.begin()
    return cron


def count(cron: Cron, kind: str) -> int:
    return cron.world.kinds().count(kind)


def test_nothing_begun_is_nothing_to_do() -> None:
    world = World()
    cron = Cron(world, world.ready())

    assert cron.tick() == []
    assert world.entries() == []


def test_a_clean_change_goes_through() -> None:
    """Minute by minute; the bake is not begun again by each tick, and what ended stays ended."""
    cron = begun()

    assert cron.until_the_end().exit is Exit.DONE
    assert count(cron, "bake_started") == 1
    assert count(cron, "walk_started") == 1
    assert count(cron, "unwatched") == 0
    assert cron.world.sent("EnableStageTransition") == 1
    assert cron.world.sent("DisableStageTransition") >= 1
    assert cron.tick() == []


def test_a_tick_turns_until_it_would_wait_and_no_longer() -> None:
    """One call from the gates to the promotion and beyond; time does not pass in it."""
    cron = begun()
    started = cron.world.clock.now()

    (found,) = cron.tick()

    assert isinstance(found.step, Wait)
    assert found.step.until > cron.world.clock.now()
    assert (found.change, found.stage, found.exit) == (CHANGE, STAGE, Exit.DONE)
    assert cron.world.clock.now() == started
    assert cron.world.sent("EnableStageTransition") == 1


def test_a_breach_is_rolled_back() -> None:
    cron = begun()
    cron.world.when("bake_started", cron.world.scenario.raise_errors)

    assert cron.until_the_end().exit is Exit.ROLLED_BACK
    assert cron.world.sent("RollbackStage") == 1
    assert cron.tick() == []


def test_a_gate_that_is_closed_holds_each_tick_until_it_opens() -> None:
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    world.clock.pass_time(2 * MINUTE)
    cron = Cron(world, plan)
    cron.begin()

    noted = []
    for _ in range(3):
        (found,) = cron.tick()
        assert isinstance(found.step, Hold)
        assert (found.step.gate, found.exit) == ("approval", Exit.HELD)
        noted.append(count(cron, "gate_changed"))
        world.clock.pass_time(MINUTE)
    assert noted[0] == noted[2]
    world.sign(plan)
    assert cron.until_the_end().exit is Exit.DONE


def test_a_window_that_closes_is_waited_for_until_the_next_day() -> None:
    """It opens at 02:00 in Los Angeles; the approval came after it had closed."""
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    cron = Cron(world, plan, every=4 * MINUTE)
    cron.begin()
    world.clock.pass_time(4 * HOUR)
    world.sign(plan)

    (found,) = cron.tick()
    assert isinstance(found.step, Hold)
    assert found.step.gate == "window"
    assert cron.until_the_end(within=24 * HOUR).exit is Exit.DONE
    promoted = next(e for e in world.entries() if e.kind == "intent")
    assert promoted.at.hour == 9


def test_a_gap_in_the_bake_begins_it_again() -> None:
    """Nobody ticked for an hour: what the next tick sees of now says nothing about then."""
    cron = begun()
    while count(cron, "bake_started") == 0:
        cron.tick()
        cron.world.clock.pass_time(MINUTE)
    cron.tick()
    cron.world.clock.pass_time(HOUR)

    assert cron.until_the_end().exit is Exit.DONE
    assert count(cron, "unwatched") == 1
    times = [e.at for e in cron.world.entries() if e.kind in ("bake_started", "stage_ended")]
    assert times[2] - times[1] >= cron.plan.stages[0].bake.lasts


def test_ticks_every_four_minutes_are_often_enough() -> None:
    cron = begun()
    cron.every = 4 * MINUTE

    assert cron.until_the_end().exit is Exit.DONE
    assert count(cron, "unwatched") == 0


def test_ticks_that_come_too_seldom_never_call_it_a_success() -> None:
    """Every ten minutes: the bake begins again each time, and that shows."""
    cron = begun()
    cron.every = 10 * MINUTE

    with pytest.raises(AssertionError, match="no end"):
        cron.until_the_end(within=2 * HOUR)
    assert count(cron, "unwatched") > 3


def test_a_change_that_another_process_drives_is_left_to_it() -> None:
    cron = begun()
    bob = Driver("bob", "mcm deploy", 7, "laptop", cron.world.clock.now())
    cron.leases.take(CHANGE, bob)
    before = cron.world.entries()

    assert cron.tick() == [Ticked(CHANGE, "", bob)]
    assert cron.tick()[0].exit is Exit.DONE
    assert cron.world.entries() == before


def test_the_lease_is_free_between_ticks() -> None:
    cron = begun()
    cron.tick()

    assert cron.leases.driver(CHANGE) is None


def test_not_knowing_who_drives_nothing_is_promoted() -> None:
    cron = begun()
    cron.leases.broken = "read-only file system"

    assert cron.tick()[0].exit is Exit.BLIND
    assert cron.world.sent("EnableStageTransition") == 0


def test_not_knowing_who_drives_what_is_out_there_is_watched() -> None:
    cron = begun()
    cron.tick()
    cron.leases.broken = "read-only file system"

    assert cron.until_the_end().exit is Exit.DONE


def refuse(plan: Plan) -> None:
    raise RefusedError("E_PLAN_CHANGED", "the files have moved on")


def test_files_that_moved_on_hold_what_is_not_promoted_yet() -> None:
    cron = begun()
    cron.check = refuse

    assert cron.tick()[0].exit is Exit.REFUSED
    assert cron.world.sent("EnableStageTransition") == 0


def unreadable(plan: Plan) -> None:
    raise PermissionError(13, "Permission denied", "change.yaml")


def test_files_that_cannot_be_read_hold_what_is_not_promoted_yet() -> None:
    cron = begun()
    cron.check = unreadable

    assert cron.tick()[0].exit is not Exit.DONE
    assert cron.world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize("check", [refuse, unreadable])
def test_files_that_moved_on_leave_what_is_out_there_watched(
    check: Callable[[Plan], None],
) -> None:
    cron = begun()
    cron.tick()
    cron.check = check
    cron.world.when("bake_started", cron.world.scenario.raise_errors)

    assert cron.until_the_end().exit is Exit.ROLLED_BACK


def test_a_walk_begun_by_an_earlier_mcm_stays_watched_and_goes_back() -> None:
    """mcm was updated in the bake: the plan is the one that people signed, and an older one."""
    world = World()
    older = Plan.from_bytes(as_an_earlier_mcm_wrote(world.plan()))
    cron = Cron(world, older)
    cron.world.approve(older)
    world.clock.pass_time(2 * MINUTE)
    cron.begin()
    cron.tick()
    cron.check = refuse
    cron.world.when("bake_started", cron.world.scenario.raise_errors)

    assert cron.until_the_end().exit is Exit.ROLLED_BACK


def test_another_plan_than_the_walks_is_not_turned() -> None:
    cron = begun()
    cron.plan = cron.world.plan(edition=2)

    (found,) = cron.tick()
    assert found.exit is Exit.REFUSED
    assert cron.world.sent("EnableStageTransition") == 0


def test_a_change_whose_plan_cannot_be_read_has_its_own_trouble() -> None:
    world = World()
    cron = Cron(world, world.ready())
    cron.begin()

    def read(_change: str) -> Plan:
        raise UsageError("no plan.json")

    runner = world.runner()
    fleet = Fleet(runner.observer, runner.performer, world.clock)
    ticker = Ticker(
        fleet, cron.leases, world.journal, cron.driver(), read, allow, lambda _g: world.listener
    )
    assert [each.exit for each in ticker.tick([CHANGE, "CM-0002"])] == [Exit.USAGE]


def test_an_abort_between_ticks_ends_it() -> None:
    cron = begun()
    cron.tick()
    abort(
        cron.world.journal, cron.plan, cron.plan.stages[0], "bob", "enough", cron.world.clock.now()
    )

    assert cron.until_the_end().exit is Exit.ABORTED


@pytest.mark.parametrize("breach", [False, True])
def test_killed_anywhere_the_next_tick_goes_on(breach: bool) -> None:
    """At each append and each write to AWS, before and after: the same end, nothing twice."""
    places = len(_walk_with_deaths(breach, ()).seen)
    wanted = Exit.ROLLED_BACK if breach else Exit.DONE
    for number in range(places):
        cron, boundaries = _cron_with_deaths(breach, (number,))
        end = _until_the_end(cron)
        assert end.exit is wanted, boundaries.seen[number]
        assert cron.world.sent("EnableStageTransition") == 1, boundaries.seen[number]
        assert cron.world.sent("RollbackStage") == int(breach), boundaries.seen[number]


def _walk_with_deaths(breach: bool, deadly: Sequence[int]) -> Boundaries:
    cron, boundaries = _cron_with_deaths(breach, deadly)
    _until_the_end(cron)
    return boundaries


def _cron_with_deaths(breach: bool, deadly: Sequence[int]) -> tuple[Cron, Boundaries]:
    cron = begun()
    cron.every = 4 * MINUTE
    boundaries = Boundaries(deadly)
    cron.world.wrap = lambda port: MortalPort(port, boundaries)
    cron.journal = MortalJournal(cron.world.journal, boundaries)
    if breach:
        cron.in_the_bake = cron.world.scenario.raise_errors
    return cron, boundaries


def _until_the_end(cron: Cron) -> Ending:
    """As `until_the_end`, whatever dies in between; the kernel frees what the dead held."""
    while True:
        try:
            return cron.until_the_end()
        except KilledError:
            cron.leases.end(cron.pid)
            state = [e for e in cron.world.entries() if e.kind == "stage_ended"]
            if state:
                outcome = str(state[-1].body["outcome"])
                code = Exit.DONE if outcome == "succeeded" else Exit.ROLLED_BACK
                return Ending(code, outcome)
            cron.world.clock.pass_time(cron.every)
