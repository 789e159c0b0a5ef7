"""A closed change takes nothing more, whoever closed it; an open one is as before."""

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history import closing
from mcm.core.history.journal import Draft, JournalMoved
from mcm.store.closed import ClosedJournal
from mcm.store.memory import MemoryJournal
from tests.planned import NOW

NOTE = closing.noted("bob", "Seen.", NOW)
END = closing.closed(closing.next_closing((), "alice", "Well.", "none", NOW))


def refused(journal: ClosedJournal, after: int) -> bool:
    with pytest.raises(RefusedError) as caught:
        journal.append("CM-1", [NOTE], after=after)
    return caught.value.code == "E_CLOSED"


def test_what_this_process_closed_is_closed() -> None:
    journal = ClosedJournal(MemoryJournal())
    journal.append("CM-1", [NOTE], after=0)
    journal.append("CM-1", [END], after=1)

    assert refused(journal, 2)
    assert len(journal.entries("CM-1")) == 2
    assert journal.changes() == ("CM-1",)


@pytest.mark.parametrize("reads", [True, False])
def test_what_another_process_closed_is_closed(reads: bool) -> None:
    """Also for whoever has not read it here, and where others wrote behind it."""
    inner = MemoryJournal()
    inner.append("CM-1", [NOTE, END, NOTE], after=0)
    journal = ClosedJournal(inner)
    if reads:
        journal.entries("CM-1")

    assert refused(journal, 3)


def test_who_looked_before_it_was_closed_is_told_that_the_journal_moved() -> None:
    inner = MemoryJournal()
    journal = ClosedJournal(inner)
    journal.append("CM-1", [NOTE], after=0)
    inner.append("CM-1", [END], after=1)
    with pytest.raises(JournalMoved):
        journal.append("CM-1", [NOTE], after=1)
    journal.entries("CM-1")

    assert refused(journal, 2)


def test_another_change_and_its_claims_go_on() -> None:
    inner = MemoryJournal()
    inner.append("CM-1", [END], after=0)
    journal = ClosedJournal(inner)
    journal.append("CM-2", [Draft("held", {}, NOW)], after=0, claims={"nonce": "me"})
    with pytest.raises(RefusedError) as caught:
        journal.append("CM-2", [NOTE], after=1, claims={"nonce": "you"})

    assert caught.value.code == "E_CONSUMED"
