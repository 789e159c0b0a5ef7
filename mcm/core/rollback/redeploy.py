"""Redeploying: the pipeline runs anew with the revisions that a stage served before.

The first rung below a rollback that the pipeline refuses (AWS-RULES 39). It is a
deployment: it goes through every stage and every gate, and mcm answers none of them. One
execution is started however often the reply is lost, because each try carries one token.
"""

from dataclasses import dataclass
from datetime import datetime

from mcm.core import canonical, commands, target
from mcm.core.errors import Exit
from mcm.core.history import attempts, settle
from mcm.core.history.goal import Redeploy
from mcm.core.history.instruction import Result, SourceRevision, StartExecution
from mcm.core.history.state import Attempt, State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.pipeline import (
    ENDED_BADLY,
    SUCCEEDED,
    Declaration,
    ExecutionView,
    PipelineView,
    StageHistory,
)
from mcm.core.query import (
    DeclarationQuery,
    ExecutionQuery,
    ExecutionsQuery,
    LongHistoryQuery,
    PipelineId,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Readings
from mcm.core.rollback.left_behind import put_back

PURPOSE = "redeploy"
_KINDS = {
    "CodeStarSourceConnection": "COMMIT_ID",
    "CodeCommit": "COMMIT_ID",
    "GitHub": "COMMIT_ID",
    "Bitbucket": "COMMIT_ID",
    "ECR": "IMAGE_DIGEST",
    "S3": "S3_OBJECT_VERSION_ID",
}
"""How each provider's revisions are named in StartPipelineExecution."""


@dataclass(frozen=True)
class Offer:
    """What a redeployment would do, for a person to agree to."""

    target: ExecutionView
    replaces: str
    """The execution that the stage runs now."""
    revisions: tuple[SourceRevision, ...]
    seen: tuple[str, ...]
    version: int
    approvals: tuple[str, ...]
    """Each `Stage/Action` that somebody must answer on the way, in the pipeline's order."""
    closed: tuple[str, ...]
    """Stages on the way whose transition is disabled."""
    stages: tuple[str, ...]
    """Every stage that gets these revisions, in the pipeline's order."""


def offer_queries(pipeline: PipelineId, stage: str) -> frozenset[Query]:
    """Return what must be read to say whether a redeployment is possible."""
    return frozenset(
        {
            PipelineQuery(pipeline),
            LongHistoryQuery(pipeline, stage),
            ExecutionsQuery(pipeline),
            DeclarationQuery(pipeline),
        }
    )


def offer(
    pipeline: PipelineId, stage: str, readings: Readings, left_behind: frozenset[str]
) -> Offer | str:
    """Return what a redeployment of `stage` would do, or why there is none."""
    view = readings.known(PipelineQuery(pipeline), PipelineView)
    history = readings.known(LongHistoryQuery(pipeline, stage), StageHistory)
    runs = readings.known(ExecutionsQuery(pipeline), tuple)
    built = readings.known(DeclarationQuery(pipeline), Declaration)
    if view is None or history is None or runs is None or built is None:
        unread = [q for q in offer_queries(pipeline, stage) if readings.why_unknown(q)]
        why = "; ".join(sorted({readings.why_unknown(query) for query in unread}))
        return f"the pipeline's past cannot be read: {why}"
    found = target.find_older(view, history, stage, left_behind)
    if isinstance(found, target.NoTarget):
        return found.reason
    run = next((r for r in runs if r.id == found.execution), None)
    if run is None:
        return f"the revisions of {found.execution} are not listed any more"
    revisions = _revisions(built, run)
    if isinstance(revisions, str):
        return revisions
    same = {(one.action, one.value) for one in revisions}
    seen = tuple(r.id for r in runs if {(x.source, x.id) for x in r.revisions} == same)
    names = [each.name for each in view.stages]
    way = view.stages[: names.index(stage) + 1]
    return Offer(
        run,
        found.effective,
        revisions,
        seen,
        view.version,
        tuple(f"{s.name}/{a.name}" for s in way for a in s.actions if a.approval),
        tuple(s.name for s in way if not s.transition_enabled),
        tuple(names),
    )


def queries(goal: Redeploy, state: State) -> frozenset[Query]:
    """Return what the next decision needs to see."""
    wanted = set(offer_queries(goal.pipeline, goal.pipeline_stage))
    sent = _sent(goal, state)
    if sent is not None:
        wanted.add(ExecutionQuery(goal.pipeline, sent.execution))
    return frozenset(wanted)


def decide(goal: Redeploy, state: State, readings: Readings, now: datetime) -> Turn:
    """Start it once, then say where it is until the stage has it or it cannot get there."""
    query = PipelineQuery(goal.pipeline)
    view = readings.known(query, PipelineView)
    if view is None:
        why = f"the pipeline cannot be read: {readings.why_unknown(query)}"
        return Turn((), Hold("pipeline", why, None, Exit.BLIND, leave=bool(readings.blind())))
    tries = state.tries(goal.stage, PURPOSE)
    doubtful = next((attempt for attempt in tries if attempt.in_doubt), None)
    if doubtful is not None:
        entries = settle.settle(doubtful, None, readings, now, goal.settle)
        look = settle.next_look(now, goal.settle, goal.poll)
        return Turn(entries, Wait(look, "whether the pipeline was started"))
    sent = _sent(goal, state)
    if sent is not None:
        followed = _follow(goal, sent, view, readings, now)
        if isinstance(followed, Done) and followed.exit is Exit.DONE:
            noted = put_back(goal.stage, PURPOSE, followed.reason, (), now)
            return Turn((noted,), followed)
        if followed is not None:
            return Turn((), followed)
    return _start(goal, state, readings, now)


def _sent(goal: Redeploy, state: State) -> Attempt | None:
    """Return the newest start that happened, of whichever command."""
    tries = state.tries(goal.stage, PURPOSE)
    return next((a for a in reversed(tries) if a.happened and a.execution), None)


def _start(goal: Redeploy, state: State, readings: Readings, now: datetime) -> Turn:
    begun = state.tries(goal.stage, PURPOSE, after=goal.after)
    last = begun[-1].outcome if begun else None
    if last is not None and last.result is Result.REFUSED and last.code not in attempts.BUSY:
        return _person(f"AWS refused: {last.detail}")
    if attempts.enough(begun):
        return _person(f"the pipeline cannot be started: {attempts.word(begun)}")
    pause = attempts.pause(begun, goal.poll)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"starting again: {attempts.word(begun)}"))
    found = offer(goal.pipeline, goal.pipeline_stage, readings, goal.left_behind)
    if isinstance(found, str):
        return _person(found)
    if found.target.id != goal.target:
        return _person(f"meanwhile {found.target.id} would be deployed again, not {goal.target}")
    first = begun[0].instruction if begun else None
    token = first.token if isinstance(first, StartExecution) else _token(goal, state, now)
    act = StartExecution(
        goal.pipeline,
        goal.pipeline_stage,
        goal.target,
        found.revisions,
        token,
        found.version,
        found.replaces,
        found.seen,
    )
    return Turn((), Act(act, goal.stage, PURPOSE, goal.why))


