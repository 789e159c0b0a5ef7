"""A process that dies where a test wants it to: at journal appends and at calls."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mcm.aws.port import Params, Port, Reply, time_of
from mcm.core.history.journal import Draft, Entry, Journal

_READS = ("Get", "List", "Describe")
NO_CLAIMS: Mapping[str, str] = {}


class KilledError(BaseException):
    """The process is gone: nothing of mcm's may catch this."""


class Boundaries:
    """Counts the places where a process can die, and dies at the chosen ones.

    `seen` names every boundary passed, over all processes; the first is number 0.
    """

    def __init__(self, deadly: Iterable[int] = ()) -> None:
        self.deadly = set(deadly)
        self.seen: list[str] = []

    def passed(self, where: str) -> None:
        self.seen.append(where)
        if len(self.seen) - 1 in self.deadly:
            raise KilledError(f"{len(self.seen) - 1}: {where}")


class MortalPort:
    """A port whose caller can die before a write and right after its effect.

    With `reads` set, the boundaries of reads count too.
    """

    def __init__(self, port: Port, boundaries: Boundaries, *, reads: bool = False) -> None:
        self._port = port
        self._boundaries = boundaries
        self._reads = reads

    @property
    def time(self) -> datetime | None:
        """AWS's own time, where what is behind this tells it."""
        return time_of(self._port)

    def call(self, service: str, operation: str, params: Params) -> Reply:
        counts = self._reads or not operation.startswith(_READS)
        if counts:
            self._boundaries.passed(f"before {operation}")
        reply = self._port.call(service, operation, params)
        if counts:
            self._boundaries.passed(f"after {operation}")
        return reply


class MortalJournal(Journal):
    """A journal whose writer can die before an append and right after it."""

    def __init__(self, journal: Journal, boundaries: Boundaries) -> None:
        self._journal = journal
        self._boundaries = boundaries

    def entries(self, change: str) -> tuple[Entry, ...]:
        return self._journal.entries(change)

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        kinds = "+".join(draft.kind for draft in drafts)
        self._boundaries.passed(f"before append of {kinds}")
        made = self._journal.append(change, drafts, after=after, claims=claims)
        self._boundaries.passed(f"after append of {kinds}")
        return made

    def changes(self) -> tuple[str, ...]:
        return self._journal.changes()
