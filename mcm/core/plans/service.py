"""What `mcm.yaml` says, as values: one service, its pipeline and its stages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mcm.core.network import DIRECT, Network
from mcm.core.place import Metric, PipelineId, Place
from mcm.core.plans.plan import Bake, Gate
from mcm.core.windows.hours import CalendarSource, Hours
from mcm.core.windows.window import Freeze, Once, Window


@dataclass(frozen=True)
class Access:
    """How credentials for a place are had; both empty means the ambient ones."""

    profile: str
    role_arn: str


@dataclass(frozen=True)
class CheckUse:
    """`{use: alarms, with: {...}}` on a stage, its parameters validated and typed."""

    use: str
    params: Mapping[str, Any]
    on_breach: str
    failure_limit: int = 0
    consecutive_error_limit: int | None = None
    inconclusive_limit: int | None = None
    is_said: bool = False
    """Whether `on_breach` is written at this very use."""


@dataclass(frozen=True)
class StageConfig:
    """One stage as mcm.yaml has it."""

    name: str
    pipeline_stage: str
    place: Place
    access: Access
    production: bool
    gate: Gate
    window: Hours | None
    traffic: Metric | None
    bake: Bake
    guardrails: tuple[CheckUse, ...]
    approvals: int
    stop_wait: timedelta
    abandon: bool
    veto: timedelta = timedelta(0)
    forbid_authors: bool | None = None
    """Whether authors may not approve; None for the default (`mcm.core.trust.authorship`)."""
    touch: bool = False
    """Whether an approval takes the touch of a security key."""
    break_glass: bool = True
    """Whether one person alone may go forward here, reviewed afterwards."""


@dataclass(frozen=True)
class Channel:
    """Where notifications go: `kind` is `sns`, `webhook` or `command`."""

    kind: str
    target: str
    """Topic ARN, or the environment variable that holds the URL."""
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """What mcm.yaml says, checked."""

    name: str
    sandbox: bool
    """True when the realm is the sandbox: `realm: sandbox` in mcm.yaml."""
    pipeline: PipelineId
    access: Access
    poll: timedelta
    settle: timedelta
    notify: tuple[Channel, ...]
    windows: tuple[Window | Once, ...]
    freezes: tuple[Freeze, ...]
    stages: tuple[StageConfig, ...]
    """In pipeline order as written; each waits for the one before it."""
    answers: Mapping[str, str]
    """Answers that stay the same from change to change."""
    network: Network = DIRECT
    observes: bool = False
    """Whether mcm only watches what others deploy, and sends nothing: `mode: observe`."""
    calendars: tuple[CalendarSource, ...] = ()
    budget: Decimal | None = None
    """US dollars that the watch of one stage may cost at AWS; None for any."""
