"""Going back: the way from "this must go" to a stage that serves the old content again.

Order (docs/design.md, Where rollback goes; AWS-RULES 8–10): close the inbound transition →
stop what runs in the stage → RollbackStage → follow the execution it returns → verify
the content. A rollback that somebody else started is adopted, never doubled. Nothing
here asks a window, a freeze or a second person.

Each function below answers for one step and returns None when that step has nothing
left to do, so the order of the steps is the order of the lines in `decide`.
"""

from dataclasses import replace
from datetime import datetime

from mcm.core import target
from mcm.core.errors import Exit
from mcm.core.history import attempts, settle
from mcm.core.history.goal import GoBack
from mcm.core.history.instruction import (
    CloseTransition,
    OpenTransition,
    Outcome,
    Result,
    RollBackStage,
)
from mcm.core.history.journal import Draft
from mcm.core.history.state import Attempt, Rollback, State
from mcm.core.history.turn import Done, Hold, Turn, Wait
from mcm.core.pipeline import (
    RUNNING,
    SUCCEEDED,
    PipelineView,
    RollbackRun,
    StageHistory,
    StageView,
)
from mcm.core.query import EndpointQuery, ExecutionQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Readings
from mcm.core.rollback import adopt, calling, earlier, follow, stopping, unseen, verify_content

CANNOT = "UnableToRollbackStageException"


def queries(goal: GoBack, state: State) -> frozenset[Query]:
    """Return what the next decision needs to see."""
    wanted: set[Query] = {
        PipelineQuery(goal.pipeline),
        HistoryQuery(goal.pipeline, goal.pipeline_stage),
    }
    rollback = state.stage(goal.stage).rollback
    if goal.known or state.stage(goal.stage).rollbacks:
        wanted |= {EndpointQuery(place, name) for place, name in goal.endpoints}
    if rollback is not None:
        if rollback.execution:
            wanted.add(ExecutionQuery(goal.pipeline, rollback.execution))
        doubtful = _doubtful(state.tries(goal.stage, follow.PURPOSE, after=rollback.started))
        wanted |= settle.queries(doubtful.instruction) if doubtful else set()
    return frozenset(wanted)


def decide(goal: GoBack, state: State, readings: Readings, now: datetime) -> Turn:
    """Return the next step of the way back; that it cannot be seen is told when it begins."""
    turn = _decide(goal, state, readings, now)
    told = unseen.sight(goal, state.stage(goal.stage), readings, now)
    return replace(turn, entries=(*told, *turn.entries)) if told else turn


def _decide(goal: GoBack, state: State, readings: Readings, now: datetime) -> Turn:
    rollback = state.stage(goal.stage).rollback
    view = readings.known(PipelineQuery(goal.pipeline), PipelineView)
    stage = view.stage(goal.pipeline_stage) if view else None
    if view is None:
        return Turn((), unseen.without_pipeline(goal, readings, now))
    if stage is None:
        reason = f"the pipeline has no stage {goal.pipeline_stage}"
        return Turn((), Hold("rollback", reason, None, Exit.NEEDS_PERSON, leave=True))
    if rollback is None:
        return _start(goal, view, stage, state, readings, now)
    tries = state.tries(goal.stage, follow.PURPOSE, after=rollback.started)
    doubtful = _doubtful(tries)
    if doubtful is not None:
        entries = settle.settle(doubtful, rollback, readings, now, goal.settle)
        settled = any(entry.kind == "settled" for entry in entries)
        look = now if settled else settle.next_look(now, goal.settle, goal.poll)
        told = () if entries else unseen.unsettled(goal, rollback, doubtful, now)
        why = f"whether {doubtful.instruction.op} happened"
        return Turn((*entries, *told), Wait(look, why))
    return _step(goal, rollback, stage, tries, readings, now)


def _given_up(
    goal: GoBack, rollback: Rollback, stage: StageView, readings: Readings, now: datetime
) -> Turn | None:
    """End a rollback that was begun, never sent and left behind; the next turn starts afresh."""
    history = readings.known(HistoryQuery(goal.pipeline, goal.pipeline_stage), StageHistory)
    why = earlier.overtaken(rollback, stage, history, now)
    if not why:
        return None
    return Turn((verify_content.ended(goal, "overtaken", "unverified", why, now),), Wait(now, why))


