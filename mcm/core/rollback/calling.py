"""Calling a person while the way back goes on: once for each reason, not at each turn."""

from datetime import datetime, timedelta

from mcm.core.history.goal import GoBack
from mcm.core.history.journal import Draft
from mcm.core.history.state import Rollback
from mcm.core.pipeline import RollbackRun

LONG = timedelta(minutes=30)
"""How long one step of a rollback may go on before a person hears of it."""
ELSEWHERE = "this rollback does not go where mcm would go:"


def person(goal: GoBack, rollback: Rollback, reason: str, now: datetime) -> tuple[Draft, ...]:
    """Return the entries that call a person; none when `reason` has been told already.

    `reason` must not change from turn to turn: no times, no counts.
    """
    return () if reason in rollback.notes else _both(goal, reason, now)


def elsewhere(goal: GoBack, run: RollbackRun, ours: str, now: datetime) -> tuple[Draft, ...]:
    """Return the entries that call a person to a rollback of others with another target.

    It is adopted all the same, never doubled (AWS-RULES 9). `ours` is empty when unknown.
    """
    if not ours or not run.target or run.target == ours:
        return ()
    who = run.started_by or "AWS"
    return _both(goal, f"{ELSEWHERE} {who} goes to {run.target}, mcm to {ours}", now)


def went_elsewhere(rollback: Rollback) -> str:
    """Return what was told of a rollback with another target than ours; empty when it has ours."""
    return next((note for note in rollback.notes if note.startswith(ELSEWHERE)), "")


def _both(goal: GoBack, reason: str, now: datetime) -> tuple[Draft, ...]:
    return (
        Draft("person_needed", {"stage": goal.stage, "reason": reason}, now),
        Draft("rollback_note", {"stage": goal.stage, "text": reason}, now),
    )
