"""What the simulated pipeline shows: its state in the shapes of the CodePipeline API."""

from typing import Any

from mcm.aws.port import Reply
from mcm.sandbox.pipeline_model import (
    ActionRun,
    ActionSpec,
    Execution,
    SourceRevision,
    StageSpec,
    Status,
)
from mcm.sandbox.pipeline_run import PipelineRun


def show_state(pipeline: PipelineRun) -> Reply:
    """Build the reply of GetPipelineState; no executions are shown in PARALLEL mode."""
    structure = pipeline.structure
    return {
        "pipelineName": structure.name,
        "pipelineVersion": structure.version,
        "stageStates": [_show_stage(pipeline, stage) for stage in structure.stages],
        "created": pipeline.structures[0].updated,
        "updated": structure.updated,
    }


def _show_stage(pipeline: PipelineRun, stage: StageSpec) -> Reply:
    transition = pipeline.transitions[stage.name]
    inbound: Reply = {"enabled": transition.enabled}
    if transition.changed_at is not None:
        inbound |= {"lastChangedBy": transition.changed_by, "lastChangedAt": transition.changed_at}
    if not transition.enabled and transition.reason:
        inbound["disabledReason"] = transition.reason
    shown: Reply = {"stageName": stage.name, "inboundTransitionState": inbound}
    if pipeline.structure.mode == "PARALLEL":
        return shown | {"actionStates": [{"actionName": one.name} for one in stage.actions]}
    shown["actionStates"] = [
        _show_action_state(one, pipeline.last_runs.get((stage.name, one.name)))
        for one in stage.actions
    ]
    waiting = [_show_passage(one, Status.IN_PROGRESS) for one in pipeline.waiting_at(stage.name)]
    if waiting:
        shown |= {"inboundExecution": waiting[-1], "inboundExecutions": waiting}
    latest = pipeline.execution(pipeline.latest.get(stage.name, ""))
    if latest is not None:
        shown["latestExecution"] = _show_passage(latest, latest.runs[stage.name].status)
    return shown


def _show_passage(execution: Execution, status: Status) -> Reply:
    return {
        "pipelineExecutionId": execution.id,
        "status": status.value,
        "type": execution.type,
    }


def _show_action_state(spec: ActionSpec, run: ActionRun | None) -> Reply:
    shown: Reply = {"actionName": spec.name}
    if run is None:
        return shown
    latest: Reply = {
        "actionExecutionId": run.id,
        "status": run.status.value,
        "lastStatusChange": run.updated,
    }
    if run.token is not None and run.status is Status.IN_PROGRESS:
        latest["token"] = run.token
    if run.summary:
        latest["summary"] = run.summary
    if run.updated_by:
        latest["lastUpdatedBy"] = run.updated_by
    if run.error:
        latest["errorDetails"] = {"code": "JobFailed", "message": run.error}
    if spec.category == "Deploy":
        latest["externalExecutionId"] = run.id
    return shown | {"latestExecution": latest}


def show_execution(pipeline: PipelineRun, execution: Execution) -> Reply:
    """Build the `pipelineExecution` of GetPipelineExecution."""
    return _show_common(execution) | {
        "pipelineName": pipeline.structure.name,
        "pipelineVersion": execution.pipeline_version,
        "artifactRevisions": [
            {
                "name": one.action,
                "revisionId": one.revision_id,
                "revisionSummary": one.summary,
                "revisionUrl": one.url,
                "created": execution.started,
            }
            for one in execution.revisions
        ],
    }


def show_summary(execution: Execution) -> Reply:
    """Build one item of ListPipelineExecutions."""
    shown = _show_common(execution) | {
        "startTime": execution.started,
        "lastUpdateTime": execution.updated,
        "sourceRevisions": [_show_source(one) for one in execution.revisions],
    }
    if execution.stop_reason is not None:
        shown["stopTrigger"] = {"reason": execution.stop_reason}
    return shown


def _show_common(execution: Execution) -> Reply:
    shown: Reply = {
        "pipelineExecutionId": execution.id,
        "status": execution.status.value,
        "trigger": {
            "triggerType": execution.trigger,
            "triggerDetail": execution.trigger_detail,
        },
        "executionMode": execution.mode,
        "executionType": execution.type,
    }
    if execution.status_summary:
        shown["statusSummary"] = execution.status_summary
    if execution.rollback_target is not None:
        shown["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": execution.rollback_target}
    return shown


def _show_source(one: SourceRevision) -> Reply:
    return {
        "actionName": one.action,
        "revisionId": one.revision_id,
        "revisionSummary": one.summary,
        "revisionUrl": one.url,
    }


def show_action(pipeline: PipelineRun, run: ActionRun) -> Reply:
    """Build one item of ListActionExecutions."""
    given: Reply = {
        "actionTypeId": dict(run.spec.type_id),
        "configuration": dict(run.spec.configuration),
    }
    if run.spec.region is not None:
        given["region"] = run.spec.region
    result: dict[str, Any] = {}
    if run.spec.category == "Deploy":
        result["externalExecutionId"] = run.id
    if run.token is not None:
        # The approval's token: in PARALLEL mode this is the only place to read it.
        result["externalExecutionId"] = run.token
    if run.summary:
        result["externalExecutionSummary"] = run.summary
    if run.error:
        result["errorDetails"] = {"code": "JobFailed", "message": run.error}
    output: Reply = {"executionResult": result} if result else {}
    variables = _source_variables(pipeline, run)
    if variables:
        output["outputVariables"] = variables
    shown: Reply = {
        "pipelineExecutionId": run.execution_id,
        "actionExecutionId": run.id,
        "pipelineVersion": run.pipeline_version,
        "stageName": run.stage,
        "actionName": run.spec.name,
        "startTime": run.started,
        "lastUpdateTime": run.updated,
        "status": run.status.value,
        "input": given,
        "output": output,
    }
    if run.updated_by:
        shown["updatedBy"] = run.updated_by
    return shown


def _source_variables(pipeline: PipelineRun, run: ActionRun) -> dict[str, str]:
    if run.spec.category != "Source" or run.status is not Status.SUCCEEDED:
        return {}
    execution = pipeline.execution(run.execution_id)
    if execution is None:
        return {}
    for one in execution.revisions:
        if one.action == run.spec.name:
            return {"CommitId": one.revision_id, "CommitMessage": one.summary}
    return {}
