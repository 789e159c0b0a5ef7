"""Looking on while another process drives: the same journal, readings of one's own.

Nothing is written, neither to the journal nor to AWS, and no lease is taken; so any
number may look on, and stop whenever they like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mcm.app.driving import is_out_there
from mcm.app.observing import Observer, deadline
from mcm.app.ports import Clock, Leases, Listener
from mcm.app.ticking import open_stages
from mcm.core import commands
from mcm.core.errors import Exit, McmError, RefusedError
from mcm.core.history.fold import apply
from mcm.core.history.goal import Goal, GoBack, GoForward
from mcm.core.history.journal import Entry, Journal
from mcm.core.history.state import State
from mcm.core.history.turn import Act, Done, Turn, Wait
from mcm.core.plans.plan import Plan
from mcm.core.rollback.retreat import retreat
from mcm.core.walking import walk
from mcm.core.walking.unwatched import longest_gap

JOURNAL = timedelta(seconds=1)
"""How often the journal is read; AWS is asked once a poll, and when there is news."""


class View(Listener, Protocol):
    """A listener that is also told who drives."""

    def driven(self, text: str) -> None:
        """This is who drives the change now, or what goes on with it."""


@dataclass(frozen=True)
class Scene:
    """What there is to look at."""

    goal: Goal
    stage: str


def find_scene(plan: Plan, state: State, stage: str = "") -> Scene | None:
    """Return what is under way in the change, else what was last; None without any walk.

    A rollback comes first, then what is out there, then what waits at its gates. With
    `stage` only that one. Raises RefusedError for a walk of another plan.
    """
    known = [each.name for each in plan.stages if not stage or each.name == stage]
    back = [name for name in known if state.stage(name).rollback is not None]
    if back:
        return Scene(_goal(plan, state, back[0]), back[0])
    begun = [name for name in known if name in state.begun]
    if not begun:
        return None
    if state.plan != plan.digest:
        raise RefusedError(
            "E_PLAN_CHANGED",
            f"plan.json of {plan.change} is not the plan of its walk: what it waits for is unknown",
            hint=f"`{commands.about('log', plan.change)}` shows what was done.",
        )
    still = [name for name in begun if name in open_stages(state)]
    first = sorted(still, key=lambda name: not is_out_there(state, name)) or begun[-1:]
    return Scene(GoForward(plan, (first[0],)), first[0])


def _goal(plan: Plan, state: State, name: str) -> Goal:
    """A rollback in a stage that had ended is a goal of its own, whoever drives it."""
    known = state.stage(name)
    goal = GoForward(plan, (name,))
    stage = plan.stage(name)
    if stage is None or (state.plan == plan.digest and not known.outcome):
        return goal
    return retreat(plan, stage, known)


@dataclass
class Onlooker:
    """Follows one scene."""

    change: str
    scene: Scene
    observer: Observer
    journal: Journal
    leases: Leases
    clock: Clock
    view: View

    def __post_init__(self) -> None:
        self._state = State()
        self._looked: datetime | None = None

    def follow(self, *, once: bool = False) -> str:
        """Show the scene until its end, or for one look; return the last thing to say of it."""
        while True:
            news = self._read_journal()
            over = self._is_over()
            now = self.clock.now()
            due = self._looked is None or now - self._looked >= self._poll
            if news or over or due:
                self._looked = now
                turn = self._look()
                if over or once or isinstance(turn.next, Done):
                    return turn.next.reason if isinstance(turn.next, Done) else ""
            self.clock.sleep_until(self.clock.now() + min(JOURNAL, self._poll))

    @property
    def _poll(self) -> timedelta:
        goal = self.scene.goal
        return goal.plan.poll if isinstance(goal, GoForward) else goal.poll

    def _read_journal(self) -> bool:
        entries = self.journal.entries(self.change)
        new = entries[self._state.last :]
        first = self._state.last == 0
        for entry in new:
            self._state = apply(self._state, entry)
        self.view.wrote(since_begun(entries, self.scene.stage) if first else new)
        return bool(new)

    def _is_over(self) -> bool:
        known = self._state.stage(self.scene.stage)
        if isinstance(self.scene.goal, GoBack):
            return known.rollback is None
        return bool(known.outcome)

    def _look(self) -> Turn:
        goal, state = self.scene.goal, self._state
        readings = self.observer.observe(walk.queries(goal, state), deadline(self._poll))
        now = self.clock.now()
        turn = for_onlookers(walk.decide(goal, state, readings, now), now + self._poll)
        if isinstance(goal, GoBack) and self._is_over():
            turn = Turn((), Done(Exit.DONE, state.stage(goal.stage).rollbacks[-1].detail))
        self.view.driven("" if isinstance(turn.next, Done) else self._driver(now))
        self.view.turned(turn, state, now)
        return turn

    def _driver(self, now: datetime) -> str:
        try:
            driver = self.leases.driver(self.change)
        except McmError as err:
            return f"who drives it is unknown: {err}"
        if driver is not None:
            return f"driven {driver.text(now)}"
        return nobody(self.change, self.scene.stage, self._state, now, self._poll)


def for_onlookers(turn: Turn, until: datetime) -> Turn:
    """Return `turn` as what others will do: who looks on does nothing."""
    step = turn.next
    if not isinstance(step, Act):
        return turn
    next_ = Wait(until, f"the next step: {step.why}")
    return Turn((), next_, turn.verdicts, turn.gates, turn.samples)


def nobody(change: str, stage: str, state: State, now: datetime, poll: timedelta) -> str:
    """Say that no process holds the lease, and the command that goes on."""
    known = state.stage(stage)
    if known.rollback is not None:
        back = commands.rollback(stage)
        return f"nobody holds the lease, and a rollback needs none; `{back}` goes on with it"
    if known.watched_at is not None and now - known.watched_at <= longest_gap(poll):
        return f"turned by ticks, the last at {known.watched_at:%H:%M:%S}Z"
    goes_on, once = commands.deploy(change, stage), commands.about("tick", change)
    return f"nobody drives it: `{goes_on}` goes on, `{once}` turns it once"


def since_begun(entries: Sequence[Entry], stage: str) -> Sequence[Entry]:
    """Return what happened since the walk of `stage` was first begun on its newest plan."""
    begun = [e for e in entries if e.kind == "walk_started" and stage in e.body.get("stages", ())]
    ours = [e for e in begun if e.body.get("plan") == begun[-1].body.get("plan")]
    return entries[ours[0].seq - 1 :] if ours else entries
