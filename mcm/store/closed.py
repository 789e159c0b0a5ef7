"""Journals of closed changes: nothing is added any more, except by going back.

Nothing blocks a rollback (promise 1), so what a rollback writes is taken; it stands behind
the closing, where the frozen record does not reach.
"""

from collections.abc import Mapping, Sequence

from mcm.core.history.closing import CLOSED, refuse_closed
from mcm.core.history.journal import Draft, Entry, Journal
from mcm.store.memory import NO_CLAIMS


class ClosedJournal(Journal):
    """The journals in `inner`; `append` refuses with E_CLOSED where a change is closed.

    Each entry is looked at once, when it is read or written through here.
    """

    def __init__(self, inner: Journal) -> None:
        self._inner = inner
        self._seen: dict[str, int] = {}
        self._closed: dict[str, Entry] = {}

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        found = self._inner.entries(change)
        self._look(change, found[self._seen.get(change, 0) :])
        return found

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`; raises RefusedError(E_CLOSED) for a change that is closed.

        Who closes it between the look and the append moves the journal on, and then `after`
        does not fit any more.
        """
        if self._seen.get(change, 0) < after:
            self.entries(change)
        refuse_closed(change, [self._closed[change]] if change in self._closed else ())
        made = self._inner.append(change, drafts, after=after, claims=claims)
        self._look(change, made)
        return made

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        return self._inner.changes()

    def _look(self, change: str, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._seen[change] = entry.seq
            if entry.kind == CLOSED:
                self._closed.setdefault(change, entry)
