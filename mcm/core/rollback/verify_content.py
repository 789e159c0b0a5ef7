"""After a rollback: does the stage serve again what its target served? By content."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.core import commands
from mcm.core.checks.sagemaker_endpoint import BROKEN
from mcm.core.endpoint import EndpointView, differences, hidden
from mcm.core.errors import Exit
from mcm.core.history import attempts
from mcm.core.history.goal import GoBack
from mcm.core.history.instruction import CloseTransition
from mcm.core.history.journal import Draft
from mcm.core.history.state import Attempt, Rollback
from mcm.core.history.turn import Done, Turn, Wait
from mcm.core.pipeline import ROLLBACK, ExecutionView, StageView
from mcm.core.query import EndpointQuery, ExecutionQuery
from mcm.core.reading import Blindness, Readings, Unknown
from mcm.core.rollback import calling

SETTLING = timedelta(minutes=30)
"""How long an endpoint may take to come back into service before a person is called."""


@dataclass(frozen=True)
class Findings:
    """What the endpoints of a stage show, against what an execution served there."""

    notes: tuple[str, ...]
    wrong: tuple[str, ...]
    """Content that differs."""
    broken: tuple[str, ...]
    """What serves nobody, or is not there: waiting does not help."""
    waiting: tuple[str, ...]
    """What cannot be judged yet."""
    is_same: bool
    """True when there are endpoints and each one serves exactly what it served."""


def look(goal: GoBack, execution: str, readings: Readings) -> Findings:
    """Compare what the endpoints serve now with what `execution` served."""
    contents = {content.endpoint: content for content in goal.contents_of(execution)}
    notes: list[str] = []
    wrong: list[str] = []
    broken: list[str] = []
    waiting: list[str] = []
    same = 0
    for place, name in goal.endpoints:
        query = EndpointQuery(place, name)
        reading, view = readings.get(query), readings.known(query, EndpointView)
        before = contents.get(name)
        if isinstance(reading, Unknown) and reading.why is Blindness.DENIED:
            notes.append(f"{name} may not be read, not verified: {reading.reason}")
        elif view is None:
            is_gone = isinstance(reading, Unknown) and reading.why is Blindness.ABSENT
            unread = f"{name} cannot be read: {readings.why_unknown(query)}"
            (broken if is_gone else waiting).append(unread)
        elif not view.in_service:
            (broken if view.status in BROKEN else waiting).append(_not_in_service(view))
        elif before is None:
            notes.append(f"{name} in service; no snapshot to compare it with, not verified")
        elif found := differences(before, view.content):
            wrong.append(f"{name} is not what it was: {', '.join(found)}")
        elif unseen := hidden(before, view.content):
            waiting.append(f"{name} cannot be compared: {', '.join(unseen)}")
        else:
            same += 1
            notes.append(f"{name} serves its old content ({view.config_name})")
    is_same = bool(goal.endpoints) and same == len(goal.endpoints)
    return Findings(tuple(notes), tuple(wrong), tuple(broken), tuple(waiting), is_same)


def finish(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    tries: tuple[Attempt, ...],
    readings: Readings,
    now: datetime,
    *,
    since: str = "",
) -> Turn:
    """Return the end of a rollback whose execution succeeded, or a wait for its endpoints.

    `since` is the execution that has entered the stage after it; empty when none has.
    """
    found = look(goal, rollback.target, readings)
    is_late = now - attempts.latest(tries, rollback.at) > SETTLING
    if found.waiting and not found.broken and not is_late:
        return Turn((), Wait(now + goal.poll, found.waiting[0]))
    entered = (f"{since} has entered {stage.name} since",) if since else ()
    wrong = (*entered, *_others(goal, rollback), *found.broken, *found.wrong, *found.waiting)
    way_in = _way_in(goal, stage, tries, now)
    run = readings.known(ExecutionQuery(goal.pipeline, rollback.execution), ExecutionView)
    by = run.started_by if run is not None and run.type == ROLLBACK else ""
    if wrong:
        detail = "; ".join((*wrong, *way_in))
        drafts = (
            Draft("person_needed", {"stage": goal.stage, "reason": detail}, now),
            ended(goal, "rolled_back", "differs", detail, now, by=by),
        )
        return Turn(drafts, Done(Exit.NEEDS_PERSON, f"rolled back, but {detail}"))
    notes = found.notes or ("no endpoint is configured, so the content was not verified",)
    detail = "; ".join((*notes, *way_in))
    target = rollback.target or "an execution that AWS does not name"
    verified = "yes" if found.is_same else "unverified"
    return Turn(
        (ended(goal, "rolled_back", verified, detail, now, by=by),),
        Done(Exit.DONE, f"rolled back to {target}: {detail}"),
    )


def _others(goal: GoBack, rollback: Rollback) -> tuple[str, ...]:
    """Say that others went back to another place than mcm would have (AWS-RULES 9)."""
    told = calling.went_elsewhere(rollback)
    if told:
        return (told,)
    # Found under way by `mcm rollback`, it has no source: what was signed is for another day.
    is_ours = rollback.source or goal.adopt_finished
    if rollback.adopted and is_ours and goal.signed and rollback.target != goal.signed:
        where = rollback.target or "an execution that AWS does not name"
        return (f"others went back to {where}, the plan says {goal.signed}",)
    return ()


def _way_in(
    goal: GoBack, stage: StageView, tries: tuple[Attempt, ...], now: datetime
) -> tuple[str, ...]:
    """Say that the way in is open, unless that may be a read from before it was closed."""
    if not stage.transition_enabled:
        return ()
    closes = attempts.of_kind(tries, CloseTransition)
    last = closes[-1] if closes else None
    if last is not None and last.happened and now - attempts.latest(closes, now) <= goal.settle:
        return ()
    why = f" ({attempts.word(closes)})" if last is not None and not last.happened else ""
    close = commands.aws_rollback(goal.pipeline, stage.name, "")[0]
    text = f"the transition into {stage.name} is still open{why}: the next execution enters"
    return (f"{text}; close it with `{close}`",)


def _not_in_service(view: EndpointView) -> str:
    moves = " and changes still" if view.status == "InService" else ""
    return f"{view.name} is {view.status}{moves}"


def ended(
    goal: GoBack, outcome: str, verified: str, detail: str, now: datetime, *, by: str = ""
) -> Draft:
    """Return the entry that closes a rollback; `by` is who sent it, as AWS tells."""
    body = {"stage": goal.stage, "outcome": outcome, "verified": verified, "detail": detail}
    if by:
        body["by"] = by
    return Draft("rollback_ended", body, now)
