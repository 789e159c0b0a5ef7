"""The CodePipeline service of the sandbox: the API's operations over simulated pipelines.

Contract for shapes and errors: botocore's service model. What a request may not do is
said here, except stage rollbacks, which `pipeline_rollback` judges.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mcm.aws.port import Params, Reply
from mcm.sandbox.pipeline_model import (
    ActionRun,
    Execution,
    SourceRevision,
    Status,
    invalid,
    not_found,
    parse_structure,
    refused,
)
from mcm.sandbox.pipeline_paging import cut_page
from mcm.sandbox.pipeline_rollback import roll_back
from mcm.sandbox.pipeline_run import PipelineRun
from mcm.sandbox.pipeline_views import show_action, show_execution, show_state, show_summary
from mcm.sandbox.service import Caller, Handler

_REASON = re.compile(r"[a-zA-Z0-9!@ ().*?-]{1,300}", re.ASCII)
_RUNNING_LIMIT = 50
"""Executions that may be open at once in QUEUED and PARALLEL mode."""


class CodePipeline:
    """Pipelines of one account in one region; elsewhere there are none."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self.pipelines: dict[str, PipelineRun] = {}
        self._started: dict[tuple[str, str], str] = {}
        self._operations: Mapping[str, Handler] = {
            "ListPipelines": self._list_pipelines,
            "GetPipeline": self._get_pipeline,
            "GetPipelineState": self._get_state,
            "GetPipelineExecution": self._get_execution,
            "ListPipelineExecutions": self._list_executions,
            "ListActionExecutions": self._list_actions,
            "StartPipelineExecution": self._start,
            "StopPipelineExecution": self._stop,
            "EnableStageTransition": self._enable,
            "DisableStageTransition": self._disable,
            "PutApprovalResult": self._answer,
            "RollbackStage": self._roll_back,
            "RetryStageExecution": self._retry,
            "UpdatePipeline": self._update,
        }

    @property
    def operations(self) -> Mapping[str, Handler]:
        return self._operations

    def advance(self, now: datetime) -> None:
        for pipeline in self.pipelines.values():
            pipeline.advance(now)

    def next_event(self) -> datetime | None:
        """Return when something happens next in any pipeline."""
        events = [pipeline.next_event() for pipeline in self.pipelines.values()]
        return min((event for event in events if event is not None), default=None)

    # Reads

    def _list_pipelines(self, params: Params, caller: Caller) -> Reply:
        here = caller.region == self.region and caller.account == self.account
        names = sorted(self.pipelines) if here else []
        page, more = cut_page(names, params, most=1000, key=str)
        shown = []
        for name in page:
            structure = self.pipelines[name].structure
            shown.append(
                {
                    "name": name,
                    "version": structure.version,
                    "pipelineType": structure.declaration.get("pipelineType", "V1"),
                    "executionMode": structure.mode,
                    "created": self.pipelines[name].structures[0].updated,
                    "updated": structure.updated,
                }
            )
        return {"pipelines": shown, **more}

    def _get_pipeline(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller, "name")
        version = params.get("version", pipeline.structure.version)
        for structure in pipeline.structures:
            if structure.version == version:
                break
        else:
            raise not_found("PipelineVersion", f"The pipeline has no version {version}")
        metadata = {
            "pipelineArn": f"arn:aws:codepipeline:{self.region}:{self.account}:{structure.name}",
            "created": pipeline.structures[0].updated,
            "updated": structure.updated,
        }
        return {"pipeline": dict(structure.declaration), "metadata": metadata}

    def _get_state(self, params: Params, caller: Caller) -> Reply:
        return show_state(self._pipeline(params, caller, "name"))

    def _get_execution(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        execution = _execution(pipeline, _text(params, "pipelineExecutionId"))
        return {"pipelineExecution": show_execution(pipeline, execution)}

    def _list_executions(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        found = list(reversed(pipeline.executions))
        wanted = (params.get("filter") or {}).get("succeededInStage")
        if wanted is not None:
            found = pipeline.succeeded_in(_text(wanted, "stageName"))
        page, more = cut_page(found, params, most=100, key=lambda one: one.id)
        return {"pipelineExecutionSummaries": [show_summary(one) for one in page], **more}

    def _list_actions(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        executions = pipeline.executions
        wanted: dict[str, Any] = params.get("filter") or {}
        wanted = wanted.get("latestInPipelineExecution") or wanted
        if "pipelineExecutionId" in wanted:
            executions = [_execution(pipeline, wanted["pipelineExecutionId"])]
        runs = [
            action
            for execution in reversed(executions)
            for stage_run in reversed(execution.runs.values())
            for action in reversed([*stage_run.retried, *stage_run.actions])
        ]
        page, more = cut_page(runs, params, most=100, key=lambda one: one.id)
        return {"actionExecutionDetails": [show_action(pipeline, one) for one in page], **more}

    # Executions

    def _start(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller, "name")
        token = params.get("clientRequestToken")
        known = self._started.get((pipeline.structure.name, str(token)))
        if token is not None and known is not None:
            return {"pipelineExecutionId": known}
        is_open = [one for one in pipeline.executions if one.is_open]
        if pipeline.structure.mode != "SUPERSEDED" and len(is_open) >= _RUNNING_LIMIT:
            code = "ConcurrentPipelineExecutionsLimitExceededException"
            raise refused(code, f"The pipeline has {_RUNNING_LIMIT} executions in progress")
        revisions = self._revisions(pipeline, params.get("sourceRevisions") or [])
        started = pipeline.begin(revisions, caller.now, detail=caller.arn)
        if token is not None:
            self._started[pipeline.structure.name, str(token)] = started.id
        return {"pipelineExecutionId": started.id}

    def _revisions(
        self, pipeline: PipelineRun, overrides: list[dict[str, str]]
    ) -> tuple[SourceRevision, ...]:
        asked: dict[str, SourceRevision] = {}
        for one in overrides:
            action, revision = _text(one, "actionName"), _text(one, "revisionValue")
            found = pipeline.sources.find(action, revision)
            if found is None:
                raise invalid(f"The source action {action} has no revision {revision}")
            asked[action] = found
        names = {action.name for action in pipeline.structure.stages[0].actions}
        newest = () if names <= set(asked) else pipeline.sources.pull()
        order = [one.action for one in newest] or list(asked)
        return tuple(
            asked.get(name) or next(one for one in newest if one.action == name) for name in order
        )

    def _stop(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        execution = _execution_to_stop(pipeline, _text(params, "pipelineExecutionId"))
        abandon = bool(params.get("abandon", False))
        reason = params.get("reason")
        if reason is not None and len(reason) > 200:
            raise invalid("The reason must have at most 200 characters")
        if execution.status is Status.STOPPING and not abandon:
            raise refused("DuplicatedStopRequestException", f"{execution.id} is already stopping")
        if not execution.is_open:
            code = "PipelineExecutionNotStoppableException"
            raise refused(code, f"Execution {execution.id} is already {execution.status.value}")
        pipeline.stop(execution, reason, caller.now, abandon)
        return {"pipelineExecutionId": execution.id}

    def _roll_back(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        stage, target = _text(params, "stageName"), _text(params, "targetPipelineExecutionId")
        started = roll_back(pipeline, stage, target, caller.arn, caller.now)
        return {"pipelineExecutionId": started}

    def _retry(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        stage = self._stage(pipeline, params)
        execution_id = _text(params, "pipelineExecutionId")
        if pipeline.latest.get(stage) != execution_id:
            code = "NotLatestPipelineExecutionException"
            raise refused(code, f"{execution_id} is not the latest execution of {stage}")
        execution = _execution(pipeline, execution_id)
        is_current = execution.pipeline_version == pipeline.structure.version
        if execution.status is not Status.FAILED or pipeline.running_in(stage) or not is_current:
            raise refused("StageNotRetryableException", f"{stage} cannot be retried")
        mode = _text(params, "retryMode")
        pipeline.retry(execution, stage, caller.now, all_actions=mode == "ALL_ACTIONS")
        return {"pipelineExecutionId": execution.id}

    # Gates

    def _enable(self, params: Params, caller: Caller) -> Reply:
        self._move_transition(params, caller, enabled=True, reason=None)
        return {}

    def _disable(self, params: Params, caller: Caller) -> Reply:
        reason = _text(params, "reason")
        if not _REASON.fullmatch(reason):
            raise invalid(
                "Value at 'reason' failed to satisfy constraint: at most 300 characters of "
                "[a-zA-Z0-9!@ ().*?-]+"
            )
        self._move_transition(params, caller, enabled=False, reason=reason)
        return {}

    def _move_transition(
        self, params: Params, caller: Caller, *, enabled: bool, reason: str | None
    ) -> None:
        pipeline = self._pipeline(params, caller)
        stage = self._stage(pipeline, params)
        if _text(params, "transitionType") == "Outbound":
            coming = pipeline.structure.after(stage)
            if coming is None:
                raise not_found("Stage", f"No transition leads out of {stage}")
            stage = coming.name
        pipeline.move_transition(
            stage, enabled=enabled, reason=reason, by=caller.arn, now=caller.now
        )

    def _answer(self, params: Params, caller: Caller) -> Reply:
        pipeline = self._pipeline(params, caller)
        stage, action = self._stage(pipeline, params), _text(params, "actionName")
        result: dict[str, str] = params.get("result") or {}
        status, summary = _text(result, "status"), str(result.get("summary", ""))
        if status not in ("Approved", "Rejected") or len(summary) > 512:
            raise invalid("The result needs a status and a summary of at most 512 characters")
        run = self._approval(pipeline, stage, action, _text(params, "token"))
        verdict = Status.SUCCEEDED if status == "Approved" else Status.FAILED
        error = None if status == "Approved" else "the approval was rejected"
        pipeline.finish_action(
            run, verdict, caller.now, summary=summary, by=caller.arn, error=error
        )
        return {"approvedAt": caller.now}

    def _approval(self, pipeline: PipelineRun, stage: str, action: str, token: str) -> ActionRun:
        """Return the open request that `token` belongs to; raise AwsError if there is none."""
        spec = pipeline.structure.stage(stage)
        if spec is None or not any(one.name == action for one in spec.actions):
            raise not_found("Action", f"{stage} has no action named {action}")
        run = pipeline.action_by_token(stage, action, token)
        is_open = run is not None and run.status is Status.IN_PROGRESS
        if run is None or not (is_open or run.updated_by):
            message = "The approval token is not valid: answered already, or expired"
            raise refused("InvalidApprovalTokenException", message)
        if not is_open:
            code = "ApprovalAlreadyCompletedException"
            raise refused(code, f"The approval was answered by {run.updated_by}")
        return run

    # Structure

    def _update(self, params: Params, caller: Caller) -> Reply:
        declaration: dict[str, Any] = params.get("pipeline") or {}
        pipeline = self._pipeline(declaration, caller, "name")
        version = pipeline.structure.version + 1
        structure = parse_structure(declaration, version, caller.now)
        if len(structure.stages) < 2:
            raise refused("InvalidStructureException", "A pipeline has at least two stages")
        pipeline.update(structure, caller.now)
        return {"pipeline": dict(structure.declaration)}

    def _pipeline(self, params: Params, caller: Caller, key: str = "pipelineName") -> PipelineRun:
        name = _text(params, key)
        is_here = caller.region == self.region and caller.account == self.account
        if not is_here or name not in self.pipelines:
            where = f"account {caller.account}, region {caller.region}"
            raise not_found("Pipeline", f"There is no pipeline named {name} in {where}")
        return self.pipelines[name]

    def _stage(self, pipeline: PipelineRun, params: Params) -> str:
        stage = _text(params, "stageName")
        if pipeline.structure.stage(stage) is None:
            raise not_found("Stage", f"The pipeline has no stage named {stage}")
        return stage


def _execution(pipeline: PipelineRun, execution_id: str) -> Execution:
    execution = pipeline.execution(execution_id)
    if execution is None:
        raise not_found("PipelineExecution", f"There is no execution {execution_id}")
    return execution


def _execution_to_stop(pipeline: PipelineRun, execution_id: str) -> Execution:
    """Like `_execution`, but with the errors that the model gives StopPipelineExecution."""
    execution = pipeline.execution(execution_id)
    if execution is None:
        code = "PipelineExecutionNotStoppableException"
        raise refused(code, f"There is no execution {execution_id}")
    return execution


def _text(params: Params, key: str) -> str:
    value = params.get(key)
    if not isinstance(value, str) or not value:
        raise invalid(f"Missing required parameter: {key}")
    return value
