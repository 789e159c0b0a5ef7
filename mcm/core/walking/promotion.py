"""Up to the promotion: all gates on fresh readings, a snapshot, then one write."""

from datetime import datetime

from mcm.core import codec
from mcm.core.checks import kinds
from mcm.core.endpoint import EndpointView
from mcm.core.errors import Exit
from mcm.core.gates import every_gate as gates
from mcm.core.gates import pipeline_gates
from mcm.core.history import attempts
from mcm.core.history.goal import GoForward
from mcm.core.history.instruction import AnswerApproval, Instruction, OpenTransition, RetryStage
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState, State
from mcm.core.history.turn import Act, GateView, Hold, Turn, Wait
from mcm.core.pipeline import ENDED_BADLY, PipelineView, StageHistory, StageView
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import EndpointQuery, HistoryQuery, InboxQuery, PipelineQuery
from mcm.core.reading import Readings
from mcm.core.target import effective_execution
from mcm.core.trust.guard import Granted
from mcm.core.trust.inbox import Inbox
from mcm.core.walking import notes, sight


def decide(
    goal: GoForward, stage: StagePlan, state: State, readings: Readings, now: datetime
) -> Turn:
    """Return the next step of a stage whose execution waits in front of it."""
    plan, known = goal.plan, state.stage(stage.name)
    view = readings.known(PipelineQuery(plan.pipeline), PipelineView)
    seen = view.stage(stage.pipeline_stage) if view else None
    entered = seen is not None and seen.execution == plan.execution and not seen.in_rollback
    if seen is not None and known.retry is not None and seen.status in ENDED_BADLY:
        entered = False  # it is there because it failed, and that is what is tried again
    if seen is not None and entered and not _waits_inside(stage, seen):
        return Turn((notes.entered(stage, "others", now),), Wait(now, "promoted by somebody else"))
    samples = sight.samples(sight.traffic_before(plan, stage), readings)
    watch = sight.watch(plan, stage, state, samples, deployed=False, now=now)
    verdicts = tuple(kinds.judge(item, watch, readings) for item in stage.guardrails)
    found = gates.judge_gates(goal, stage, state, readings, verdicts, watch, now)
    entries = notes.gates(stage, known, found, now)
    if readings.blind():
        blind = Hold("blind", readings.blind(), None, Exit.BLIND, leave=True)
        return Turn(entries, blind, verdicts, found)
    closed = [gate for gate in found if not gate.open]
    if closed:
        return Turn(entries, _hold(closed), verdicts, found)
    if attempts.spent(state, stage, attempts.PROMOTE):
        word = attempts.last_word(state, stage, attempts.PROMOTE)
        reason = f"{attempts.ATTEMPTS} attempts to promote did not happen: {word}"
        return Turn(entries, Hold("aws", reason, None), verdicts, found)
    pause = attempts.resume_at(plan, stage, state, attempts.PROMOTE)
    if pause is not None and now < pause:
        word = attempts.last_word(state, stage, attempts.PROMOTE)
        return Turn(entries, Wait(pause, f"promoting again: {word}"), verdicts, found)
    if now - readings.oldest() > gates.FRESH:
        return Turn(entries, Wait(now + plan.poll, "readings are older than 10 s"), verdicts, found)
    assert seen is not None  # the gates `pipeline` and `execution` were open
    if known.retry is None and not stage.gate.open and not seen.transition_enabled:
        return Turn(entries, _open_first(plan, stage, state, seen, readings, now), verdicts, found)
    baseline = _baseline(plan, stage, known, seen, readings, now)
    if isinstance(baseline, str):
        return Turn(entries, Hold("baseline", baseline, None), verdicts, found)
    inbox = readings.known(InboxQuery(plan.change), Inbox)
    assert inbox is not None  # the gate `approval` was open
    granted = gates.ask_guard(goal, stage, state, inbox, now)
    assert isinstance(granted, Granted)
    evidence = notes.gates_open(stage, found, granted, readings.oldest(), now)
    act = _promote(plan, stage, known, granted, readings)
    by_glass = notes.glass_used(stage, granted, now)
    return Turn((*entries, *by_glass, evidence, *baseline), act, verdicts, found)


