"""The loop, for one walk and for a thousand: one observation, a decision each, then the acts.

Nothing is decided here. The union of the walks' queries is read once; walks that go back
act first; an intent is journaled before each act and its outcome after, and who has acted
turns again at once. What goes wrong in one walk ends that walk and no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from mcm.app.acting import carry_out
from mcm.app.observing import LONGEST, Observer, deadline
from mcm.app.ports import Clock, Listener, Perform
from mcm.app.writer import Writer
from mcm.core.errors import Exit, McmError
from mcm.core.history.goal import Goal, GoBack, GoForward
from mcm.core.history.journal import JournalMoved
from mcm.core.history.state import State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.query import Query
from mcm.core.reading import Readings
from mcm.core.walking import unwatched, walk


@dataclass(frozen=True)
class Ending:
    """Why the runner stopped. `gate` names the closed gate when it held."""

    exit: Exit
    reason: str
    hint: str = ""
    gate: str = ""


@dataclass(eq=False)
class Walk:
    """One goal, the journal that it writes, and who is told."""

    goal: Goal
    writer: Writer
    listener: Listener
    seen: Readings | None = None
    """What the caller read for the first turn a moment ago: it is decided on instead of
    reading all that again, unless any of it is older than 10 s by then."""
    looked_at: datetime | None = None
    """When this process last looked at it and saw something."""
    notes_looks: bool = False
    """Whether looks at a bake are journaled, for whoever looks next."""


@dataclass(frozen=True)
class Trouble:
    """What stopped one walk from going on at all."""

    error: Exception

    def ending(self) -> Ending:
        """Return it as an ending; a fault of mcm's own is one, too."""
        if isinstance(self.error, McmError):
            return Ending(self.error.exit_code, str(self.error), self.error.hint or "")
        what = f"bug in mcm: {type(self.error).__name__}: {self.error}"
        return Ending(Exit.BUG, what)


NOTHING_THEN: Mapping["Walk", "Walk"] = MappingProxyType({})
Jitter = Callable[[timedelta], timedelta]


def no_jitter(most: timedelta) -> timedelta:
    """Put nothing off: for the sandbox, the simulator and tests."""
    del most
    return timedelta(0)


@dataclass(frozen=True)
class Lane:
    """Eyes and hands of their own for what goes back, so that it waits for nobody's reads."""

    observer: Observer
    performer: Perform


Step = Wait | Hold | Ending | Trouble


@dataclass(frozen=True)
class _Look:
    """A walk on its way through one turn: what it is decided on."""

    walk: Walk
    state: State
    queries: frozenset[Query]
    readings: Readings
    decided: Turn
    at: datetime


