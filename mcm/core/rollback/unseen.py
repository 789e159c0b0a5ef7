"""The way back when AWS does not let mcm look, or not at all of it.

What can be read later is waited for. What is denied stays denied: then mcm goes on with
what it has, or leaves with the exact reason, so that somebody who may look can go back.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from mcm.core.errors import Exit
from mcm.core.history.goal import GoBack
from mcm.core.history.journal import Draft
from mcm.core.history.state import Attempt, Rollback, StageState
from mcm.core.history.turn import Hold, Next, Wait
from mcm.core.pipeline import ENDED_BADLY, SUCCEEDED, RollbackRun, StageHistory, StageView
from mcm.core.query import HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Blindness, Readings, Unknown
from mcm.core.rollback import calling
from mcm.core.target import Target

HOPELESS = frozenset({Blindness.DENIED, Blindness.ABSENT})
"""Answers for which waiting does not help."""
ONE_MORE_LOOK = timedelta(minutes=1)
"""How long a history that cannot be read just now is waited for, while a target is known."""
LONG_LOOK = timedelta(minutes=5)
"""How long somebody who asked for a rollback waits for it in silence, while none is."""


def is_hopeless(readings: Readings, query: Query) -> bool:
    """Say whether `query` has no value, and waiting gives it none."""
    reading = readings.get(query)
    return isinstance(reading, Unknown) and reading.why in HOPELESS


def without_pipeline(goal: GoBack, readings: Readings, now: datetime) -> Next:
    """What to do while the pipeline itself cannot be read: nothing can be sent."""
    query = PipelineQuery(goal.pipeline)
    why = readings.why_unknown(query)
    if readings.blind() or is_hopeless(readings, query):
        hint = f"Somebody who may read it runs `{goal.command}`."
        return Hold("blind", why, None, Exit.BLIND, leave=True, hint=hint)
    return Wait(now + goal.poll, f"the pipeline cannot be read: {why}")


def sight(goal: GoBack, known: StageState, readings: Readings, now: datetime) -> tuple[Draft, ...]:
    """Note that the way back cannot be seen, or is seen again: once each, so that people hear.

    The past is only needed to begin.
    """
    query = PipelineQuery(goal.pipeline)
    why = readings.why_unknown(query)
    if not why and known.rollback is None:
        why = readings.why_unknown(HistoryQuery(goal.pipeline, goal.pipeline_stage))
    if bool(why) is (known.blind_since is not None):
        return ()
    return (Draft("sight", {"stage": goal.stage, "lost": bool(why), "reason": why}, now),)


def without_history(
    goal: GoBack, stage: StageView, known: StageState, readings: Readings, now: datetime
) -> Next | Target | RollbackRun:
    """What to begin with while the stage's past cannot be read.

    The target that is signed or named, which AWS checks by itself; a ROLLBACK in the stage
    to take over; or a wait or a hold.
    """
    if readings.blind():
        return Hold("blind", readings.blind(), None, Exit.BLIND, leave=True)
    query = HistoryQuery(goal.pipeline, goal.pipeline_stage)
    hopeless = is_hopeless(readings, query)
    why = f"the past of {goal.pipeline_stage} cannot be read: {readings.why_unknown(query)}"
    run = in_stage(stage, {goal.found}, now)
    if run is not None:
        is_over = run.status == SUCCEEDED
        if hopeless and (goal.adopt_finished or not is_over):
            return run
        if not (is_over and (goal.further or goal.to)):
            return _no_target(goal, known, why, now, hopeless=hopeless)
    is_late = known.breached_at is None or now - known.breached_at >= ONE_MORE_LOOK
    if (goal.to or goal.signed) and (hopeless or is_late):
        return Target(goal.to or goal.signed, stage.execution)
    return _no_target(goal, known, why, now, hopeless=hopeless)


def in_stage(stage: StageView, seen: Collection[str], now: datetime) -> RollbackRun | None:
    """Return the ROLLBACK in the stage or in front of it, as far as the stage shows it.

    Its target is not known; those in `seen`, and one that ended badly, are left out.
    """
    waiting = next((run for run in stage.inbound_rollbacks if run not in seen), None)
    if waiting is not None:
        return RollbackRun(waiting, stage.name, "", "", now, "")
    if not stage.in_rollback or stage.status in ENDED_BADLY or stage.execution in seen:
        return None
    return RollbackRun(stage.execution, stage.name, "", stage.status, now, "")


def bare_history(stage: StageView, now: datetime) -> StageHistory:
    """Return what the stage alone tells of its past: the ROLLBACKs that it shows."""
    shown = (*((stage.execution,) if stage.in_rollback else ()), *stage.inbound_rollbacks)
    return StageHistory((), tuple(RollbackRun(run, stage.name, "", "", now, "") for run in shown))


def unsettled(
    goal: GoBack, rollback: Rollback, attempt: Attempt, now: datetime
) -> tuple[Draft, ...]:
    """Call a person to a write in doubt about which nothing can be read for long."""
    if now - max(attempt.denials, default=attempt.at) <= calling.LONG:
        return ()
    reason = f"whether {attempt.instruction.op} happened cannot be told from what AWS shows"
    return calling.person(goal, rollback, reason, now)


def _no_target(goal: GoBack, known: StageState, why: str, now: datetime, *, hopeless: bool) -> Next:
    """Wait for the past to be readable, and say what goes without it; a script is let go.

    A breach is not let go: whoever watches the stage waits on.
    """
    way = f"`{goal.command} --to ID` goes without it; AWS checks the target"
    since = known.blind_since
    asked = known.breached_at is None
    if not hopeless and (not asked or since is None or now - since < LONG_LOOK):
        return Wait(now + goal.poll, f"{why}; {way}" if asked else why)
    # No gate of the ladder's: the pipeline may well roll back, to a target that is named.
    return Hold("rollback", why, None, Exit.NEEDS_PERSON, leave=hopeless, hint=f"{way}.")
