"""Instructions in doubt: what looking at AWS says about whether they happened.

A write whose reply was lost, or whose process died before the outcome was written, is
never sent again on suspicion. It is settled by observing (AWS-RULES 2, 4, 5): positive
evidence settles it at once; its absence only after three agreeing reads spread over the
time that reads may lag behind writes.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from mcm.core.endpoint import EndpointView
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    Instruction,
    OpenTransition,
    RetryStage,
    RollBackStage,
    StartExecution,
    StopExecution,
    UpdateEndpoint,
)
from mcm.core.history.journal import Draft
from mcm.core.history.state import Attempt, Rollback
from mcm.core.pipeline import (
    STANDARD,
    ActionRun,
    ExecutionView,
    PipelineView,
    StageHistory,
    StageView,
)
from mcm.core.query import (
    ActionsQuery,
    EndpointQuery,
    ExecutionQuery,
    ExecutionsQuery,
    HistoryQuery,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Blindness, Readings, Unknown

AGREEING_READS = 3
SKEW = timedelta(hours=1)
"""How far this machine's clock may be ahead of AWS's. What began before that is of another
day, also when nobody could read what had been there."""
REPEATABLE = (CloseTransition, StopExecution)
"""Sending these again does no harm, so one read without a trace settles them: a lost
reply must not cost a rollback the minutes that a promotion can spare."""
STOPPED = frozenset({"Stopping", "Stopped"})


def queries(instruction: Instruction) -> frozenset[Query]:
    """Return what must be read to settle `instruction`."""
    if isinstance(instruction, UpdateEndpoint):
        return frozenset({EndpointQuery(instruction.place, instruction.endpoint)})
    wanted: set[Query] = {PipelineQuery(instruction.pipeline)}
    if isinstance(instruction, StartExecution):
        wanted.add(ExecutionsQuery(instruction.pipeline))
    elif isinstance(instruction, RollBackStage):
        wanted.add(HistoryQuery(instruction.pipeline, instruction.stage))
    elif isinstance(instruction, AnswerApproval | RetryStage):
        wanted.add(ActionsQuery(instruction.pipeline, instruction.execution))
    elif isinstance(instruction, StopExecution):
        wanted.add(ExecutionQuery(instruction.pipeline, instruction.execution))
    return frozenset(wanted)


def settle(
    attempt: Attempt,
    rollback: Rollback | None,
    readings: Readings,
    now: datetime,
    lag: timedelta,
) -> tuple[Draft, ...]:
    """Return the entries that this turn's readings add to the question.

    `settled` when it is answered, `doubt_read` for one more read without a trace, nothing
    when AWS could not be read. `lag` is how long reads may lag behind writes.
    """
    trace = _trace(attempt.instruction, rollback, readings, attempt.at)
    if trace is None:
        return ()
    if trace:
        names = isinstance(attempt.instruction, RollBackStage | StartExecution)
        execution = trace if names else ""
        return (_settled(attempt, True, "seen in AWS", execution, now),)
    if isinstance(attempt.instruction, REPEATABLE):
        return (_settled(attempt, False, "no trace of it; safe to send again", "", now),)
    denials = (*attempt.denials, now)
    draft = Draft("doubt_read", {"intent": attempt.intent}, now)
    if len(denials) >= AGREEING_READS and now - denials[0] >= lag:
        reads = f"no trace of it in {len(denials)} reads over {_seconds(now - denials[0])} s"
        return (draft, _settled(attempt, False, reads, "", now))
    return (draft,)


def next_look(now: datetime, lag: timedelta, poll: timedelta) -> datetime:
    """Return when to look again while in doubt: so that three reads span `lag`."""
    return now + min(max(lag / (AGREEING_READS - 1), timedelta(milliseconds=200)), poll)


def _settled(attempt: Attempt, happened: bool, detail: str, execution: str, now: datetime) -> Draft:
    body = {
        "intent": attempt.intent,
        "happened": happened,
        "detail": detail,
        "execution": execution,
    }
    return Draft("settled", body, now)


def _trace(
    instruction: Instruction, rollback: Rollback | None, readings: Readings, since: datetime
) -> str | None:
    """Return a non-empty trace of `instruction`, empty when there is none, None if unknown."""
    if isinstance(instruction, RollBackStage):
        return _trace_rollback(instruction, rollback, readings, since)
    if isinstance(instruction, StartExecution):
        return _trace_start(instruction, readings, since)
    if isinstance(instruction, UpdateEndpoint):
        return _trace_update(instruction, readings)
    if isinstance(instruction, AnswerApproval):
        return _trace_answer(instruction, readings)
    if isinstance(instruction, RetryStage):
        return _trace_retry(instruction, readings)
    if isinstance(instruction, StopExecution):
        seen = readings.known(
            ExecutionQuery(instruction.pipeline, instruction.execution), ExecutionView
        )
        if seen is None:
            return _trace_stop(instruction, readings)
        return seen.status if seen.status in STOPPED else ""
    view = readings.known(PipelineQuery(instruction.pipeline), PipelineView)
    stage = view.stage(instruction.stage) if view else None
    if stage is None:
        return None
    if isinstance(instruction, CloseTransition):
        return "" if stage.transition_enabled else "closed"
    return _trace_opening(instruction, stage)


def _trace_start(instruction: StartExecution, readings: Readings, since: datetime) -> str | None:
    """Look for a new execution of just these revisions."""
    found = readings.known(ExecutionsQuery(instruction.pipeline), tuple)
    if found is None:
        return None
    wanted = {(one.action, one.value) for one in instruction.revisions}
    for run in found:
        assert isinstance(run, ExecutionView)
        is_new = run.id not in instruction.seen and run.started >= since - SKEW
        if is_new and run.type == STANDARD and {(r.source, r.id) for r in run.revisions} == wanted:
            return run.id
    return ""


def _trace_update(instruction: UpdateEndpoint, readings: Readings) -> str | None:
    """Look at the endpoint; while it is being updated nobody can tell by whom."""
    query = EndpointQuery(instruction.place, instruction.endpoint)
    seen = readings.known(query, EndpointView)
    if seen is None:
        return None
    if seen.config_name == instruction.config:
        return "has it"
    return "" if seen.config_name == instruction.replaces and not seen.moves else None


def _trace_stop(instruction: StopExecution, readings: Readings) -> str | None:
    """Look at the stage, when the execution itself cannot be read."""
    view = readings.known(PipelineQuery(instruction.pipeline), PipelineView)
    stage = view.stage(instruction.stage) if view else None
    if stage is None or stage.execution != instruction.execution:
        return None
    return stage.status if stage.status in STOPPED else ""


def _trace_opening(instruction: OpenTransition, stage: StageView) -> str:
    if stage.execution == instruction.execution:
        return "entered"
    return "open" if stage.transition_enabled else ""


def _trace_answer(instruction: AnswerApproval, readings: Readings) -> str | None:
    query = ActionsQuery(instruction.pipeline, instruction.execution)
    runs = readings.known(query, tuple)
    if runs is None:
        return None
    for run in runs:
        if isinstance(run, ActionRun) and (run.stage, run.action) == (
            instruction.stage,
            instruction.action,
        ):
            return "answered" if run.status == "Succeeded" else ""
    return ""


def _trace_retry(instruction: RetryStage, readings: Readings) -> str | None:
    runs = readings.known(ActionsQuery(instruction.pipeline, instruction.execution), tuple)
    if runs is None:
        return None
    began = (run.started for run in runs if run.stage == instruction.stage)
    return "running again" if any(at > instruction.last_run for at in began) else ""


def _trace_rollback(
    instruction: RollBackStage, rollback: Rollback | None, readings: Readings, since: datetime
) -> str | None:
    """Look for a ROLLBACK of this stage to our target that was not there before."""
    query = HistoryQuery(instruction.pipeline, instruction.stage)
    history = readings.known(query, StageHistory)
    before = rollback.seen if rollback else ()
    view = readings.known(PipelineQuery(instruction.pipeline), PipelineView)
    if history is None:
        reading = readings.get(query)
        denied = isinstance(reading, Unknown) and reading.why is Blindness.DENIED
        return _trace_in_stage(instruction, before, view) if denied else None
    shown = {run: stage.name for stage in view.stages for run in _shown(stage)} if view else {}
    hidden = False
    for run in history.rollbacks:
        if run.target != instruction.target or run.id in before or run.started < since - SKEW:
            continue
        if run.stage and history.latest == instruction.replaces:
            continue  # nothing has entered since what we replace: this one was there before it
        where = run.stage or shown.get(run.id, "")
        if where == instruction.stage:
            return run.id
        hidden = hidden or not where
    # One whose stage AWS does not show yet may be ours: as good as not read.
    return None if hidden else ""


def _trace_in_stage(
    instruction: RollBackStage, before: Collection[str], view: PipelineView | None
) -> str | None:
    """Look for a new ROLLBACK where it must show: in the stage, or in front of it."""
    stage = view.stage(instruction.stage) if view else None
    if stage is None:
        return None
    here = (stage.execution,) if stage.in_rollback else ()
    return next((run for run in (*here, *stage.inbound_rollbacks) if run not in before), "")


def _shown(stage: StageView) -> tuple[str, ...]:
    return (*stage.inbound, stage.execution) if stage.in_rollback else stage.inbound


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)
