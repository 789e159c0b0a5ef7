"""Following a ROLLBACK execution to its end, and letting it in where it is shut out."""

from datetime import datetime, timedelta

from mcm.core import commands
from mcm.core.duration import spell
from mcm.core.errors import Exit
from mcm.core.history import attempts
from mcm.core.history.goal import GoBack
from mcm.core.history.instruction import AnswerApproval, Instruction, OpenTransition, RollBackStage
from mcm.core.history.journal import Draft
from mcm.core.history.state import Attempt, Rollback
from mcm.core.history.turn import Act, Done, Hold, Turn, Wait
from mcm.core.pipeline import (
    ENDED_BADLY,
    RUNNING,
    SUCCEEDED,
    ExecutionView,
    StageHistory,
    StageView,
)
from mcm.core.query import ExecutionQuery, HistoryQuery
from mcm.core.reading import Readings
from mcm.core.rollback import calling, verify_content

PURPOSE = "roll_back"
LONGEST_PAUSE = attempts.ASK_AGAIN
"""Between two tries of an answer that AWS denies: by then somebody else may be asking."""


def follow(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    tries: tuple[Attempt, ...],
    readings: Readings,
    now: datetime,
) -> Turn | None:
    """Follow the ROLLBACK execution to its end, answer its approvals, verify."""
    if not rollback.execution:
        return None
    run = readings.known(ExecutionQuery(goal.pipeline, rollback.execution), ExecutionView)
    in_stage = stage.execution == rollback.execution
    status = stage.status if in_stage else (run.status if run else "")
    if status == SUCCEEDED and in_stage:
        return verify_content.finish(goal, rollback, stage, tries, readings, now)
    if status == SUCCEEDED and _is_of_stage(goal, rollback, tries, readings):
        return _over(goal, rollback, stage, tries, readings, now)
    if status in ENDED_BADLY:
        reason = f"the rollback execution {rollback.execution} ended as {status}"
        return Turn(
            (verify_content.ended(goal, "failed", "unverified", reason, now),),
            Done(Exit.NEEDS_PERSON, reason),
        )
    return _let_in(goal, rollback, stage, tries, readings, now) or Turn(
        _worry(goal, rollback, tries, status, now),
        Wait(now + goal.poll, f"rollback {rollback.execution} is {status or 'on its way'}"),
    )


def _over(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    tries: tuple[Attempt, ...],
    readings: Readings,
    now: datetime,
) -> Turn:
    """End a ROLLBACK that succeeded while the stage shows another execution, or look again."""
    history = readings.known(HistoryQuery(goal.pipeline, goal.pipeline_stage), StageHistory)
    latest = history.latest if history else ""
    if latest == rollback.execution:
        why = f"a late read of {stage.name}: looking again"
        return Turn(_worry(goal, rollback, tries, SUCCEEDED, now), Wait(now + goal.poll, why))
    since = stage.execution if latest == stage.execution else ""
    return verify_content.finish(goal, rollback, stage, tries, readings, now, since=since)


def _is_of_stage(
    goal: GoBack, rollback: Rollback, tries: tuple[Attempt, ...], readings: Readings
) -> bool:
    """Say whether it is proven that the ROLLBACK went back in this stage, not in another."""
    if any(attempt.execution == rollback.execution for attempt in tries):
        return True
    query = HistoryQuery(goal.pipeline, goal.pipeline_stage)
    history = readings.known(query, StageHistory)
    return history is not None and any(
        (run.id, run.stage) == (rollback.execution, goal.pipeline_stage)
        for run in history.rollbacks
    )


def _worry(
    goal: GoBack, rollback: Rollback, tries: tuple[Attempt, ...], status: str, now: datetime
) -> tuple[Draft, ...]:
    """Call a person to a ROLLBACK that takes long or that nobody here understands."""
    run = f"the rollback execution {rollback.execution}"
    if status and status not in RUNNING | {SUCCEEDED}:
        reason = f"{run} is {status}, a status that mcm does not know"
        return calling.person(goal, rollback, reason, now)
    since = attempts.latest(attempts.of_kind(tries, RollBackStage), rollback.at)
    if now - since <= calling.LONG:
        return ()
    reason = f"{run} is not known to have ended in {spell(calling.LONG)}"
    return calling.person(goal, rollback, reason, now)


