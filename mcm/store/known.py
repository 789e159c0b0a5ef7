"""What of a journal has been read already: rows that are byte for byte the same hold.

A walk reads its journal at every turn. Bytes that were verified once need no second
look, as long as they are those very bytes; one that differs is read from there anew.
"""

from collections.abc import Sequence

from mcm.core.history import journal
from mcm.core.history.journal import ChainProblem, Entry

Row = tuple[bytes, str]


class Known:
    """The verified rows of each change, as they were last read. Safe for many threads."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[list[Row], tuple[Entry, ...]]] = {}

    def read(
        self, change: str, rows: Sequence[Row]
    ) -> tuple[tuple[Entry, ...], ChainProblem | None]:
        """Do what `journal.from_stored` does, without reading known rows again.

        Readers share the entries, and leave their bodies as they are.
        """
        before, known = self._held.get(change, ([], ()))
        if before != rows[: len(before)]:
            before, known = [], ()
        more, problem = journal.from_stored(rows[len(before) :], known[-1] if known else None)
        entries = known + more
        if more:
            self._held[change] = (list(rows[: len(entries)]), entries)
        return entries, problem
