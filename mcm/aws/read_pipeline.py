"""Readings of CodePipeline: state, executions, actions, and what can be rolled back to.

GetPipelineState has neither the execution mode nor which actions are approvals
(docs/aws-rules.md), so GetPipeline is read once per pipeline version.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Port, Reply
from mcm.aws.reading import Clock, moment, nonsense, pages, text, unknown, words
from mcm.core.pipeline import (
    ROLLBACK,
    STANDARD,
    ActionRun,
    ActionView,
    Declaration,
    ExecutionView,
    PipelineView,
    RollbackRun,
    StageHistory,
    StageRun,
    StageView,
)
from mcm.core.query import (
    ActionsQuery,
    DeclarationQuery,
    ExecutionQuery,
    ExecutionsQuery,
    HistoryQuery,
    LongHistoryQuery,
    PassagesQuery,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Known, Reading
from mcm.core.revision import Revision

SERVICE = "codepipeline"
HISTORY_PAGES = 3
"""Pages of 100 that a history reading takes: as far back as a rollback will ever go."""

PipelineQueries = (
    PipelineQuery
    | DeclarationQuery
    | HistoryQuery
    | LongHistoryQuery
    | ExecutionQuery
    | ActionsQuery
    | PassagesQuery
    | ExecutionsQuery
)


class PipelineReader:
    """Answers the CodePipeline queries of one place; remembers what cannot change."""

    def __init__(self, port: Port, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._structures: dict[tuple[str, int], _Structure] = {}
        self._stages_of: dict[str, tuple[str, datetime]] = {}

    def read(self, queries: Iterable[PipelineQueries]) -> dict[Query, Reading]:
        """Answer each query; those of one pipeline share the lists that they need."""
        shared = _Lists(self._port)
        answers: dict[Query, Reading] = {}
        for query in queries:
            at = self._clock()
            try:
                answers[query] = Known(self._read_one(query, shared), at)
            except AwsError as err:
                answers[query] = unknown(err, at)
            except Exception as err:  # noqa: BLE001 - the other queries have answers all the same
                answers[query] = unknown(nonsense(err), at)
        return answers

    def _read_one(self, query: PipelineQueries, shared: "_Lists") -> Any:
        name = query.pipeline.name
        if isinstance(query, PipelineQuery):
            return self._view(name)
        if isinstance(query, DeclarationQuery):
            return _declaration(self._port.call(SERVICE, "GetPipeline", {"name": name}))
        if isinstance(query, ExecutionQuery):
            reply = self._port.call(
                SERVICE,
                "GetPipelineExecution",
                {"pipelineName": name, "pipelineExecutionId": query.execution},
            )
            return execution_view(reply["pipelineExecution"])
        if isinstance(query, ActionsQuery):
            return tuple(_action_run(item) for item in shared.actions(name, query.execution))
        if isinstance(query, PassagesQuery):
            from mcm.aws.read_past import passages  # for people only, see there

            return passages(shared.actions(name, ""))
        if isinstance(query, ExecutionsQuery):
            return tuple(execution_view(item) for item in shared.executions(name, ""))
        if isinstance(query, LongHistoryQuery):
            return self._history(name, query.stage, shared, every_version=True)
        return self._history(name, query.stage, shared)

    def _view(self, name: str) -> PipelineView:
        state = self._port.call(SERVICE, "GetPipelineState", {"name": name})
        version = int(state.get("pipelineVersion", 0))
        found, unread = self._structure(name, version)
        named = (item for item in state.get("stageStates", ()) if item.get("stageName"))
        stages = tuple(_stage(item, found.approvals) for item in named)
        return PipelineView(name, version, found.mode, stages, unread)

    def _structure(self, name: str, version: int) -> "tuple[_Structure, str]":
        """Return the structure of a version, else an empty one and why it cannot be read.

        A rollback needs none of it, so it must not stand in the way of one (promise 1). One
        of another version than the state's is a pipeline in change: it tells nothing.
        """
        if (name, version) not in self._structures:
            try:
                reply = self._port.call(SERVICE, "GetPipeline", {"name": name})["pipeline"]
                self._structures[(name, int(reply.get("version", 0)))] = _structure(reply)
            except AwsError as err:
                if err.kind is ErrorKind.AUTH:
                    raise
                return _NO_STRUCTURE, unknown(err, self._clock()).reason
            except Exception as err:  # noqa: BLE001 - nonsense tells nothing, see above
                return _NO_STRUCTURE, f"{SERVICE} GetPipeline: unreadable ({type(err).__name__})"
        return self._structures.get((name, version), _NO_STRUCTURE), ""

    def _history(
        self, name: str, stage: str, shared: "_Lists", *, every_version: bool = False
    ) -> StageHistory:
        entered: dict[str, datetime] = {}
        for item in shared.actions(name, ""):
            execution, started = text(item["pipelineExecutionId"]), moment(item.get("startTime"))
            if item["stageName"] == stage:
                entered[execution] = max(entered.get(execution, started), started)
        listed = shared.executions(name, "" if every_version else stage)
        if every_version:
            from mcm.aws.read_past import went_through  # only where a rollback has no target

            passed = went_through(listed, shared.actions(name, ""), stage)
            listed = [item for item in listed if item["pipelineExecutionId"] in passed]
        succeeded = [execution_view(item) for item in listed]
        runs = [StageRun(run, entered.get(run.id, run.started)) for run in succeeded]
        rollbacks = []
        for item in shared.executions(name, ""):
            if item.get("executionType") == ROLLBACK:
                where, when = self._stage_of(name, item["pipelineExecutionId"], shared)
                if where in (stage, ""):
                    rollbacks.append(_rollback(item, where, when))
        runs.sort(key=lambda run: run.entered, reverse=True)
        rollbacks.sort(key=lambda run: run.started, reverse=True)
        latest = max(entered, key=lambda execution: entered[execution], default="")
        return StageHistory(tuple(runs), tuple(rollbacks), latest)

    def _stage_of(self, name: str, execution: str, shared: "_Lists") -> tuple[str, datetime | None]:
        """Return the stage a ROLLBACK re-runs and when it entered; `""` while AWS shows none."""
        if execution not in self._stages_of:
            listed = [
                item
                for item in shared.actions(name, "")
                if item["pipelineExecutionId"] == execution
            ] or shared.actions(name, execution)
            if not listed:
                return "", None
            first = min(listed, key=lambda item: moment(item.get("startTime")))
            self._stages_of[execution] = (first["stageName"], moment(first.get("startTime")))
        return self._stages_of[execution]


@dataclass(frozen=True)
class _Structure:
    """What GetPipeline tells beside the state: it cannot change within a version."""

    mode: str
    approvals: frozenset[tuple[str, str]]
    """Stage and action of each manual approval."""


_NO_STRUCTURE = _Structure("", frozenset())


def _declaration(reply: Reply) -> Declaration:
    pipeline, about = reply["pipeline"], reply.get("metadata", {})
    updated = moment(about["updated"]) if about.get("updated") else None
    version = int(pipeline.get("version", 0))
    return Declaration(version, pipeline, text(about.get("pipelineArn")), updated)


def _structure(reply: Reply) -> _Structure:
    approvals = frozenset(
        (text(stage["name"]), text(action["name"]))
        for stage in reply.get("stages", ())
        for action in stage["actions"]
        if action["actionTypeId"]["category"] == "Approval"
    )
    # AWS leaves the mode out of old pipelines, which are SUPERSEDED.
    return _Structure(text(reply.get("executionMode", "SUPERSEDED")), approvals)


class _Lists:
    """The list calls of one round, each made at most once: one that failed fails again."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._executions: dict[tuple[str, str], list[Reply]] = {}
        self._actions: dict[tuple[str, str], list[Reply]] = {}
        self._failed: dict[str, AwsError] = {}

    def executions(self, pipeline: str, stage: str) -> list[Reply]:
        """Return summaries, newest first: those that succeeded in `stage`, or all for `""`."""
        key = (pipeline, stage)
        if key not in self._executions:
            params: dict[str, Any] = {"pipelineName": pipeline, "maxResults": 100}
            if stage:
                params["filter"] = {"succeededInStage": {"stageName": stage}}
            self._executions[key] = self._all(
                "ListPipelineExecutions", params, "pipelineExecutionSummaries"
            )
        return self._executions[key]

    def actions(self, pipeline: str, execution: str) -> list[Reply]:
        """Return action runs, newest first: of one execution, or of all for `""`."""
        key = (pipeline, execution)
        if key not in self._actions:
            params: dict[str, Any] = {"pipelineName": pipeline, "maxResults": 100}
            if execution:
                params["filter"] = {"pipelineExecutionId": execution}
            self._actions[key] = self._all("ListActionExecutions", params, "actionExecutionDetails")
        return self._actions[key]

    def _all(self, operation: str, params: dict[str, Any], field: str) -> list[Reply]:
        asked = f"{operation} {sorted(params.items())}"
        if asked in self._failed:
            raise self._failed[asked]
        try:
            found = pages(
                self._port, SERVICE, operation, params, field="nextToken", limit=HISTORY_PAGES
            )
            return [item for page in found for item in page.get(field, ())]
        except AwsError as err:
            self._failed[asked] = err
            raise


