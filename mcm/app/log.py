"""The journal of one change, entry by entry, in words."""

from dataclasses import dataclass
from datetime import datetime

from mcm.core.journal import Journal
from mcm.core.sentence import sentence


@dataclass(frozen=True)
class Line:
    seq: int
    at: datetime
    kind: str
    text: str
    hash: str


def read_log(change: str, journal: Journal) -> tuple[Line, ...]:
    """Return every entry as a line; raises RefusedError when the chain does not hold."""
    return tuple(
        Line(entry.seq, entry.at, entry.kind, sentence(entry), entry.hash)
        for entry in journal.entries(change)
    )
