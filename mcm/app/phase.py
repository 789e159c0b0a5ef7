"""Where a stage stands, in one word: read from the folded journal, never stored."""

from datetime import datetime
from enum import StrEnum

from mcm.core.state import StageState, State


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
    return _going_back(known) or _going_forward(state, name, known)


def is_taken_back(known: StageState) -> bool:
    """Say whether the newest rollback of the stage put the old content back, as verified.

    False also when the content differs, could not be brought back, or nobody tried.
    """
    last = known.rollbacks[-1] if known.rollbacks else None
    return last is not None and last.outcome == "rolled_back" and last.verified != "differs"


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
