"""Where a stage stands, in one word: read from the folded journal, never stored."""

from datetime import datetime
from enum import StrEnum

from mcm.core.errors import Exit
from mcm.core.history.state import StageState, State
from mcm.core.verdict import Kind


class Phase(StrEnum):
    """In the order of a walk; the outcomes of docs/design.md end it."""

    DRAFT = "draft"
    """No plan yet."""
    PLANNED = "planned"
    REQUESTED = "requested"
    REJECTED = "rejected"
    APPROVED = "approved"
    """As many persons as the plan asks for have signed, says the journal."""
    GATES = "gates"
    PROMOTED = "promoted"
    """The promoting write was sent; the execution is on its way into the stage."""
    DEPLOYING = "deploying"
    BAKING = "baking"
    BREACHED = "breached"
    """A guardrail was crossed and the plan says to hold: a person must decide."""
    ROLLING_BACK = "rolling_back"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    ABORTED = "aborted"
    ERRORED = "errored"
    UNKNOWN = "unknown"
    """Plan or journal cannot be trusted, so nothing is claimed."""


OUTCOMES = frozenset(
    {Phase.SUCCEEDED, Phase.ROLLED_BACK, Phase.FAILED, Phase.ABORTED, Phase.ERRORED}
)
UNDER_WAY = frozenset(
    {
        Phase.GATES,
        Phase.PROMOTED,
        Phase.DEPLOYING,
        Phase.BAKING,
        Phase.BREACHED,
        Phase.ROLLING_BACK,
    }
)


def walk_phase(state: State, name: str) -> tuple[Phase, datetime | None] | None:
    """Return the phase of a stage and since when; None when no walk has come to it.

    A rollback that ran after the outcome counts: what is in the stage now matters.
    """
    known = state.stage(name)
    if is_put_back(known):
        return Phase.ROLLED_BACK, known.put_back_at
    return _going_back(known) or _going_forward(state, name, known)


def is_put_back(known: StageState) -> bool:
    """Say whether a rung of the ladder has put the old content back, as the last thing."""
    at = known.put_back_at
    back = known.rollbacks[-1].ended_at or known.rollbacks[-1].at if known.rollbacks else None
    others = (known.started_at, known.ended_at, back)
    return at is not None and all(other is None or other <= at for other in others)


def is_in(state: State, name: str) -> bool:
    """Say whether the change was, or may have been, promoted into the stage."""
    sent = any(each.happened is not False for each in state.tries(name, "promote"))
    return sent or state.stage(name).entered_at is not None


def is_taken_back(known: StageState) -> bool:
    """Say whether the newest rollback of the stage put the old content back, as verified.

    False also when the content differs, could not be brought back, or nobody tried.
    """
    last = known.rollbacks[-1] if known.rollbacks else None
    return last is not None and last.outcome == "rolled_back" and last.verified != "differs"


def exit_of(phase: Phase, known: StageState) -> Exit:
    """The code for a stage; 0 only where the change reached what it was for."""
    kinds = {note.kind for note in known.verdicts.values()}
    if phase is Phase.ROLLED_BACK and is_put_back(known):
        return Exit.ROLLED_BACK
    if phase is Phase.ROLLED_BACK:
        return Exit.ROLLED_BACK if is_taken_back(known) else Exit.NEEDS_PERSON
    ends = {
        Phase.SUCCEEDED: Exit.DONE,
        Phase.FAILED: Exit.FAILED,
        Phase.ABORTED: Exit.ABORTED,
        Phase.ERRORED: Exit.NEEDS_PERSON,
        Phase.BREACHED: Exit.NEEDS_PERSON,
        Phase.ROLLING_BACK: Exit.ROLLED_BACK,
        Phase.REJECTED: Exit.REFUSED,
    }
    if phase in ends:
        return ends[phase]
    if phase in UNDER_WAY and (known.blind_since is not None or Kind.ERROR in kinds):
        return Exit.BLIND
    if phase is Phase.BAKING and Kind.INCONCLUSIVE in kinds:
        return Exit.INCONCLUSIVE
    return Exit.HELD


def _going_back(known: StageState) -> tuple[Phase, datetime | None] | None:
    last = known.rollbacks[-1] if known.rollbacks else None
    if last is None:
        return None
    if last.ended_at is None:
        return Phase.ROLLING_BACK, last.at
    if known.started_at is not None and last.at < known.started_at:
        return None  # of a walk before this one
    if known.ended_at is not None and last.ended_at <= known.ended_at:
        return None  # the rollback of this walk: its outcome tells
    if last.outcome == "rolled_back":
        return Phase.ROLLED_BACK, last.ended_at
    return Phase.ERRORED, last.ended_at


def _going_forward(
    state: State, name: str, known: StageState
) -> tuple[Phase, datetime | None] | None:
    if known.outcome:
        try:
            return Phase(known.outcome), known.ended_at
        except ValueError:  # an outcome of a newer mcm: over, and nobody here can say how
            return Phase.ERRORED, known.ended_at
    if known.breach:
        rolls = known.on_breach == "roll_back"
        return (Phase.ROLLING_BACK if rolls else Phase.BREACHED), known.breached_at
    if known.baking_since is not None:
        return Phase.BAKING, known.baking_since
    if known.entered_at is not None:
        return Phase.DEPLOYING, known.entered_at
    sent = [a for a in state.tries(name, "promote") if a.happened is not False]
    if sent:
        return Phase.PROMOTED, sent[-1].at
    if known.started_at is not None:
        return Phase.GATES, known.started_at
    return None
