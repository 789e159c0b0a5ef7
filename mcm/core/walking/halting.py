"""Abort: a person gives a walk up where it stands, with the way in closed behind.

What runs in the pipeline runs on, and what was promoted stays; only nobody watches it any
more. Nothing here stands in the way of a rollback: a breach is seen to first.
"""

from datetime import datetime

from mcm.core.history import attempts
from mcm.core.history.goal import GoForward
from mcm.core.history.state import State, Word
from mcm.core.history.turn import Turn, Wait
from mcm.core.pipeline import StageView
from mcm.core.plans.plan import StagePlan
from mcm.core.walking import notes, occupancy


def before_promotion(stage: StagePlan, word: Word, now: datetime) -> Turn:
    """End a stage into which nothing was promoted."""
    return _end(stage, f"{_told(word)}; nothing was promoted", now)


def after_promotion(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    word: Word,
    seen: StageView | None,
    now: datetime,
) -> Turn | None:
    """Close the way in that the promotion opened, then end the stage.

    What AWS refuses to close does not keep the person waiting; it is said. None while the
    stage cannot be seen: it does not end unwatched with a way in that may be open, through
    which the next execution would walk.
    """
    if not stage.gate.open:
        return _end(stage, _told(word), now)
    if seen is None:
        return None
    if not seen.transition_enabled:
        return _end(stage, _told(word), now)
    if attempts.spent(state, stage, attempts.CLOSE):
        return _end(stage, f"{_told(word)}; the way into {seen.name} is still open", now)
    return occupancy.close_or_pause(goal, stage, state, f"the walk was aborted by {word.by}", now)


def waits(stage: StagePlan, word: Word) -> str:
    """Say what becomes of an abort while the stage cannot be seen."""
    return f"{word.by}'s abort ends it once the way into {stage.pipeline_stage} is seen closed"


def _told(word: Word) -> str:
    return f"{word.by}: {word.reason}"


def _end(stage: StagePlan, reason: str, now: datetime) -> Turn:
    return Turn((notes.ended(stage, "aborted", reason, now),), Wait(now, reason))
