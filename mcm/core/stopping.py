"""Making room for a rollback: stop what runs in the stage, and let its provider come to rest."""

from datetime import datetime, timedelta

from mcm.core import attempts
from mcm.core.checks.sagemaker_endpoint import MOVING
from mcm.core.endpoint import EndpointView
from mcm.core.errors import Exit
from mcm.core.follow import act
from mcm.core.goal import GoBack
from mcm.core.instruction import StopExecution
from mcm.core.pipeline import StageView
from mcm.core.query import EndpointQuery
from mcm.core.reading import Readings
from mcm.core.state import Attempt
from mcm.core.turn import Hold, Turn, Wait

SETTLING = timedelta(minutes=30)
"""How long an abandoned deployment may keep its provider busy."""


def stop(goal: GoBack, stage: StageView, tries: tuple[Attempt, ...], now: datetime) -> Turn | None:
    """Stop what runs in the stage; wait for it, then abandon by policy or ask."""
    if not stage.running:
        return None
    stops = [
        a
        for a in tries
        if isinstance(a.instruction, StopExecution) and a.instruction.execution == stage.execution
    ]
    gentle = next((a for a in stops if a.happened), None)
    if gentle is None:
        why = f"{stage.execution} still runs in the stage"
        return _send_stop(goal, stage, stops, now, why, abandon=False)
    patience = gentle.at + goal.stop_wait
    if now < patience:
        return Turn((), Wait(min(patience, now + goal.poll), f"{stage.execution} is stopping"))
    hard = [a for a in stops if _abandons(a)]
    if any(a.happened for a in hard):
        return Turn((), Wait(now + goal.poll, f"{stage.execution} is being abandoned"))
    if goal.abandon:
        why = f"it did not stop in {goal.stop_wait}"
        return _send_stop(goal, stage, hard, now, why, abandon=True)
    reason = f"{stage.execution} did not stop in {goal.stop_wait}; its action still runs"
    hint = "Run mcm rollback again with --abandon: the provider may go on working by itself."
    return Turn((), Hold("stop", reason, None, Exit.NEEDS_PERSON, hint=hint))


def _send_stop(
    goal: GoBack,
    stage: StageView,
    sent: list[Attempt],
    now: datetime,
    why: str,
    *,
    abandon: bool,
) -> Turn:
    if attempts.enough(sent):
        reason = f"{stage.execution} runs and cannot be stopped: {attempts.word(sent)}"
        return Turn((), Hold("stop", reason, None, Exit.NEEDS_PERSON))
    pause = attempts.pause(sent, goal.poll)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"stopping again: {attempts.word(sent)}"))
    return act(goal, _stopping(goal, stage, abandon=abandon), why)


def _stopping(goal: GoBack, stage: StageView, *, abandon: bool) -> StopExecution:
    reason = f"mcm rolls back {goal.stage}: {goal.why}"
    return StopExecution(goal.pipeline, goal.pipeline_stage, stage.execution, abandon, reason)


def let_settle(
    goal: GoBack, tries: tuple[Attempt, ...], readings: Readings, now: datetime
) -> Turn | None:
    """After an abandon the provider works on: wait until it would take orders (AWS-RULES 41).

    What cannot be read, or takes too long, keeps nobody from going back.
    """
    abandoned = [attempt for attempt in tries if _abandons(attempt) and attempt.happened]
    if not abandoned or now - abandoned[-1].at > SETTLING:
        return None
    for place, name in goal.endpoints:
        view = readings.known(EndpointQuery(place, name), EndpointView)
        if view is not None and view.status in MOVING:
            why = f"{name} is still {view.status}: the abandoned deployment works on"
            return Turn((), Wait(now + goal.poll, why))
    return None


def _abandons(attempt: Attempt) -> bool:
    return isinstance(attempt.instruction, StopExecution) and attempt.instruction.abandon
