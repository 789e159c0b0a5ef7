"""After the promotion: who is in the stage, what the guardrails say, and the bake."""

from datetime import datetime, timedelta

from mcm.core import attempts, checks, notes
from mcm.core.bake import judge_bake
from mcm.core.checks.sagemaker_endpoint import SILENTLY_ROLLED_BACK
from mcm.core.errors import Exit
from mcm.core.goal import GoForward
from mcm.core.instruction import CloseTransition
from mcm.core.journal import Draft
from mcm.core.pipeline import (
    ENDED_BADLY,
    SUCCEEDED,
    ExecutionView,
    PipelineView,
    StageView,
)
from mcm.core.plan import Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import ExecutionQuery, PipelineQuery
from mcm.core.reading import Readings
from mcm.core.state import StageState, State
from mcm.core.turn import Act, Done, Hold, Turn, Wait
from mcm.core.verdict import Kind, Verdict

BLIND_FOR = timedelta(minutes=5)
"""How long a bake may see nothing before it calls a person (and goes on when resumed)."""


def decide(
    goal: GoForward, stage: StagePlan, state: State, readings: Readings, now: datetime
) -> Turn:
    """Return the next step of a stage that has been promoted."""
    plan, known = goal.plan, state.stage(stage.name)
    query = PipelineQuery(plan.pipeline)
    view = readings.known(query, PipelineView)
    seen = view.stage(stage.pipeline_stage) if view else None
    if seen is None:
        return _unseen(goal, stage, known, readings, readings.why_unknown(query), now)
    entries: tuple[Draft, ...] = ()
    if known.blind_since is not None:
        entries = (notes.sight(stage, "", now),)
    turn = _occupancy(goal, stage, state, seen, readings, now) or _watch_over(
        goal, stage, state, seen, readings, now
    )
    return Turn((*entries, *turn.entries), turn.next, turn.verdicts, turn.gates)


def _unseen(
    goal: GoForward,
    stage: StagePlan,
    known: StageState,
    readings: Readings,
    why: str,
    now: datetime,
) -> Turn:
    entries: tuple[Draft, ...] = ()
    since = known.blind_since
    if since is None:
        entries = (notes.sight(stage, why, now),)
    if readings.blind() or (since is not None and now - since > BLIND_FOR):
        hint = "The stage keeps running unwatched; run the same command with working credentials."
        return Turn(entries, Hold("blind", why, None, Exit.BLIND, leave=True, hint=hint))
    return Turn(entries, Wait(now + goal.plan.poll, f"cannot see the pipeline: {why}"))


def _occupancy(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> Turn | None:
    """Who is in the stage? None when it is the pinned execution and the way in is closed."""
    plan, known = goal.plan, state.stage(stage.name)
    if _is_late(plan, known, seen, now):
        return Turn((), Wait(now + plan.poll, f"a late read of {seen.name}: looking again"))
    if seen.inbound_rollbacks or (seen.in_rollback and seen.execution != known.found):
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
        return _close_or_pause(goal, stage, state, reason, now)
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
        return _close_or_pause(goal, stage, state, reason, now)
    return Turn((notes.ended(stage, "failed", reason, now),), Wait(now, reason))


def _close_or_pause(
    goal: GoForward, stage: StagePlan, state: State, reason: str, now: datetime
) -> Turn:
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
        or attempts.spent(state, stage, attempts.CLOSE)
    ):
        return None
    pause = attempts.resume_at(goal.plan, stage, state, attempts.CLOSE)
    if pause is not None and now < pause:
        return None
    return _close(goal, stage, f"mcm promoted {goal.plan.change} - closed behind it")


def _close(goal: GoForward, stage: StagePlan, reason: str) -> Turn:
    instruction = CloseTransition(goal.plan.pipeline, stage.pipeline_stage, reason)
    return Turn((), Act(instruction, stage.name, attempts.CLOSE, reason))


def _watch_over(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> Turn:
    """Judge the guardrails, then let the pipeline, and at last the bake, have their say."""
    plan, known = goal.plan, state.stage(stage.name)
    traffic = attempts.traffic(plan, stage, known)
    points = readings.known(traffic, Points) if traffic else None
    samples = points.total() if points else None
    deployed = seen.status == SUCCEEDED
    watch = attempts.watch(stage, state, samples, deployed=deployed)
    verdicts = tuple(checks.judge(item, watch, readings) for item in stage.guardrails)
    entries = notes.verdicts(stage, known, verdicts, now)
    breach = next((v for v in verdicts if v.kind is Kind.BREACH), None)
    if breach is not None:
        return _breached(stage, known, breach, verdicts, entries, now)
    if seen.status in ENDED_BADLY:
        reason = f"{seen.name} is {seen.status} for the pinned execution"
        return Turn(
            (*entries, notes.ended(stage, "failed", reason, now)), Wait(now, reason), verdicts
        )
    if not deployed:
        why = f"{seen.name} is {seen.status or 'not started'}"
        return Turn(entries, Wait(now + plan.poll, why), verdicts)
    if known.baking_since is None:
        return Turn(
            (*entries, notes.bake_started(stage, now)), Wait(now, "the bake begins"), verdicts
        )
    found = judge_bake(stage, known.baking_since, samples, verdicts, now, plan.poll)
    if isinstance(found, Done):
        end = notes.ended(stage, "succeeded", found.reason, now)
        return Turn((*entries, end), Wait(now, found.reason), verdicts)
    return Turn(entries, found, verdicts, samples=samples)


def _breached(
    stage: StagePlan,
    known: StageState,
    breach: Verdict,
    verdicts: tuple[Verdict, ...],
    entries: tuple[Draft, ...],
    now: datetime,
) -> Turn:
    if breach.code == SILENTLY_ROLLED_BACK:
        end = notes.ended(stage, "failed", breach.reason, now)
        return Turn((*entries, end), Wait(now, breach.reason), verdicts)
    rolls = [v for v in verdicts if v.kind is Kind.BREACH and _action(stage, v) == "roll_back"]
    breach = rolls[0] if rolls else breach
    action = "roll_back" if rolls else "hold"
    reason = f"{breach.check}: {breach.reason}"
    if not known.breach or known.on_breach != action:
        entries = (*entries, notes.breach(stage, breach.check, reason, action, now))
    if action == "roll_back":
        return Turn(entries, Wait(now, reason), verdicts)
    return Turn(entries, Hold("check", reason, None, Exit.NEEDS_PERSON), verdicts)


def _action(stage: StagePlan, verdict: Verdict) -> str:
    return next(g.on_breach for g in stage.guardrails if g.name == verdict.check)
