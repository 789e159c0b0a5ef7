"""Going forward: gates, promotion, watch, bake; one stage at a time.

Pure: each call looks at the folded state and one turn's readings, and says what a
restart must know and what comes next. A breach turns the same walk around (`back`).
The steps are `promotion` (up to the write) and `watching` (after it).
"""

from datetime import datetime

from mcm.core.checks import kinds
from mcm.core.errors import Exit
from mcm.core.gates import every_gate as gates
from mcm.core.history import attempts, settle
from mcm.core.history.goal import GoForward, current_stage
from mcm.core.history.state import Attempt, StageState, State
from mcm.core.history.turn import Done, Hold, Turn, Wait
from mcm.core.plans.plan import StagePlan
from mcm.core.query import EndpointQuery, ExecutionQuery, PipelineQuery, Query
from mcm.core.reading import Readings
from mcm.core.rollback import back, veto
from mcm.core.rollback.retreat import retreat
from mcm.core.walking import halting, notes, promotion, sight, watching


def queries(goal: GoForward, state: State) -> frozenset[Query]:
    """Return what the next decision needs to see."""
    stage = current_stage(goal, state)
    if stage is None:
        return frozenset()
    known = state.stage(stage.name)
    doubtful = state.doubtful(stage.name)
    wanted: set[Query] = set(settle.queries(doubtful.instruction)) if doubtful else set()
    if _goes_back(known):
        if veto.counts_down(stage, known):
            return frozenset(wanted | veto.queries(goal))
        return frozenset(wanted | back.queries(retreat(goal.plan, stage, known), state))
    watch = sight.watch(goal.plan, stage, state, deployed=False)
    for guardrail in stage.guardrails:
        wanted |= kinds.queries(guardrail, watch)
    wanted |= {EndpointQuery(stage.place, name) for name in stage.endpoints}
    if watch.since is None:
        before = sight.traffic_before(goal.plan, stage)
        wanted |= {before} if before else set()
        return frozenset(wanted | gates.queries(goal.plan, stage, state, watch))
    wanted.add(PipelineQuery(goal.plan.pipeline))
    if known.entered_at is None:
        wanted.add(ExecutionQuery(goal.plan.pipeline, goal.plan.execution))
    traffic = sight.traffic(goal.plan, stage, known)
    return frozenset(wanted | ({traffic} if traffic else set()))


def decide(goal: GoForward, state: State, readings: Readings, now: datetime) -> Turn:
    """Return the next step forward, or the first step back."""
    stage = current_stage(goal, state)
    if stage is None:
        return _finished(goal, state)
    known = state.stage(stage.name)
    if known.started_at is None and known.abort is None:
        return Turn((notes.started(stage, now),), Wait(now, "starting"))
    if _goes_back(known):
        if veto.counts_down(stage, known):
            return veto.decide(goal, stage, known, readings, now)
        return _go_back(goal, stage, state, readings, now)
    doubtful = state.doubtful(stage.name)
    if doubtful is not None:
        return _settle(goal, doubtful, readings, now)
    if attempts.promoted(stage, state) is None and known.entered_at is None:
        if known.abort is not None:
            return halting.before_promotion(stage, known.abort, now)
        return promotion.decide(goal, stage, state, readings, now)
    return watching.decide(goal, stage, state, readings, now)


def _goes_back(known: StageState) -> bool:
    """A breach turns the walk around, and a rollback that was begun is finished first."""
    return known.rollback is not None or (bool(known.breach) and known.on_breach == "roll_back")


def _finished(goal: GoForward, state: State) -> Turn:
    for name in goal.stages:
        known = state.stage(name)
        if known.outcome == "rolled_back":
            last = known.rollbacks[-1]
            code = Exit.NEEDS_PERSON if last.verified == "differs" else Exit.ROLLED_BACK
            return Turn((), Done(code, f"{name} was rolled back: {known.reason}; {last.detail}"))
        if known.outcome and known.outcome != "succeeded":
            code = {"failed": Exit.FAILED, "aborted": Exit.ABORTED}.get(
                known.outcome, Exit.NEEDS_PERSON
            )
            return Turn((), Done(code, f"{name} {known.outcome}: {known.reason}"))
    unknown = [name for name in goal.stages if goal.plan.stage(name) is None]
    if unknown or not goal.stages:
        return Turn(
            (), Done(Exit.USAGE, f"the plan has no stage {', '.join(unknown) or 'to walk'}")
        )
    return Turn((), Done(Exit.DONE, f"succeeded: {', '.join(goal.stages)}"))


def _settle(goal: GoForward, attempt: Attempt, readings: Readings, now: datetime) -> Turn:
    plan = goal.plan
    if readings.blind():
        return Turn((), Hold("blind", readings.blind(), None, Exit.BLIND, leave=True))
    entries = settle.settle(attempt, None, readings, now, plan.settle)
    asked = max(attempt.denials, default=attempt.at)
    if not entries and now - asked > watching.BLIND_FOR:
        reason = f"whether {attempt.instruction.op} happened cannot be read"
        return Turn((), Hold("blind", reason, None, Exit.BLIND))
    settled = any(entry.kind == "settled" for entry in entries)
    look = now if settled else settle.next_look(now, plan.settle, plan.poll)
    return Turn(entries, Wait(look, f"whether {attempt.instruction.op} happened"))


def _go_back(
    goal: GoForward, stage: StagePlan, state: State, readings: Readings, now: datetime
) -> Turn:
    known = state.stage(stage.name)
    last = known.rollbacks[-1] if known.rollbacks else None
    breached_at = known.breached_at or now
    if last is not None and last.ended_at is not None and last.ended_at >= breached_at:
        outcome = "rolled_back" if last.outcome == "rolled_back" else "errored"
        return Turn((notes.ended(stage, outcome, known.breach, now),), Wait(now, last.detail))
    turn = back.decide(retreat(goal.plan, stage, known), state, readings, now)
    if isinstance(turn.next, Done):
        return Turn(turn.entries, Wait(now, turn.next.reason))
    return turn
