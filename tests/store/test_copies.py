"""A journal that another clone keeps: read as a copy, taken over whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, JournalMoved, StoreError, to_line
from mcm.store.copies import CopiedJournal
from mcm.store.memory import MemoryJournal

AT = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
PLANNED = Draft("planned", {"edition": 1}, AT)
NOTE = Draft("refused", {"code": "E_ROLE"}, AT)


@pytest.fixture
def theirs() -> MemoryJournal:
    found = MemoryJournal()
    found.append("CM-1", [PLANNED, Draft("requested", {"edition": 1}, AT)], after=0)
    return found


def copied(folder: Path, theirs: MemoryJournal, own: MemoryJournal) -> CopiedJournal:
    place = folder / "CM-1"
    place.mkdir()
    lines = b"".join(to_line(each) for each in theirs.entries("CM-1"))
    (place / "journal.jsonl").write_bytes(lines)
    return CopiedJournal(own, folder)


def test_a_copy_is_read_where_there_is_no_own_journal(
    tmp_path: Path, theirs: MemoryJournal
) -> None:
    journal = copied(tmp_path, theirs, MemoryJournal())

    assert journal.entries("CM-1") == theirs.entries("CM-1")
    assert (journal.keeps("CM-1"), journal.is_copy("CM-1")) == (False, True)
    assert journal.changes() == ("CM-1",)
    assert journal.entries("CM-2") == ()


def test_who_writes_takes_it_over_with_the_same_hashes(
    tmp_path: Path, theirs: MemoryJournal
) -> None:
    own = MemoryJournal()
    journal = copied(tmp_path, theirs, own)
    with pytest.raises(JournalMoved):
        journal.append("CM-1", [NOTE], after=0)
    made = journal.append("CM-1", [NOTE], after=2)

    assert [each.seq for each in made] == [3]
    assert own.entries("CM-1")[:2] == theirs.entries("CM-1")
    assert journal.entries("CM-1") == own.entries("CM-1")
    assert (journal.keeps("CM-1"), journal.is_copy("CM-1")) == (True, False)


def test_ones_own_journal_is_never_replaced(tmp_path: Path, theirs: MemoryJournal) -> None:
    own = MemoryJournal()
    own.append("CM-1", [PLANNED], after=0)

    assert copied(tmp_path, theirs, own).entries("CM-1") == own.entries("CM-1")


def test_a_refusal_noted_before_makes_no_journal_of_ones_own(
    tmp_path: Path, theirs: MemoryJournal
) -> None:
    """It stays where it is, and the copy is what there is; but that cannot be taken over."""
    own = MemoryJournal()
    own.append("CM-1", [NOTE], after=0)
    journal = copied(tmp_path, theirs, own)

    assert journal.entries("CM-1") == theirs.entries("CM-1")
    with pytest.raises(StoreError, match="cannot be taken over"):
        journal.append("CM-1", [NOTE], after=2)


def test_threat_39_an_edited_copy_does_not_hold(tmp_path: Path, theirs: MemoryJournal) -> None:
    journal = copied(tmp_path, theirs, MemoryJournal())
    path = tmp_path / "CM-1" / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"edition":1', b'"edition":2', 1))

    with pytest.raises(RefusedError) as refused:
        journal.entries("CM-1")
    assert refused.value.code == "E_CHAIN"
