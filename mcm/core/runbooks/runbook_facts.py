"""The facts that a runbook may mention: their names, what they are, and how they are written.

A fact is text, a list of texts, or a whole command line that mcm has quoted already. Data
from outside becomes one of the first two, so that a shell takes it for one word whatever
is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mcm.core import commands
from mcm.core.place import PipelineId
from mcm.core.plans.plan import Approval, Plan
from mcm.core.plans.service import Service, StageConfig

Value = str | tuple[str, ...]
Facts = Mapping[str, Value]


@dataclass(frozen=True)
class Fact:
    about: str
    kind: str = "text"
    """`text`, `list`, or `line`: a command that is quoted already."""


FACTS: Mapping[str, Fact] = {
    "change": Fact("the change's id"),
    "stage": Fact("the stage, as mcm.yaml names it"),
    "pipeline": Fact("the pipeline"),
    "pipeline_stage": Fact("the stage, as the pipeline names it"),
    "region": Fact("the pipeline's region"),
    "stage_region": Fact("the region that the stage deploys to"),
    "account": Fact("the account that the stage deploys to"),
    "execution": Fact("the execution that the plan lets in"),
    "target": Fact("the execution that a rollback returns to, says the plan"),
    "approval_stage": Fact("the pipeline stage of the approval in front of the stage"),
    "approval_action": Fact("the approval action in front of the stage"),
    "endpoints": Fact("the endpoints of the stage", "list"),
    "rollback_line": Fact("mcm's command that rolls back", "line"),
    "approve_line": Fact("mcm's command by which a second person approves", "line"),
    "deploy_line": Fact("mcm's command that promotes", "line"),
    "aws_close_line": Fact("the plain aws command that closes the way in", "line"),
    "aws_rollback_line": Fact("the plain aws command that rolls back", "line"),
    "aws_open_line": Fact("the plain aws command that opens the way in", "line"),
}


def build_facts(
    service: Service, stage: StageConfig | None, plan: Plan | None, change: str
) -> dict[str, Value]:
    """Return what the files say; a fact that they do not say is left out."""
    found: dict[str, Value] = {
        "pipeline": service.pipeline.name,
        "region": service.pipeline.place.region,
    }
    if change:
        found["change"] = change
    if plan is not None:
        found["execution"] = plan.execution
    if stage is not None:
        found |= _of_stage(service.pipeline, stage)
        planned = plan.stage(stage.name) if plan is not None else None
        target = planned.rollback_target if planned is not None else ""
        if target:
            found["target"] = target
            found["aws_rollback_line"] = commands.aws_rollback(
                service.pipeline, stage.pipeline_stage, target
            )[-1]
        if change:
            found["approve_line"] = commands.approve(change, stage.name)
            found["deploy_line"] = commands.deploy(change, stage.name)
    return found


def _of_stage(pipeline: PipelineId, stage: StageConfig) -> dict[str, Value]:
    endpoints = {str(u.params["endpoint"]) for u in stage.guardrails if "endpoint" in u.params}
    found: dict[str, Value] = {
        "stage": stage.name,
        "pipeline_stage": stage.pipeline_stage,
        "stage_region": stage.place.region,
        "account": stage.place.account,
        "endpoints": tuple(sorted(endpoints)),
        "rollback_line": commands.rollback(stage.name),
        "aws_close_line": commands.aws_rollback(pipeline, stage.pipeline_stage, "")[0],
        "aws_open_line": commands.aws_reopen(pipeline, stage.pipeline_stage),
    }
    approve: Approval | None = stage.gate.approve
    if approve is not None:
        found |= {"approval_stage": approve.stage, "approval_action": approve.action}
    return found


def placeholders(names: tuple[str, ...]) -> dict[str, Value]:
    """Return what stands for facts that are not known, when a runbook is only shown."""
    return {name: (name.upper(),) if FACTS[name].kind == "list" else name.upper() for name in names}
