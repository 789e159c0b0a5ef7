"""Whether a pipeline is built as mcm.yaml says, so that a plan can be carried out at all."""

from collections.abc import Sequence

from mcm.core.pipeline import PipelineView
from mcm.core.plans.service import Service, StageConfig
from mcm.core.target import CAN_ROLL_BACK


def structure_problems(
    view: PipelineView, service: Service, stages: Sequence[StageConfig]
) -> tuple[str, ...]:
    """Name what in the pipeline contradicts mcm.yaml or rules out a rollback.

    All stages of the service must stand in the pipeline in their order, because each
    waits for the one before it; the gates are looked at for `stages` only.
    """
    if view.unread:
        return (f"pipeline {view.name}: its structure cannot be read: {view.unread}",)
    problems = []
    if view.mode not in CAN_ROLL_BACK:
        problems.append(
            f"pipeline {view.name} is in mode {view.mode or 'unknown'}: "
            "stages can be rolled back in SUPERSEDED or QUEUED only"
        )
    names = [stage.name for stage in view.stages]
    missing = [s for s in service.stages if s.pipeline_stage not in names]
    problems += [
        f"stage {s.name}: the pipeline has no stage {s.pipeline_stage}; it has {', '.join(names)}"
        for s in missing
    ]
    if not missing:
        problems += _order_problems(names, service)
        for stage in stages:
            problems += _gate_problems(view, names, stage)
    return tuple(problems)


def _order_problems(names: list[str], service: Service) -> list[str]:
    problems = []
    positions = [names.index(stage.pipeline_stage) for stage in service.stages]
    for earlier, later, stage in zip(positions, positions[1:], service.stages[1:], strict=False):
        if later <= earlier:
            problems.append(
                f"stage {stage.name}: {stage.pipeline_stage} does not come after "
                f"{names[earlier]} in the pipeline; write the stages in the pipeline's order"
            )
    if positions and positions[0] == 0:
        problems.append(
            f"stage {service.stages[0].name}: {names[0]} is the pipeline's source stage, "
            "which cannot be promoted or rolled back"
        )
    return problems


def _gate_problems(view: PipelineView, names: list[str], stage: StageConfig) -> list[str]:
    problems = []
    last = names.index(stage.pipeline_stage)
    approve, opens = stage.gate.approve, stage.gate.open
    for name in filter(None, (approve.stage if approve else "", opens)):
        if name not in names:
            problems.append(f"stage {stage.name}: its gate names {name}, not a pipeline stage")
        elif names.index(name) > last:
            problems.append(f"stage {stage.name}: its gate {name} comes after {names[last]}")
    seen = view.stage(approve.stage) if approve else None
    if approve and seen is not None:
        action = next((a for a in seen.actions if a.name == approve.action), None)
        if action is None or not action.approval:
            problems.append(
                f"stage {stage.name}: {approve.stage} has no manual approval action "
                f"{approve.action}"
            )
    return problems


def structure_warnings(view: PipelineView, stages: Sequence[StageConfig]) -> tuple[str, ...]:
    """Name approvals that stand inside a stage that mcm promotes.

    They work, but a rollback of the stage waits there too, and somebody must be woken.
    """
    inside = [
        (stage, action.name)
        for stage in stages
        for seen in filter(None, [view.stage(stage.pipeline_stage)])
        for action in seen.actions
        if action.approval
    ]
    return tuple(
        f"stage {stage.name}: a rollback would wait at {stage.pipeline_stage}/{name}; "
        "put the approval in a stage of its own"
        for stage, name in inside
    )
