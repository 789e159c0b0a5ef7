"""What a person can type next, for those who must act without this process.

Printed where mcm gives up or goes blind, and sent with notifications: the reader may sit
at another machine, with other credentials and without mcm.
"""

from mcm.core import commands
from mcm.core.history.goal import Goal, GoBack, GoForward

SANDBOX_FIRST = 'eval "$(mcm sandbox env)"'
"""Without it the plain lines would speak to AWS, not to the sandbox."""


def rollback_lines(
    goal: Goal, stage: str, *, target: str = "", sandbox: bool = False
) -> tuple[str, ...]:
    """Return the commands that roll `stage` back: mcm's, then the plain `aws` lines.

    `target` is the execution of a rollback that has begun; without it the plan's signed
    target counts, or the one that the person named. Where none is known, the lines only
    close the way in. A stage that the goal does not know gets mcm's line alone.
    """
    if isinstance(goal, GoForward):
        planned = goal.plan.stage(stage)
        pipeline = goal.plan.pipeline
        pipeline_stage = planned.pipeline_stage if planned else ""
        target = target or (planned.rollback_target if planned else "")
        sandbox = sandbox or goal.plan.realm.startswith("sandbox:")
    else:
        pipeline = goal.pipeline
        pipeline_stage = goal.pipeline_stage if goal.stage == stage else ""
        target = target or ((goal.to or goal.signed) if isinstance(goal, GoBack) else "")
    first = commands.rollback(stage)
    if isinstance(goal, GoBack) and goal.stage == stage:
        first = goal.command
    if not pipeline_stage:
        return (first,)
    plain = commands.aws_rollback(pipeline, pipeline_stage, target)
    return (first, SANDBOX_FIRST, *plain) if sandbox else (first, *plain)