def _stage(state: Reply, approvals: Collection[tuple[str, str]]) -> StageView:
    transition = state.get("inboundTransitionState", {})
    latest = state.get("latestExecution", {})
    single = state.get("inboundExecution")
    shown = [*([single] if single else []), *state.get("inboundExecutions", ())]
    items = [item for item in shown if item.get("pipelineExecutionId")]
    inbound = tuple(dict.fromkeys(text(item["pipelineExecutionId"]) for item in items))
    returning = {item["pipelineExecutionId"] for item in items if item.get("type") == ROLLBACK}
    return StageView(
        name=text(state["stageName"]),
        transition_enabled=bool(transition.get("enabled", True)),
        transition_reason=words(transition.get("disabledReason")),
        inbound=inbound,
        inbound_rollbacks=tuple(one for one in inbound if one in returning),
        transition_by=words(transition.get("lastChangedBy")),
        execution=text(latest.get("pipelineExecutionId")),
        status=text(latest.get("status")),
        type=text(latest.get("type", STANDARD)) if latest else "",
        actions=tuple(
            _action(item, (state["stageName"], item["actionName"]) in approvals)
            for item in state.get("actionStates", ())
            if item.get("actionName")
        ),
    )


def _action(state: Reply, approval: bool) -> ActionView:
    latest = state.get("latestExecution", {})
    return ActionView(
        name=text(state["actionName"]),
        # Nothing else has a token, whatever the structure says or does not.
        approval=approval or bool(latest.get("token")),
        status=text(latest.get("status")),
        awaiting=bool(latest.get("token")),
        answered_by=words(latest.get("lastUpdatedBy")),
        summary=words(latest.get("summary")),
    )