def _let_in(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    tries: tuple[Attempt, ...],
    readings: Readings,
    now: datetime,
) -> Turn | None:
    """Open what keeps the ROLLBACK out: an approval in the stage, or its own transition.

    A late read shows it outside after it has entered; once its actions are listed it is in.
    """
    if stage.execution == rollback.execution:
        answers = attempts.of_kind(tries, AnswerApproval)
        return _answer(goal, rollback, stage, answers, now)
    shut_out = rollback.execution in stage.inbound and not stage.transition_enabled
    history = readings.known(HistoryQuery(goal.pipeline, goal.pipeline_stage), StageHistory)
    if not shut_out or (history is not None and history.latest == rollback.execution):
        return None
    opened = attempts.of_kind(tries, OpenTransition)
    sent = (*attempts.of_kind(tries, RollBackStage), *opened)
    if now < attempts.latest(sent, rollback.at) + _moments(goal):
        return None
    beside = ", ".join(one for one in stage.inbound if one != rollback.execution)
    if beside:
        reason = f"the rollback {rollback.execution} waits in front of {stage.name} with {beside}"
        hint = f"Stop {beside}: opening the transition could let it in instead."
        return Turn((), Hold("transition", reason, None, Exit.NEEDS_PERSON, hint=hint))
    if attempts.rests(opened, now):
        reason = (
            f"the rollback {rollback.execution} waits at the closed transition into "
            f"{stage.name}: {attempts.word(opened)}"
        )
        hint = f"Enable the inbound transition of {stage.name}; mcm tries again, too, and goes on."
        return Turn((), Hold("transition", reason, None, Exit.NEEDS_PERSON, hint=hint))
    let = OpenTransition(goal.pipeline, goal.pipeline_stage, rollback.execution, 0)
    return act(goal, let, "the rollback execution waits at the closed transition")


def _answer(
    goal: GoBack,
    rollback: Rollback,
    stage: StageView,
    answers: tuple[Attempt, ...],
    now: datetime,
) -> Turn | None:
    waiting = next((a for a in stage.actions if a.approval and a.awaiting), None)
    if waiting is None:
        return None
    if attempts.enough(answers) or _denied_just_now(goal, answers, now):
        return _ask_for_answer(goal, rollback, stage, waiting.name, now)
    if answers and now < attempts.latest(answers, now) + _moments(goal):
        return None
    answer = AnswerApproval(
        goal.pipeline,
        goal.pipeline_stage,
        waiting.name,
        rollback.execution,
        0,
        f"mcm rollback of {goal.stage} to {rollback.target}",
    )
    return act(goal, answer, "the rollback waits at an approval in its own stage")


def _denied_just_now(goal: GoBack, answers: tuple[Attempt, ...], now: datetime) -> bool:
    """Say whether AWS denied us the answer of late; after a while somebody else may try."""
    denied = [a for a in answers if a.outcome and a.outcome.code.startswith(attempts.DENIED)]
    pause = min(_moments(goal) * 2 ** min(len(denied), 4), LONGEST_PAUSE)
    return bool(denied) and denied[-1] is answers[-1] and now < attempts.latest(denied, now) + pause


def _ask_for_answer(
    goal: GoBack, rollback: Rollback, stage: StageView, action: str, now: datetime
) -> Turn:
    """Call a person to the approval that keeps the rollback from going on (once)."""
    reason = f"the rollback waits at {stage.name}/{action}: someone must approve it there"
    line = commands.aws_answer(goal.pipeline, stage.name, action)
    hint = f"Whoever may answer there runs `{line}`; then `{goal.command}` goes on."
    told = calling.person(goal, rollback, reason, now)
    return Turn(told, Hold("approval", reason, None, Exit.NEEDS_PERSON, hint=hint))


def _moments(goal: GoBack) -> timedelta:
    """How long an execution may take to enter before it counts as shut out.

    AWS speaks of "moments" and does not say whether a ROLLBACK passes a disabled
    transition, so both answers are handled.
    """
    return max(timedelta(seconds=5), min(3 * goal.poll, timedelta(seconds=30)))


def act(goal: GoBack, instruction: Instruction, why: str) -> Turn:
    """Return a turn that carries out one step of the way back."""
    return Turn((), Act(instruction, goal.stage, PURPOSE, why))
