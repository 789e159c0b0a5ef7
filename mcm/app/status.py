"""How changes stand, from the journals and the frozen plans on this machine alone.

Asks no AWS and verifies no signature: what it says is what was written down (`mcm
verify` proves, `mcm deploy` asks). A journal or plan that cannot be read is a problem of
its own change and hides no other one.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcm.app.phase import OUTCOMES, UNDER_WAY, Phase, exit_of, is_in, is_put_back, walk_phase
from mcm.app.standing import (
    ChangeStatus,
    CheckStatus,
    ClosedGate,
    HoldStatus,
    RollbackStatus,
    StageStatus,
)
from mcm.core import canonical
from mcm.core.errors import Exit, McmError, most_severe
from mcm.core.history import vetoed
from mcm.core.history.fold import fold
from mcm.core.history.glass_told import Glass, told
from mcm.core.history.journal import Entry, Journal
from mcm.core.history.state import StageState, State, Word
from mcm.core.naming import ASIDE

_ASIDE = frozenset({"watched", "told"})
"""Entries about a stage that answer nothing."""

RECENT = timedelta(hours=24)
"""How long a change that is over still shows among the open ones."""

ReadPlan = Callable[[str], bytes | None]
"""Return the bytes of a change's plan.json, None when there is none."""


@dataclass(frozen=True)
class _Header:
    """The few facts of a plan that a status needs."""

    digest: str
    title: str
    requester: str
    realm: str
    edition: int
    stages: tuple[tuple[str, int], ...]
    """Name and approvals asked for."""


def read_status(change: str, plan: bytes | None, journal: Journal) -> ChangeStatus:
    """Return how one change stands. Raises nothing for what is in its files: see `problem`."""
    problem = ""
    entries: tuple[Entry, ...] = ()
    state = State()
    header = None
    try:
        header = _header(plan) if plan is not None else None
    except (McmError, KeyError, TypeError, ValueError) as err:
        problem = f"plan.json cannot be read: {_said(err)}"
    try:
        entries = journal.entries(change)
        state = fold(entries)
        told(entries, change)
    except (McmError, KeyError, TypeError, ValueError) as err:
        problem = str(err) if isinstance(err, McmError) else f"the journal is odd: {_said(err)}"
    if header is not None and not problem:
        stale = _stale(header, entries)
        if stale is not None:
            problem, mend = stale
            return replace(_build(change, header, entries, state, problem), mend=mend)
    return _build(change, header, entries, state, problem)


def _stale(plan: _Header, entries: Sequence[Entry]) -> tuple[str, str] | None:
    """Say why plan.json is not the newest edition as it was written, and what mends it."""
    written = {e.body.get("edition"): e.body.get("plan") for e in entries if e.kind == "planned"}
    editions = [edition for edition in written if isinstance(edition, int)]
    if written.get(plan.edition, plan.digest) != plan.digest:
        return f"plan.json is not edition {plan.edition} as it was written", "verify"
    newest = max(editions, default=plan.edition)
    if newest > plan.edition:
        return f"plan.json is edition {plan.edition}, the newest is {newest}", "plan"
    if editions and plan.edition not in written:
        return f"no entry says when edition {plan.edition} was written", "verify"
    return None


def read_all(changes: Iterable[str], read_plan: ReadPlan, journal: Journal) -> list[ChangeStatus]:
    """Return how each of `changes` stands, and each journal of a rollback without a change."""
    names = list(dict.fromkeys(changes))
    problem = ""
    try:
        rest = (name for name in journal.changes() if not name.startswith(ASIDE))
        names += [name for name in rest if name not in set(names)]
    except McmError as err:
        problem = str(err)
    found = [_read_one(name, read_plan, journal) for name in names]
    if problem and not found:
        found.append(_build("", None, (), State(), problem))
    return found


def worth_showing(statuses: Iterable[ChangeStatus], now: datetime) -> list[ChangeStatus]:
    """Leave out what was over for longer than RECENT."""
    return [
        each
        for each in statuses
        if each.is_open or (each.last_at is not None and now - each.last_at < RECENT)
    ]


def _read_one(change: str, read_plan: ReadPlan, journal: Journal) -> ChangeStatus:
    try:
        plan = read_plan(change)
    except (McmError, OSError) as err:
        return _build(change, None, (), State(), f"plan.json cannot be read: {_said(err)}")
    return read_status(change, plan, journal)


def _header(data: bytes) -> _Header:
    # Encoding it again, as `Plan.from_bytes` does, would prove nothing here: the digest of
    # these very bytes is compared with the one that people signed.
    value = json.loads(data)
    return _Header(
        canonical.digest_bytes(data),
        str(value["title"]),
        str(value["requester"]),
        str(value["realm"]),
        int(value["edition"]),
        tuple((str(stage["name"]), int(stage["approvals"])) for stage in value["stages"]),
    )


def _build(
    change: str, plan: _Header | None, entries: Sequence[Entry], state: State, problem: str
) -> ChangeStatus:
    stages = dict(plan.stages) if plan else {}
    stages |= {name: 0 for name in state.stages if name not in stages}
    current = plan is None or state.plan in ("", plan.digest)
    found = tuple(
        _unknown(name, state)
        if problem
        else _stage(name, wanted, plan, entries, state if current else _only_rollbacks(state))
        for name, wanted in stages.items()
    )
    walk = next((e for e in reversed(entries) if e.kind == "walk_started"), None)
    code = most_severe(stage.exit for stage in found) if found else Exit.HELD
    return ChangeStatus(
        change=change,
        title=plan.title if plan else "",
        requester=plan.requester if plan else "",
        realm=plan.realm if plan else "",
        edition=plan.edition if plan else 0,
        operator=str(walk.body.get("operator", "")) if walk else "",
        operator_since=walk.at if walk else None,
        first_at=entries[0].at if entries else None,
        last_at=entries[-1].at if entries else None,
        stages=found,
        problem=problem,
        holds=_holds(state, found),
        glasses=() if problem else _glasses(change, entries),
        exit=most_severe((Exit.REFUSED, code)) if problem else code,
    )


