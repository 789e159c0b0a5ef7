"""Journals that other clones keep, beside one's own.

A change has one journal, in the clone that drives it; elsewhere there is a copy, as it
came with the change, which is only read. Whoever writes in a copy takes the change over:
the whole copy becomes their own journal first, with the same hashes.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcm.core.errors import RefusedError
from mcm.core.history import journal
from mcm.core.history.fold import fold
from mcm.core.history.journal import Draft, Entry, Journal, JournalMoved, StoreError
from mcm.store.memory import NO_CLAIMS
from mcm.store.safe_file import read_plain

NAME = "journal.jsonl"
LIMIT = 16_000_000


_BEGUN = frozenset({"planned", "requested", "walk_started"})
"""One of these is in the journal of whoever plans or drives a change; a refusal alone is
what any clone may note."""


class CopiedJournal(Journal):
    """Journals in `own`; of a change that another clone keeps, its `CHANGE/journal.jsonl`."""

    def __init__(self, own: Journal, copies: Path) -> None:
        self._own = own
        self._copies = copies

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        return self.copy(change) if self.is_copy(change) else self._own.entries(change)

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`; what a copy says was used up is claimed with it."""
        copy = self.copy(change) if self.is_copy(change) else ()
        if not copy:
            return self._own.append(change, drafts, after=after, claims=claims)
        journal.check_after(change, after, len(copy))
        known = [Draft(entry.kind, entry.body, entry.at) for entry in copy]
        both = {**fold(copy).consumed, **claims}
        try:
            made = self._own.append(change, [*known, *drafts], after=0, claims=both)
        except JournalMoved as err:
            raise StoreError(
                f"{change} cannot be taken over: this clone has a journal of its own of it",
                hint=f"Go on in the clone that planned {change}, or in a fresh one.",
            ) from err
        return made[len(copy) :]

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        found = {path.parent.name for path in self._copies.glob(f"*/{NAME}")}
        return tuple(sorted({*self._own.changes(), *found}))

    def keeps(self, change: str) -> bool:
        """Say whether the change was planned or driven here."""
        return any(entry.kind in _BEGUN for entry in self._own.entries(change))

    def is_copy(self, change: str) -> bool:
        """Say whether the journal of `change` is another clone's."""
        return os.path.lexists(f"{self._copies}/{change}/{NAME}") and not self.keeps(change)

    def copy(self, change: str) -> tuple[Entry, ...]:
        """Return the entries of the copy, verified; none when there is no copy."""
        try:
            data = read_plain(self._copies / change / NAME, LIMIT)
        except FileNotFoundError:
            return ()
        except OSError as err:
            raise RefusedError("E_UNSAFE_FILE", f"the copy of {change}: {err.strerror}") from err
        entries, problem = journal.from_lines(data)
        if problem is not None:
            raise journal.refuse(change, problem, entries)
        return entries
