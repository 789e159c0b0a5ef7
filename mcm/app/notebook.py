"""Adding to a journal beside a walk that may be writing to it at the same time."""

from mcm.core.history.closing import refuse_closed
from mcm.core.history.journal import Draft, Entry, Head, Journal, JournalMoved
from mcm.core.history.journal import head as head_of
from mcm.core.trust.statement import JournalHead


def note(journal: Journal, change: str, *drafts: Draft) -> tuple[Entry, ...]:
    """Append `drafts` behind whatever is there; they say nothing about what went before."""
    while True:
        after = len(journal.entries(change))
        try:
            return journal.append(change, drafts, after=after, claims={})
        except JournalMoved:
            continue


def head_seen(journal: Journal, change: str) -> JournalHead:
    """Return the head that a signer vouches for (docs/security-design.md, Journal).

    Raises RefusedError(E_CLOSED) for a change that is closed: nobody signs for it any more.
    """
    entries = journal.entries(change)
    refuse_closed(change, entries)
    head: Head = head_of(entries)
    return JournalHead(head.seq, head.hash if head.seq else "")
