"""Who is in the stage: the pinned execution, what was there before, or somebody else's."""

from datetime import datetime

from mcm.core.errors import Exit
from mcm.core.history import attempts
from mcm.core.history.goal import GoForward
from mcm.core.history.instruction import CloseTransition
from mcm.core.history.state import StageState, State
from mcm.core.history.turn import Act, Hold, Turn, Wait
from mcm.core.pipeline import ENDED_BADLY, ExecutionView, StageView
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import ExecutionQuery
from mcm.core.reading import Readings
from mcm.core.walking import notes


def decide(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> Turn | None:
    """Return what must be done about who is in the stage; None when the watch may go on.

    The watch goes on when the pinned execution is in the stage, also while the way in
    cannot be closed just now.
    """
    plan, known = goal.plan, state.stage(stage.name)
    if _is_late(plan, known, seen, now):
        return Turn((), Wait(now + plan.poll, f"a late read of {seen.name}: looking again"))
    foreign = seen.in_rollback and seen.execution != known.found
    if foreign and seen.status in ENDED_BADLY:
        reason = f"somebody's rollback of {seen.name} ended as {seen.status}"
        hint = f"Find out what it left there; `mcm rollback --stage {stage.name}` goes back."
        return Turn((), Hold("rollback", reason, None, Exit.NEEDS_PERSON, hint=hint))
    if seen.inbound_rollbacks or foreign:
        reason = "somebody else's rollback of this stage"
        return Turn((notes.breach(stage, "rollback", reason, "roll_back", now),), Wait(now, reason))
    if seen.execution == plan.execution:
        if known.entered_at is None:
            return Turn(
                (notes.entered(stage, "mcm", now),), Wait(now, "the pinned execution entered")
            )
        return _close_behind(goal, stage, state, seen, now)
    if seen.execution == known.found:
        return _not_yet(goal, stage, state, seen, readings, now)
    if seen.transition_enabled and not attempts.spent(state, stage, attempts.CLOSE):
        reason = f"{seen.execution} entered in place of the pinned execution"
        return close_or_pause(goal, stage, state, reason, now)
    reason = f"{seen.execution} entered {seen.name} in place of the pinned {plan.execution}"
    return Turn((notes.ended(stage, "failed", reason, now),), Wait(now, reason))


def _not_yet(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> Turn:
    """The stage still shows what was there before: on its way, or a read that lags behind.

    An execution that ended in front of the stage never comes; the way in that was opened
    for it must not wave the next one through.
    """
    plan = goal.plan
    shut = _shut_again(goal, stage, state, seen, now)
    if shut is not None:
        return shut
    run = readings.known(ExecutionQuery(plan.pipeline, plan.execution), ExecutionView)
    if run is None or run.status not in ENDED_BADLY or state.stage(stage.name).entered_at:
        return Turn((), Wait(now + plan.poll, f"{plan.execution} is on its way into {seen.name}"))
    reason = f"the pinned execution is {run.status} in front of {seen.name}"
    if seen.transition_enabled and not attempts.spent(state, stage, attempts.CLOSE):
        return close_or_pause(goal, stage, state, reason, now)
    return Turn((notes.ended(stage, "failed", reason, now),), Wait(now, reason))


def close_or_pause(
    goal: GoForward, stage: StagePlan, state: State, reason: str, now: datetime
) -> Turn:
    """Close the way in, or wait until that may be tried again."""
    pause = attempts.resume_at(goal.plan, stage, state, attempts.CLOSE)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"closing again: {reason}"))
    return _close(goal, stage, reason)


def _is_late(plan: Plan, known: StageState, seen: StageView, now: datetime) -> bool:
    """Say whether what is seen may be what was there before others promoted.

    For a promotion of our own `found` tells; here only the time that reads may lag does.
    """
    entered = known.entered_at
    return (
        seen.execution != plan.execution
        and not known.found
        and entered is not None
        and now - entered <= plan.settle
    )


def _shut_again(
    goal: GoForward, stage: StagePlan, state: State, seen: StageView, now: datetime
) -> Turn | None:
    """Hold when the way in was closed again before the pinned execution could enter."""
    plan, sent = goal.plan, attempts.promoted(stage, state)
    waits = plan.execution in seen.inbound and not seen.transition_enabled
    if sent is None or not waits or now - (sent.decided_at or now) < plan.settle:
        return None
    reason = f"the transition into {seen.name} was closed again: {seen.transition_reason}"
    hint = f"Find out who closed it; {plan.execution} enters once it is enabled."
    return Turn((), Hold("conflict", reason, None, hint=hint))


def _close_behind(
    goal: GoForward, stage: StagePlan, state: State, seen: StageView, now: datetime
) -> Turn | None:
    """Close the way in; while that cannot be done just now, the watch goes on."""
    if (
        not stage.gate.open
        or not seen.transition_enabled
        or attempts.rests(state.tries(stage.name, attempts.CLOSE), now)
    ):
        return None
    pause = attempts.resume_at(goal.plan, stage, state, attempts.CLOSE)
    if pause is not None and now < pause:
        return None
    return _close(goal, stage, f"mcm promoted {goal.plan.change} - closed behind it")


def _close(goal: GoForward, stage: StagePlan, reason: str) -> Turn:
    instruction = CloseTransition(goal.plan.pipeline, stage.pipeline_stage, reason)
    return Turn((), Act(instruction, stage.name, attempts.CLOSE, reason))
