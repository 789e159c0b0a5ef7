"""The writing end of one change's journal, and the state folded from it.

A walk forward that cannot write stops. A rollback never does (promise 1): what the store
does not take is chained on in memory and handed to `lost`, so that it reaches stderr.
"""

from collections.abc import Callable, Mapping, Sequence

from mcm.core.journal import Draft, Entry, Journal, StoreError, chain_all
from mcm.core.state import State, apply

Lost = Callable[[Sequence[Entry], str], None]


class Writer:
    """Reads and appends the journal of `change`; keeps `state` up to date.

    `lost` is called with entries that could not be stored; without it such a failure
    raises StoreError, as it must going forward.
    """

    def __init__(self, journal: Journal, change: str, lost: Lost | None = None) -> None:
        self._journal = journal
        self._change = change
        self._lost = lost
        self._last: Entry | None = None
        self._adrift = False
        self.state = State()

    def catch_up(self) -> State:
        """Fold in what others have appended since and return the state."""
        if self._adrift:
            return self.state
        try:
            entries = self._journal.entries(self._change)
        except Exception as err:
            if self._lost is None:
                raise
            self._drift((), f"the journal cannot be read: {err}")
            return self.state
        self._fold(entries[self.state.last :])
        return self.state

    def write(
        self, drafts: Sequence[Draft], claims: Mapping[str, str] | None = None
    ) -> tuple[Entry, ...]:
        """Append `drafts` in one transaction and return the entries.

        Raises JournalMoved when somebody else appended since `catch_up`, RefusedError
        when a claim is taken, StoreError when nothing can be stored going forward.
        """
        if not drafts:
            return ()
        if not self._adrift:
            try:
                entries = self._journal.append(
                    self._change, drafts, after=self.state.last, claims=claims or {}
                )
            except StoreError as err:
                if self._lost is None:
                    raise
                self._adrift = True
                why = str(err)
            else:
                self._fold(entries)
                return entries
        else:
            why = "the journal could not be written before"
        entries = chain_all(self._last, drafts)
        self._drift(entries, why)
        return entries

    def _drift(self, entries: Sequence[Entry], why: str) -> None:
        self._adrift = True
        self._fold(entries)
        if self._lost is not None:
            self._lost(entries, why)

    def _fold(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.state = apply(self.state, entry)
            self._last = entry
