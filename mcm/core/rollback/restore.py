"""Restoring: one endpoint gets the configuration that it had before the promotion.

The second rung below a rollback that the pipeline refuses (AWS-RULES 39). It leaves drift
against whatever owns the endpoint. Whether it worked is judged by what the endpoint
serves: an update that fails comes back in service with the old configuration, silently.
"""

from datetime import datetime

from mcm.core.endpoint import EndpointView, differences, hidden
from mcm.core.errors import Exit
from mcm.core.history import attempts, settle
from mcm.core.history.goal import Restore
from mcm.core.history.instruction import Result, UpdateEndpoint
from mcm.core.history.state import Attempt, State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.query import EndpointQuery, Query
from mcm.core.reading import Readings
from mcm.core.rollback.left_behind import put_back

PURPOSE = "restore"
_MIXED = "UpdateRollbackFailed"


def query_of(goal: Restore) -> EndpointQuery:
    """Return the one thing that is looked at."""
    return EndpointQuery(goal.place, goal.endpoint)


def queries(goal: Restore, state: State) -> frozenset[Query]:
    """Return what the next decision needs to see."""
    del state
    return frozenset({query_of(goal)})


def unavailable(goal: Restore, view: EndpointView | None, why_unknown: str) -> str:
    """Say why the endpoint cannot be put back now; empty when it can."""
    if view is None:
        return f"{goal.endpoint} cannot be read: {why_unknown}"
    if view.config_name == goal.config and view.in_service:
        return f"{goal.endpoint} has {goal.config} already"
    if view.moves:
        return f"{goal.endpoint} is {view.status}: it cannot be updated meanwhile"
    if view.status == "Failed":
        return f"{goal.endpoint} is Failed: it can only be deleted and made anew"
    return ""


def decide(goal: Restore, state: State, readings: Readings, now: datetime) -> Turn:
    """Update it once, then follow it to what it serves."""
    turn = _decide(goal, state, readings, now)
    if not isinstance(turn.next, Done) or turn.next.exit is not Exit.DONE:
        return turn
    noted = put_back(goal.stage, PURPOSE, turn.next.reason, goal.rest, now)
    return Turn((*turn.entries, noted), turn.next)


def _decide(goal: Restore, state: State, readings: Readings, now: datetime) -> Turn:
    view = readings.known(query_of(goal), EndpointView)
    if view is None:
        why = unavailable(goal, None, readings.why_unknown(query_of(goal)))
        return Turn((), Hold("restore", why, None, Exit.BLIND, leave=bool(readings.blind())))
    tries = tuple(a for a in state.tries(goal.stage, PURPOSE) if _is_ours(goal, a))
    doubtful = next((attempt for attempt in tries if attempt.in_doubt), None)
    if doubtful is not None:
        entries = settle.settle(doubtful, None, readings, now, goal.settle)
        look = settle.next_look(now, goal.settle, goal.poll)
        return Turn(entries, Wait(look, f"whether {goal.endpoint} was updated"))
    begun = [attempt for attempt in tries if attempt.intent > goal.after]
    sent = next((attempt for attempt in reversed(begun) if attempt.happened), None)
    if sent is not None:
        return Turn((), _follow(goal, sent, view, now))
    if view.config_name == goal.config or (view.moves and tries):
        return Turn((), _judge(goal, view, now))
    last = begun[-1].outcome if begun else None
    if last is not None and last.result is Result.REFUSED and last.code not in attempts.BUSY:
        return _person(f"AWS refused: {last.detail}")
    if attempts.enough(begun):
        return _person(f"{goal.endpoint} cannot be updated: {attempts.word(begun)}")
    why = unavailable(goal, view, "")
    if why:
        return _person(why)
    pause = attempts.pause(begun, goal.poll)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"updating again: {attempts.word(begun)}"))
    keeps = view.status != _MIXED  # in a mix of two configurations no count is worth keeping
    act = UpdateEndpoint(
        goal.pipeline,
        goal.pipeline_stage,
        goal.place,
        goal.endpoint,
        goal.config,
        view.config_name,
        keeps,
    )
    return Turn((), Act(act, goal.stage, PURPOSE, goal.why))


def _is_ours(goal: Restore, attempt: Attempt) -> bool:
    made = attempt.instruction
    return isinstance(made, UpdateEndpoint) and (made.place, made.endpoint, made.config) == (
        goal.place,
        goal.endpoint,
        goal.config,
    )


def _follow(goal: Restore, sent: Attempt, view: EndpointView, now: datetime) -> Wait | Done:
    decided = sent.decided_at or sent.at
    if view.config_name != goal.config and not view.moves and now < decided + goal.settle:
        # What is read may be from before the update.
        return Wait(min(now + goal.poll, decided + goal.settle), f"{goal.endpoint} is to begin")
    return _judge(goal, view, now)


def _judge(goal: Restore, view: EndpointView, now: datetime) -> Wait | Done:
    name = goal.endpoint
    if view.moves or (view.status == "InService" and not view.settled):
        return Wait(now + goal.poll, f"{name} is {view.status}")
    if view.config_name != goal.config:
        said = f"{name} went back to {view.config_name} by itself: the update failed"
        return Done(Exit.NEEDS_PERSON, said)
    if not view.in_service:
        return Done(Exit.NEEDS_PERSON, f"{name} is {view.status} with {goal.config}")
    if goal.content is None:
        return Done(Exit.DONE, f"{name} has {goal.config}; nobody could compare what it serves")
    wrong = differences(goal.content, view.content)
    if wrong:
        said = f"{name} has {goal.config}, and yet it is not as it was: {'; '.join(wrong)}"
        return Done(Exit.NEEDS_PERSON, said)
    unseen = hidden(goal.content, view.content)
    rest = f", as far as AWS shows ({'; '.join(unseen)})" if unseen else ""
    return Done(Exit.DONE, f"{name} serves what it served before, by {goal.config}{rest}")


def _person(reason: str) -> Turn:
    return Turn((), Hold("restore", reason, None, Exit.NEEDS_PERSON, leave=True))
