"""The writing end of one change's journal, and the state folded from it.

What the store does not take is chained on in memory and handed to `lost`, so that it
reaches stderr: a rollback goes on without a disk (promise 1), and so does the watch over
a stage that is out there. Only a promotion must be stored before it is sent.
"""

from collections.abc import Callable, Mapping, Sequence

from mcm.core.errors import McmError, RefusedError
from mcm.core.history.fold import apply
from mcm.core.history.journal import EMPTY, Draft, Entry, Head, Journal, StoreError, chain_all
from mcm.core.history.state import State

Lost = Callable[[Sequence[Entry], str], None]


class Writer:
    """Reads and appends the journal of `change`; keeps `state` up to date.

    `lost` is told of entries that could not be stored and why. With `from_nothing`, as
    for a rollback, a journal that cannot even be read counts as empty. `kept` is false for
    a journal that ends with the process: nothing may vouch for it.
    """

    def __init__(
        self,
        journal: Journal,
        change: str,
        lost: Lost,
        *,
        from_nothing: bool = False,
        kept: bool = True,
    ) -> None:
        self._journal = journal
        self.change = change
        self._lost = lost
        self._has_read = from_nothing
        self._last: Entry | None = None
        self._adrift = ""
        self._barred = ""
        self._kept = kept
        self.state = State()
        self.stored: Head = EMPTY
        """The newest entry known to be in the store: what an act may leave elsewhere."""

    def bar(self, why: str) -> None:
        """From now on refuse every durable write, so that nothing forward begins."""
        self._barred = why

    @property
    def is_barred(self) -> bool:
        """Whether durable writes are refused."""
        return bool(self._barred)

    @property
    def keeps_all(self) -> bool:
        """Whether everything written here is in the store, whatever others wrote behind it."""
        return self._kept and not self._adrift

    def catch_up(self) -> State:
        """Fold in what others have appended since and return the state.

        Raises what the journal raises while nothing has been read yet, and StoreError for
        an entry of which no state can be made. Later, and for a rollback from the start,
        such a journal leaves the state as it was, with what comes before that entry.
        """
        if self._adrift:
            return self.state
        try:
            self._fold_others(self._journal.entries(self.change)[self.state.last :])
        except McmError as err:
            if not self._has_read:
                raise
            self._drift((), f"the journal cannot be read: {err}")
            return self.state
        self._has_read = True
        return self.state

    def write(
        self,
        drafts: Sequence[Draft],
        claims: Mapping[str, str] | None = None,
        *,
        durable: bool = False,
    ) -> tuple[Entry, ...]:
        """Append `drafts` in one transaction and return the entries.

        Raises JournalMoved when somebody else appended since `catch_up`. With `durable`,
        as claims need it, raises what the store raises (StoreError; RefusedError when a
        claim is taken or the chain does not hold) instead of going on without the store,
        and StoreError after `bar`.
        """
        if not drafts:
            return ()
        if durable and self._barred:
            raise StoreError(f"nothing is promoted: {self._barred}")
        if not self._adrift:
            try:
                entries = self._journal.append(
                    self.change, drafts, after=self.state.last, claims=claims or {}
                )
            except (StoreError, RefusedError) as err:
                if durable:
                    raise
                self._adrift = str(err)
            else:
                self._fold(entries)
                return entries
        if durable:
            raise StoreError(f"nothing is promoted without a journal: {self._adrift}")
        entries = chain_all(self._last, drafts)
        self._drift(entries, self._adrift)
        return entries

    def _drift(self, entries: Sequence[Entry], why: str) -> None:
        self._adrift = why
        self._fold(entries)
        self._lost(entries, why)

    def _fold_others(self, entries: Sequence[Entry]) -> None:
        """Fold what others wrote; its chain holds, but nobody promises what is in it."""
        for entry in entries:
            try:
                self._fold((entry,))
            except Exception as err:
                what = f"entry {entry.seq} ({entry.kind})"
                raise StoreError(f"{what} is not understood: {type(err).__name__}") from err

    def _fold(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self.state = apply(self.state, entry)
            self._last = entry
            if self._kept and not self._adrift:
                self.stored = Head(entry.seq, entry.hash)
