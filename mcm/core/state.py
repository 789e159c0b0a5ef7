"""State, folded from the journal and stored nowhere else.

`apply` is total: an entry of a kind that this version does not know changes nothing, so
an older mcm can read a newer journal without guessing. Instructions and snapshots are kept
as they are spelled and read when somebody asks: showing how fifty changes stand needs none
of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mcm.core import canonical
from mcm.core.journal import Entry
from mcm.core.outcome import Outcome, Result
from mcm.core.verdict import Kind

if TYPE_CHECKING:
    from mcm.core.endpoint import Content
    from mcm.core.instruction import Instruction


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
        from mcm.core.instruction import Instruction

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
class VerdictNote:
    kind: Kind
    reason: str
    at: datetime


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
    entered_at: datetime | None = None
    entered_by: str = ""
    """`mcm` or `others`."""
    baking_since: datetime | None = None
    verdicts: Mapping[str, VerdictNote] = field(default_factory=dict)
    gates: Mapping[str, str] = field(default_factory=dict)
    """Closed gates and their reasons."""
    breach: str = ""
    breached_at: datetime | None = None
    on_breach: str = ""
    blind_since: datetime | None = None
    outcome: str = ""
    ended_at: datetime | None = None
    reason: str = ""
    rollbacks: tuple[Rollback, ...] = ()

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
    edition: int = 0
    plan: str = ""
    """Digest of the plan of the walk under way."""
    stages: Mapping[str, StageState] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    consumed: Mapping[str, str] = field(default_factory=dict)
    """Approvals used up: nonce → holder."""
    last: int = 0
    last_at: datetime | None = None

    def stage(self, name: str) -> StageState:
        return self.stages.get(name) or StageState()

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


def fold(entries: Iterable[Entry]) -> State:
    """Return the state after all entries."""
    state = State()
    for entry in entries:
        state = apply(state, entry)
    return state


def apply(state: State, entry: Entry) -> State:
    """Return the state after one more entry."""
    state = replace(state, last=entry.seq, last_at=entry.at)
    handler = _HANDLERS.get(entry.kind)
    return handler(state, entry) if handler else state


def _put(state: State, entry: Entry, **changes: Any) -> State:
    name = entry.body["stage"]
    stage = replace(state.stage(name), **changes)
    return replace(state, stages={**state.stages, name: stage})


def _walk_started(state: State, entry: Entry) -> State:
    digest = entry.body["plan"]
    if digest == state.plan:
        return _watch_anew(state)
    # Another edition starts afresh, but what was rolled back stays known, and a rollback
    # under way keeps what it has sent: it is finished first.
    kept = {name: _begin_anew(stage) for name, stage in state.stages.items()}
    going = {name: stage.rollback.started for name, stage in kept.items() if stage.rollback}
    sent = tuple(a for a in state.attempts if a.intent > going.get(a.stage, a.intent))
    return replace(state, plan=digest, edition=entry.body["edition"], stages=kept, attempts=sent)


def _begin_anew(stage: StageState) -> StageState:
    if stage.rollback is None:
        return StageState(rollbacks=stage.rollbacks)
    return StageState(
        rollbacks=stage.rollbacks,
        snapshot=stage.snapshot,
        baseline_execution=stage.baseline_execution,
    )


def _watch_anew(state: State) -> State:
    """A bake that nobody watched does not count: begun again, it bakes from the start."""
    stages = {
        name: stage if stage.outcome else replace(stage, baking_since=None)
        for name, stage in state.stages.items()
    }
    return replace(state, stages=stages)


def _baseline(state: State, entry: Entry) -> State:
    return _put(
        state,
        entry,
        snapshot=tuple(entry.body["contents"]),
        baseline_execution=entry.body["effective"],
        found=entry.body["found"],
    )


def _gate_changed(state: State, entry: Entry) -> State:
    gates = dict(state.stage(entry.body["stage"]).gates)
    gates.pop(entry.body["gate"], None)
    if not entry.body["open"]:
        gates[entry.body["gate"]] = entry.body["reason"]
    return _put(state, entry, gates=gates)


def _verdict_changed(state: State, entry: Entry) -> State:
    note = VerdictNote(Kind[entry.body["verdict"]], entry.body["reason"], entry.at)
    verdicts = {**state.stage(entry.body["stage"]).verdicts, entry.body["check"]: note}
    return _put(state, entry, verdicts=verdicts)


def _intent(state: State, entry: Entry) -> State:
    body = entry.body
    attempt = Attempt(entry.seq, body["stage"], body["purpose"], body["instruction"], entry.at)
    consumed = {**state.consumed, **{claim["nonce"]: claim["holder"] for claim in body["claims"]}}
    return replace(state, attempts=(*state.attempts, attempt), consumed=consumed)


def _outcome(state: State, entry: Entry) -> State:
    body = entry.body
    result = Result(body["result"])
    outcome = Outcome(result, body["detail"], body["code"], body["execution"])
    happened = None if result is Result.IN_DOUBT else result is Result.DONE
    state = _amend(
        state,
        body["intent"],
        outcome=outcome,
        happened=happened,
        execution=body["execution"],
        decided_at=None if happened is None else entry.at,
    )
    return _name_rollback(state, body["intent"], body["execution"])


def _doubt_read(state: State, entry: Entry) -> State:
    attempts = tuple(
        replace(a, denials=(*a.denials, entry.at)) if a.intent == entry.body["intent"] else a
        for a in state.attempts
    )
    return replace(state, attempts=attempts)


def _settled(state: State, entry: Entry) -> State:
    body = entry.body
    state = _amend(
        state,
        body["intent"],
        happened=body["happened"],
        execution=body["execution"],
        decided_at=entry.at,
    )
    return _name_rollback(state, body["intent"], body["execution"])


def _amend(state: State, intent: int, **changes: Any) -> State:
    attempts = tuple(replace(a, **changes) if a.intent == intent else a for a in state.attempts)
    return replace(state, attempts=attempts)


def _name_rollback(state: State, intent: int, execution: str) -> State:
    attempt = next((a for a in state.attempts if a.intent == intent), None)
    if not execution or attempt is None:
        return state
    return _change_rollback(state, attempt.stage, execution=execution)


def _change_rollback(state: State, name: str, **changes: Any) -> State:
    stage = state.stage(name)
    if stage.rollback is None:
        return state
    last = replace(stage.rollback, **changes)
    stage = replace(stage, rollbacks=(*stage.rollbacks[:-1], last))
    return replace(state, stages={**state.stages, name: stage})


def _rollback_started(state: State, entry: Entry) -> State:
    body = entry.body
    rollback = Rollback(
        entry.seq,
        entry.at,
        body["source"],
        body["target"],
        body["why"],
        tuple(body["seen"]),
        body["execution"],
        adopted=bool(body["execution"]),
    )
    return _put(state, entry, rollbacks=(*state.stage(body["stage"]).rollbacks, rollback))


def _rollback_adopted(state: State, entry: Entry) -> State:
    return _change_rollback(
        state,
        entry.body["stage"],
        execution=entry.body["execution"],
        target=entry.body["target"],
        adopted=True,
    )


def _rollback_note(state: State, entry: Entry) -> State:
    rollback = state.stage(entry.body["stage"]).rollback
    notes = rollback.notes if rollback else ()
    return _change_rollback(state, entry.body["stage"], notes=(*notes, entry.body["text"]))


def _rollback_ended(state: State, entry: Entry) -> State:
    body = entry.body
    return _change_rollback(
        state,
        body["stage"],
        ended_at=entry.at,
        outcome=body["outcome"],
        verified=body["verified"],
        detail=body["detail"],
    )


def _breach(state: State, entry: Entry) -> State:
    return _put(
        state,
        entry,
        breach=entry.body["reason"],
        breached_at=entry.at,
        on_breach=entry.body["action"],
    )


def _sight(state: State, entry: Entry) -> State:
    return _put(state, entry, blind_since=entry.at if entry.body["lost"] else None)


def _stage_ended(state: State, entry: Entry) -> State:
    return _put(
        state,
        entry,
        outcome=entry.body["outcome"],
        ended_at=entry.at,
        reason=entry.body["reason"],
    )


def _set_stage(**names: str) -> Callable[[State, Entry], State]:
    """Return a handler that copies the entry's time or a field of its body into the stage."""

    def handle(state: State, entry: Entry) -> State:
        values = {
            name: entry.at if source == "at" else entry.body[source]
            for name, source in names.items()
        }
        return _put(state, entry, **values)

    return handle


_HANDLERS: Mapping[str, Callable[[State, Entry], State]] = {
    "walk_started": _walk_started,
    "stage_started": _set_stage(started_at="at"),
    "gate_changed": _gate_changed,
    "baseline": _baseline,
    "intent": _intent,
    "outcome": _outcome,
    "doubt_read": _doubt_read,
    "settled": _settled,
    "entered": _set_stage(entered_at="at", entered_by="by"),
    "bake_started": _set_stage(baking_since="at"),
    "verdict_changed": _verdict_changed,
    "breach": _breach,
    "sight": _sight,
    "rollback_started": _rollback_started,
    "rollback_adopted": _rollback_adopted,
    "rollback_note": _rollback_note,
    "rollback_ended": _rollback_ended,
    "stage_ended": _stage_ended,
}


def spell_claims(claims: Mapping[str, str]) -> canonical.Value:
    """Spell claims for an intent's body."""
    return [{"nonce": nonce, "holder": holder} for nonce, holder in sorted(claims.items())]
