"""Watching what others deploy: the judges of a walk, and no act at all.

The same loop with another goal. Whatever enters the stage is followed as if mcm had let
it in: guardrails, bake, breach. What mcm would have done is an entry, and what it would
have sent is worked out by the real way back on edited readings (`what_if`). No turn of
this goal is an act: that is made sure of in one place, `told`.
"""

from dataclasses import replace
from datetime import datetime

from mcm.core.checks import kinds
from mcm.core.duration import spell_wait
from mcm.core.errors import Exit
from mcm.core.history.goal import GoForward, Observe
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState, State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.pipeline import (
    ENDED_BADLY,
    RUNNING,
    PipelineView,
    StageHistory,
    StageView,
)
from mcm.core.query import (
    ExecutionQuery,
    HistoryQuery,
    LongHistoryQuery,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Readings
from mcm.core.rollback.what_if import WhatIf
from mcm.core.walking import notes, sight, watching


def queries(goal: Observe, state: State) -> frozenset[Query]:
    """Return what the next decision needs to see."""
    stage, known = goal.planned, state.stage(goal.stage)
    wanted: set[Query] = {
        PipelineQuery(goal.pipeline),
        HistoryQuery(goal.pipeline, stage.pipeline_stage),
    }
    watch = sight.watch(goal.plan, stage, state, deployed=False)
    for guardrail in stage.guardrails:
        wanted |= kinds.queries(guardrail, watch)
    if known.started_at is None:
        wanted.add(LongHistoryQuery(goal.pipeline, goal.pipeline_stage))
    if known.observed:
        wanted.add(ExecutionQuery(goal.pipeline, known.observed))
    traffic = sight.traffic(goal.plan, stage, known)
    return frozenset(wanted | ({traffic} if traffic else set()))


def decide(goal: Observe, state: State, readings: Readings, now: datetime) -> Turn:
    """Return what is seen and when to look again; never an act."""
    known = state.stage(goal.stage)
    if known.outcome:
        return Turn((), Done(Exit.DONE, f"{known.outcome}: {known.reason}"))
    view = readings.known(PipelineQuery(goal.pipeline), PipelineView)
    seen = view.stage(goal.pipeline_stage) if view else None
    if view is not None and seen is None:
        return Turn((), Done(Exit.USAGE, f"the pipeline has no stage {goal.pipeline_stage}"))
    if not known.observed:
        turn = _wait_for_one(goal, known, seen, readings, now)
    else:
        turn = _over(goal, known, seen, now) or _watch(goal, state, readings, now)
    return told(turn, now + goal.poll)


def told(turn: Turn, until: datetime) -> Turn:
    """Turn an act into words: who only observes sends nothing, whatever was decided."""
    step = turn.next
    return replace(turn, next=Wait(until, step.why)) if isinstance(step, Act) else turn


def _wait_for_one(
    goal: Observe,
    known: StageState,
    seen: StageView | None,
    readings: Readings,
    now: datetime,
) -> Turn:
    """Look for an execution to watch: one that enters, or that came in a moment ago."""
    if seen is None:
        if readings.blind():
            return Turn((), Hold("blind", readings.blind(), None, Exit.BLIND, leave=True))
        why = readings.why_unknown(PipelineQuery(goal.pipeline))
        return Turn((), Wait(now + goal.poll, f"cannot see the pipeline: {why}"))
    is_new = bool(seen.execution) and seen.execution != known.found
    first = known.started_at is None
    if not seen.in_rollback and (
        _is_fresh(goal, seen, readings, now) if first else is_new or seen.running
    ):
        body = {"stage": goal.stage, "execution": seen.execution}
        drafts = (Draft("observed", body, now), notes.entered(goal.planned, "others", now))
        return Turn(drafts, Wait(now, f"{seen.execution} is in {seen.name}"))
    there = f"{seen.execution} has been there before" if seen.execution else "nothing is there yet"
    wait = Wait(now + goal.poll, f"what enters {seen.name} next: {there}")
    if not first and not is_new:
        return Turn((), wait)
    there_now = dict.fromkeys(("found", "effective"), seen.execution)
    noted = {"stage": goal.stage, "contents": [], **there_now}
    begun = (notes.started(goal.planned, now),) if first else ()
    return Turn((*begun, Draft("baseline", noted, now)), wait)


def _is_fresh(goal: Observe, seen: StageView, readings: Readings, now: datetime) -> bool:
    """Say whether what is there already is worth a watch: it runs, or came within a bake."""
    if seen.status in RUNNING:
        return True
    # Over all versions: an edit right after the deployment hides it from the other list.
    query = LongHistoryQuery(goal.pipeline, seen.name)
    history = readings.known(query, StageHistory)
    runs = history.succeeded if history else ()
    entered = next((r.entered for r in runs if r.execution.id == seen.execution), None)
    return entered is not None and now - entered <= goal.planned.bake.lasts


def _over(goal: Observe, known: StageState, seen: StageView | None, now: datetime) -> Turn | None:
    """Say how the watch ends by what others did; None while it goes on."""
    if seen is None:
        return None
    name, back = seen.execution, (*seen.inbound_rollbacks, *_rollback_in(seen, known))
    breached = known.breached_at
    if back:
        later = f", {spell_wait(now - breached)} after the breach" if breached else ""
        return _end(goal, "rolled_back", f"others rolled it back ({back[0]}){later}", now)
    if name not in (known.observed, known.found):
        return _end(goal, "failed", f"{name} entered before the watch was over", now)
    if breached and now - breached > goal.planned.bake.limit:
        limit = spell_wait(goal.planned.bake.limit)
        return _end(goal, "failed", f"breached, and left in the stage for {limit}", now)
    return None


def _rollback_in(seen: StageView, known: StageState) -> tuple[str, ...]:
    mine = (known.observed, known.found)
    new = seen.in_rollback and seen.execution not in mine and seen.status not in ENDED_BADLY
    return (seen.execution,) if new else ()


def _end(goal: Observe, outcome: str, reason: str, now: datetime) -> Turn:
    return Turn((notes.ended(goal.planned, outcome, reason, now),), Wait(now, reason))


def _watch(goal: Observe, state: State, readings: Readings, now: datetime) -> Turn:
    """Judge as a walk does; a breach is told once, with what mcm would have done."""
    known = state.stage(goal.stage)
    forward = GoForward(replace(goal.plan, execution=known.observed), (goal.stage,))
    calm = replace(known, breach="", on_breach="")
    masked = replace(state, stages={**state.stages, goal.stage: calm})
    turn = watching.decide(forward, goal.planned, masked, readings, now)
    found = next((entry for entry in turn.entries if entry.kind == "breach"), None)
    if found is None:
        return _give_up(goal, turn, now) or turn
    rest = tuple(entry for entry in turn.entries if entry.kind != "breach")
    wait = Wait(now + goal.poll, f"breached: {found.body['reason']}")
    if known.breach:
        return replace(turn, entries=rest, next=wait)
    would = _would(forward, goal, found, readings, now)
    breach = Draft("breach", {**found.body, "action": "observe"}, now)
    return replace(turn, entries=(*rest, breach, would), next=wait)


def _give_up(goal: Observe, turn: Turn, now: datetime) -> Turn | None:
    """A bake that came to its limit without an answer ends the watch: mcm would hold there."""
    step = turn.next
    if not isinstance(step, Hold) or step.gate != "bake":
        return None
    stage = goal.planned
    body = {"stage": stage.name, "act": "hold", "target": "", "steps": [], "reason": step.reason}
    drafts = (Draft("would", {**body, "why_not": ""}, now),)
    ended = notes.ended(stage, "errored", f"nobody can tell: {step.reason}", now)
    return replace(turn, entries=(*turn.entries, *drafts, ended), next=Wait(now, step.reason))


def _would(
    forward: GoForward, goal: Observe, breach: Draft, readings: Readings, now: datetime
) -> Draft:
    """Return what mcm would have done about a breach, as an entry."""
    body: dict[str, object] = {"stage": goal.stage, "act": "hold", "target": "", "steps": []}
    if breach.body["action"] != "roll_back":
        return Draft("would", {**body, "reason": breach.body["reason"], "why_not": ""}, now)
    pipeline, past = (
        PipelineQuery(goal.pipeline),
        HistoryQuery(goal.pipeline, goal.pipeline_stage),
    )
    unread = readings.why_unknown(pipeline) or readings.why_unknown(past)
    if unread:
        body |= {"act": "roll_back", "why_not": f"where to cannot be told: {unread}"}
        return Draft("would", body, now)
    way = WhatIf(forward.plan, goal.planned, readings, now)
    why_not = way.play()
    steps = [step.text for step in way.steps]
    body |= {"act": "roll_back", "target": way.target, "steps": steps, "why_not": why_not}
    return Draft("would", body, now)
