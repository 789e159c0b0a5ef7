"""Which stage rollbacks the simulated pipeline refuses, in AWS's words and codes.

Source: CodePipeline user guide, "Configuring stage rollback" and its pages on manual
rollback and execution modes, and the errors that the service model gives RollbackStage.
"""

from datetime import UTC, datetime

from mcm.aws.port import AwsError
from mcm.sandbox.pipeline_model import Execution, conflict, not_found, refused
from mcm.sandbox.pipeline_run import PipelineRun

_FIRST_TARGETS = datetime(2024, 2, 1, tzinfo=UTC)
"""Executions older than this cannot be gone back to."""


def roll_back(pipeline: PipelineRun, stage: str, target_id: str, by: str, now: datetime) -> str:
    """Start a ROLLBACK execution of `stage` and return its id; raise AwsError if refused."""
    if pipeline.structure.stage(stage) is None:
        raise not_found("Stage", f"The pipeline has no stage named {stage}")
    target = pipeline.execution(target_id)
    if target is None:
        raise not_found("PipelineExecution", f"There is no execution {target_id}")
    error = _refusal(pipeline, stage, target)
    if error is not None:
        raise error
    return pipeline.begin_rollback(stage, target, now, trigger="ManualRollback", detail=by).id


def _refusal(pipeline: PipelineRun, stage: str, target: Execution) -> AwsError | None:
    structure = pipeline.structure
    if target.pipeline_version != structure.version:
        return refused(
            "PipelineExecutionOutdatedException",
            f"Execution {target.id} ran in pipeline version {target.pipeline_version}, "
            f"the pipeline is at version {structure.version}",
        )
    if any(one.rollback_target is not None for one in pipeline.waiting_at(stage)):
        return conflict(f"A rollback of {stage} is already waiting")
    reasons = {
        "stage rollback is not available in PARALLEL mode": structure.mode == "PARALLEL",
        "the source stage cannot be rolled back": stage == structure.stages[0].name,
        "the stage is currently running": pipeline.running_in(stage) is not None,
        "the target is itself a rollback": target.rollback_target is not None,
        "the target did not succeed in the stage": not target.succeeded_in(stage),
        "the target is too old": target.started < _FIRST_TARGETS,
    }
    for reason, holds in reasons.items():
        if holds:
            return refused("UnableToRollbackStageException", f"Unable to roll back: {reason}")
    return None
