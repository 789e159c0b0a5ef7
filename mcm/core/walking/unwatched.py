"""A bake that nobody watched for a while begins again (docs/adr/0014 and 0016).

Who looks turn after turn remembers when it looked last; who looks once and leaves puts it
into the journal. Either way a gap is judged here.
"""

from datetime import datetime, timedelta

from mcm.core import canonical
from mcm.core.history.goal import Goal, GoForward
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState, State

LEAST = timedelta(minutes=5)
"""A gap that is always allowed: cron looks once a minute, and a machine may be slow."""
OFTEN = timedelta(minutes=1)
"""Looks closer together than this are noted once."""


def longest_gap(poll: timedelta) -> timedelta:
    """Return how long a bake may go unwatched: three polls, five minutes at least."""
    return max(3 * poll, LEAST)


def baking(goal: Goal, state: State) -> dict[str, StageState]:
    """Return the stages of `goal` that bake, with what is known of them."""
    if not isinstance(goal, GoForward):
        return {}
    found = {name: state.stage(name) for name in goal.stages}
    return {
        name: known
        for name, known in found.items()
        if known.baking_since is not None and not known.outcome and known.rollback is None
    }


def judge_gap(
    goal: Goal, state: State, looked_at: datetime | None, now: datetime, poll: timedelta
) -> tuple[Draft, ...]:
    """Return what begins bakes anew that nobody has watched for too long.

    `looked_at` is when whoever asks looked last; None when only the journal can tell.
    """
    drafts = []
    for name, known in baking(goal, state).items():
        seen = [at for at in (looked_at, known.baking_since, known.watched_at) if at is not None]
        since = max(seen)
        if now - since > longest_gap(poll):
            body = {"stage": name, "since": canonical.instant(since)}
            drafts.append(Draft("unwatched", body, now))
    return tuple(drafts)


def is_sighted(goal: Goal, state: State) -> bool:
    """Say whether the latest look at what bakes saw anything."""
    return all(known.blind_since is None for known in baking(goal, state).values())


def note_look(goal: Goal, state: State, now: datetime) -> tuple[Draft, ...]:
    """Return what tells the next process that somebody looked at what bakes, and saw."""
    return tuple(
        Draft("watched", {"stage": name}, now)
        for name, known in baking(goal, state).items()
        if known.blind_since is None and now - _last(known, now) >= OFTEN
    )


def _last(known: StageState, now: datetime) -> datetime:
    return max(known.baking_since or now, known.watched_at or known.baking_since or now)