@dataclass(frozen=True)
class Fleet:
    """Turns walks together."""

    observer: Observer
    performer: Perform
    clock: Clock
    jitter: Jitter = no_jitter
    """By how much a look is put off, given the most; AWS's callers are spread by it."""
    lane: Lane | None = None
    """Turns what goes back, first and apart from the rest (AWS-RULES 37); None for no such."""

    def run(
        self,
        walks: Sequence[Walk],
        *,
        patience: timedelta = timedelta(0),
        then: Mapping[Walk, Walk] = NOTHING_THEN,
    ) -> dict[Walk, Ending | Trouble]:
        """Turn the loop until every walk has ended; return how each did.

        A walk waits at closed gates for `patience` in all. Without any its first Hold ends
        it (exit 3 and its kin), resumable by the same command. When a walk has ended,
        however it did, the one that `then` names after it begins.
        """
        started = self.clock.now()
        due = dict.fromkeys(walks, started)
        ended: dict[Walk, Ending | Trouble] = {}
        while due:
            first = min(due.values())
            self.clock.sleep_until(first)
            near = max(first, self.clock.now()) + min(poll_of(each.goal) for each in due) / 10
            for each, step in self.turn([w for w, at in due.items() if at <= near]).items():
                found = self._with_patience(each, step, started, patience)
                if isinstance(found, datetime):
                    due[each] = self._spread(found, each)
                else:
                    ended[each] = found
                    del due[each]
                    if each in then:
                        due[then[each]] = self.clock.now()
        return ended

    def _spread(self, moment: datetime, one: Walk) -> datetime:
        """Put a look off a little; what is due at once stays so."""
        waits = moment > self.clock.now()
        return moment + self.jitter(poll_of(one.goal) / 10) if waits else moment

    def _with_patience(
        self, one: Walk, step: Step, started: datetime, patience: timedelta
    ) -> datetime | Ending | Trouble:
        """Return when to look again, or the end."""
        if isinstance(step, Wait):
            return step.until
        if not isinstance(step, Hold):
            return step
        now = self.clock.now()
        if step.leave or now - started >= patience:
            return Ending(step.exit, step.reason, step.hint, step.gate)
        look = now + poll_of(one.goal)
        return min(look, step.until) if step.until else look

    def turn(self, walks: Sequence[Walk]) -> dict[Walk, Step]:
        """Turn each of `walks` once: observe together, decide, keep, act."""
        back = [each for each in walks if self.lane and _goes_back(each.goal, each.writer.state)]
        if not self.lane or not back:
            return self._turn(walks)
        apart = replace(self, observer=self.lane.observer, performer=self.lane.performer)
        rest = [each for each in walks if each not in back]
        return apart._turn(back) | self._turn(rest)

    def _turn(self, walks: Sequence[Walk]) -> dict[Walk, Step]:
        steps: dict[Walk, Step] = {}
        wanted: dict[Walk, tuple[State, frozenset[Query]]] = {}
        for each in walks:
            try:
                wanted[each] = self._prepare(each)
            except JournalMoved:
                steps[each] = self._look_again()
            except Exception as err:  # noqa: BLE001 - its own end, and nobody else's
                steps[each] = Trouble(err)
        looks = []
        for each, readings in self._observe(wanted, steps).items():
            state, queries = wanted[each]
            now = self.clock.now()
            try:
                decided = walk.decide(each.goal, state, readings, now)
            except Exception as err:  # noqa: BLE001 - as above
                steps[each] = Trouble(err)
            else:
                looks.append(_Look(each, state, queries, readings, decided, now))
        acted = False
        for look in sorted(looks, key=_urgency):
            # What is decided on must be fresh when it is done, not when the first one was.
            steps[look.walk], sent = self._go_on(look, decide_again=acted)
            acted = acted or sent
        return steps

    def _prepare(self, one: Walk) -> tuple[State, frozenset[Query]]:
        state = one.writer.catch_up()
        gap = unwatched.judge_gap(
            one.goal, state, one.looked_at, self.clock.now(), poll_of(one.goal)
        )
        if gap:
            one.listener.wrote(one.writer.write(gap))
            state = one.writer.state
        return state, walk.queries(one.goal, state)

    def _observe(
        self, wanted: Mapping[Walk, tuple[State, frozenset[Query]]], steps: dict[Walk, Step]
    ) -> dict[Walk, Readings]:
        """Read what all of them ask, once; each gets the answers to its own questions only."""
        found: dict[Walk, Readings] = {}
        now = self.clock.now()
        for each in wanted:
            seen, each.seen = each.seen, None
            if seen is not None and timedelta(0) <= now - seen.oldest() <= LONGEST:
                found[each] = seen
        rest = {each: queries for each, (_, queries) in wanted.items() if each not in found}
        try:
            return found | self._read(rest)
        except Exception as err:  # noqa: BLE001 - its own end, and nobody else's
            if len(rest) == 1:
                steps[next(iter(rest))] = Trouble(err)
                return found
        for each in rest:  # whose question it was shows when each asks alone
            found |= self._observe({each: wanted[each]}, steps)
        return found

    def _read(self, asked: Mapping[Walk, frozenset[Query]]) -> dict[Walk, Readings]:
        if not asked:
            return {}
        within = deadline(min(poll_of(each.goal) for each in asked))
        answers = self.observer.observe(frozenset[Query]().union(*asked.values()), within)
        at, known = self.clock.now(), answers.items()
        return {
            each: Readings({query: known[query] for query in queries & known.keys()}, at)
            for each, queries in asked.items()
        }

    def _go_on(self, look: _Look, *, decide_again: bool) -> tuple[Step, bool]:
        """Carry out what was decided; say whether anything was sent."""
        one = look.walk
        try:
            if decide_again:
                now = self.clock.now()
                turn = walk.decide(one.goal, look.state, look.readings, now)
                look = replace(look, decided=turn, at=now)
            one.listener.turned(look.decided, look.state, look.at)
            step = self._carry_out(look.decided, one)
            if unwatched.is_sighted(one.goal, one.writer.state):
                one.looked_at = look.at
        except JournalMoved:
            step = self._look_again()
        except Exception as err:  # noqa: BLE001 - as above
            step = Trouble(err)
        return step, isinstance(look.decided.next, Act)

    def _carry_out(self, turn: Turn, one: Walk) -> Step:
        step = turn.next
        if isinstance(step, Act):
            return carry_out(turn, step, one.writer, one.listener, self.performer, self.clock)
        one.listener.wrote(one.writer.write(turn.entries))
        if one.notes_looks:
            drafts = unwatched.note_look(one.goal, one.writer.state, self.clock.now())
            one.listener.wrote(one.writer.write(drafts))
        return Ending(step.exit, step.reason) if isinstance(step, Done) else step

    def _look_again(self) -> Wait:
        return Wait(self.clock.now(), "somebody else wrote to the journal: looking again")


def poll_of(goal: Goal) -> timedelta:
    """Return how often `goal` wants to be looked at."""
    return goal.plan.poll if isinstance(goal, GoForward) else goal.poll


def _urgency(look: _Look) -> int:
    """Return 0 for what goes back, 1 for what does not; the order is stable otherwise."""
    return 0 if _goes_back(look.walk.goal, look.state) else 1


def _goes_back(goal: Goal, state: State) -> bool:
    stages = [state.stage(name) for name in goal.stages] if isinstance(goal, GoForward) else []
    return isinstance(goal, GoBack) or any(each.rollback or each.breach for each in stages)
