"""Stopping what runs in the stage, so that it can be rolled back (AWS-RULES 8, 10).

AWS rolls back no stage while something runs in it. What cannot be stopped ends by itself
one day: a person is called, and mcm stays to roll back in that moment.
"""

from dataclasses import replace
from datetime import datetime

from mcm.core.checks.sagemaker_endpoint import MOVING
from mcm.core.duration import spell
from mcm.core.endpoint import EndpointView
from mcm.core.history import attempts
from mcm.core.history.goal import GoBack
from mcm.core.history.instruction import StopExecution
from mcm.core.history.journal import Draft
from mcm.core.history.state import Attempt, Rollback
from mcm.core.history.turn import ABANDON, Turn, Wait
from mcm.core.pipeline import StageView
from mcm.core.query import EndpointQuery
from mcm.core.reading import Readings
from mcm.core.rollback import calling, follow
from mcm.core.rollback.verify_content import SETTLING

AS_SOON = "mcm rolls back as soon as it has ended"


def stop(
    goal: GoBack, rollback: Rollback, stage: StageView, tries: tuple[Attempt, ...], now: datetime
) -> Turn | None:
    """Stop what runs in the stage; wait for it, abandon by policy, else call and wait on."""
    if not stage.running:
        return None
    stops = [
        attempt
        for attempt in attempts.of_kind(tries, StopExecution)
        if _of(attempt) == stage.execution
    ]
    gentle = next((attempt for attempt in stops if attempt.happened), None)
    if gentle is None:
        why = f"{stage.execution} still runs in the stage"
        return _send(goal, rollback, stage, stops, now, why, abandon=False)
    patience = gentle.at + goal.stop_wait
    if now < patience:
        then = "is abandoned" if goal.abandon else "may be abandoned by a person"
        why = f"{stage.execution} is stopping; it {then} at {patience:%H:%M:%SZ} unless it ends"
        return Turn((), Wait(min(patience, now + goal.poll), why))
    hard = [attempt for attempt in stops if _abandons(attempt)]
    if any(attempt.happened for attempt in hard):
        return _abandoned(goal, rollback, stage, hard, now)
    slow = f"{stage.execution} did not stop in {spell(goal.stop_wait)}"
    if goal.abandon:
        return _send(goal, rollback, stage, hard, now, slow, abandon=True)
    command = f"{goal.command} --abandon"
    reason = f"{slow}, its action still runs; {AS_SOON}, or after `{command}`"
    waits = _stay(goal, rollback, reason, now)
    return replace(waits, offers=(ABANDON,))


def let_settle(
    goal: GoBack, tries: tuple[Attempt, ...], readings: Readings, now: datetime
) -> Turn | None:
    """After an abandon the provider works on: wait until it would take orders (AWS-RULES 41).

    What cannot be read, or takes too long, keeps nobody from going back.
    """
    abandoned = [attempt for attempt in tries if _abandons(attempt) and attempt.happened]
    moving, _ = _at_work(goal, readings)
    if not abandoned or not moving or now - abandoned[-1].at > SETTLING:
        return None
    return Turn((), Wait(now + goal.poll, f"{moving}: the abandoned deployment works on"))


def not_settled(
    goal: GoBack,
    rollback: Rollback,
    tries: tuple[Attempt, ...],
    readings: Readings,
    now: datetime,
) -> tuple[Draft, ...]:
    """Note that nobody knows whether what was abandoned has ended (once, AWS-RULES 41)."""
    abandoned = [attempt for attempt in tries if _abandons(attempt) and attempt.happened]
    moving, unseen = _at_work(goal, readings)
    if not abandoned or not (moving or unseen):
        return ()
    run = _of(abandoned[-1])
    text = f"the abandoned deployment of {run} may still work on: {moving or unseen}"
    if text in rollback.notes:
        return ()
    return (Draft("rollback_note", {"stage": goal.stage, "text": text}, now),)


def _at_work(goal: GoBack, readings: Readings) -> tuple[str, str]:
    """Say which endpoint still changes, and what of them cannot be seen; both may be empty."""
    moving = ""
    unseen = "" if goal.endpoints else "no endpoint is configured to look at"
    for place, name in goal.endpoints:
        view = readings.known(EndpointQuery(place, name), EndpointView)
        if view is None:
            unseen = unseen or f"{name} cannot be read"
        elif view.status in MOVING:
            moving = moving or f"{name} is still {view.status}"
    return moving, unseen


def _send(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    sent: list[Attempt],
    now: datetime,
    why: str,
    *,
    abandon: bool,
) -> Turn:
    if attempts.enough(sent):
        reason = f"{stage.execution} runs and cannot be stopped: {attempts.word(sent)}; {AS_SOON}"
        return _stay(goal, rollback, reason, now)
    pause = attempts.pause(sent, goal.poll)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"stopping again: {attempts.word(sent)}"))
    reason = f"mcm rolls back {goal.stage}: {goal.why}"
    stop_it = StopExecution(goal.pipeline, goal.pipeline_stage, stage.execution, abandon, reason)
    return follow.act(goal, stop_it, why)


def _abandoned(
    goal: GoBack, rollback: Rollback, stage: StageView, hard: list[Attempt], now: datetime
) -> Turn:
    if now - hard[-1].at > goal.stop_wait:
        reason = f"{stage.execution} was abandoned and runs all the same; {AS_SOON}"
        return _stay(goal, rollback, reason, now)
    return Turn((), Wait(now + goal.poll, f"{stage.execution} is being abandoned"))


def _stay(goal: GoBack, rollback: Rollback, reason: str, now: datetime) -> Turn:
    return Turn(calling.person(goal, rollback, reason, now), Wait(now + goal.poll, reason))


def _of(attempt: Attempt) -> str:
    return attempt.instruction.execution if isinstance(attempt.instruction, StopExecution) else ""


def _abandons(attempt: Attempt) -> bool:
    return isinstance(attempt.instruction, StopExecution) and attempt.instruction.abandon
