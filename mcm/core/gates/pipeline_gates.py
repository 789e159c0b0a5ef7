"""The gates that the pipeline itself answers: plan, predecessor, position, way back.

Each takes one turn's view and readings and says open or closed with a reason; what
cannot be read is closed.
"""

from dataclasses import replace
from datetime import datetime

from mcm.core.errors import Exit
from mcm.core.history.turn import GateView
from mcm.core.pipeline import (
    ENDED_BADLY,
    SUCCEEDED,
    ActionRun,
    ExecutionView,
    PipelineView,
    StageHistory,
    StageView,
)
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import ActionsQuery, ExecutionQuery, HistoryQuery
from mcm.core.reading import Readings
from mcm.core.rollback import rehearsal
from mcm.core.rollback.reopen import closed_by_mcm
from mcm.core.target import NoTarget, effective_execution, target_after


def plan_gate(plan: Plan, view: PipelineView) -> GateView:
    """A pipeline that changed since the plan voids it (AWS-RULES 7)."""
    if view.version == plan.pipeline_version:
        return GateView("plan", True, f"pipeline version {view.version}, as planned")
    reason = (
        f"the pipeline changed from version {plan.pipeline_version} to {view.version}: "
        "the plan is void [E_PIPELINE_CHANGED]"
    )
    return GateView("plan", False, reason, exit=Exit.REFUSED, leave=True)


def predecessor_gate(
    plan: Plan, stage: StagePlan, view: PipelineView, readings: Readings
) -> GateView:
    """The stage before must hold the pinned execution, as AWS shows it now."""
    name = stage.predecessor
    if not name:
        return GateView("predecessor", True, "first stage")
    seen = view.stage(name)
    query = HistoryQuery(plan.pipeline, name)
    history = readings.known(query, StageHistory)
    if seen is None or history is None:
        why = readings.why_unknown(query) or "the pipeline has no such stage"
        return GateView("predecessor", False, f"{name} cannot be read: {why}")
    holds = effective_execution(seen, history)
    if holds == plan.execution and seen.status == SUCCEEDED:
        return GateView("predecessor", True, f"{name} has {plan.execution}")
    state = f"{name} has {holds or 'an unknown execution'} ({seen.status or 'never run'})"
    return GateView("predecessor", False, f"{state}, not {plan.execution}")


def retry_gate(plan: Plan, stage: StagePlan, view: PipelineView, readings: Readings) -> GateView:
    """Has the pinned execution failed in the stage, so that it can be tried again there?"""
    seen = view.stage(stage.pipeline_stage)
    if seen is None:
        reason = f"the pipeline has no stage {stage.pipeline_stage}"
        return GateView("execution", False, reason, exit=Exit.USAGE, leave=True)
    for query in (
        ExecutionQuery(plan.pipeline, plan.execution),
        ActionsQuery(plan.pipeline, plan.execution),
    ):
        if readings.why_unknown(query):
            reason = f"the pinned execution cannot be read: {readings.why_unknown(query)}"
            return GateView("execution", False, reason)
    run = readings.known(ExecutionQuery(plan.pipeline, plan.execution), ExecutionView)
    if run is None or last_run(plan, stage, readings) is None:
        return GateView("execution", False, f"what ran in {seen.name} is not listed")
    if not _carries(plan, run):
        reason = f"{run.id} does not carry the planned revisions [E_PLAN_CHANGED]"
        return GateView("execution", False, reason, exit=Exit.REFUSED, leave=True)
    if (seen.execution, seen.status) != (plan.execution, "Failed"):
        reason = f"{seen.execution or 'nothing'} is {seen.status or 'unknown'} in {seen.name}"
        return GateView("execution", False, f"{reason}: only what failed can be tried again")
    return GateView("execution", True, f"failed in {seen.name}")


def last_run(plan: Plan, stage: StagePlan, readings: Readings) -> datetime | None:
    """Return when the newest run of an action of the pinned execution in the stage began."""
    runs = readings.known(ActionsQuery(plan.pipeline, plan.execution), tuple) or ()
    return max((r.started for r in runs if r.stage == stage.pipeline_stage), default=None)


def position_gate(plan: Plan, stage: StagePlan, view: PipelineView, readings: Readings) -> GateView:
    """Is the pinned execution waiting right where the promoting write would let it in?"""
    seen = view.stage(stage.pipeline_stage)
    if seen is None:
        reason = f"the pipeline has no stage {stage.pipeline_stage}"
        return GateView("execution", False, reason, exit=Exit.USAGE, leave=True)
    query = ExecutionQuery(plan.pipeline, plan.execution)
    run = readings.known(query, ExecutionView)
    if run is None:
        reason = f"the pinned execution cannot be read: {readings.why_unknown(query)}"
        return GateView("execution", False, reason)
    wrong = _not_as_pinned(plan, run)
    if wrong is not None:
        return replace(wrong, reason=f"{_said_no(plan, stage, readings)}{wrong.reason}")
    if stage.gate.open:
        # AWS lets the *latest* in: no other execution may wait beside the pinned one.
        if seen.inbound == (plan.execution,):
            if seen.transition_enabled:
                reason = f"the transition into {seen.name} is open already, not by this walk"
                return GateView("execution", False, reason)
            return GateView("execution", True, f"waits in front of {seen.name}")
        if seen.inbound:
            others = ", ".join(seen.inbound)
            return GateView("execution", False, f"in front of {seen.name} waits {others}")
    elif not seen.transition_enabled:
        shut = _shut(plan, stage, seen)
        if shut is not None:
            return shut
    answer = _approval_position(plan, stage, view, readings)
    if answer is not None:
        return answer
    return GateView("execution", False, f"{plan.execution} has not reached {seen.name}")


