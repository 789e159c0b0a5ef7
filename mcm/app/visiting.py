"""A change whose journal another clone keeps: read here, and only refusals are written down.

Two clones cannot both write one chain (docs/adr/0018), so what is said here is forgotten,
and a head that is signed or left in AWS is one that the other clone has. Statements travel
and are noted where they arrive. An
attempt that was turned away makes no statement: it is kept in this clone, in a journal of
its own, `GUEST-CHANGE`.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from mcm.app.notebook import note
from mcm.core.errors import McmError
from mcm.core.history.journal import Draft, Entry, Journal, chain_all, check_after
from mcm.core.naming import OF_GUESTS

NO_CLAIMS: Mapping[str, str] = {}


def own_journal(change: str) -> str:
    """Return the name of the journal of what this clone refused about another's change."""
    return f"{OF_GUESTS}{change}"


class GuestJournal(Journal):
    """The journals of `stored`, of which that of `change` is another clone's."""

    def __init__(self, change: str, stored: Journal) -> None:
        self._change = change
        self._stored = stored
        self._entries = stored.entries(change)

    def entries(self, change: str) -> tuple[Entry, ...]:
        """See `Journal.entries`."""
        return self._entries if change == self._change else self._stored.entries(change)

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        """See `Journal.append`; of the other clone's change only refusals are stored."""
        if change != self._change:
            return self._stored.append(change, drafts, after=after, claims=claims)
        check_after(change, after, len(self._entries))
        refusals = [draft for draft in drafts if draft.kind == "refused"]
        if refusals:
            with suppress(McmError):  # it was told; that it is not kept refuses nothing more
                note(self._stored, own_journal(change), *refusals)
        return chain_all(self._entries[-1] if self._entries else None, drafts)

    def changes(self) -> tuple[str, ...]:
        """See `Journal.changes`."""
        return self._stored.changes()
