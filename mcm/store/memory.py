"""A journal in memory, for dry runs, drills and tests; gone when the process ends."""

import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mcm.core.errors import RefusedError
from mcm.core.history import journal
from mcm.core.history.journal import Draft, Entry, Journal
from mcm.store.known import Known

NO_CLAIMS: Mapping[str, str] = MappingProxyType({})


class MemoryJournal(Journal):
    """Keep entries in their stored form, so that what a writer does to a body stays outside.

    `start` seeds it with journals read elsewhere: a dry run goes on from the real one.
    """

    def __init__(self, start: Mapping[str, Sequence[Entry]] = MappingProxyType({})) -> None:
        self._rows = {change: _rows(entries) for change, entries in start.items() if entries}
        self._claims: dict[str, str] = {}
        self._known = Known()
        self._lock = threading.Lock()

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        with self._lock:
            rows = list(self._rows.get(change, ()))
        entries, problem = self._known.read(change, rows)
        if problem is not None:
            raise journal.refuse(change, problem)
        return entries

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`."""
        with self._lock:
            rows = self._rows.get(change, [])
            journal.check_after(change, after, len(rows))
            for token, holder in claims.items():
                check_claim(token, self._claims.get(token), holder)
            newest = journal.read_one(*rows[-1]) if rows else None
            if rows and newest is None:
                problem = journal.ChainProblem("E_CHAIN", len(rows), "it was edited")
                raise journal.refuse(change, problem)
            made = journal.chain_all(newest, drafts)
            if made:
                self._rows[change] = [*rows, *_rows(made)]
            self._claims.update(claims)
        return made

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        with self._lock:
            return tuple(sorted(self._rows))


def check_claim(token: str, taken_by: str | None, holder: str) -> None:
    """Raise RefusedError(E_CONSUMED) if `token` was taken by another than `holder`."""
    if taken_by is not None and taken_by != holder:
        raise RefusedError(
            "E_CONSUMED",
            f"an approval counts once: {token} was used by {taken_by}",
            hint="Ask for a new approval with `mcm request`.",
        )


def _rows(entries: Sequence[Entry]) -> list[tuple[bytes, str]]:
    return [(journal.to_stored(entry), entry.hash) for entry in entries]
