"""The timeline of one change: each journal entry as a sentence, beside the entry itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mcm.core.history.journal import Body, Entry, Journal
from mcm.core.sentences.sentence import sentence


@dataclass(frozen=True)
class LogLine:
    seq: int
    at: datetime
    kind: str
    stage: str
    """Empty for an entry about the whole change."""
    text: str
    """`mcm.core.sentences.sentence`'s line; clean, and never parsed."""
    body: Body
    hash: str


def read_log(change: str, journal: Journal, stage: str = "") -> tuple[LogLine, ...]:
    """Return the timeline of `change`, oldest first; with `stage` only what is about it.

    An outcome belongs to the stage of its intent. Raises RefusedError (E_CHAIN,
    E_TRUNCATED) when the journal does not hold and StoreError when it cannot be read.
    """
    return of_stage(timeline(journal.entries(change)), stage)


def of_stage(lines: Iterable[LogLine], stage: str) -> tuple[LogLine, ...]:
    """Return the lines about `stage`; all of them when it is empty."""
    return tuple(line for line in lines if not stage or line.stage == stage)


def timeline(entries: Iterable[Entry]) -> tuple[LogLine, ...]:
    """Return a line for each entry."""
    stages: dict[object, str] = {}
    lines = []
    for entry in entries:
        intent = entry.body.get("intent")
        known = stages.get(intent, "") if isinstance(intent, int) else ""
        stage = str(entry.body.get("stage", known))
        stages[entry.seq] = stage
        lines.append(
            LogLine(entry.seq, entry.at, entry.kind, stage, sentence(entry), entry.body, entry.hash)
        )
    return tuple(lines)
