"""What the journal already says of a stage's promotion; shared by the steps forward."""

from datetime import datetime, timedelta

from mcm.core.checks import Watch
from mcm.core.instruction import Result
from mcm.core.plan import Plan, StagePlan
from mcm.core.query import MetricQuery
from mcm.core.state import Attempt, StageState, State

PROMOTE = "promote"
CLOSE = "close_behind"
ATTEMPTS = 3
"""Instructions of one purpose that may be sent before a person is asked."""


def promoted(stage: StagePlan, state: State) -> Attempt | None:
    """Return the promotion that happened, if one did."""
    return next((a for a in state.tries(stage.name, PROMOTE) if a.happened), None)


def watch(stage: StagePlan, state: State, samples: int | None, *, deployed: bool) -> Watch:
    """Return what the judges of this stage may know."""
    known = state.stage(stage.name)
    sent = promoted(stage, state)
    since = sent.at if sent is not None else known.entered_at
    baseline = {content.endpoint: content for content in known.baseline}
    return Watch(stage, since, deployed, baseline, samples)


def traffic(plan: Plan, stage: StagePlan, known: StageState, now: datetime) -> MetricQuery | None:
    """Ask for the requests of the bake so far; none before it or without a traffic metric."""
    if stage.traffic is None or known.baking_since is None:
        return None
    return MetricQuery(stage.place, stage.traffic, known.baking_since, now - plan.settle)


def spent(state: State, stage: StagePlan, purpose: str) -> bool:
    """Say whether AWS has been told this often enough."""
    sent = [a for a in state.tries(stage.name, purpose) if _counts(a)]
    return len(sent) >= ATTEMPTS


def resume_at(plan: Plan, stage: StagePlan, state: State, purpose: str) -> datetime | None:
    """Return until when to pause after an attempt that did not happen; None for no pause."""
    tries = state.tries(stage.name, purpose)
    last = tries[-1] if tries else None
    if last is None or last.happened or last.decided_at is None:
        return None
    return last.decided_at + min(plan.poll, timedelta(milliseconds=500 * 2 ** min(len(tries), 10)))


def last_word(state: State, stage: StagePlan, purpose: str) -> str:
    """Return what was said of the latest attempt."""
    tries = state.tries(stage.name, purpose)
    outcome = tries[-1].outcome if tries else None
    return outcome.detail if outcome else "no reply"


def _counts(attempt: Attempt) -> bool:
    return attempt.outcome is None or attempt.outcome.result is not Result.NOT_SENT
