"""Commands for people to copy: mcm's, and what does the same with plain `aws`.

Each is one line for a POSIX shell with every word quoted that needs it, because names
come from others. The plain ones are for someone who has no mcm at hand: close the way
in first, then roll back (docs/design.md, Where rollback goes).
"""

import shlex

from mcm.core.query import PipelineId
from mcm.core.sanitize import transition_reason


def rollback(stage: str) -> str:
    """Return the mcm command that rolls `stage` back, from any directory."""
    return shlex.join(["mcm", "rollback", "--stage", stage])


def approve(change: str, stage: str) -> str:
    """Return the command with which a second person signs one stage of a change."""
    return shlex.join(["mcm", "approve", change, "--stage", stage])


def deploy(change: str, stage: str) -> str:
    """Return the command that goes on with a walk."""
    return shlex.join(["mcm", "deploy", change, "--stage", stage])


def about(verb: str, change: str) -> str:
    """Return a command that only looks: `mcm log CM-0001`."""
    return shlex.join(["mcm", verb, change])


def release_again(change: str) -> str:
    """Return the way on for an execution that can never be promoted, as one sentence."""
    return f"Release the change again, then run `{about('plan', change)}`."


def aws_rollback(pipeline: PipelineId, pipeline_stage: str, target: str) -> tuple[str, ...]:
    """Return the plain `aws` lines that do what `mcm rollback` does, in order.

    Without a `target` only the line that closes the way in: where to go back to must not
    be guessed. The account is whoever's credentials the shell holds.
    """
    place = ["--region", pipeline.place.region]
    where = ["--pipeline-name", pipeline.name, "--stage-name", pipeline_stage]
    reason = transition_reason(f"rolling back {pipeline_stage}")
    close = ["disable-stage-transition", *where, "--transition-type", "Inbound"]
    lines = [["aws", "codepipeline", *close, "--reason", reason, *place]]
    if target:
        back = ["rollback-stage", *where, "--target-pipeline-execution-id", target]
        lines.append(["aws", "codepipeline", *back, *place])
    return tuple(shlex.join(line) for line in lines)
