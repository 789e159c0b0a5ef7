"""Closing: nothing open, one closing, and a rerun that finishes what a crash cut off."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from mcm.app.closing import (
    Closed,
    MovingError,
    StillOpenError,
    Words,
    close_change,
    find_open,
    note_prose,
)
from mcm.core import canonical
from mcm.core.errors import RefusedError, UsageError
from mcm.core.history import closing
from mcm.core.history.fold import fold
from mcm.core.history.journal import Draft, Entry, Journal
from mcm.core.history.state import Closing
from mcm.store.memory import MemoryJournal
from tests.kit.dying import Boundaries, KilledError, MortalJournal
from tests.planned import NOW
from tests.record.story import plan, promoted, succeeded

PLAN = plan()
CHANGE = PLAN.change
WORDS = Words("alice", "All photos are judged.", "none")


class Folder:
    """The files that a closing leaves, and a process that can die at each of them."""

    def __init__(self, boundaries: Boundaries | None = None) -> None:
        self.boundaries = boundaries or Boundaries()
        self.record: bytes | None = None
        self.evidence: tuple[Entry, ...] = ()
        self.tag = ""
        self.has_git = True

    def read_record(self) -> bytes | None:
        return self.record

    def write_record(self, data: bytes) -> None:
        self.boundaries.passed("before the record")
        self.record = data
        self.boundaries.passed("after the record")

    def has_evidence(self) -> bool:
        return bool(self.evidence)

    def changed_evidence(self, entries: Sequence[Entry]) -> tuple[str, ...]:
        return () if self.evidence == tuple(entries) else ("journal.jsonl",)

    def write_evidence(self, entries: Sequence[Entry]) -> None:
        self.boundaries.passed("before the evidence")
        self.evidence = tuple(entries)
        self.boundaries.passed("after the evidence")

    def put_tag(self, message: str) -> None:
        if not self.has_git:
            raise UsageError("there is no git commit here to tag")
        self.boundaries.passed("before the tag")
        self.tag = message
        self.boundaries.passed("after the tag")


def render(entries: Sequence[Entry], made: Closing) -> bytes:
    return f"{len(entries)} entries; {made.by} at {made.at}: {made.outcome}".encode()


def journal_of(entries: Sequence[Entry]) -> MemoryJournal:
    return MemoryJournal({CHANGE: entries})


def close(journal: Journal, folder: Folder, words: Words = WORDS) -> Closed:
    return close_change(
        journal,
        CHANGE,
        lambda _, state: find_open(CHANGE, PLAN, state, ()),
        lambda: words,
        folder,
        render,
        NOW,
    )


def test_a_change_that_is_over_is_closed_with_all_that_belongs_to_it() -> None:
    journal, folder = journal_of(succeeded(PLAN)), Folder()
    done = close(journal, folder)
    entries = journal.entries(CHANGE)

    assert (done.is_new, done.untagged) == (True, "")
    assert entries[-1].kind == "closed"
    assert folder.record is not None
    assert entries[-1].body["record"] == canonical.digest_bytes(folder.record)
    assert folder.evidence == entries
    assert folder.tag.splitlines()[-1] == f"journal: entry {len(entries)}, {entries[-1].hash}"


def test_nothing_is_asked_or_written_while_something_is_open() -> None:
    journal, folder = journal_of(promoted(PLAN).entries()), Folder()

    def asked() -> Words:
        raise AssertionError("nobody is to be asked")

    with pytest.raises(StillOpenError) as caught:
        close_change(
            journal,
            CHANGE,
            lambda _, state: find_open(CHANGE, PLAN, state, ()),
            asked,
            folder,
            render,
            NOW,
        )

    assert caught.value.details[0].startswith("prod-us is baking: `mcm deploy")
    assert (folder.record, folder.evidence, folder.tag) == (None, (), "")
    assert [e.kind for e in journal.entries(CHANGE)].count("closed") == 0


def test_closed_again_it_says_that_the_evidence_is_no_longer_that_of_the_closing() -> None:
    """What is there may be all that somebody wants to look into: it is not written over."""
    journal, folder = journal_of(succeeded(PLAN)), Folder()
    close(journal, folder)
    folder.evidence, folder.tag = folder.evidence[:-1], ""
    edited = folder.evidence

    with pytest.raises(RefusedError, match=r"differs in journal\.jsonl \[E_RECORD\]"):
        close(journal, folder)
    assert folder.evidence == edited
    assert folder.tag != ""


def test_a_plan_that_was_made_anew_after_the_walk_is_open() -> None:
    other = replace(PLAN, edition=2)
    (matter,) = find_open(CHANGE, other, fold(succeeded(PLAN)), ())

    assert matter.what == "prod-us was planned and never begun"


def boundaries() -> list[str]:
    seen = Boundaries()
    close(MortalJournal(journal_of(succeeded(PLAN)), seen), Folder(seen))
    return seen.seen


@pytest.mark.parametrize("deadly", range(len(boundaries())), ids=boundaries())
def test_killed_anywhere_the_same_command_finishes(deadly: int) -> None:
    """One closing, whose words are those of the run that wrote it."""
    stored, dying = journal_of(succeeded(PLAN)), Boundaries([deadly])
    folder = Folder(dying)
    with pytest.raises(KilledError):
        close(MortalJournal(stored, dying), folder)
    done = close(MortalJournal(stored, dying), folder, Words("bob", "Other words.", "some"))
    entries = stored.entries(CHANGE)

    assert [entry.kind for entry in entries].count("closed") == 1
    assert folder.record is not None
    assert canonical.digest_bytes(folder.record) == done.closing.record
    assert done.closing.by == entries[-1].body["by"]
    assert folder.evidence == entries
    assert folder.tag.endswith(f"{entries[-1].hash}\n")
    assert done.is_new == (done.closing.by == "bob")


def test_of_many_at_once_one_closes_and_all_leave_its_record() -> None:
    """Even without the lease: the journal takes one closing, and the record is that one's."""
    journal, folder = journal_of(succeeded(PLAN)), Folder()
    people = [Words(f"person-{n}", f"Outcome {n}.", "none") for n in range(16)]
    with ThreadPoolExecutor(16) as pool:
        done = list(pool.map(lambda words: close(journal, folder, words), people))
    close(journal, folder)

    assert sum(each.is_new for each in done) == 1
    assert len({each.closing for each in done}) == 1
    assert folder.record is not None
    assert canonical.digest_bytes(folder.record) == done[0].closing.record


