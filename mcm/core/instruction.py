"""What the walk may tell AWS to do: six writes, as data.

Each carries what must still be true right before it is sent (`version`, the execution
that waits or runs). `perform` re-reads exactly that and sends nothing when it no longer
holds. `op` names the instruction in the journal.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mcm.core.outcome import Outcome, Result
from mcm.core.query import PipelineId

__all__ = [
    "AnswerApproval",
    "CloseTransition",
    "Instruction",
    "OpenTransition",
    "Outcome",
    "Result",
    "RetryStage",
    "RollBackStage",
    "StopExecution",
]


@dataclass(frozen=True)
class OpenTransition:
    """Enable the transition into `stage`, for `execution` only (AWS-RULES 12)."""

    op: ClassVar[str] = "open_transition"
    pipeline: PipelineId
    stage: str
    execution: str
    """Must be the one waiting inbound; empty: nobody may be waiting."""
    version: int
    not_after: datetime | None = None
    """Latest time to send it: a promotion rests on gates that were read just before."""


@dataclass(frozen=True)
class CloseTransition:
    """Disable the transition into `stage`; needs nothing to hold: it can only close."""

    op: ClassVar[str] = "close_transition"
    pipeline: PipelineId
    stage: str
    reason: str


@dataclass(frozen=True)
class AnswerApproval:
    """Approve an open manual approval for `execution` (AWS-RULES 13).

    The token is fetched by `perform` in the same step and never stored.
    """

    op: ClassVar[str] = "answer_approval"
    pipeline: PipelineId
    stage: str
    action: str
    execution: str
    version: int
    summary: str
    not_after: datetime | None = None


@dataclass(frozen=True)
class StopExecution:
    """Stop `execution`, letting running actions finish unless `abandon`."""

    op: ClassVar[str] = "stop_execution"
    pipeline: PipelineId
    stage: str
    execution: str
    abandon: bool
    reason: str


@dataclass(frozen=True)
class RollBackStage:
    """Re-run `stage` with what `target` deployed; `replaces` must be in the stage."""

    op: ClassVar[str] = "roll_back_stage"
    pipeline: PipelineId
    stage: str
    target: str
    replaces: str


@dataclass(frozen=True)
class RetryStage:
    """Run the failed actions of `execution` in `stage` once more; it must have failed there."""

    op: ClassVar[str] = "retry_stage"
    pipeline: PipelineId
    stage: str
    execution: str
    version: int
    last_run: datetime
    """When the newest run of an action in the stage began, as AWS tells it: a later one is ours."""
    not_after: datetime | None = None


Instruction = (
    OpenTransition | CloseTransition | AnswerApproval | StopExecution | RollBackStage | RetryStage
)
