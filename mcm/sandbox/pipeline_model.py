"""What a simulated pipeline is made of: its structure, its executions and their parts.

Structures are values, parsed from a declaration in AWS's own shape; executions and their
runs are the mutable state that `pipeline_run` moves through time.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from mcm.aws.port import AwsError, ErrorKind


class Status(StrEnum):
    """The statuses of executions, stages and actions, spelled as the API spells them."""

    IN_PROGRESS = "InProgress"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    SUPERSEDED = "Superseded"
    CANCELLED = "Cancelled"
    ABANDONED = "Abandoned"


class DeployStatus(StrEnum):
    """What a deploy target says of its last update."""

    IN_PROGRESS = "in progress"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DeployTarget(Protocol):
    """The endpoints that deploy actions change."""

    def begin(self, region: str, endpoint: str, configuration: str, now: datetime) -> None:
        """Start moving the endpoint to `configuration`; failures show in `status`."""
        ...

    def status(self, region: str, endpoint: str, configuration: str) -> DeployStatus:
        """Say how the move to `configuration` goes, as the action's provider would see it."""
        ...


@dataclass(frozen=True)
class SourceRevision:
    """What one source action brought: a commit of one package."""

    action: str
    """The source action, which here also names the package and its artifact."""
    revision_id: str
    summary: str
    url: str


class Sources(Protocol):
    """The packages in front of the pipeline, and what their revisions stand for."""

    def pull(self) -> tuple[SourceRevision, ...]:
        """Return the newest revision of every source action, taking in what has been merged."""
        ...

    def find(self, action: str, revision_id: str) -> SourceRevision | None:
        """Return a known revision of one source action."""
        ...

    def configuration(self, revisions: tuple[SourceRevision, ...], endpoint: str) -> str | None:
        """Return the endpoint configuration that the revisions stand for; None: not an endpoint."""
        ...


@dataclass(frozen=True)
class Timings:
    """How long things take in the simulated pipeline."""

    source: timedelta = timedelta(seconds=1)
    build: timedelta = timedelta(seconds=2)
    test: timedelta = timedelta(seconds=2)
    deploy: timedelta = timedelta(seconds=1)
    """The least time of a deploy action; it lasts until its target has settled."""
    transition: timedelta = timedelta(seconds=1)
    """From a transition's opening, or an arrival before an open one, to the entry."""
    poll: timedelta = timedelta(seconds=1)
    """How often a deploy action asks its target."""

    def of(self, category: str) -> timedelta:
        """Return the duration of an action of `category`; that of a build if unknown."""
        known = {"Source": self.source, "Test": self.test, "Deploy": self.deploy}
        return known.get(category, self.build)


@dataclass(frozen=True)
class ActionSpec:
    """One action of a stage, from the declaration."""

    name: str
    type_id: Mapping[str, str]
    run_order: int
    region: str | None
    configuration: Mapping[str, str]
    outputs: tuple[str, ...]
    timeout: timedelta

    @property
    def category(self) -> str:
        return self.type_id["category"]

    @property
    def is_approval(self) -> bool:
        return self.category == "Approval"


@dataclass(frozen=True)
class StageSpec:
    """One stage of a structure."""

    name: str
    actions: tuple[ActionSpec, ...]
    on_failure: str | None
    """`ROLLBACK`, or None: a failure stays a failure."""


@dataclass(frozen=True)
class Structure:
    """One version of a pipeline."""

    name: str
    version: int
    mode: str
    """SUPERSEDED, QUEUED or PARALLEL."""
    stages: tuple[StageSpec, ...]
    declaration: Mapping[str, Any]
    updated: datetime

    def stage(self, name: str) -> StageSpec | None:
        return next((stage for stage in self.stages if stage.name == name), None)

    def after(self, name: str) -> StageSpec | None:
        """Return the stage that follows `name`; None at the end, and if there is no `name`."""
        pairs = zip(self.stages, self.stages[1:], strict=False)
        return next((coming for stage, coming in pairs if stage.name == name), None)


@dataclass
class ActionRun:
    """One run of one action."""

    id: str
    execution_id: str
    pipeline_version: int
    stage: str
    spec: ActionSpec
    started: datetime
    updated: datetime
    status: Status = Status.IN_PROGRESS
    ends: datetime | None = None
    """When to look at it next: its end, its next poll or its timeout."""
    token: str | None = None
    """The approval token; kept after the answer, shown only while the request is open."""
    configuration: str | None = None
    """The endpoint configuration that a deploy action puts in place."""
    summary: str = ""
    updated_by: str = ""
    error: str | None = None