def _step(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    tries: tuple[Attempt, ...],
    readings: Readings,
    now: datetime,
) -> Turn:
    """Return the first step that has something left to do: the order of going back."""
    steps = (
        _adopt(goal, rollback, stage, readings, now)
        or _given_up(goal, rollback, stage, readings, now)
        or _close(goal, rollback, stage, tries, now)
        or follow.follow(goal, rollback, stage, tries, readings, now)
        or stopping.stop(goal, rollback, stage, tries, now)
        or stopping.let_settle(goal, tries, readings, now)
    )
    turn = steps or _roll_back(goal, rollback, stage, tries, now)
    told: tuple[Draft, ...] = ()
    if steps is None:
        told = stopping.not_settled(goal, rollback, tries, readings, now)
    stranger = earlier.stranger(goal, rollback, stage, readings)
    if stranger:
        told += calling.person(goal, rollback, stranger, now)
    return replace(turn, entries=(*told, *turn.entries))


def _start(
    goal: GoBack,
    view: PipelineView,
    stage: StageView,
    state: State,
    readings: Readings,
    now: datetime,
) -> Turn:
    """Adopt a rollback under way, or name the target and begin."""
    query = HistoryQuery(goal.pipeline, goal.pipeline_stage)
    history = readings.known(query, StageHistory)
    if history is None:
        return _start_unseen(goal, stage, state, readings, now)
    run = adopt.under_way(stage, history, ())
    if run is adopt.HIDDEN:
        return Turn((), Wait(now + goal.poll, adopt.WHY_HIDDEN))
    if run is not None:
        who = f"already under way since {run.started:%H:%M:%SZ} by {run.started_by or 'AWS'}"
        return _take_over(goal, run, history, who, now)
    if stage.in_rollback and stage.status == SUCCEEDED and not goal.further and not goal.to:
        found_over = earlier.report(goal, stage, history, state.stage(goal.stage), readings, now)
        if not isinstance(found_over, RollbackRun):
            return Turn((), found_over)
        who = f"rolled back at {found_over.started:%H:%M:%SZ} by {found_over.started_by or 'AWS'}"
        return _take_over(goal, found_over, history, who, now)
    found = target.find_target(
        view, history, goal.pipeline_stage, signed=goal.signed, left_behind=goal.left_behind
    )
    if isinstance(found, target.NoTarget):
        return Turn(
            (Draft("person_needed", {"stage": goal.stage, "reason": found.reason}, now),),
            Hold(
                "rollback-target",
                found.reason,
                None,
                Exit.NEEDS_PERSON,
                leave=True,
                hint="Start an older revision through the pipeline, or restore the stage by hand.",
            ),
        )
    if goal.to and goal.to != found.execution:
        reason = f"{goal.to} is not where a rollback goes ({found.execution}): that is a deploy"
        return Turn((), Done(Exit.REFUSED, f"{reason} [E_ROLLBACK_TARGET]"))
    return _begin(goal, found, stage, history, readings, now)


def _start_unseen(
    goal: GoBack, stage: StageView, state: State, readings: Readings, now: datetime
) -> Turn:
    """Begin although the past of the stage cannot be read, as far as that goes."""
    step = unseen.without_history(goal, stage, state.stage(goal.stage), readings, now)
    history = unseen.bare_history(stage, now)
    if isinstance(step, target.Target):
        return _begin(goal, step, stage, history, readings, now)
    if isinstance(step, RollbackRun):
        return _take_over(goal, step, history, "the rollback that the stage shows", now)
    return Turn((), step)


def _take_over(
    goal: GoBack, run: RollbackRun, history: StageHistory, who: str, now: datetime
) -> Turn:
    """Follow a rollback of others; one to another place than ours calls a person."""
    # With a rollback in the stage, `mcm rollback` knows what was signed for its target, which
    # is one further back; only a walk knows what was signed for what is being taken back.
    ours = goal.to or (goal.signed if goal.adopt_finished else "")
    started = _started(goal, "", run.target, history, now, run.id, who)
    return Turn((started, *calling.elsewhere(goal, run, ours, now)), Wait(now, who))


def _begin(
    goal: GoBack,
    found: target.Target,
    stage: StageView,
    history: StageHistory,
    readings: Readings,
    now: datetime,
) -> Turn:
    """Begin, and take the first step on the same readings: it has waited long enough."""
    entry = _started(goal, found.effective, found.execution, history, now, "", goal.why)
    seen = tuple(entry.body["seen"])
    rollback = Rollback(0, now, found.effective, found.execution, goal.why, seen)
    turn = _step(goal, rollback, stage, (), readings, now)
    return Turn((entry, *turn.entries), turn.next)