def execution_view(item: Reply) -> ExecutionView:
    """Parse one execution, as a list or GetPipelineExecution shows it."""
    artifacts = item.get("artifactRevisions") or item.get("sourceRevisions") or ()
    trigger = item.get("trigger", {})
    return ExecutionView(
        id=text(item["pipelineExecutionId"]),
        status=text(item.get("status")),
        type=text(item.get("executionType", STANDARD)),
        version=int(item.get("pipelineVersion", 0)),
        started=moment(item.get("startTime")),
        revisions=tuple(_revision(part) for part in artifacts),
        rollback_target=text(
            item.get("rollbackMetadata", {}).get("rollbackTargetPipelineExecutionId")
        ),
        started_by=words(trigger.get("triggerDetail")) or words(trigger.get("triggerType")),
        stop_reason=words(item.get("stopTrigger", {}).get("reason")),
    )


def _revision(part: Reply) -> Revision:
    return Revision(
        # What is none is not the planned one; of a stage's past nobody asks for revisions.
        source=words(part.get("name")) or words(part.get("actionName")),
        id=words(part.get("revisionId")),
        summary=words(part.get("revisionSummary")),
        url=words(part.get("revisionUrl")),
    )


def _rollback(item: Reply, stage: str, entered: datetime | None) -> RollbackRun:
    run = execution_view(item)
    started = entered or run.started
    return RollbackRun(run.id, stage, run.rollback_target, run.status, started, run.started_by)


def _action_run(item: Reply) -> ActionRun:
    result = item.get("output", {}).get("executionResult", {})
    return ActionRun(
        stage=text(item["stageName"]),
        action=text(item["actionName"]),
        status=text(item.get("status")),
        answered_by=words(item.get("updatedBy")),
        summary=words(result.get("externalExecutionSummary")),
        started=moment(item.get("startTime")),
        id=words(item.get("actionExecutionId")),
        updated=moment(item["lastUpdateTime"]) if item.get("lastUpdateTime") else None,
    )
