"""Who turns the walk: a command that stays, ticks that come and go, and others beside them."""

from collections.abc import Callable
from datetime import timedelta

from mcm.app.fleet import Ending, Fleet, Trouble, Walk
from mcm.app.runner import start_walk
from mcm.app.ticking import turn_until_wait
from mcm.app.writer import Writer
from mcm.core.errors import McmError
from mcm.core.goal import Goal, GoBack, GoForward
from mcm.core.plan import Plan
from mcm.core.turn import Hold, Wait
from tests.kit.dying import KilledError
from tests.kit.world import STAGE, Recorder, World

EVERY = timedelta(minutes=1)
NONE = timedelta(0)
TURNS = 400


def fleet_of(world: World) -> Fleet:
    """Return the loop of one process."""
    runner = world.runner()
    return Fleet(runner.observer, runner.performer, runner.clock)


def by_ticks(
    world: World, plan: Plan, patience: timedelta, killed: Callable[[KilledError], None]
) -> Ending:
    """Begin the walk and turn it by a process a minute; one that dies is a tick less."""
    goal = GoForward(plan, (STAGE,))
    start_walk(Writer(world.journal, plan.change, world.listener.lost), goal, "alice", world.local)
    held = NONE
    while True:
        try:
            step = _tick(world, goal)
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


def _tick(world: World, goal: GoForward) -> Ending | Hold | Wait | Trouble:
    writer = Writer(world.journal, goal.plan.change, world.listener.lost)
    walk = Walk(goal, writer, world.listener, notes_looks=True)
    return turn_until_wait(fleet_of(world), [walk])[walk]


class Beside:
    """Another process that turns at its own times, beside the one that is watched.

    It turns on the virtual clock, while the first sleeps, and wherever `turn` is called in
    the midst of a turn of the first. It leaves at the first hold, and after its time.
    """

    def __init__(
        self,
        world: World,
        goal: Goal,
        change: str,
        listener: Recorder,
        lasts: timedelta,
        failed: Callable[[Exception], None],
    ) -> None:
        self._world = world
        self._failed = failed
        self._fleet = fleet_of(world)
        self._until = world.clock.now() + lasts
        self._turns = 0
        self._turning = False
        self.ended = False
        back = isinstance(goal, GoBack)
        writer = Writer(world.journal, change, listener.lost, from_nothing=back)
        self._walk = Walk(goal, writer, listener)
        try:
            if isinstance(goal, GoForward):
                start_walk(writer, goal, "alice", world.local)
        except KilledError:
            self.ended = True
        except McmError as err:
            self.ended = True
            failed(err)
        else:
            self._again(NONE)

    def turn(self) -> None:
        """Turn once, unless it is over or in the midst of a turn."""
        if self.ended or self._turning:
            return
        self._turning = True
        try:
            step = self._fleet.turn([self._walk])[self._walk]
        except KilledError:
            self.ended = True  # it died where the other one would have
            return
        finally:
            self._turning = False
        self._turns += 1
        is_over = self._world.clock.now() >= self._until or self._turns > TURNS
        if isinstance(step, Trouble):
            self._failed(step.error)
        self.ended = is_over or not isinstance(step, Wait)

    def _wake(self) -> None:
        self.turn()
        if not self.ended:
            self._again(timedelta(seconds=30))

    def _again(self, after: timedelta) -> None:
        self._world.clock.at(self._world.clock.now() + after, self._wake)
