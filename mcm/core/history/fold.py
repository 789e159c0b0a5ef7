"""Folding: from the journal's entries to the state, one entry at a time.

`apply` knows every kind of entry by name and changes nothing for a kind that this version
does not know, so an older mcm can read a newer journal without guessing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mcm.core import canonical
from mcm.core.history import fold_words
from mcm.core.history.journal import Entry
from mcm.core.history.outcome import Outcome, Result
from mcm.core.history.state import Attempt, Rollback, StageState, State, Tally, VerdictNote
from mcm.core.verdict import Kind


def fold(entries: Iterable[Entry]) -> State:
    """Return the state after all entries."""
    state, last = State(), None
    for last in entries:
        state = _handle(state, last)
    return state if last is None else _after(state, last)


def apply(state: State, entry: Entry) -> State:
    """Return the state after one more entry."""
    return _after(_handle(state, entry), entry)


def _handle(state: State, entry: Entry) -> State:
    handler = _HANDLERS.get(entry.kind)
    return handler(state, entry) if handler else state


def _after(state: State, entry: Entry) -> State:
    return replace(state, last=entry.seq, last_at=entry.at)


def _put(state: State, entry: Entry, **changes: Any) -> State:
    name = entry.body["stage"]
    stage = replace(state.stage(name), **changes)
    return replace(state, stages={**state.stages, name: stage})


def _walk_started(state: State, entry: Entry) -> State:
    digest = entry.body["plan"]
    if digest == state.plan:
        return _watch_anew(state, entry)
    # Another edition starts afresh, but what was rolled back stays known, and a rollback
    # under way keeps what it has sent: it is finished first.
    kept = {name: _begin_anew(stage, digest) for name, stage in state.stages.items()}
    going = {name: stage.rollback.started for name, stage in kept.items() if stage.rollback}
    sent = tuple(a for a in state.attempts if a.intent > going.get(a.stage, a.intent))
    return replace(
        state,
        plan=digest,
        edition=entry.body["edition"],
        begun=_stages(entry),
        stages=kept,
        attempts=sent,
    )


def _stages(entry: Entry) -> frozenset[str]:
    return frozenset(entry.body.get("stages", ()))


def _begin_anew(stage: StageState, plan: str) -> StageState:
    abort = stage.abort if stage.abort and stage.abort.plan == plan else None
    if stage.rollback is None:
        return StageState(rollbacks=stage.rollbacks, abort=abort)
    return StageState(
        rollbacks=stage.rollbacks,
        abort=abort,
        snapshot=stage.snapshot,
        baseline_execution=stage.baseline_execution,
    )


def _watch_anew(state: State, entry: Entry) -> State:
    """A bake that nobody watched does not count: begun again, it bakes from the start."""
    named = _stages(entry)
    stages = {
        name: _unbaked(stage) if name in named and not stage.outcome else stage
        for name, stage in state.stages.items()
    }
    return replace(state, begun=state.begun | named, stages=stages)


def _unbaked(stage: StageState) -> StageState:
    return replace(stage, baking_since=None, bakes_since=None)


def _bake_started(state: State, entry: Entry) -> State:
    first = state.stage(entry.body["stage"]).bakes_since or entry.at
    return _put(state, entry, baking_since=entry.at, bakes_since=first)


def _unwatched(state: State, entry: Entry) -> State:
    """Nobody looked: all begins anew. One guardrail could not be asked: but for the limit."""
    if entry.body.get("check"):
        return _put(state, entry, baking_since=None)
    return _put(state, entry, baking_since=None, bakes_since=None)


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
    before = state.stage(entry.body["stage"]).verdicts
    kind, since = Kind[entry.body["verdict"]], None
    if kind is Kind.ERROR or entry.body.get("unasked"):
        last = before.get(entry.body["check"])
        since = (last.unasked_since if last else None) or entry.at
    note = VerdictNote(kind, entry.body["reason"], entry.at, since)
    verdicts = {**before, entry.body["check"]: note}
    return _put(state, entry, verdicts=verdicts)


def _measured(state: State, entry: Entry) -> State:
    body = entry.body
    tally = Tally(body["breaches"], body["errors"], body["inconclusive"], entry.at)
    tallies = {**state.stage(body["stage"]).tallies, body["check"]: tally}
    return _put(state, entry, tallies=tallies)


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
    state = _change_rollback(
        state,
        body["stage"],
        ended_at=entry.at,
        outcome=body["outcome"],
        verified=body["verified"],
        detail=body["detail"],
    )
    stage = state.stage(body["stage"])
    if body["outcome"] != "rolled_back" or stage.outcome != "succeeded":
        return state
    # Taken back after it had succeeded: it is not done any more, whoever asks.
    reason = stage.rollbacks[-1].why if stage.rollbacks else ""
    return _put(state, entry, outcome="rolled_back", ended_at=entry.at, reason=reason)


def _put_back(state: State, entry: Entry) -> State:
    if entry.body["rest"]:
        return state
    return _put(state, entry, put_back=entry.body["what"], put_back_at=entry.at)


def _person_needed(state: State, entry: Entry) -> State:
    name, reason = entry.body.get("stage"), entry.body.get("reason")
    if not name or not reason or reason in state.stage(name).called:
        return state
    return _put(state, entry, called=(*state.stage(name).called, reason))


def _breach(state: State, entry: Entry) -> State:
    return _put(
        state,
        entry,
        breach=entry.body["reason"],
        breached_at=entry.at,
        on_breach=entry.body["action"],
        breach_check=entry.body["check"],
        breach_seq=entry.seq,
        countdown_over=False,
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
    "observed": _set_stage(observed="execution"),
    "entered": _set_stage(entered_at="at", entered_by="by"),
    "bake_started": _bake_started,
    "watched": _set_stage(watched_at="at"),
    "unwatched": _unwatched,
    "verdict_changed": _verdict_changed,
    "measured": _measured,
    "breach": _breach,
    "sight": _sight,
    "rollback_started": _rollback_started,
    "rollback_adopted": _rollback_adopted,
    "rollback_note": _rollback_note,
    "rollback_ended": _rollback_ended,
    "stage_ended": _stage_ended,
    "put_back": _put_back,
    "person_needed": _person_needed,
    **fold_words.HANDLERS,
}


def spell_claims(claims: Mapping[str, str]) -> canonical.Value:
    """Spell claims for an intent's body."""
    return [{"nonce": nonce, "holder": holder} for nonce, holder in sorted(claims.items())]
