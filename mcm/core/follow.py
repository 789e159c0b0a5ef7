"""Following a ROLLBACK execution to its end, and letting it in where it is shut out."""

from datetime import datetime, timedelta

from mcm.core import attempts, verify_content
from mcm.core.errors import Exit
from mcm.core.goal import GoBack
from mcm.core.instruction import AnswerApproval, Instruction, OpenTransition, RollBackStage
from mcm.core.pipeline import ENDED_BADLY, SUCCEEDED, ExecutionView, StageView
from mcm.core.query import ExecutionQuery
from mcm.core.reading import Readings
from mcm.core.state import Attempt, Rollback
from mcm.core.turn import Act, Done, Hold, Turn, Wait

PURPOSE = "roll_back"


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
    if status == SUCCEEDED:
        return verify_content.finish(goal, rollback, readings, now)
    if status in ENDED_BADLY:
        reason = f"the rollback execution {rollback.execution} ended as {status}"
        return Turn(
            (verify_content.ended(goal, "failed", "unverified", reason, now),),
            Done(Exit.NEEDS_PERSON, reason),
        )
    return _let_in(goal, rollback, stage, tries, now) or Turn(
        (), Wait(now + goal.poll, f"rollback {rollback.execution} is {status or 'on its way'}")
    )


def _let_in(
    goal: GoBack, rollback: Rollback, stage: StageView, tries: tuple[Attempt, ...], now: datetime
) -> Turn | None:
    """Open what keeps the ROLLBACK out: an approval in the stage, or its own transition."""
    if stage.execution == rollback.execution:
        return _answer(goal, rollback, stage, attempts.of_kind(tries, AnswerApproval), now)
    shut_out = rollback.execution in stage.inbound and not stage.transition_enabled
    if not shut_out:
        return None
    opened = attempts.of_kind(tries, OpenTransition)
    latest = _latest((*attempts.of_kind(tries, RollBackStage), *opened)) or rollback.at
    if now < latest + _moments(goal):
        return None
    beside = ", ".join(one for one in stage.inbound if one != rollback.execution)
    if beside:
        reason = f"the rollback {rollback.execution} waits in front of {stage.name} with {beside}"
        hint = f"Stop {beside}: opening the transition could let it in instead."
        return Turn((), Hold("transition", reason, None, Exit.NEEDS_PERSON, hint=hint))
    if attempts.enough(opened):
        reason = (
            f"the rollback {rollback.execution} waits at the closed transition into "
            f"{stage.name}: {attempts.word(opened)}"
        )
        hint = f"Enable the inbound transition of {stage.name}; mcm goes on by itself."
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
    if attempts.enough(answers):
        note = f"the rollback waits at {stage.name}/{waiting.name}: someone must approve it there"
        return Turn((), Hold("approval", note, None, Exit.NEEDS_PERSON))
    latest = _latest(answers)
    if latest is not None and now < latest + _moments(goal):
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


def _latest(tries: tuple[Attempt, ...]) -> datetime | None:
    return max((a.decided_at for a in tries if a.decided_at), default=None)


def _moments(goal: GoBack) -> timedelta:
    """How long an execution may take to enter before it counts as shut out.

    AWS speaks of "moments" and does not say whether a ROLLBACK passes a disabled
    transition, so both answers are handled.
    """
    return max(timedelta(seconds=5), min(3 * goal.poll, timedelta(seconds=30)))


def act(goal: GoBack, instruction: Instruction, why: str) -> Turn:
    """Return a turn that carries out one step of the way back."""
    return Turn((), Act(instruction, goal.stage, PURPOSE, why))
