"""Who turns the walk: a command that stays, ticks that come and go, and others beside them.

Whoever goes forward holds the lease of the change, as the commands do; but for one who
deleted the lock file by hand.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from mcm.app.driving import driving
from mcm.app.fleet import Ending, Fleet, Trouble, Walk
from mcm.app.runner import start_walk
from mcm.app.ticking import turn_until_wait
from mcm.app.writer import Writer
from mcm.core.errors import Exit, McmError
from mcm.core.history.goal import Goal, GoBack, GoForward, Observe
from mcm.core.history.journal import Journal
from mcm.core.history.lease import DrivenError, Driver
from mcm.core.history.turn import Hold, Wait
from mcm.core.plans.plan import Plan
from mcm.store.lease import MemoryLeases
from tests.kit.dying import KilledError
from tests.kit.world import STAGE, Recorder, World

EVERY = timedelta(minutes=1)
WATCHES = timedelta(hours=3)
"""How long an observer stays; nobody may ever come."""
NONE = timedelta(0)
TURNS = 400


def fleet_of(world: World) -> Fleet:
    """Return the loop of one process."""
    runner = world.runner()
    return Fleet(runner.observer, runner.performer, runner.clock)


class Desk:
    """The leases, and which process is at work; each process has a number of its own."""

    def __init__(self, world: World) -> None:
        self.leases = MemoryLeases()
        self.at_work: int | None = None
        """The process that turns just now; None for one that has no lease and asks for none."""
        self.barred: set[int] = set()
        """Who drives without a lease, since nobody could tell: they watch, and go back."""
        self._world = world
        self._count = 0

    def new_process(self) -> int:
        self._count += 1
        return self._count

    @contextmanager
    def drives(self, goal: GoForward, pid: int, command: str) -> Iterator[str]:
        """Hold the lease of the walk inside; see `mcm.app.driving`."""
        driver = Driver("alice", command, pid, "host", self._world.clock.now())
        change = goal.plan.change
        with driving(self.leases, driver, self._world.plain_journal, change, goal.stages) as barred:
            self.at_work = pid
            if barred:
                self.barred.add(pid)
            yield barred

    def writer(self, goal: GoForward, barred: str, listener: Recorder) -> Writer:
        """Return the writer of a process that drives."""
        writer = Writer(self._world.journal, goal.plan.change, listener.lost)
        if barred:
            writer.bar(barred)
        return writer


def by_command(world: World, desk: Desk, plan: Plan, patience: timedelta) -> Ending:
    """Drive the walk as `mcm deploy` does."""
    goal = GoForward(plan, (STAGE,))
    with desk.drives(goal, desk.new_process(), "mcm deploy") as barred:
        writer = desk.writer(goal, barred, world.listener)
        start_walk(writer, goal, "alice", world.local)
        return world.runner().run(goal, writer, patience=patience)


def by_ticks(
    world: World,
    desk: Desk,
    plan: Plan,
    patience: timedelta,
    killed: Callable[[KilledError], None],
) -> Ending:
    """Begin the walk and turn it by a process a minute; one that dies is a tick less."""
    goal = GoForward(plan, (STAGE,))
    with desk.drives(goal, desk.new_process(), "mcm deploy --detach") as barred:
        writer = desk.writer(goal, barred, world.listener)
        start_walk(writer, goal, "alice", world.local)
    held = NONE
    while True:
        try:
            step = _tick(world, desk, goal)
        except DrivenError:
            world.clock.pass_time(EVERY)
            continue
        except KilledError as err:
            killed(err)
            continue
        if isinstance(step, Trouble):
            raise step.error
        if isinstance(step, Ending):
            return step
        if isinstance(step, Hold):
            if step.leave or held >= patience:
                return Ending(step.exit, step.reason, step.hint, step.gate)
            held += EVERY
        world.clock.pass_time(EVERY)


def _tick(world: World, desk: Desk, goal: GoForward) -> Ending | Hold | Wait | Trouble:
    with desk.drives(goal, desk.new_process(), "mcm tick") as barred:
        writer = desk.writer(goal, barred, world.listener)
        walk = Walk(goal, writer, world.listener, notes_looks=True)
        return turn_until_wait(fleet_of(world), [walk])[walk]


def by_watching(world: World, goal: Observe, journal: Journal) -> Ending:
    """Observe as `mcm watch` does, from nothing at each start, for some hours at most.

    The performer is the real one: that nothing is sent is mcm's affair.
    """
    change = f"OBSERVED-{len(journal.changes())}"
    writer = Writer(journal, change, world.listener.lost)
    walk, fleet = Walk(goal, writer, world.listener), fleet_of(world)
    until = world.clock.now() + WATCHES
    while world.clock.now() < until:
        step = fleet.turn([walk])[walk]
        if isinstance(step, Trouble):
            raise step.error
        if isinstance(step, Ending):
            return step
        if isinstance(step, Hold) and step.leave:
            return Ending(step.exit, step.reason, step.hint, step.gate)
        look = step.until if isinstance(step, Wait) else world.local.now() + goal.poll
        world.local.sleep_until(look)
    return Ending(Exit.DONE, "nobody came")


class Beside:
    """Another process that turns at its own times, beside the one that is watched.

    It turns on the virtual clock, while the first sleeps, and wherever `turn` is called in
    the midst of a turn of the first. It leaves at the first hold, and after its time. One
    that `leases` waits until it gets the lease of the change, and goes on from there.
    """

    def __init__(
        self,
        world: World,
        desk: Desk,
        goal: Goal,
        change: str,
        listener: Recorder,
        lasts: timedelta,
        failed: Callable[[Exception], None],
        *,
        leases: bool = False,
    ) -> None:
        self._world = world
        self._desk = desk
        self._failed = failed
        self._held = ExitStack()
        self._pid = desk.new_process() if leases else None
        self._waits = leases
        self._fleet = fleet_of(world)
        self._until = world.clock.now() + lasts
        self._turns = 0
        self._turning = False
        self.ended = False
        back = isinstance(goal, GoBack)
        self._writer = Writer(world.journal, change, listener.lost, from_nothing=back)
        self._walk = Walk(goal, self._writer, listener)
        if not leases:
            self._begin("")
        if not self.ended:
            self._again(NONE)

    def _take(self) -> None:
        """Take the lease, if nobody who lives has it."""
        goal = self._walk.goal
        assert isinstance(goal, GoForward)  # nothing else asks for a lease
        assert self._pid is not None
        before = self._desk.at_work
        try:
            drives = self._desk.drives(goal, self._pid, "mcm deploy")
            barred = self._held.enter_context(drives)
        except DrivenError:
            return
        except McmError as err:
            self._leave()
            self._failed(err)
            return
        self._waits = False
        try:
            self._begin(barred)
        finally:
            self._desk.at_work = before

    def _begin(self, barred: str) -> None:
        if barred:
            self._writer.bar(barred)
        goal = self._walk.goal
        try:
            if isinstance(goal, GoForward):
                start_walk(self._writer, goal, "alice", self._world.local)
        except KilledError:
            self._leave()
        except McmError as err:
            self._leave()
            self._failed(err)

    def _leave(self) -> None:
        """Be over; a lease ends with its process."""
        self.ended = True
        self._held.close()

    def turn(self) -> None:
        """Turn once, unless it is over, in the midst of a turn, or not the driver."""
        if self.ended or self._turning or self._waits:
            return
        self._turning, before = True, self._desk.at_work
        self._desk.at_work = self._pid
        try:
            step = self._fleet.turn([self._walk])[self._walk]
        except KilledError:
            self._leave()  # it died where the other one would have
            return
        finally:
            self._turning, self._desk.at_work = False, before
        self._turns += 1
        is_over = self._world.clock.now() >= self._until or self._turns > TURNS
        if isinstance(step, Trouble):
            self._failed(step.error)
        if is_over or not isinstance(step, Wait):
            self._leave()

    def _wake(self) -> None:
        if self._waits and self._world.clock.now() >= self._until:
            self._leave()
        elif self._waits:
            self._take()
        self.turn()
        if not self.ended:
            self._again(timedelta(seconds=30))

    def _again(self, after: timedelta) -> None:
        self._world.clock.at(self._world.clock.now() + after, self._wake)
