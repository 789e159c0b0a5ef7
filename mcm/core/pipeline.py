"""What a CodePipeline pipeline looks like to the core.

Status words stay AWS's own text: an unknown one must reach the reader as it is and
hold the walk, never raise (AWS-RULES 38).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcm.core.revision import Revision

RUNNING = frozenset({"InProgress", "Stopping"})
ENDED_BADLY = frozenset({"Failed", "Stopped", "Cancelled", "Superseded"})
SUCCEEDED = "Succeeded"
ROLLBACK = "ROLLBACK"
STANDARD = "STANDARD"


@dataclass(frozen=True)
class ActionView:
    """An action of a stage; `status` is empty when it has never run."""

    name: str
    approval: bool
    """True for a manual approval action (from the pipeline's structure)."""
    status: str
    awaiting: bool
    """True while an approval is open: a token exists (it is never read into a view)."""
    answered_by: str
    """`lastUpdatedBy`, an ARN; may belong to an earlier run (aws-cdk PR 15441)."""
    summary: str


@dataclass(frozen=True)
class StageView:
    """One stage, as GetPipelineState and GetPipeline show it."""

    name: str
    transition_enabled: bool
    transition_reason: str
    inbound: tuple[str, ...]
    """Executions waiting at the inbound transition, the next to enter first."""
    execution: str
    """`pipelineExecutionId` of the latest execution in the stage; empty when none."""
    status: str
    type: str
    """`STANDARD` or `ROLLBACK`; empty when none."""
    actions: tuple[ActionView, ...]
    inbound_rollbacks: tuple[str, ...] = ()
    """Those of `inbound` that are ROLLBACK executions."""
    transition_by: str = ""
    """Who enabled or disabled the transition last, an ARN; empty when nobody did."""

    @property
    def running(self) -> bool:
        return self.status in RUNNING

    @property
    def in_rollback(self) -> bool:
        return self.type == ROLLBACK


@dataclass(frozen=True)
class PipelineView:
    """A pipeline with its stages, as AWS shows it at one moment."""

    name: str
    version: int
    mode: str
    """`SUPERSEDED`, `QUEUED`, `PARALLEL`, or a word that AWS adds later; empty if unknown."""
    stages: tuple[StageView, ...]
    unread: str = ""
    """Why its structure cannot be read, and so neither its mode nor what is an approval."""

    def stage(self, name: str) -> StageView | None:
        """Return the stage of that name, or None when the pipeline has no such stage."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def before(self, name: str) -> tuple[StageView, ...]:
        """Return the stages in front of `name`, in pipeline order."""
        names = [stage.name for stage in self.stages]
        return self.stages[: names.index(name)] if name in names else ()


@dataclass(frozen=True)
class Declaration:
    """How a pipeline of one version is built."""

    version: int
    pipeline: Mapping[str, Any]
    """In GetPipeline's own shape: stages with their actions."""
    arn: str = ""
    """The pipeline's own; it tells the account. Empty when AWS does not say."""
    updated: datetime | None = None
    """When this version was made."""


@dataclass(frozen=True)
class ExecutionView:
    """One execution of a pipeline."""

    id: str
    status: str
    type: str
    version: int
    """Pipeline version it ran in; 0 where the API does not say (list calls)."""
    started: datetime
    revisions: tuple[Revision, ...]
    rollback_target: str
    """For a ROLLBACK, the execution it goes back to; else empty."""
    started_by: str
    """ARN or trigger detail, for people to read."""
    stop_reason: str = ""
    """What was said when it was stopped; empty where it was not, or AWS does not tell."""


@dataclass(frozen=True)
class RollbackRun:
    """A ROLLBACK execution and the stage it re-ran."""

    id: str
    stage: str
    target: str
    status: str
    started: datetime
    """When it entered the stage."""
    started_by: str


@dataclass(frozen=True)
class StageRun:
    """An execution that succeeded in a stage, and when it entered it.

    Executions are ordered by `entered`, not by their start: one that waited for days in
    front of the stage started long before a rollback that came first.
    """

    execution: ExecutionView
    entered: datetime


@dataclass(frozen=True)
class StageHistory:
    """What a rollback of one stage can be computed from."""

    succeeded: tuple[StageRun, ...]
    """Runs that succeeded in the stage in the current pipeline version, newest first."""
    rollbacks: tuple[RollbackRun, ...]
    """ROLLBACK executions of this stage, newest first, whatever their status."""
    latest: str = ""
    """The execution whose action began last in the stage; empty when none is listed.

    Read by another call than `StageView.execution`: when they differ, one of them is late.
    """


@dataclass(frozen=True)
class ActionRun:
    """One run of one action, tied to its execution (ListActionExecutions)."""

    stage: str
    action: str
    status: str
    answered_by: str
    summary: str
    started: datetime
    id: str = ""
    """`actionExecutionId`; empty when AWS does not tell."""
    updated: datetime | None = None
    """When its status changed last: for an approval, when it was answered."""


@dataclass(frozen=True)
class Identity:
    """Who AWS takes mcm for (STS GetCallerIdentity)."""

    account: str
    arn: str
    time: datetime | None = None
    """What time AWS said it was in that very answer; None where nobody says so."""
