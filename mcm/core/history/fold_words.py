"""Folding what people say beside a walk: hold and resume, abort, retry, veto, note, close.

These entries are written by commands of their own, while another process may be turning
the loop; the walk meets them at its next turn.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mcm.core.history import schedule
from mcm.core.history.journal import Entry
from mcm.core.history.state import Closing, Note, StageState, State, Word

_CLOSING = ("by", "outcome", "lessons", "record")

Handler = Callable[[State, Entry], State]


def _word(entry: Entry) -> Word:
    return Word(entry.body["by"], entry.body["reason"], entry.at, entry.body.get("plan", ""))


def _change(state: State, entry: Entry, stage: StageState) -> State:
    return replace(state, stages={**state.stages, entry.body["stage"]: stage})


def _held(state: State, entry: Entry) -> State:
    return replace(state, holds={**state.holds, entry.body["stage"]: _word(entry)})


def _resumed(state: State, entry: Entry) -> State:
    """A resume of the whole change opens every hold; one of a stage only its own."""
    name = entry.body["stage"]
    left = {held: word for held, word in state.holds.items() if name and held != name}
    return replace(state, holds=left)


def _scheduled(state: State, entry: Entry) -> State:
    found = schedule.read(entry.body)
    return replace(state, schedules={**state.schedules, entry.body["stage"]: found})


def _abort_asked(state: State, entry: Entry) -> State:
    known = state.stage(entry.body["stage"])
    return state if known.outcome else _change(state, entry, replace(known, abort=_word(entry)))


def _retry_asked(state: State, entry: Entry) -> State:
    """The failed stage is open again; its snapshot stays that of before the change.

    What was sent for it is history: the promotion is a new one, with attempts of its own.
    """
    name = entry.body["stage"]
    known = state.stage(name)
    if known.outcome != "failed":
        return state
    anew = StageState(
        started_at=entry.at,
        snapshot=known.snapshot,
        baseline_execution=known.baseline_execution,
        found=known.found,
        rollbacks=known.rollbacks,
        retry=_word(entry),
    )
    left = tuple(a for a in state.attempts if a.stage != name or a.in_doubt)
    return _change(replace(state, attempts=left), entry, anew)


def _vetoed(state: State, entry: Entry) -> State:
    known = state.stage(entry.body["stage"])
    vetoed = {**known.vetoed, entry.body["check"]: _word(entry)}
    return _change(state, entry, replace(known, vetoed=vetoed, on_breach="hold"))


def _countdown_over(state: State, entry: Entry) -> State:
    known = state.stage(entry.body["stage"])
    return _change(state, entry, replace(known, countdown_over=True))


def _noted(state: State, entry: Entry) -> State:
    note = Note(entry.body["by"], entry.body["text"], entry.at, entry.seq)
    return replace(state, notes=(*state.notes, note))


def _closed(state: State, entry: Entry) -> State:
    """The first closing counts: nothing after it is a part of the record."""
    by, outcome, lessons, record = (entry.body[key] for key in _CLOSING)
    made = Closing(by, outcome, lessons, record, entry.at, entry.seq)
    return replace(state, closing=state.closing or made)


HANDLERS: Mapping[str, Handler] = {
    "held": _held,
    "resumed": _resumed,
    "scheduled": _scheduled,
    "abort_asked": _abort_asked,
    "retry_asked": _retry_asked,
    "vetoed": _vetoed,
    "countdown_over": _countdown_over,
    "noted": _noted,
    "closed": _closed,
}
