"""Somebody else's rollback of the same stage: taken over, never doubled (AWS-RULES 9)."""

from collections.abc import Collection
from datetime import UTC, datetime

from mcm.core.pipeline import ENDED_BADLY, SUCCEEDED, RollbackRun, StageHistory, StageView

HIDDEN = RollbackRun("", "", "", "", datetime.fromtimestamp(0, UTC), "")
"""A rollback that the stage shows and that history does not list yet."""
WHY_HIDDEN = "a rollback is under way; its target is not shown yet"


def under_way(stage: StageView, history: StageHistory, seen: Collection[str]) -> RollbackRun | None:
    """Return the ROLLBACK that runs in the stage or waits in front of it; None if none does.

    Those in `seen` are left out. `HIDDEN` when its target is not known yet.
    """
    is_over = stage.status == SUCCEEDED or stage.status in ENDED_BADLY
    if stage.in_rollback and not is_over and stage.execution not in seen:
        return _listed(stage.execution, history)
    waiting = next((run for run in stage.inbound_rollbacks if run not in seen), None)
    return None if waiting is None else _listed(waiting, history)


def arrived(
    stage: StageView, history: StageHistory | None, seen: Collection[str]
) -> RollbackRun | None:
    """Return a ROLLBACK that came since `seen` was noted: under way, or over and successful."""
    is_new = stage.in_rollback and stage.execution not in seen
    if history is None:
        waits = any(run not in seen for run in stage.inbound_rollbacks)
        return HIDDEN if waits or (is_new and stage.status not in ENDED_BADLY) else None
    if is_new and stage.status == SUCCEEDED:
        return _listed(stage.execution, history)
    return under_way(stage, history, seen)


def _listed(execution: str, history: StageHistory) -> RollbackRun:
    return next((run for run in history.rollbacks if run.id == execution), HIDDEN)
