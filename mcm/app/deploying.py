"""Going forward: preflight, the walk, and a rehearsal of it that writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mcm.app.observing import Observer
from mcm.app.planning import PATIENCE
from mcm.app.runner import Ending, Runner
from mcm.app.writer import Writer
from mcm.core.errors import BlindError
from mcm.core.history.goal import GoForward
from mcm.core.history.instruction import Instruction, Outcome, Result
from mcm.core.history.journal import Draft, Entry, Journal, chain_all
from mcm.core.history.turn import Hold, Wait
from mcm.core.pipeline import Identity
from mcm.core.plans.plan import Plan
from mcm.core.query import IdentityQuery

NO_CLAIMS: Mapping[str, str] = {}
_REHEARSED = 4
"""Turns after which a rehearsal has come to an act or a gate."""


def who_are_we(plan: Plan, observer: Observer) -> str:
    """Return our ARN at the pipeline; raise BlindError when AWS does not tell.

    Whether the accounts are the planned ones, the gates check each turn.
    """
    query = IdentityQuery(plan.pipeline.place)
    readings = observer.observe([query], PATIENCE)
    found = readings.known(query, Identity)
    if found is None:
        raise BlindError(f"cannot see {plan.pipeline.name}: {readings.why_unknown(query)}")
    return found.arn


@dataclass
class Rehearsal:
    """A journal that reads the real one and keeps what is added to itself."""

    journal: Journal
    added: list[Entry] = field(default_factory=list)

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        return (*self.journal.entries(change), *self.added)

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """Chain the entries on and store nothing."""
        del after, claims
        known = self.entries(change)
        made = chain_all(known[-1] if known else None, drafts)
        self.added += made
        return made

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        return self.journal.changes()


class Unsent:
    """Implements the performing port by keeping what would have been sent."""

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []

    def perform(self, instruction: Instruction) -> Outcome:
        """Send nothing."""
        self.instructions.append(instruction)
        return Outcome(Result.NOT_SENT, "a dry run sends nothing")


def rehearse(
    runner: Runner, goal: GoForward, journal: Journal
) -> Ending | Hold | Instruction | None:
    """Turn until the first act, closed gate or end; return it. Nothing is written or sent.

    None when the walk only waits. `runner`'s performer is not used.
    """
    unsent = Unsent()
    trial = Runner(runner.observer, unsent, runner.clock, runner.listener)
    writer = Writer(Rehearsal(journal), goal.plan.change, runner.listener.lost)
    for _ in range(_REHEARSED):
        step = trial.turn(goal, writer)
        if unsent.instructions:
            return unsent.instructions[0]
        if not isinstance(step, Wait):
            return step
    return None