def _waits_inside(stage: StagePlan, seen: StageView) -> bool:
    """Say whether the stage's own approval is the promoting write, and still open."""
    approve = stage.gate.approve
    if approve is None or stage.gate.open or approve.stage != seen.name:
        return False
    return any(action.name == approve.action and action.awaiting for action in seen.actions)


def _promote(
    plan: Plan, stage: StagePlan, known: StageState, granted: Granted, readings: Readings
) -> Act:
    """Return the promoting write, which uses up the approvals that were granted.

    It may be sent until its readings are too old: a machine that slept in between must not
    promote on what the gates said before.
    """
    holder = gates.holder_of(plan, stage)
    claims = {each.statement.nonce: holder for each in granted.statements}
    not_after = readings.oldest() + gates.FRESH
    instruction: Instruction
    if known.retry is not None:
        last_run = pipeline_gates.last_run(plan, stage, readings)
        assert last_run is not None  # the gate `execution` was open
        instruction = RetryStage(
            plan.pipeline,
            stage.pipeline_stage,
            plan.execution,
            plan.pipeline_version,
            last_run,
            not_after,
        )
    elif stage.gate.open:
        instruction = OpenTransition(
            plan.pipeline, stage.gate.open, plan.execution, plan.pipeline_version, not_after
        )
    else:
        assert stage.gate.approve is not None  # config refuses a gate with neither
        statement = granted.statements[0].digest
        instruction = AnswerApproval(
            plan.pipeline,
            stage.gate.approve.stage,
            stage.gate.approve.action,
            plan.execution,
            plan.pipeline_version,
            f"mcm1 {plan.change} {stage.name} {statement}",
            not_after,
        )
    return Act(instruction, stage.name, attempts.PROMOTE, f"promote {plan.execution}", claims)


def _open_first(
    plan: Plan,
    stage: StagePlan,
    state: State,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> Act | Hold | Wait:
    """Open the way in that mcm closed in a rollback, where only an approval is answered after.

    The gates are asked again before that.
    """
    tries = state.tries(stage.name, attempts.REOPEN)
    if attempts.enough(tries):
        reason = f"the way into {seen.name} cannot be opened: {attempts.word(tries)}"
        return Hold("aws", reason, None)
    pause = attempts.pause(tries, plan.poll)
    if pause is not None and now < pause:
        return Wait(pause, f"opening the way in again: {attempts.word(tries)}")
    waits = plan.execution if seen.inbound else ""
    until = readings.oldest() + gates.FRESH
    act = OpenTransition(plan.pipeline, seen.name, waits, plan.pipeline_version, until)
    return Act(act, stage.name, attempts.REOPEN, "mcm closed the way in when it rolled back")


def _baseline(
    plan: Plan,
    stage: StagePlan,
    known: StageState,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> tuple[Draft, ...] | str:
    """Snapshot what the stage serves now; a reason when that cannot be read.

    Before a retry the snapshot of the first try counts: what failed may have changed half.
    """
    if known.retry is not None and known.baseline_execution:
        return ()
    contents, configs = [], []
    for name in stage.endpoints:
        query = EndpointQuery(stage.place, name)
        view = readings.known(query, EndpointView)
        if view is None:
            return f"no snapshot of {name}: {readings.why_unknown(query)}"
        contents.append(codec.to_value(view.content))
        configs.append({"endpoint": name, "config": view.config_name})
    history = readings.known(HistoryQuery(plan.pipeline, stage.pipeline_stage), StageHistory)
    effective = effective_execution(seen, history) if history else ""
    if effective == plan.execution:  # it waits inside the stage: what runs is what was before
        effective = stage.rollback_target
    body = {
        "stage": stage.name,
        "found": seen.execution,
        "effective": effective,
        "contents": contents,
        "configs": configs,
    }
    return (Draft("baseline", body, now),)


def _hold(closed: list[GateView]) -> Hold:
    """Hold at the gate that matters most: what waiting cannot mend, then the first."""
    gate = next((g for g in closed if g.leave), closed[0])
    until = max((g.until for g in closed if g.until is not None), default=None)
    opens = gate.until if len(closed) == 1 else until
    return Hold(gate.name, gate.reason, opens, gate.exit, gate.leave)
