"""The plan: everything that was decided before anything moves, frozen and digested.

A plan is change + configuration + check definitions + what AWS said when it was made:
pinned execution, revisions, pipeline version, rollback targets. Its canonical bytes are
what people sign (promise 3); a new plan of the same change is a new edition. The plan
carries no version of mcm, so two versions of mcm can sign for each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from mcm.core import canonical, codec
from mcm.core.commits.commit_range import CommitRange
from mcm.core.endpoint import Expected
from mcm.core.errors import RefusedError
from mcm.core.place import Metric, PipelineId, Place
from mcm.core.revision import Revision
from mcm.core.windows.hours import Calendar, Hours
from mcm.core.windows.window import Freeze

FORMAT = 1


@dataclass(frozen=True)
class Approval:
    """A manual approval action that stands in front of (or in) the stage."""

    stage: str
    action: str


@dataclass(frozen=True)
class Gate:
    """How a promotion reaches the stage: the last one present is the promoting write.

    With `open`, mcm enables the transition into that pipeline stage, and an `approve`
    before it is answered by the approver. With `approve` alone, mcm answers it once the
    guard grants.
    """

    approve: Approval | None
    open: str
    """Pipeline stage whose inbound transition mcm opens; empty when there is none."""


@dataclass(frozen=True)
class Bake:
    """How long a stage is watched after its promotion, and how much must be seen."""

    lasts: timedelta
    min_samples: int
    """Requests of the `traffic` metric that must be seen; 0 asks for none."""
    limit: timedelta
    """Longest bake while samples or a verdict are missing; then a person is asked."""


@dataclass(frozen=True)
class Guardrail:
    """A check attached to a stage. `kind` says how it is judged (`mcm.core.checks`)."""

    name: str
    """Unique in its stage; the check's name, with a number from the second on."""
    kind: str
    params: Mapping[str, Any]
    on_breach: str
    """`roll_back` or `hold`."""
    failure_limit: int = 0
    """BREACH measurements that are tolerated; see `mcm.core.judging.limits`."""
    consecutive_error_limit: int | None = None
    """ERRORs in a row without calling a person; None: as long as the bake's limit."""
    inconclusive_limit: int | None = None
    """INCONCLUSIVE measurements in all without calling a person; None likewise."""


@dataclass(frozen=True)
class Assumption:
    """What the record takes for granted at a stage, and the check that looks."""

    says: str
    check: Guardrail


@dataclass(frozen=True)
class StagePlan:
    """What was decided for one stage."""

    name: str
    pipeline_stage: str
    place: Place
    production: bool
    gate: Gate
    window: Hours | None
    """None means never for a production stage (fail closed), always for another."""
    traffic: Metric | None
    bake: Bake
    guardrails: tuple[Guardrail, ...]
    endpoints: tuple[str, ...]
    """Endpoints whose content is compared before and after."""
    expect: tuple[Expected, ...]
    """What this change makes different; everything else must stay as it was."""
    predecessor: str
    """Pipeline stage that must hold the pinned execution first; empty for none."""
    rollback_target: str
    """Execution to go back to; empty closes the gate `rollback-target`."""
    approvals: int
    stop_wait: timedelta
    abandon: bool
    """Whether a stop may abandon running actions after `stop_wait` without asking."""
    veto: timedelta = timedelta(0)
    """How long a person may veto a rollback after a breach; zero for not at all."""
    forbid_authors: bool = False
    """Whether the plan's authors may not approve this stage."""
    touch: bool = False
    """Whether an approval counts only by a security key that was touched."""
    break_glass: bool = True
    """Whether one person alone may go forward here, reviewed afterwards."""
    assumptions: tuple[Assumption, ...] = ()
    """Looked at in front of the promotion; what is not seen to hold closes a gate."""


@dataclass(frozen=True)
class Package:
    """What changes in one source: from the revision now deployed to the pinned one."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Answer:
    """One answer of the change record, in its author's words."""

    name: str
    text: str


EXEMPTABLE = (
    *("window", "rollback-target", "predecessor", "check"),
    *("conflict", "depends", "assumption"),
)
"""Gates that an exception may open, besides each freeze by its name: `freeze:NAME`."""
ALARM = "alarm:"
"""`alarm:NAME` is no gate: it lets one alarm be in ALARM since before the start."""


def is_exemptable(gate: str) -> bool:
    """Say whether an exception may open `gate` at all."""
    return gate in EXEMPTABLE or gate.startswith(("freeze:", ALARM))


@dataclass(frozen=True)
class Exemption:
    """A signed exception that opens one named gate until a time."""

    gate: str
    reason: str
    until: datetime


@dataclass(frozen=True)
class Plan:
    """All that was decided; its canonical bytes are what persons sign."""

    format: int
    change: str
    title: str
    edition: int
    realm: str
    """`aws:<partition>:<account>:<region>` or `sandbox:<uuid>`."""
    service: str
    template: str
    requester: str
    ticket: str
    pipeline: PipelineId
    pipeline_version: int
    execution: str
    """The pinned execution: only this one is promoted."""
    revisions: tuple[Revision, ...]
    packages: tuple[Package, ...]
    stages: tuple[StagePlan, ...]
    freezes: tuple[Freeze, ...]
    poll: timedelta
    settle: timedelta
    """How long reads may lag behind writes: 3 min on AWS."""
    answers: tuple[Answer, ...]
    exceptions: tuple[Exemption, ...]
    definitions: tuple[Mapping[str, Any], ...]
    """The check definitions in use, as canonical values."""
    depends_on: tuple[str, ...] = ()
    """Changes that must have succeeded before, sorted."""
    authors: tuple[str, ...] = ()
    """Who wrote what is new, as git's `Name <e-mail>`, sorted."""
    authors_unknown: str = ""
    """Why that is not, or not wholly, known; empty when it is."""
    ranges: tuple[CommitRange, ...] = ()
    """What each package brings, sorted by name; without those that nobody looked at."""
    calendars: tuple[Calendar, ...] = ()
    """The calendars that its stages name, as they were when it was made."""

    def to_bytes(self) -> bytes:
        """Return the canonical bytes: what is stored, hashed and signed."""
        return self._bytes

    @staticmethod
    def from_bytes(data: bytes) -> "Plan":
        """Read a frozen plan; raise RefusedError(E_CANONICAL) for anything else.

        One that an earlier mcm wrote keeps its bytes and its digest, and has what came later
        as it was then: see `is_older`.
        """
        value = canonical.decode(data)
        try:
            return codec.from_value(Plan, value)
        except RefusedError as err:
            strict = err
        try:
            plan = codec.from_value(Plan, value, older=True)
        except RefusedError:
            raise strict from None
        plan.__dict__["_bytes"] = data
        return plan

    @cached_property
    def _bytes(self) -> bytes:
        return canonical.encode(codec.to_value(self))

    @property
    def is_older(self) -> bool:
        """Whether an earlier mcm wrote it, without what one of today says.

        It can be looked at, watched and gone back by. Nothing goes forward by it: what people
        signed does not say all that is asked of a promotion now.
        """
        return self._bytes != canonical.encode(codec.to_value(self))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return canonical.digest_bytes(self._bytes)

    def stage(self, name: str) -> StagePlan | None:
        return next((stage for stage in self.stages if stage.name == name), None)

    def exempt(self, gate: str, now: datetime) -> Exemption | None:
        """Return the signed exception that opens `gate` now, if there is one."""
        return next((e for e in self.exceptions if e.gate == gate and now < e.until), None)