@dataclass
class StageRun:
    """One execution's passage through one stage."""

    stage: str
    entered: datetime
    status: Status = Status.IN_PROGRESS
    actions: list[ActionRun] = field(default_factory=list)
    retried: list[ActionRun] = field(default_factory=list)
    """Runs that a retry of the stage has taken the place of, oldest first."""


@dataclass
class Execution:
    """One execution of the pipeline."""

    id: str
    pipeline_version: int
    mode: str
    started: datetime
    updated: datetime
    revisions: tuple[SourceRevision, ...]
    trigger: str
    trigger_detail: str
    rollback_target: str | None = None
    """The execution that this one goes back to; None: a STANDARD execution."""
    status: Status = Status.IN_PROGRESS
    status_summary: str = ""
    stop_reason: str | None = None
    is_cancelled: bool = False
    """The pipeline was updated: the execution ends after its actions in progress."""
    runs: dict[str, StageRun] = field(default_factory=dict)
    stage: str | None = None
    """The stage it runs in."""
    waiting_at: str | None = None
    """The stage whose inbound transition it waits at."""
    waiting_since: datetime | None = None

    @property
    def type(self) -> str:
        return "STANDARD" if self.rollback_target is None else "ROLLBACK"

    @property
    def is_open(self) -> bool:
        return self.status in (Status.IN_PROGRESS, Status.STOPPING)

    def succeeded_in(self, stage: str) -> bool:
        """Say whether the newest run in `stage` succeeded."""
        run = self.runs.get(stage)
        return run is not None and run.status is Status.SUCCEEDED


@dataclass
class Transition:
    """The inbound transition of a stage."""

    enabled: bool = True
    changed_by: str = ""
    changed_at: datetime | None = None
    reason: str | None = None


class Ids:
    """Identifiers shaped like UUIDs, the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def next(self) -> str:
        self._count += 1
        text = hashlib.sha256(f"{self._seed}:{self._count}".encode()).hexdigest()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:32]}"


def parse_structure(declaration: Mapping[str, Any], version: int, at: datetime) -> Structure:
    """Read a `PipelineDeclaration`; raise ValidationException if a needed part is missing."""
    try:
        stages = tuple(_parse_stage(stage) for stage in declaration["stages"])
        name = str(declaration["name"])
    except KeyError as err:
        raise invalid(f"Missing required parameter in pipeline: {err.args[0]}") from err
    mode = str(declaration.get("executionMode", "SUPERSEDED"))
    spelled = {**declaration, "version": version, "executionMode": mode}
    return Structure(name, version, mode, stages, spelled, at)


def _parse_stage(stage: Mapping[str, Any]) -> StageSpec:
    actions = tuple(_parse_action(action) for action in stage["actions"])
    return StageSpec(stage["name"], actions, stage.get("onFailure", {}).get("result"))


def _parse_action(action: Mapping[str, Any]) -> ActionSpec:
    return ActionSpec(
        name=action["name"],
        type_id=action["actionTypeId"],
        run_order=action.get("runOrder", 1),
        region=action.get("region"),
        configuration=action.get("configuration", {}),
        outputs=tuple(artifact["name"] for artifact in action.get("outputArtifacts", ())),
        timeout=timedelta(minutes=action.get("timeoutInMinutes", 7 * 24 * 60)),
    )


def invalid(message: str) -> AwsError:
    """Build the error for a request that breaks the API's own rules."""
    return AwsError(ErrorKind.INVALID, "ValidationException", message)


def not_found(what: str, message: str) -> AwsError:
    """Build a `…NotFoundException`; `what` is its first part, such as `Stage`."""
    return AwsError(ErrorKind.NOT_FOUND, f"{what}NotFoundException", message)


def refused(code: str, message: str) -> AwsError:
    """Build the error for a request that AWS understands and turns down."""
    return AwsError(ErrorKind.REFUSED, code, message)


def conflict(message: str) -> AwsError:
    """Build the error for a request that comes while the pipeline is busy."""
    return AwsError(ErrorKind.CONFLICT, "ConflictException", message)
