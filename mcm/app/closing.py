"""`mcm close`: the record is frozen, the evidence laid beside it, the head kept in git.

The order is what a rerun after a crash rests on: record.md as it will be, then the entry
that carries its digest, then evidence and tag, each of which can be made again from the
journal. The caller holds the change's lease, so nobody else closes at the same time; that
nothing else was written meanwhile is what `after` of the append says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mcm.app.halting import current
from mcm.core import canonical
from mcm.core.errors import Exit, McmError, RefusedError, UsageError
from mcm.core.history import closing
from mcm.core.history.anchor import tag_message
from mcm.core.history.closing import Matter
from mcm.core.history.fold import fold
from mcm.core.history.glass_told import Glass
from mcm.core.history.journal import Entry, Head, Journal, JournalMoved
from mcm.core.history.state import Closing, State
from mcm.core.plans.plan import Plan

TRIES = 3


class Shelf(Protocol):
    """The files of the change that closing writes."""

    def read_record(self) -> bytes | None:
        """Return record.md, None when there is none."""

    def write_record(self, data: bytes) -> None:
        """Put record.md in place, whole or not at all."""

    def has_evidence(self) -> bool:
        """Say whether the folder is there; it comes whole or not at all."""

    def changed_evidence(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        """Return the files of it that are not what was written up to the last of `entries`."""

    def write_evidence(self, entries: Sequence[Entry]) -> None:
        """Lay down what it takes to verify the change up to the last of `entries`."""

    def put_tag(self, message: str) -> None:
        """Tag the change in git; raise UsageError where that cannot be done."""


Render = Callable[[Sequence[Entry], Closing], bytes]
"""The record from the entries before a closing, and that closing."""


class StillOpenError(UsageError):
    """The change cannot be closed: `details` are the reasons, each with its command."""

    def __init__(self, change: str, matters: Sequence[Matter]) -> None:
        super().__init__(
            f"{change} cannot be closed: it is still open",
            hint="Bring what is named to its end, then close it.",
        )
        self.matters = tuple(matters)
        self.details = tuple(matter.sentence() for matter in matters)


@dataclass(frozen=True)
class Words:
    """What a person says at the end."""

    by: str
    outcome: str
    lessons: str


@dataclass(frozen=True)
class Closed:
    closing: Closing
    is_new: bool
    """False when it had been closed before; then only what was missing was added."""
    untagged: str
    """Why git keeps no head; empty when it does."""


def note_prose(journal: Journal, change: str, by: str, text: str, now: datetime) -> Entry:
    """Add a note to the journal of `change`, whose prose is checked; return its entry."""
    from mcm.app.notebook import note

    return note(journal, change, closing.noted(by, closing.prose(text, "note"), now))[-1]


def find_open(
    change: str, plan: Plan | None, state: State, glasses: Sequence[Glass]
) -> tuple[Matter, ...]:
    """Return what stands in the way of closing."""
    of_plan = current(state, plan) if plan else state
    unseen = [each for each in glasses if not each.reviewed_by]
    return closing.open_matters(change, plan, of_plan, unseen)


def close_change(
    journal: Journal,
    change: str,
    matters: Callable[[Sequence[Entry], State], Sequence[Matter]],
    words: Callable[[], Words],
    shelf: Shelf,
    render: Render,
    now: datetime,
) -> Closed:
    """Close `change`, or finish a closing that was cut off; `words` is asked for only once
    nothing stands in the way.

    Raises StillOpenError with every reason, RefusedError(E_RECORD) when the record that was
    frozen is gone and cannot be made again.
    """
    said: Words | None = None
    for _ in range(TRIES):
        entries = journal.entries(change)
        state = fold(entries)
        if state.closing is not None:
            return _finish(journal, change, state.closing, shelf, render, is_new=False)
        found = matters(entries, state)
        if found:
            raise StillOpenError(change, found)
        said = said or words()
        made = closing.next_closing(entries, said.by, said.outcome, said.lessons, now)
        data = render(entries, made)
        made = replace(made, record=canonical.digest_bytes(data))
        shelf.write_record(data)
        try:
            journal.append(change, [closing.closed(made)], after=len(entries), claims={})
        except JournalMoved:
            continue
        return _finish(journal, change, made, shelf, render, is_new=True)
    raise MovingError(change)


class MovingError(McmError):
    """Others wrote in the journal each time the change was about to be closed."""

    exit_code = Exit.HELD

    def __init__(self, change: str) -> None:
        super().__init__(
            f"{change} is not closed: its journal moves while it is being closed",
            hint=f"See who writes with `mcm log {change}`, then run the command again.",
        )


def _finish(
    journal: Journal, change: str, made: Closing, shelf: Shelf, render: Render, *, is_new: bool
) -> Closed:
    """Bring about what a closing leaves: each step is skipped where it was done before."""
    entries = journal.entries(change)[: made.seq]
    lost = _restore(change, entries, made, shelf, render)
    lost = _lay_down(change, entries, shelf) or lost
    untagged = ""
    try:
        shelf.put_tag(tag_message(change, Head(made.seq, entries[-1].hash)))
    except UsageError as err:
        untagged = str(err)
    if lost is not None:
        raise lost
    return Closed(made, is_new, untagged)


def _lay_down(change: str, entries: Sequence[Entry], shelf: Shelf) -> RefusedError | None:
    """Write the evidence where there is none; return why what is there is not it."""
    if not shelf.has_evidence():
        shelf.write_evidence(entries)
        return None
    changed = shelf.changed_evidence(entries)
    if not changed:
        return None
    more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
    return RefusedError(
        "E_RECORD",
        f"evidence/ is not what belongs to the closing of {change}: it differs in"
        f" {', '.join(changed[:3])}{more}",
        hint="Take evidence/ from git, as it was when the change was closed, or move it away"
        f" and run `mcm close {change}` again: it is written anew.",
    )


def _restore(
    change: str, entries: Sequence[Entry], made: Closing, shelf: Shelf, render: Render
) -> RefusedError | None:
    """Make record.md the frozen one again; return why that cannot be done."""
    there = shelf.read_record()
    if there is not None and canonical.digest_bytes(there) == made.record:
        return None
    data = render(closing.before(entries, made), made)
    if canonical.digest_bytes(data) == made.record:
        shelf.write_record(data)
        return None
    return RefusedError(
        "E_RECORD",
        f"record.md is not the one that was frozen when {change} was closed, and the files"
        " as they are now give another one",
        hint="Take record.md from git, as it was when the change was closed.",
    )
