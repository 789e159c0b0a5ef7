"""What the journal already says of a stage: what was sent, and what of it counts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mcm.core.history.instruction import Result
from mcm.core.history.state import Attempt, State
from mcm.core.plans.plan import Plan, StagePlan

PROMOTE = "promote"
CLOSE = "close_behind"
REOPEN = "reopen"
ATTEMPTS = 3
"""Instructions of one kind that may be sent before a person is asked (AWS-RULES 5)."""
DENIED = ("AccessDenied", "NotAuthorized")
"""How the codes begin by which AWS says that a right is missing."""
ASK_AGAIN = timedelta(minutes=2)
"""After this somebody may have been given the right, or AWS may answer again."""
ASKS = 40
"""Instructions of one kind that may be tried at all, those that AWS turned away included:
a quarter of an hour at the poll of a real pipeline. Counted, because time in which the
process was dead is no time in which anybody was asked."""
BUSY = frozenset(
    {"ConflictException", "ThrottlingException", "Throttling", "TooManyRequestsException"}
)
"""Codes with which AWS turns a request away without looking at it."""


def promoted(stage: StagePlan, state: State) -> Attempt | None:
    """Return the promotion that happened, if one did."""
    return next((a for a in state.tries(stage.name, PROMOTE) if a.happened), None)


def spent(state: State, stage: StagePlan, purpose: str) -> bool:
    """Say whether AWS has been told this often enough."""
    return enough(state.tries(stage.name, purpose))


def rests(tries: Sequence[Attempt], now: datetime) -> bool:
    """Say whether opening or closing a way in for a rollback is not to be tried, now or any more.

    To send it twice does no harm, and what kept it from happening may have passed: a missing
    right is given, a reply comes through. So it is asked again later, `ASKS` times in all.
    """
    if not enough(tries):
        return False
    return len(tries) >= ASKS or now < (tries[-1].decided_at or now) + ASK_AGAIN


def resume_at(plan: Plan, stage: StagePlan, state: State, purpose: str) -> datetime | None:
    """Return until when to pause after an attempt that did not happen; None for no pause."""
    return pause(state.tries(stage.name, purpose), plan.poll)


def pause(tries: Sequence[Attempt], longest: timedelta) -> datetime | None:
    """Return until when to pause after the latest of `tries`, if that did not happen."""
    last = tries[-1] if tries else None
    if last is None or last.happened or last.decided_at is None:
        return None
    return last.decided_at + min(longest, timedelta(milliseconds=500 * 2 ** min(len(tries), 10)))


def last_word(state: State, stage: StagePlan, purpose: str) -> str:
    """Return what was said of the latest attempt."""
    return word(state.tries(stage.name, purpose))


def counts(attempt: Attempt) -> bool:
    """An attempt counts unless AWS surely did nothing: not sent, or turned away as busy."""
    if attempt.outcome is None:
        return True
    return attempt.outcome.result is not Result.NOT_SENT and attempt.outcome.code not in BUSY


def of_kind(tries: tuple[Attempt, ...], kind: type[object]) -> tuple[Attempt, ...]:
    """Return the attempts that sent one kind of instruction."""
    return tuple(attempt for attempt in tries if isinstance(attempt.instruction, kind))


def latest(tries: Sequence[Attempt], otherwise: datetime) -> datetime:
    """Return when the latest of `tries` was known to have happened or not, else `otherwise`."""
    return max((attempt.decided_at for attempt in tries if attempt.decided_at), default=otherwise)


def enough(tries: Sequence[Attempt]) -> bool:
    """Say whether attempts of one kind have been made often enough."""
    return len(tries) >= ASKS or sum(1 for attempt in tries if counts(attempt)) >= ATTEMPTS


def word(tries: Sequence[Attempt]) -> str:
    """Return what was said of the latest of `tries`."""
    outcome = tries[-1].outcome if tries else None
    return outcome.detail if outcome else "no reply"
