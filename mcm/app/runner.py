"""The runner: turns the loop until the goal is reached, a gate holds, or nothing is left.

It decides nothing. It observes what the core asks for, keeps what the core says a
restart must know, journals an intent before each act and its outcome after, and turns
again at once after an act. Kill it anywhere: the same command finishes the job.
"""

from dataclasses import dataclass
from datetime import timedelta

from mcm.app.observing import LONGEST, Observer, deadline
from mcm.app.ports import Clock, Listener, Perform
from mcm.app.writer import Writer
from mcm.core import anchor, attempts, codec, walk
from mcm.core.errors import Exit
from mcm.core.fold import spell_claims
from mcm.core.goal import Goal, GoForward
from mcm.core.instruction import Outcome
from mcm.core.journal import Draft, JournalMoved
from mcm.core.reading import Readings
from mcm.core.turn import Act, Done, Hold, Turn, Wait

FOREVER = timedelta.max


@dataclass(frozen=True)
class Ending:
    """Why the runner stopped. `gate` names the closed gate when it held."""

    exit: Exit
    reason: str
    hint: str = ""
    gate: str = ""


@dataclass(frozen=True)
class Runner:
    """Everything a walk needs besides its goal."""

    observer: Observer
    performer: Perform
    clock: Clock
    listener: Listener

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
        same command. `first` is for the first turn, see `turn`. Raises McmError for what
        stops a command from going on at all.
        """
        started = self.clock.now()
        while True:
            ending = self.turn(goal, writer, first)
            first = None
            if isinstance(ending, Ending):
                return ending
            if isinstance(ending, Wait):
                self.clock.sleep_until(ending.until)
                continue
            now = self.clock.now()
            if ending.leave or now - started >= patience:
                return Ending(ending.exit, ending.reason, ending.hint, ending.gate)
            look = now + _poll(goal)
            self.clock.sleep_until(min(look, ending.until) if ending.until else look)

    def turn(
        self, goal: Goal, writer: Writer, seen: Readings | None = None
    ) -> Ending | Wait | Hold:
        """Turn the loop once: observe, decide, keep, act. For `tick`, and for `run`.

        `seen` is what the caller read for this very turn a moment ago; it is decided on
        instead of reading all that again, unless any of it is older than 10 s by now.
        """
        state = writer.catch_up()
        now = self.clock.now()
        if seen is not None and timedelta(0) <= now - seen.oldest() <= LONGEST:
            readings = seen
        else:
            readings = self.observer.observe(walk.queries(goal, state), deadline(_poll(goal)))
            now = self.clock.now()
        turn = walk.decide(goal, state, readings, now)
        self.listener.turned(turn, state, now)
        try:
            return self._carry_out(turn, writer)
        except JournalMoved:
            return Wait(now, "somebody else wrote to the journal: looking again")

    def _carry_out(self, turn: Turn, writer: Writer) -> Ending | Wait | Hold:
        step = turn.next
        if not isinstance(step, Act):
            self.listener.wrote(writer.write(turn.entries))
            return Ending(step.exit, step.reason) if isinstance(step, Done) else step
        intent = Draft("intent", _intent(step), self.clock.now())
        promotes = step.purpose in (attempts.PROMOTE, attempts.REOPEN)
        written = writer.write((*turn.entries, intent), step.claims, durable=promotes)
        self.listener.wrote(written)
        # What AWS keeps of this act names the entry that announced it (core.anchor).
        sent = anchor.stamp(step.instruction, writer.change, writer.stored)
        outcome = self.performer.perform(sent)
        self._note(writer, Draft("outcome", _outcome(written[-1].seq, outcome), self.clock.now()))
        return Wait(self.clock.now(), outcome.detail)

    def _note(self, writer: Writer, draft: Draft) -> None:
        """Write an outcome whoever else wrote meanwhile: it belongs to an intent of ours."""
        while True:
            try:
                self.listener.wrote(writer.write((draft,)))
                return
            except JournalMoved:
                writer.catch_up()


def start_walk(writer: Writer, goal: GoForward, operator: str, clock: Clock) -> None:
    """Journal that a walk of this plan begins (or goes on), by whom.

    A barred writer only goes on watching: that must not fail for want of a store.
    """
    writer.catch_up()
    body = {
        "plan": goal.plan.digest,
        "edition": goal.plan.edition,
        "stages": list(goal.stages),
        "operator": operator,
    }
    writer.write((Draft("walk_started", body, clock.now()),), durable=not writer.is_barred)


def _poll(goal: Goal) -> timedelta:
    return goal.plan.poll if isinstance(goal, GoForward) else goal.poll


def _intent(act: Act) -> dict[str, object]:
    return {
        "stage": act.stage,
        "purpose": act.purpose,
        "instruction": codec.to_value(act.instruction),
        "why": act.why,
        "claims": spell_claims(act.claims),
    }


def _outcome(intent: int, outcome: Outcome) -> dict[str, object]:
    return {
        "intent": intent,
        "result": outcome.result.value,
        "detail": outcome.detail,
        "code": outcome.code,
        "execution": outcome.execution,
    }