def _holds(state: State, stages: Sequence[StageStatus]) -> tuple[HoldStatus, ...]:
    """A hold of a stage that nothing here names, or of a change without a stage to show it."""
    shown = {each.stage for each in stages}
    if any(gate.gate == "person" for each in stages for gate in each.gates):
        shown.add("")
    return tuple(
        HoldStatus(name, _held_by(word))
        for name, word in sorted(state.holds.items())
        if name not in shown
    )


def _held_by(word: Word) -> str:
    return f"held by {word.by} since {word.at:%H:%M:%SZ}: {word.reason}"


def _glasses(change: str, entries: Sequence[Entry]) -> tuple[Glass, ...]:
    seen = {e.body.get("glass"): e.body.get("by") for e in entries if e.kind == "glass_reviewed"}
    return tuple(
        replace(each, reviewed_by=str(seen.get(each.statement, "")))
        for each in told(entries, change)
    )


def _unknown(name: str, state: State) -> StageStatus:
    """Claim nothing of a stage but the rollback that a journal that holds tells of."""
    return StageStatus(
        stage=name,
        phase=Phase.UNKNOWN,
        since=None,
        reason="",
        gates=(),
        checks=(),
        approved_by=(),
        blind_since=None,
        rollback=_rollback(state.stage(name)),
        exit=Exit.REFUSED,
    )


def _only_rollbacks(state: State) -> State:
    """The plan was written anew after the last walk: only what was rolled back stays true."""
    kept = {name: StageState(rollbacks=each.rollbacks) for name, each in state.stages.items()}
    stages = {name: each for name, each in kept.items() if each.rollbacks}
    return State(stages=stages, holds=state.holds)


def _stage(
    name: str, wanted: int, plan: _Header | None, entries: Sequence[Entry], state: State
) -> StageStatus:
    known = state.stage(name)
    walked = walk_phase(state, name)
    signers, before = _signed(name, wanted, plan, entries)
    phase, since = walked or before
    person = _person_needed(name, entries)
    reason = person or _reason(phase, known)
    return StageStatus(
        stage=name,
        phase=phase,
        since=since,
        reason=reason,
        gates=_gates(name, state, phase),
        checks=tuple(
            CheckStatus(check, note.kind.name, note.reason, note.at)
            for check, note in known.verdicts.items()
        ),
        approved_by=signers,
        blind_since=known.blind_since if phase in UNDER_WAY else None,
        rollback=_rollback(known),
        exit=Exit.NEEDS_PERSON if person else exit_of(phase, known),
        stays=phase is Phase.ABORTED and is_in(state, name),
    )


def _reason(phase: Phase, known: StageState) -> str:
    if is_put_back(known):
        return f"put back by hand: {known.put_back}"
    return known.breach + vetoed.told(known) if phase in UNDER_WAY else known.reason


def _gates(name: str, state: State, phase: Phase) -> tuple[ClosedGate, ...]:
    """The gates that the walk found closed, and a hold also where no walk has met it yet."""
    closed = dict(state.stage(name).gates) if phase is Phase.GATES else {}
    word = state.held(name)
    if word is None or phase in OUTCOMES:
        closed.pop("person", None)
    else:
        closed["person"] = _held_by(word)
    return tuple(ClosedGate(*each) for each in closed.items())


def _signed(
    name: str, wanted: int, plan: _Header | None, entries: Sequence[Entry]
) -> tuple[tuple[str, ...], tuple[Phase, datetime | None]]:
    """Who signed this very plan for the stage, and what that makes of it before a walk."""
    if plan is None:
        return (), (Phase.DRAFT, None)
    signers: dict[str, None] = {}
    phase, since = Phase.PLANNED, None
    for entry in entries:
        body = entry.body
        if body.get("edition") != plan.edition or body.get("plan", plan.digest) != plan.digest:
            continue
        if entry.kind == "planned":
            since = entry.at
        elif entry.kind == "requested":
            phase, since = Phase.REQUESTED, entry.at
        elif entry.kind == "rejected":
            phase, since = Phase.REJECTED, entry.at
        elif entry.kind == "approved" and body.get("stage") == name:
            signers[str(body.get("by", "unknown"))] = None
            if len(signers) >= wanted and phase is Phase.REQUESTED:
                phase, since = Phase.APPROVED, entry.at
    return tuple(signers), (phase, since)


def _person_needed(name: str, entries: Sequence[Entry]) -> str:
    """The reason of a call for a person that nothing at the stage has answered since."""
    about = (e for e in reversed(entries) if e.body.get("stage") == name and e.kind not in _ASIDE)
    last: Entry | None = next(about, None)
    return str(last.body.get("reason", "")) if last and last.kind == "person_needed" else ""


def _rollback(known: StageState) -> RollbackStatus | None:
    if not known.rollbacks:
        return None
    last = known.rollbacks[-1]
    how = (last.ended_at, last.outcome, last.verified, last.detail)
    return RollbackStatus(last.at, last.target, last.execution, last.why, *how)


def _said(err: Exception) -> str:
    if isinstance(err, McmError | OSError):
        return str(err)
    return f"it has no {err}" if isinstance(err, KeyError) else f"it is no JSON of ours ({err})"
