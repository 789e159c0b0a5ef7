"""What people are shown of the time before: passages through stages, alarms, pipelines.

No decision rests on any of it: a rollback goes the same way without.
"""

from dataclasses import dataclass
from datetime import datetime

from mcm.core.alarm import AlarmDefinition, AlarmView
from mcm.core.pipeline import ExecutionView


@dataclass(frozen=True)
class Passage:
    """One execution's way through one stage, as its actions tell it."""

    execution: str
    stage: str
    entered: datetime
    left: datetime | None
    """When the last of its actions ended; None while one is not over."""
    status: str
    """AWS's own word, the worst of its actions'."""
    deploys: bool
    """Whether it ran an action that deploys: where none does, nothing is promoted."""
    regions: tuple[str, ...] = ()
    """Where those actions deploy, as far as the pipeline says so."""
    version: int = 0
    """Version of the pipeline that it ran in; 0 where AWS does not say."""
    answers: tuple[tuple[str, str], ...] = ()
    """Approvals answered on the way: action and the ARN of who answered."""


@dataclass(frozen=True)
class Past:
    """Everything that went through a pipeline since a time."""

    passages: tuple[Passage, ...]
    """Those that entered their stage since then, newest first."""
    executions: tuple[ExecutionView, ...]
    """What AWS lists, those that began before among them, newest first."""
    cut: str = ""
    """Why it does not reach back all the way; empty when it does."""

    def execution(self, name: str) -> ExecutionView | None:
        return next((run for run in self.executions if run.id == name), None)


@dataclass(frozen=True)
class Alarms:
    """The alarms of a place, by name."""

    definitions: tuple[AlarmDefinition, ...]
    more: bool
    """Whether there are others than these."""


@dataclass(frozen=True)
class EndpointNames:
    """The SageMaker endpoints of a place."""

    names: tuple[str, ...]
    more: bool
    """Whether there are others than these."""


@dataclass(frozen=True)
class Firing:
    """The alarms of a place that are in ALARM now."""

    alarms: tuple[AlarmView, ...]
    more: bool
    """Whether there are others than these."""


@dataclass(frozen=True)
class PipelineNames:
    """The pipelines of a place."""

    names: tuple[str, ...]
    more: bool
    """Whether there are others than these."""


@dataclass(frozen=True)
class Structure:
    """A pipeline's stages, in order."""

    stages: tuple[str, ...]


@dataclass(frozen=True)
class GitCommit:
    """A commit as a clone has it. All text is the author's: untrusted."""

    id: str
    author: str
    subject: str


@dataclass(frozen=True)
class Commits:
    """What is in one revision and not in another, newest first."""

    commits: tuple[GitCommit, ...]
    more: bool
    """Whether there are others than these."""
