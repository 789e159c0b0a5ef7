"""Reopening: enabling, by hand, a transition that mcm closed in a rollback.

It lets nobody in: while an execution waits at the transition, opening it would be a
promotion, which has a guard and gates of its own. What others closed stays theirs.
"""

from datetime import datetime

from mcm.core import commands
from mcm.core.errors import Exit
from mcm.core.history import attempts, settle
from mcm.core.history.goal import Reopen
from mcm.core.history.instruction import OpenTransition
from mcm.core.history.state import State
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.pipeline import PipelineView, StageView
from mcm.core.query import PipelineQuery, Query
from mcm.core.reading import Readings

OURS = "mcm "
"""How the reason of every transition begins that mcm closes."""


def closed_by_mcm(stage: StageView) -> bool:
    """Say whether the way into `stage` is closed, and by mcm."""
    return not stage.transition_enabled and stage.transition_reason.startswith(OURS)


def queries(goal: Reopen, state: State) -> frozenset[Query]:
    """Return what the next decision needs to see."""
    del state
    return frozenset({PipelineQuery(goal.pipeline)})


def decide(goal: Reopen, state: State, readings: Readings, now: datetime) -> Turn:
    """Open the way in, or say why it stays as it is."""
    query = PipelineQuery(goal.pipeline)
    view = readings.known(query, PipelineView)
    if view is None:
        why = f"the pipeline cannot be read: {readings.why_unknown(query)}"
        return Turn((), Hold("pipeline", why, None, Exit.BLIND, leave=bool(readings.blind())))
    stage = view.stage(goal.pipeline_stage)
    if stage is None:
        return Turn((), Done(Exit.USAGE, f"the pipeline has no stage {goal.pipeline_stage}"))
    tries = state.tries(goal.stage, attempts.REOPEN)
    doubtful = next((attempt for attempt in tries if attempt.in_doubt), None)
    if doubtful is not None:
        entries = settle.settle(doubtful, None, readings, now, goal.settle)
        look = settle.next_look(now, goal.settle, goal.poll)
        return Turn(entries, Wait(look, "whether the way in was opened"))
    if stage.transition_enabled:
        holds = f"; {stage.execution} is in the stage ({stage.status})" if stage.execution else ""
        return Turn((), Done(Exit.DONE, f"the way into {stage.name} is open{holds}"))
    closed = _stays_closed(goal, stage)
    if closed is not None:
        reason, hint = closed
        return Turn((), Hold("transition", reason, None, leave=True, hint=hint))
    begun = [attempt for attempt in tries if attempt.intent > goal.after]
    if attempts.enough(begun):
        reason = f"the way in cannot be opened: {attempts.word(begun)}"
        return Turn((), Hold("aws", reason, None, Exit.NEEDS_PERSON, leave=True))
    pause = attempts.pause(begun, goal.poll)
    if pause is not None and now < pause:
        return Turn((), Wait(pause, f"opening again: {attempts.word(begun)}"))
    act = OpenTransition(goal.pipeline, goal.pipeline_stage, "", view.version)
    return Turn((), Act(act, goal.stage, attempts.REOPEN, goal.why))


def _stays_closed(goal: Reopen, stage: StageView) -> tuple[str, str] | None:
    """Return why the way in stays closed, and what helps; None if it may be opened."""
    deploy = f"`{commands.deploy('CHANGE', goal.stage)}`"
    changes = "`mcm list` has the changes"
    if stage.inbound:
        waiting = ", ".join(stage.inbound)
        why = f"{waiting} waits in front of {stage.name}: to let it in is a promotion"
        return why, f"Next: {deploy} promotes it, behind its gates; {changes}."
    if goal.promotes:
        why = f"the way into {stage.name} is opened for what is promoted, and only then"
        return why, f"Next: {deploy} opens it and closes it behind; {changes}."
    if not closed_by_mcm(stage):
        why = f"the way into {stage.name} was closed by others: {stage.transition_reason or '?'}"
        plain = commands.aws_reopen(goal.pipeline, stage.name)
        return why, f"Ask who closed it; with their word, `{plain}` opens it."
    if stage.in_rollback and stage.running:
        why = f"a rollback of {stage.name} is {stage.status}"
        return why, f"Next: `{commands.rollback(goal.stage)}` follows it to its end."
    return None