def _follow(
    goal: Redeploy, sent: Attempt, view: PipelineView, readings: Readings, now: datetime
) -> Wait | Hold | Done | None:
    """Say where the execution is; None when it ended and somebody asks for another one."""
    name = sent.execution
    query = ExecutionQuery(goal.pipeline, name)
    run = readings.known(query, ExecutionView)
    status = run.status if run is not None else ""
    stage = view.stage(goal.pipeline_stage)
    is_new = sent.intent > goal.after
    arrived = stage is not None and stage.execution == name and stage.status == SUCCEEDED
    if arrived or status == SUCCEEDED:
        said = (
            f"{goal.pipeline_stage} runs the revisions of {goal.target} again, by {name};"
            " nobody compared what its endpoints serve"
        )
        return Done(Exit.DONE, said) if is_new or arrived else None
    if status in ENDED_BADLY:
        said = f"{name}, which was to bring {goal.target} back, is {status}"
        return Done(Exit.NEEDS_PERSON, said) if is_new else None
    waits = _waits(goal, name, view)
    if waits is not None:
        return waits
    where = [s.name for s in view.stages if s.execution == name] or ["on its way"]
    unread = f"; it cannot be read: {readings.why_unknown(query)}" if run is None else ""
    return Wait(now + goal.poll, f"{name} is in {where[-1]}{unread}")


def _waits(goal: Redeploy, name: str, view: PipelineView) -> Hold | None:
    for stage in view.stages:
        comes = name in stage.inbound
        for action in stage.actions:
            if comes and stage.execution != name and action.approval and action.awaiting:
                # An approval holds its stage: what comes queues behind it, for days if need be.
                other = f"{stage.execution} waits for an answer at {stage.name}/{action.name}"
                reason = f"{name} waits behind it: {other}"
                hint = "Whoever may answer that must, approving or rejecting it."
                return Hold("redeploy", reason, None, Exit.NEEDS_PERSON, hint=hint)
            if stage.execution == name and action.approval and action.awaiting:
                reason = f"{name} waits for an answer at {stage.name}/{action.name}"
                line = commands.aws_answer(goal.pipeline, stage.name, action.name)
                return Hold("redeploy", reason, None, Exit.NEEDS_PERSON, hint=f"Or: {line}")
        if comes and not stage.transition_enabled:
            reason = f"{name} waits in front of {stage.name}, which is closed"
            line = commands.aws_reopen(goal.pipeline, stage.name)
            return Hold("redeploy", reason, None, Exit.NEEDS_PERSON, hint=f"It opens by: {line}")
    return None


def _revisions(built: Declaration, run: ExecutionView) -> tuple[SourceRevision, ...] | str:
    """Name the revision of every source as AWS wants it, or say which one cannot be named."""
    known = {revision.source: revision.id for revision in run.revisions}
    found = []
    for action in (a for s in built.pipeline["stages"] for a in s["actions"]):
        kind = action["actionTypeId"]
        if kind["category"] != "Source":
            continue
        name = action["name"]
        if kind["provider"] not in _KINDS:
            return f"revisions of the source {name} ({kind['provider']}) cannot be chosen"
        if not known.get(name):
            return f"{run.id} had no source {name}, which the pipeline has now"
        found.append(SourceRevision(name, _KINDS[kind["provider"]], known[name]))
    return tuple(found) or "the pipeline has no source whose revision could be chosen"


def _token(goal: Redeploy, state: State, now: datetime) -> str:
    """Return a request token that no other redeployment has; it is journaled before it is sent."""
    said = [goal.journal, goal.stage, goal.target, state.last, canonical.instant(now)]
    return f"mcm-{canonical.digest(said)[:32]}"


def _person(reason: str) -> Turn:
    return Turn((), Hold("redeploy", reason, None, Exit.NEEDS_PERSON, leave=True))