def _doubtful(tries: tuple[Attempt, ...]) -> Attempt | None:
    """Return the attempt to settle first.

    Only one of this rollback: a promotion in doubt never keeps anybody from going back.
    """
    return next((attempt for attempt in tries if attempt.in_doubt), None)


def _started(
    goal: GoBack,
    source: str,
    aim: str,
    history: StageHistory,
    now: datetime,
    execution: str,
    why: str,
) -> Draft:
    body = {
        "stage": goal.stage,
        "pipeline_stage": goal.pipeline_stage,
        "source": source,
        "target": aim,
        "why": why,
        "execution": execution,
        # One that still runs is left out: the stage may show it late, and then it is adopted.
        "seen": [r.id for r in history.rollbacks if r.id != execution and r.status not in RUNNING],
    }
    return Draft("rollback_started", body, now)


def _adopt(
    goal: GoBack, rollback: Rollback, stage: StageView, readings: Readings, now: datetime
) -> Turn | None:
    """Take over a ROLLBACK that appeared although we have not sent ours (AWS-RULES 9)."""
    if rollback.execution:
        return None
    query = HistoryQuery(goal.pipeline, goal.pipeline_stage)
    history = readings.known(query, StageHistory)
    run = adopt.arrived(stage, history, rollback.seen)
    if run is adopt.HIDDEN:
        if not unseen.is_hopeless(readings, query):
            return Turn((), Wait(now + goal.poll, adopt.WHY_HIDDEN))
        run = unseen.in_stage(stage, rollback.seen, now)
    if run is None:
        return None
    body = {"stage": goal.stage, "execution": run.id, "target": run.target, "by": run.started_by}
    adopted = Draft("rollback_adopted", body, now)
    told = calling.elsewhere(goal, run, rollback.target, now)
    return Turn((adopted, *told), Wait(now, "following the rollback under way"))


def _close(
    goal: GoBack, rollback: Rollback, stage: StageView, tries: tuple[Attempt, ...], now: datetime
) -> Turn | None:
    """Close the transition so that nothing enters while we go back; a denial stops nothing.

    Closed first of all, and again behind a rollback execution that had to be let in. In the
    pause before it is tried again the other steps go on.
    """
    if not stage.transition_enabled or (rollback.execution and rollback.execution in stage.inbound):
        return None
    opened = max((attempt.intent for attempt in attempts.of_kind(tries, OpenTransition)), default=0)
    closes = [a for a in attempts.of_kind(tries, CloseTransition) if a.intent > opened]
    if any(close.happened for close in closes) or attempts.rests(closes, now):
        return None
    pause = attempts.pause(closes, goal.poll)
    if pause is not None and now < pause and _is_answered(closes[-1]):
        return None
    reason = f"mcm rolls back {goal.stage} - {goal.why}"
    close = CloseTransition(goal.pipeline, goal.pipeline_stage, reason)
    return follow.act(goal, close, "close the way in")


def _is_answered(close: Attempt) -> bool:
    """Whatever AWS said to it: only one whose reply was lost is worth sending again at once."""
    return close.outcome is not None and close.outcome.result is not Result.IN_DOUBT


def _roll_back(
    goal: GoBack, rollback: Rollback, stage: StageView, tries: tuple[Attempt, ...], now: datetime
) -> Turn:
    sent = attempts.of_kind(tries, RollBackStage)
    last = sent[-1] if sent else None
    refusal = last.outcome if last and last.happened is False else None
    if refusal and refusal.result is Result.REFUSED and not _worth_repeating(refusal):
        return _give_up(goal, f"AWS refused: {refusal.detail}", now)
    if attempts.enough(sent):
        return _give_up(goal, f"RollbackStage did not succeed in {len(sent)} attempts", now)
    pause = attempts.pause(sent, goal.poll)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"trying again: {attempts.word(sent)}"))
    act = RollBackStage(goal.pipeline, goal.pipeline_stage, rollback.target, stage.execution)
    return follow.act(goal, act, f"back to {rollback.target}")


def _give_up(goal: GoBack, reason: str, now: datetime) -> Turn:
    drafts = (
        Draft("person_needed", {"stage": goal.stage, "reason": reason}, now),
        verify_content.ended(goal, "failed", "unverified", reason, now),
    )
    return Turn(drafts, Done(Exit.NEEDS_PERSON, reason))


def _worth_repeating(refusal: Outcome) -> bool:
    """Busy and throttled pass by; UnableToRollbackStage only after its cause is gone."""
    return refusal.code in attempts.BUSY or refusal.code == CANNOT