def _shut(plan: Plan, stage: StagePlan, seen: StageView) -> GateView | None:
    """Where mcm only answers an approval, the way into the stage must be open, or mcm's to open.

    After a rollback it is closed, and the promotion opens it first. With the approval in the
    stage itself, the pinned execution waits in front until then.
    """
    if not closed_by_mcm(seen):
        reason = f"the way into {seen.name} was closed by others: {seen.transition_reason}"
        return GateView("execution", False, reason)
    inside = stage.gate.approve is not None and stage.gate.approve.stage == seen.name
    if inside and seen.inbound == (plan.execution,):
        return GateView("execution", True, f"waits in front of {seen.name}, which mcm closed")
    if seen.inbound:
        others = ", ".join(seen.inbound)
        return GateView("execution", False, f"in front of {seen.name} waits {others}")
    return None


def _not_as_pinned(plan: Plan, run: ExecutionView) -> GateView | None:
    """Only a running execution of exactly the signed revisions may be promoted."""
    if run.status in ENDED_BADLY:
        reason = f"the pinned execution is {run.status}"
        return GateView("execution", False, reason, exit=Exit.FAILED, leave=True)
    if not _carries(plan, run):
        reason = f"{run.id} does not carry the planned revisions [E_PLAN_CHANGED]"
        return GateView("execution", False, reason, exit=Exit.REFUSED, leave=True)
    if run.status == SUCCEEDED:
        # It has been through every stage: by others, or by a walk that died before it knew.
        reason = f"the pinned execution has come to its end ({run.status}): nothing waits any more"
        return GateView("execution", False, reason, exit=Exit.FAILED, leave=True)
    if run.status != "InProgress":
        return GateView("execution", False, f"the pinned execution is {run.status or 'nowhere'}")
    return None


def _said_no(plan: Plan, stage: StagePlan, readings: Readings) -> str:
    """Say that the approval in front of the stage failed, and how; empty when it did not.

    A failed approval was rejected by somebody, or nobody answered it in time: no breach.
    """
    approve = stage.gate.approve
    if approve is None:
        return ""
    runs = readings.known(ActionsQuery(plan.pipeline, plan.execution), tuple) or ()
    here = (run for run in runs if (run.stage, run.action) == (approve.stage, approve.action))
    run = max(here, key=lambda each: each.started, default=None)
    if run is None or run.status != "Failed":
        return ""
    where = f"{approve.stage}/{approve.action}"
    if not run.answered_by:
        return f"{where} was not answered in time: "
    words = f" ({run.summary})" if run.summary else ""
    return f"{where} was rejected by {run.answered_by}{words}: "


def _carries(plan: Plan, run: ExecutionView) -> bool:
    return {(r.source, r.id) for r in run.revisions} == {(r.source, r.id) for r in plan.revisions}


def _approval_position(
    plan: Plan, stage: StagePlan, view: PipelineView, readings: Readings
) -> GateView | None:
    approve = stage.gate.approve
    if approve is None:
        return None
    at = view.stage(approve.stage)
    action = next((a for a in at.actions if a.name == approve.action), None) if at else None
    if at is None or action is None:
        reason = f"the pipeline has no approval {approve.stage}/{approve.action}"
        return GateView("execution", False, reason, exit=Exit.USAGE, leave=True)
    runs = readings.known(ActionsQuery(plan.pipeline, plan.execution), tuple) or ()
    ours = any(
        isinstance(run, ActionRun)
        and (run.stage, run.action) == (approve.stage, approve.action)
        and run.status == "InProgress"
        for run in runs
    )
    if not (ours and action.awaiting and at.execution == plan.execution):
        return None
    where = f"{approve.stage}/{approve.action}"
    if stage.gate.open:
        return GateView("execution", False, f"waits at {where} for the approver's own answer")
    return GateView("execution", True, f"waits at {where}")


def target_gate(
    plan: Plan, stage: StagePlan, view: PipelineView, readings: Readings, now: datetime
) -> GateView:
    """The way back that was signed must still be the way back, and proven (AWS-RULES 6, 8)."""
    query = HistoryQuery(plan.pipeline, stage.pipeline_stage)
    history = readings.known(query, StageHistory)
    if history is None:
        return GateView("rollback-target", False, f"cannot be read: {readings.why_unknown(query)}")
    found = target_after(view, history, stage.pipeline_stage, plan.execution)
    if isinstance(found, NoTarget):
        return GateView("rollback-target", False, f"no way back: {found.reason}")
    if found.execution != stage.rollback_target:
        reason = (
            f"a rollback of {stage.name} would now go to {found.execution}, "
            f"the plan says {stage.rollback_target or 'nowhere'}: plan again"
        )
        return GateView("rollback-target", False, reason, exit=Exit.REFUSED, leave=True)
    proof = rehearsal.prove(plan, stage, readings, now)
    if not proof.is_proven:
        return GateView("rollback-target", False, f"the way back is not proven: {proof.why_not}")
    return GateView("rollback-target", True, f"back to {stage.rollback_target}, proven")


def rollback_gate(plan: Plan, stage: StagePlan, view: PipelineView) -> GateView:
    """Any ROLLBACK in a stage of this change stops its promotions.

    In the stages before this one even a finished one: they had the pinned execution.
    """
    earlier = {before.name for before in view.before(stage.pipeline_stage)}
    for other in plan.stages:
        seen = view.stage(other.pipeline_stage)
        if seen is None or not seen.in_rollback:
            continue
        if seen.status != SUCCEEDED or seen.name in earlier:
            return GateView("rollback", False, f"a rollback of {other.name} is {seen.status}")
    return GateView("rollback", True, "no rollback under way")
