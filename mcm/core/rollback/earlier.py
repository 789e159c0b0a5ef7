"""Rollbacks of an earlier hour: one that is over, and one that was begun and given up."""

from datetime import datetime, timedelta

from mcm.core.errors import Exit
from mcm.core.history.goal import GoBack
from mcm.core.history.state import Rollback, StageState
from mcm.core.history.turn import Done, Hold, Next, Wait
from mcm.core.pipeline import RollbackRun, StageHistory, StageView
from mcm.core.query import HistoryQuery
from mcm.core.reading import Readings
from mcm.core.rollback import calling, verify_content
from mcm.core.target import replaced

INCIDENT = timedelta(hours=1)
"""What enters the stage within this time of a rollback's begin slipped in; later, the team
went on, and taking the new execution back to the old target would go too far."""


def report(
    goal: GoBack,
    stage: StageView,
    history: StageHistory,
    known: StageState,
    readings: Readings,
    now: datetime,
) -> Next | RollbackRun:
    """Report the finished ROLLBACK in the stage; return its run when it is to be taken over.

    `already rolled back` is said only of what may be so: not on a read that the list of
    actions contradicts, not when the content differs or was found to differ.
    """
    if history.latest not in {"", stage.execution}:
        why = f"{goal.pipeline_stage} shows {stage.execution}, its actions {history.latest}"
        return Wait(now + goal.poll, f"{why}: looking again")
    run = next((run for run in history.rollbacks if run.id == stage.execution), None)
    if goal.adopt_finished:
        return _take_over(goal, stage, run, known, now)
    when = f" at {run.started:%Y-%m-%d %H:%M:%SZ} to {run.target}" if run else ""
    said = f"already rolled back{when}"
    found = verify_content.look(goal, run.target if run else "", readings)
    problem = "; ".join((*found.broken, *found.wrong))
    if not problem and not found.is_same:
        problem = _told_before(stage, known)
    if problem:
        return Done(Exit.NEEDS_PERSON, f"{said}, but {problem}")
    return Done(Exit.DONE, said)


def overtaken(
    rollback: Rollback, stage: StageView, history: StageHistory | None, now: datetime
) -> str:
    """Say what has taken the place of that which `rollback` was begun to take back.

    Empty while it is to be finished. Only for one that was not sent.
    """
    if rollback.execution or not rollback.source or history is None or stage.running:
        return ""
    current = replaced(stage, history)
    if current in {"", rollback.source}:
        return ""
    run = next((run for run in history.succeeded if run.execution.id == current), None)
    # There before we began: the begin was decided on a late read of the stage.
    was_there = run is not None and run.entered <= rollback.at
    if not was_there and now - rollback.at <= INCIDENT:
        return ""
    return f"{current} took the place of {rollback.source}"


def stranger(goal: GoBack, rollback: Rollback, stage: StageView, readings: Readings) -> str:
    """Say which execution slipped in while ours was on its way back; empty when none did.

    Two reads must agree on it. It goes back too: what entered in the same hour carries what
    is being taken back (AWS-RULES 12).
    """
    query = HistoryQuery(goal.pipeline, goal.pipeline_stage)
    history = readings.known(query, StageHistory)
    if rollback.execution or not rollback.source or stage.in_rollback or history is None:
        return ""
    if stage.execution in {"", rollback.source} or history.latest != stage.execution:
        return ""
    who = f"{stage.execution} has entered {stage.name} behind {rollback.source}"
    return f"{who}, which is being taken back: it goes back as well"


def _take_over(
    goal: GoBack, stage: StageView, run: RollbackRun | None, known: StageState, now: datetime
) -> Next | RollbackRun:
    if run is not None and run.id != goal.found:
        return run
    since = known.breached_at
    if since is not None and now - since > calling.LONG:
        what = "was there before the promotion" if run else "is not among the executions"
        reason = f"{goal.pipeline_stage} shows the rollback {stage.execution}, which {what}"
        return Hold("rollback", reason, None, Exit.NEEDS_PERSON, leave=True)
    return Wait(now + goal.poll, "a late read of the stage: looking again")


def _told_before(stage: StageView, known: StageState) -> str:
    """Return what the journal says is wrong with this rollback; empty when nothing."""
    last = next((r for r in reversed(known.rollbacks) if r.execution == stage.execution), None)
    if last is None or (last.verified != "differs" and last.outcome != "failed"):
        return ""
    return last.detail or "a person is needed"
