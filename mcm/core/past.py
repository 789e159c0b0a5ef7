"""What on-call is shown of the hours before: passages through stages, alarms, pipelines.

No decision rests on any of it: a rollback goes the same way without.
"""

from dataclasses import dataclass
from datetime import datetime

from mcm.core.alarm import AlarmView


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
