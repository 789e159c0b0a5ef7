"""The runner of one walk: turns the loop until the goal is reached, a gate holds, or
nothing is left.

Kill it anywhere: the same command finishes the job. The loop itself is `mcm.app.fleet`,
where one walk and many are the same.
"""

from dataclasses import dataclass
from datetime import timedelta

from mcm.app.driving import is_out_there
from mcm.app.fleet import Ending, Fleet, Jitter, Lane, Trouble, Walk, no_jitter
from mcm.app.observing import Observer
from mcm.app.ports import Clock, Listener, Perform
from mcm.app.writer import Writer
from mcm.core.history.goal import Goal, GoForward
from mcm.core.history.journal import Draft, JournalMoved
from mcm.core.history.turn import Hold, Wait
from mcm.core.reading import Readings

__all__ = ["FOREVER", "Ending", "Runner", "start_walk"]

FOREVER = timedelta.max


@dataclass(frozen=True)
class Runner:
    """Everything a walk needs besides its goal."""

    observer: Observer
    performer: Perform
    clock: Clock
    listener: Listener
    jitter: Jitter = no_jitter
    lane: Lane | None = None

    @property
    def fleet(self) -> Fleet:
        """The same, for many walks; each of them brings its own listener."""
        return Fleet(self.observer, self.performer, self.clock, self.jitter, self.lane)

    def run(
        self,
        goal: Goal,
        writer: Writer,
        *,
        patience: timedelta = timedelta(0),
        first: Readings | None = None,
    ) -> Ending:
        """Turn the loop until it ends; wait at closed gates for `patience` in all.

        With no patience the first Hold ends the run (exit 3 and its kin), resumable by the
        same command. `first` is for the first turn, see `Walk.seen`. Raises McmError for
        what stops a command from going on at all.
        """
        one = Walk(goal, writer, self.listener, seen=first)
        end = self.fleet.run([one], patience=patience)[one]
        if isinstance(end, Trouble):
            raise end.error
        return end

    def turn(
        self, goal: Goal, writer: Writer, seen: Readings | None = None
    ) -> Ending | Wait | Hold:
        """Turn the loop once: observe, decide, keep, act; see `run`."""
        one = Walk(goal, writer, self.listener, seen=seen)
        step = self.fleet.turn([one])[one]
        if isinstance(step, Trouble):
            raise step.error
        return step


def start_walk(writer: Writer, goal: GoForward, operator: str, clock: Clock) -> None:
    """Journal that a walk of this plan begins (or goes on), by whom.

    Raises StoreError when that cannot be stored, unless something is out there: then it
    only goes on watching, which must not fail for want of a store. What is not stored
    promotes nothing.
    """
    body = {
        "plan": goal.plan.digest,
        "edition": goal.plan.edition,
        "stages": list(goal.stages),
        "operator": operator,
    }
    while True:
        state = writer.catch_up()
        watches = writer.is_barred or any(is_out_there(state, stage) for stage in goal.stages)
        try:
            writer.write((Draft("walk_started", body, clock.now()),), durable=not watches)
        except JournalMoved:
            continue  # somebody else wrote in this moment; that is no reason not to begin
        return