class Moving(MemoryJournal):
    """A journal in which somebody else writes right before each closing."""

    def append(self, change, drafts, *, after, claims={}):  # type: ignore[no-untyped-def] # noqa: B006
        if drafts[0].kind == "closed":
            super().append(change, [Draft("told", {"stage": "prod-us"}, NOW)], after=after)
        return super().append(change, drafts, after=after, claims=claims)


def test_a_journal_that_never_rests_is_not_closed() -> None:
    journal, folder = Moving({CHANGE: succeeded(PLAN)}), Folder()
    with pytest.raises(MovingError):
        close(journal, folder)

    assert fold(journal.entries(CHANGE)).closing is None
    assert folder.evidence == ()


def test_without_git_it_is_closed_and_said() -> None:
    journal, folder = journal_of(succeeded(PLAN)), Folder()
    folder.has_git = False
    assert close(journal, folder).untagged == "there is no git commit here to tag"
    folder.has_git = True

    assert close(journal, folder).untagged == ""
    assert folder.tag


def test_a_frozen_record_that_was_edited_is_made_again() -> None:
    journal, folder = journal_of(succeeded(PLAN)), Folder()
    close(journal, folder)
    good, folder.record = folder.record, b"# All went well"
    close(journal, folder)

    assert folder.record == good


def test_one_that_cannot_be_made_again_is_told_and_left_alone() -> None:
    """Another mcm, or other files: what it would write was never frozen."""
    journal, folder = journal_of(succeeded(PLAN)), Folder()
    close(journal, folder)
    folder.record, folder.evidence = b"edited", ()
    with pytest.raises(RefusedError) as caught:
        close_change(
            journal, CHANGE, lambda *_: (), lambda: WORDS, folder, lambda *_: b"new form", NOW
        )

    assert caught.value.code == "E_RECORD"
    assert folder.record == b"edited"
    assert folder.evidence


def test_a_note_is_an_entry_and_a_flood_is_none() -> None:
    journal = journal_of(succeeded(PLAN))
    entry = note_prose(journal, CHANGE, "bob", "Seen.\nTwice.", NOW)
    with pytest.raises(UsageError):
        note_prose(journal, CHANGE, "bob", "x" * 100_000, NOW)

    assert journal.entries(CHANGE)[-1] == entry
    assert entry.body == {"by": "bob", "text": "Seen.\nTwice."}
    assert fold(journal.entries(CHANGE)).notes[0].text == "Seen.\nTwice."
    assert entry.kind == closing.NOTED
