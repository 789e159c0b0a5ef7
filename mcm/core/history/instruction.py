"""What mcm may tell AWS to do: eight writes, as data.

The last two are for the ladder below a rollback and sent on a person's key only.

Each carries what must still be true right before it is sent (`version`, the execution
that waits or runs). `perform` re-reads exactly that and sends nothing when it no longer
holds. `op` names the instruction in the journal.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mcm.core.history.outcome import Outcome, Result
from mcm.core.place import PipelineId, Place

__all__ = [
    "AnswerApproval",
    "CloseTransition",
    "Instruction",
    "OpenTransition",
    "Outcome",
    "Result",
    "RetryStage",
    "RollBackStage",
    "SourceRevision",
    "StartExecution",
    "StopExecution",
    "UpdateEndpoint",
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


@dataclass(frozen=True)
class SourceRevision:
    """What one source action shall deliver."""

    action: str
    type: str
    """AWS's word: `COMMIT_ID`, `IMAGE_DIGEST` or `S3_OBJECT_VERSION_ID`."""
    value: str


@dataclass(frozen=True)
class StartExecution:
    """Run the pipeline anew with the revisions of `target` (AWS-RULES 39).

    `replaces` must still be in `stage`; empty where the pipeline shows no stage's execution.
    """

    op: ClassVar[str] = "start_execution"
    pipeline: PipelineId
    stage: str
    target: str
    revisions: tuple[SourceRevision, ...]
    token: str
    """The clientRequestToken: the same for every try, so that AWS starts one execution."""
    version: int
    replaces: str
    seen: tuple[str, ...]
    """Executions of these revisions that were there before: none of them is ours."""


@dataclass(frozen=True)
class UpdateEndpoint:
    """Give an endpoint the configuration `config`; it must have `replaces` (AWS-RULES 39)."""

    op: ClassVar[str] = "update_endpoint"
    pipeline: PipelineId
    stage: str
    """The pipeline stage that deploys the endpoint, for whoever reads the journal."""
    place: Place
    endpoint: str
    config: str
    replaces: str
    keep_counts: bool
    """Keep the instance counts that the endpoint has now instead of those of `config`."""


Instruction = (
    OpenTransition
    | CloseTransition
    | AnswerApproval
    | StopExecution
    | RollBackStage
    | RetryStage
    | StartExecution
    | UpdateEndpoint
)
