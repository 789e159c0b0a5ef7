"""Ticks: each walk that was begun is turned until it would wait, and the process is gone.

For cron or a CI job, where no terminal stays open. A walk driven only by ticks reaches
the ends that one driven by `mcm deploy` does: what the next tick must know is in the
journal, who looked at a bake included (docs/adr/0016).
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from mcm.app.driving import driving, is_out_there
from mcm.app.fleet import Ending, Fleet, Step, Trouble, Walk
from mcm.app.ports import Leases, Listener
from mcm.app.writer import Writer
from mcm.core.errors import Exit, RefusedError
from mcm.core.history.fold import fold
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Journal
from mcm.core.history.lease import DrivenError, Driver
from mcm.core.history.state import State
from mcm.core.history.turn import Hold, Wait
from mcm.core.plans.plan import Plan

MOST = 50
"""Turns of one tick. A walk takes some ten from a gate to its bake; more is the next tick's."""


@dataclass(frozen=True)
class Ticked:
    """What one tick did for one walk."""

    change: str
    stage: str
    """Empty where the trouble is the change's."""
    step: Step | Driver
    """Who drives it, if another process does."""

    @property
    def exit(self) -> Exit:
        """0 while work is under way, here or elsewhere; a closed gate and an end have theirs."""
        if isinstance(self.step, Trouble):
            return self.step.ending().exit
        return self.step.exit if isinstance(self.step, Hold | Ending) else Exit.DONE


@dataclass(frozen=True)
class Ticker:
    """Turns the walks of many changes once."""

    fleet: Fleet
    leases: Leases
    journal: Journal
    driver: Driver
    read_plan: Callable[[str], Plan]
    check: Callable[[Plan], None]
    """Raises when nothing may be begun on a plan: its files have moved on, or are unreadable."""
    listen: Callable[[GoForward], Listener]

    def tick(self, changes: Iterable[str]) -> list[Ticked]:
        """Turn all walks of `changes` that were begun and have not ended, together.

        A change with none is passed over. What goes wrong with one change, or because
        another process drives it, touches no other.
        """
        done: list[Ticked] = []
        begun: dict[Walk, GoForward] = {}
        with ExitStack() as held:
            for change in changes:
                try:
                    done += self._begin(change, held, begun)
                except DrivenError as err:
                    done.append(Ticked(change, "", err.driver))
                except Exception as err:  # noqa: BLE001 - its own trouble, and nobody else's
                    done.append(Ticked(change, "", Trouble(err)))
            for walk, step in turn_until_wait(self.fleet, list(begun)).items():
                goal = begun[walk]
                done.append(Ticked(goal.plan.change, goal.stages[0], step))
        return sorted(done, key=lambda each: (each.change, each.stage))

    def _begin(
        self, change: str, held: ExitStack, begun: dict[Walk, GoForward]
    ) -> Sequence[Ticked]:
        """Take the lease of `change` and add its walks to `begun`; return what cannot be."""
        state = fold(self.journal.entries(change))
        stages = open_stages(state)
        if not stages:
            return ()
        plan = self.read_plan(change)
        if plan.digest != state.plan:
            raise RefusedError(
                "E_PLAN_CHANGED",
                f"plan.json of {change} is not the plan whose walk was begun: nobody turns it",
                hint=f"`mcm status {change}` shows what is out there; `mcm deploy` begins anew.",
            )
        barred = held.enter_context(driving(self.leases, self.driver, self.journal, change, stages))
        why_not = self._why_not(plan)
        left = []
        for stage in stages:
            if why_not is not None and not is_out_there(state, stage):
                left.append(Ticked(change, stage, Trouble(why_not)))
                continue
            goal = GoForward(plan, (stage,))
            listener = self.listen(goal)
            writer = Writer(self.journal, change, listener.lost)
            if barred or why_not is not None:
                writer.bar(barred or str(why_not))
            begun[Walk(goal, writer, listener, notes_looks=True)] = goal
        return left

    def _why_not(self, plan: Plan) -> Exception | None:
        try:
            self.check(plan)
        except Exception as err:  # noqa: BLE001 - whatever it is, what is out there stays watched
            return err
        return None


def open_stages(state: State) -> tuple[str, ...]:
    """Return the stages whose walk was begun and has not ended."""
    return tuple(name for name in sorted(state.begun) if not state.stage(name).outcome)


def turn_until_wait(fleet: Fleet, walks: Sequence[Walk]) -> dict[Walk, Step]:
    """Turn `walks` until each would wait, is held or has ended; return where each got to."""
    steps: dict[Walk, Step] = {}
    due = list(walks)
    for _ in range(MOST):
        if not due:
            break
        steps |= fleet.turn(due)
        now = fleet.clock.now()
        due = [each for each in due if _goes_on_now(steps[each], now)]
    return steps


def _goes_on_now(step: Step, now: datetime) -> bool:
    return isinstance(step, Wait) and step.until <= now
