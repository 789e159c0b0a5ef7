"""The way back that a walk takes, as a goal: the same for a breach and for its rehearsal."""

from mcm.core.history.goal import GoBack
from mcm.core.history.state import StageState
from mcm.core.plans.plan import Plan, StagePlan


def retreat(plan: Plan, stage: StagePlan, known: StageState) -> GoBack:
    """Return the way back that a walk of `plan` takes for `stage`."""
    snapshot = ((known.baseline_execution, known.baseline),) if known.baseline else ()
    return GoBack(
        pipeline=plan.pipeline,
        pipeline_stage=stage.pipeline_stage,
        stage=stage.name,
        why=known.breach or (known.rollback.why if known.rollback else ""),
        signed=stage.rollback_target,
        adopt_finished=True,
        found=known.found,
        stop_wait=stage.stop_wait,
        abandon=stage.abandon,
        settle=plan.settle,
        poll=plan.poll,
        endpoints=tuple((stage.place, name) for name in stage.endpoints),
        known=snapshot,
    )
