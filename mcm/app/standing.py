"""How changes stand, as values; `mcm.app.status` reads them from journals and plans."""

from dataclasses import dataclass
from datetime import datetime

from mcm.app.phase import OUTCOMES, Phase
from mcm.core.errors import Exit
from mcm.core.history.glass_told import Glass


@dataclass(frozen=True)
class ClosedGate:
    """A gate in front of a stage, and why it is closed."""

    gate: str
    reason: str


@dataclass(frozen=True)
class HoldStatus:
    """What a person asked to wait."""

    stage: str
    """Empty for the whole change."""
    reason: str


@dataclass(frozen=True)
class CheckStatus:
    """What a guardrail says, by the newest entry about it."""

    check: str
    verdict: str
    """PASS, INCONCLUSIVE, ERROR or BREACH."""
    reason: str
    at: datetime
    """Since when the verdict is this one."""


@dataclass(frozen=True)
class RollbackStatus:
    """The way back of one stage, as the journal tells it."""

    at: datetime
    target: str
    execution: str
    """The ROLLBACK execution; empty until it is known."""
    why: str
    ended_at: datetime | None
    outcome: str
    """`rolled_back` or `failed`; empty while it is under way."""
    verified: str
    """`yes`, `differs` or `unverified`; empty while it is under way."""
    detail: str


@dataclass(frozen=True)
class StageStatus:
    """How one stage of a change stands."""

    stage: str
    phase: Phase
    since: datetime | None
    reason: str
    """Why it ended, was breached or needs a person; empty otherwise."""
    gates: tuple[ClosedGate, ...]
    checks: tuple[CheckStatus, ...]
    approved_by: tuple[str, ...]
    """Who has signed the plan of now, as the journal has it; not verified here."""
    blind_since: datetime | None
    rollback: RollbackStatus | None
    """The newest one, under way or over."""
    exit: Exit
    stays: bool = False
    """Whether it was aborted with the change promoted into it: that stays, unwatched."""


@dataclass(frozen=True)
class ChangeStatus:
    """How one change stands, with all its stages."""

    change: str
    title: str
    requester: str
    realm: str
    """Empty without a plan; `sandbox:` begins that of a sandbox."""
    edition: int
    """0 without a plan."""
    operator: str
    """Who started the newest walk; empty when there was none."""
    operator_since: datetime | None
    first_at: datetime | None
    last_at: datetime | None
    """When the newest entry was written: a silent walk shows by its age."""
    stages: tuple[StageStatus, ...]
    problem: str
    """Why journal or plan cannot be trusted, then every phase is unknown; empty when they can."""
    exit: Exit
    mend: str = "verify"
    """The command to run about a problem: `verify` to see more, `plan` to plan anew."""
    holds: tuple[HoldStatus, ...] = ()
    """Who holds what of it that no stage here shows."""
    glasses: tuple[Glass, ...] = ()
    """Broken glasses, and who reviewed them by the journal's word; not verified here."""

    @property
    def is_open(self) -> bool:
        """Say whether anything is left to do or to clear up."""
        over = bool(self.stages) and all(stage.phase in OUTCOMES for stage in self.stages)
        return bool(self.problem) or not over
