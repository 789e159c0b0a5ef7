"""Carrying out one instruction: re-read what it expects, then write at most once.

Nothing here decides or repeats. A reply that was lost makes the outcome *in doubt*; only
observing settles that (AWS-RULES 2). An approval's token is fetched in the same step and
is never returned, logged or stored (AWS-RULES 13).
"""

from collections.abc import Callable
from datetime import datetime

from mcm.aws.port import AwsError, ErrorKind, Port, Reply
from mcm.clock import SystemClock
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    Instruction,
    OpenTransition,
    Outcome,
    Result,
    RetryStage,
    RollBackStage,
    StartExecution,
    StopExecution,
    UpdateEndpoint,
)
from mcm.core.query import Place
from mcm.core.sanitize import approval_summary, clean, stop_reason, transition_reason

SERVICE = "codepipeline"
NEVER_LEFT = frozenset({ErrorKind.UNREACHABLE, ErrorKind.AUTH})
ENDED_ALREADY = frozenset(
    {"DuplicatedStopRequestException", "PipelineExecutionNotStoppableException"}
)


class Changed(Exception):
    """What the instruction expects does not hold (any more): nothing is sent."""


class Performer:
    """Performs instructions in the places that `connect` reaches."""

    def __init__(
        self,
        connect: Callable[[Place], Port],
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._connect = connect
        self._now = now or SystemClock().now

    def perform(self, instruction: Instruction) -> Outcome:
        """Carry out `instruction` once and say how it ended; never raises.

        A reply that cannot be read is like none: before the write nothing was sent, after
        it the outcome is in doubt.
        """
        try:
            port = self._connect(_place(instruction))
            state = self._read(port, instruction)
        except Changed as err:
            return Outcome(Result.NOT_SENT, str(err))
        except AwsError as err:
            return Outcome(Result.NOT_SENT, f"could not re-read: {err.code}", err.code)
        except Exception as err:  # noqa: BLE001 - whatever it was, nothing was sent
            return Outcome(Result.NOT_SENT, f"could not re-read: {_odd(err)}")
        late = self._too_late(instruction)
        if late:
            return Outcome(Result.NOT_SENT, late)
        try:
            return self._write(port, instruction, state)
        except AwsError as err:
            return _failed(err)
        except Exception as err:  # noqa: BLE001 - whatever it was, the write may have happened
            return Outcome(Result.IN_DOUBT, f"the reply cannot be read: {_odd(err)}")

    def _read(self, port: Port, instruction: Instruction) -> Reply:
        """Return the stage's state if what the instruction expects holds in it."""
        if isinstance(instruction, CloseTransition | StopExecution):
            return {}
        if isinstance(instruction, UpdateEndpoint):
            return _expect_endpoint(port, instruction)
        reply = port.call(SERVICE, "GetPipelineState", {"name": instruction.pipeline.name})
        wanted = getattr(instruction, "version", 0)
        if wanted and reply.get("pipelineVersion") != wanted:
            raise Changed(f"the pipeline is at version {reply.get('pipelineVersion')}")
        stages = {item.get("stageName"): item for item in reply.get("stageStates", ())}
        stage = stages.get(instruction.stage)
        if stage is None:
            raise Changed(f"the pipeline has no stage {instruction.stage}")
        if isinstance(instruction, StartExecution):
            _expect_there(stage, instruction.replaces)
        elif isinstance(instruction, OpenTransition):
            _expect_inbound(stage, instruction.execution)
        elif isinstance(instruction, RollBackStage):
            _expect_in_stage(stage, instruction.replaces)
        elif isinstance(instruction, RetryStage):
            _expect_failed(stage, instruction.execution)
        return dict(stage)

    def _too_late(self, instruction: Instruction) -> str:
        """Say why a promotion may no longer be sent; asked after re-reading, right before it."""
        limit = getattr(instruction, "not_after", None)
        if limit is None or self._now() <= limit:
            return ""
        return f"the gates were read too long ago: it had to be sent by {limit:%H:%M:%SZ}"

    def _write(self, port: Port, instruction: Instruction, stage: Reply) -> Outcome:
        if isinstance(instruction, StartExecution | UpdateEndpoint):
            from mcm.aws.perform_ladder import start_execution, update_endpoint

            if isinstance(instruction, UpdateEndpoint):
                return update_endpoint(port, instruction)
            return start_execution(port, instruction)
        name = {"pipelineName": instruction.pipeline.name}
        where = {**name, "stageName": instruction.stage}
        inbound = {**where, "transitionType": "Inbound"}
        if isinstance(instruction, OpenTransition):
            port.call(SERVICE, "EnableStageTransition", inbound)
            return Outcome(Result.DONE, f"opened the transition into {instruction.stage}")
        if isinstance(instruction, CloseTransition):
            reason = {"reason": transition_reason(instruction.reason)}
            port.call(SERVICE, "DisableStageTransition", {**inbound, **reason})
            return Outcome(Result.DONE, f"closed the transition into {instruction.stage}")
        if isinstance(instruction, StopExecution):
            return _stop(port, name, instruction)
        if isinstance(instruction, AnswerApproval):
            return _answer(port, where, instruction, stage)
        if isinstance(instruction, RetryStage):
            again = {"pipelineExecutionId": instruction.execution, "retryMode": "FAILED_ACTIONS"}
            port.call(SERVICE, "RetryStageExecution", {**where, **again})
            return Outcome(Result.DONE, f"{instruction.stage} is tried again")
        reply = port.call(
            SERVICE, "RollbackStage", {**where, "targetPipelineExecutionId": instruction.target}
        )
        started = reply["pipelineExecutionId"]
        return Outcome(Result.DONE, f"started rollback {started}", execution=started)


def _place(instruction: Instruction) -> Place:
    if isinstance(instruction, UpdateEndpoint):
        return instruction.place
    return instruction.pipeline.place


def _expect_endpoint(port: Port, instruction: UpdateEndpoint) -> Reply:
    from mcm.aws.perform_ladder import check_endpoint  # no rollback that goes well needs it

    changed = check_endpoint(port, instruction)
    if changed:
        raise Changed(changed)
    return {}


def _expect_there(stage: Reply, execution: str) -> None:
    """Whatever its status: a redeployment takes back also what runs or failed there."""
    found = stage.get("latestExecution", {}).get("pipelineExecutionId", "")
    if found and found != execution:
        raise Changed(f"{found} is in {stage['stageName']}, not {execution or 'nothing'}")


def _expect_inbound(stage: Reply, execution: str) -> None:
    items = [*stage.get("inboundExecutions", ()), stage.get("inboundExecution", {})]
    waiting = {item["pipelineExecutionId"] for item in items if item}
    if waiting != ({execution} if execution else set()):
        others = ", ".join(sorted(waiting - {execution})) or "nothing"
        raise Changed(f"in front of {stage['stageName']} waits {others}")


def _expect_in_stage(stage: Reply, execution: str) -> None:
    latest = stage.get("latestExecution", {})
    found = latest.get("pipelineExecutionId", "")
    if found != execution:
        raise Changed(f"{found or 'nothing'} is in {stage['stageName']}, not {execution}")
    if latest.get("status") in ("InProgress", "Stopping"):
        raise Changed(f"{stage['stageName']} is {latest.get('status')}")


def _expect_failed(stage: Reply, execution: str) -> None:
    latest = stage.get("latestExecution", {})
    found, status = latest.get("pipelineExecutionId", ""), latest.get("status")
    if (found, status) != (execution, "Failed"):
        raise Changed(f"{found or 'nothing'} is {status} in {stage['stageName']}")


def _stop(port: Port, name: Reply, instruction: StopExecution) -> Outcome:
    params = {
        **name,
        "pipelineExecutionId": instruction.execution,
        "abandon": instruction.abandon,
        "reason": stop_reason(instruction.reason),
    }
    try:
        port.call(SERVICE, "StopPipelineExecution", params)
    except AwsError as err:
        if err.code in ENDED_ALREADY:
            return Outcome(Result.DONE, "it had ended or was stopping already", err.code)
        raise
    how = "abandoning" if instruction.abandon else "stopping"
    return Outcome(Result.DONE, f"{how} {instruction.execution}")


def _answer(port: Port, where: Reply, instruction: AnswerApproval, stage: Reply) -> Outcome:
    """Answer the open request, once it is known to be that of the expected execution."""
    action: Reply = next(
        (a for a in stage.get("actionStates", ()) if a["actionName"] == instruction.action), {}
    )
    token = action.get("latestExecution", {}).get("token")
    holder = stage.get("latestExecution", {}).get("pipelineExecutionId")
    if token and holder != instruction.execution:
        there = f"{holder or 'nobody knows what'}, not {instruction.execution}, waits"
        return Outcome(Result.NOT_SENT, f"{there} at {instruction.action}")
    if not token:
        return Outcome(Result.NOT_SENT, f"{instruction.action} does not wait for an answer")
    params = {
        **where,
        "actionName": instruction.action,
        "token": token,
        "result": {"status": "Approved", "summary": approval_summary(instruction.summary)},
    }
    port.call(SERVICE, "PutApprovalResult", params)
    return Outcome(Result.DONE, f"approved {instruction.stage}/{instruction.action}")


def _odd(err: Exception) -> str:
    return clean(f"{type(err).__name__}: {err}", 200)


def _failed(err: AwsError) -> Outcome:
    detail = clean(f"{err.code}: {err.message}", 200)
    if err.may_have_happened:
        return Outcome(Result.IN_DOUBT, detail, err.code)
    if err.kind in NEVER_LEFT:
        return Outcome(Result.NOT_SENT, detail, err.code)
    return Outcome(Result.REFUSED, detail, err.code)
