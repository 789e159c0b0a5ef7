"""State: what a journal says, as values. Folded by `fold`, and stored nowhere else.

Instructions and snapshots are kept as they are spelled and read when somebody asks:
showing how fifty changes stand needs none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcm.core.history.outcome import Outcome
from mcm.core.history.schedule import Schedule
from mcm.core.verdict import Kind

if TYPE_CHECKING:
    from mcm.core.endpoint import Content
    from mcm.core.history.instruction import Instruction


@dataclass(frozen=True)
class Attempt:
    """One instruction with its intent and what became of it."""

    intent: int
    """Sequence number of the intent's entry: its identity."""
    stage: str
    purpose: str
    spelled: Mapping[str, Any]
    """The instruction as the journal has it."""
    at: datetime
    outcome: Outcome | None = None
    happened: bool | None = None
    """True or False once it is known whether AWS carried it out."""
    execution: str = ""
    """For a rollback: the execution that it started."""
    denials: tuple[datetime, ...] = ()
    """When observing found no trace of it, while in doubt."""
    decided_at: datetime | None = None
    """When it was known to have happened or not."""

    @cached_property
    def instruction(self) -> "Instruction":
        """The instruction; raises RefusedError(E_CANONICAL) if the journal's is none."""
        from mcm.core import codec
        from mcm.core.history.instruction import Instruction

        read: Instruction = codec.from_value(Instruction, self.spelled)  # type: ignore[arg-type]
        return read

    @property
    def in_doubt(self) -> bool:
        return self.happened is None


@dataclass(frozen=True)
class Rollback:
    """One rollback of a stage, ours or adopted."""

    started: int
    """Sequence number of its first entry."""
    at: datetime
    source: str
    """The execution that it takes back."""
    target: str
    why: str
    seen: tuple[str, ...]
    """ROLLBACK executions that were there before it began."""
    execution: str = ""
    """The ROLLBACK execution that carries it out; empty until known."""
    adopted: bool = False
    notes: tuple[str, ...] = ()
    ended_at: datetime | None = None
    outcome: str = ""
    """`rolled_back`, `failed`, or `overtaken` when it was begun, left and never sent."""
    verified: str = ""
    """`yes`, `differs` or `unverified`."""
    detail: str = ""


@dataclass(frozen=True)
class Word:
    """What a person said about a walk: a hold, an abort, a retry or a veto."""

    by: str
    reason: str
    at: datetime
    plan: str = ""
    """Digest of the plan that an abort gives up; empty where the word is about no plan."""


@dataclass(frozen=True)
class Note:
    """Prose that somebody added to the record."""

    by: str
    text: str
    at: datetime
    seq: int
    """Number of its entry."""


@dataclass(frozen=True)
class Closing:
    """How the change ended, in a person's words, and the record that was frozen then."""

    by: str
    outcome: str
    lessons: str
    record: str
    """SHA-256 of the frozen record.md."""
    at: datetime
    seq: int
    """Number of its entry: what stands after it is no part of the record."""


@dataclass(frozen=True)
class VerdictNote:
    """The newest verdict of a guardrail that was written down."""

    kind: Kind
    reason: str
    at: datetime
    unasked_since: datetime | None = None
    """Since when the guardrail could not be asked; None when it could."""


@dataclass(frozen=True)
class Tally:
    """What was counted of one guardrail since the promotion."""

    breaches: int = 0
    errors: int = 0
    """ERRORs in a row, up to now."""
    inconclusive: int = 0
    at: datetime | None = None
    """Of the newest measurement that was counted."""


@dataclass(frozen=True)
class StageState:
    """What the journal knows of one stage."""

    started_at: datetime | None = None
    baseline_execution: str = ""
    """Execution that was effective in the stage when the baseline was taken."""
    snapshot: tuple[Mapping[str, Any], ...] = ()
    """What the stage's endpoints served right before the promotion, as spelled."""
    found: str = ""
    """Latest execution in the stage right before the promotion."""
    observed: str = ""
    """Execution of others that is only watched (`mcm.core.walking.observe`)."""
    entered_at: datetime | None = None
    entered_by: str = ""
    """`mcm` or `others`."""
    baking_since: datetime | None = None
    bakes_since: datetime | None = None
    """When the first bake began of those that a guardrail began again: the limit's begin."""
    watched_at: datetime | None = None
    """When somebody last looked at the bake and left; see `mcm.core.walking.unwatched`."""
    verdicts: Mapping[str, VerdictNote] = field(default_factory=dict)
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    """Measurements counted since the promotion, by check, where a limit asks for it."""
    gates: Mapping[str, str] = field(default_factory=dict)
    """Closed gates and their reasons."""
    breach: str = ""
    breached_at: datetime | None = None
    on_breach: str = ""
    breach_check: str = ""
    breach_seq: int = 0
    """Sequence number of the breach's entry: a veto must have seen it."""
    countdown_over: bool = False
    """Nobody vetoed the rollback in time."""
    vetoed: Mapping[str, Word] = field(default_factory=dict)
    """Who vetoed the breach of which check: it holds and rolls nothing back."""
    abort: Word | None = None
    retry: Word | None = None
    """Asked for after the pipeline had failed: what ran before does not count any more."""
    blind_since: datetime | None = None
    outcome: str = ""
    ended_at: datetime | None = None
    reason: str = ""
    rollbacks: tuple[Rollback, ...] = ()
    put_back: str = ""
    """What a rung of the ladder put back, in its words; drift may be left."""
    put_back_at: datetime | None = None
    called: tuple[str, ...] = ()
    """For which reasons a person has been called."""

    @cached_property
    def baseline(self) -> "tuple[Content, ...]":
        """The snapshot as contents."""
        from mcm.core import codec
        from mcm.core.endpoint import Content

        return tuple(codec.from_value(Content, item) for item in self.snapshot)

    @property
    def rollback(self) -> Rollback | None:
        """The rollback under way, if there is one."""
        last = self.rollbacks[-1] if self.rollbacks else None
        return last if last is not None and last.ended_at is None else None


@dataclass(frozen=True)
class State:
    """What the entries of a change's journal amount to."""

    edition: int = 0
    plan: str = ""
    """Digest of the plan of the walk under way."""
    begun: frozenset[str] = frozenset()
    """The stages that a walk of this plan was started for."""
    stages: Mapping[str, StageState] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    consumed: Mapping[str, str] = field(default_factory=dict)
    """Approvals used up: nonce → holder."""
    holds: Mapping[str, Word] = field(default_factory=dict)
    """Who holds which stage; under "" whoever holds the whole change."""
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    """By stage: when whoever deploys wants it promoted."""
    notes: tuple[Note, ...] = ()
    closing: Closing | None = None
    last: int = 0
    last_at: datetime | None = None

    def stage(self, name: str) -> StageState:
        return self.stages.get(name) or StageState()

    def held(self, stage: str) -> Word | None:
        """Return the hold in force at `stage`, the change's own first; None without one."""
        return self.holds.get("") or self.holds.get(stage)

    def tries(self, stage: str, purpose: str, after: int = 0) -> tuple[Attempt, ...]:
        """Return the attempts of one purpose at one stage with an intent after entry `after`."""
        return tuple(
            attempt
            for attempt in self.attempts
            if attempt.stage == stage and attempt.purpose == purpose and attempt.intent > after
        )

    def doubtful(self, stage: str) -> Attempt | None:
        """Return the attempt at `stage` that must be settled before anything else."""
        return next((a for a in self.attempts if a.stage == stage and a.in_doubt), None)
