"""The writing end of a journal, with stores that fail."""

from collections.abc import Mapping, Sequence

import pytest

from mcm.app.writer import Writer
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, Entry, JournalMoved, StoreError, verify
from mcm.store.memory import NO_CLAIMS, MemoryJournal
from tests.kit.readings import NOW

CHANGE = "CM-0001"
STARTED = Draft("stage_started", {"stage": "prod-us"}, NOW)
ENTERED = Draft("entered", {"stage": "prod-us", "by": "mcm"}, NOW)


class Failing(MemoryJournal):
    """Raises `error` from reads, writes or both, while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.on_read: Exception | None = None
        self.on_write: Exception | None = None

    def entries(self, change: str) -> tuple[Entry, ...]:
        if self.on_read:
            raise self.on_read
        return super().entries(change)

    def append(
        self,
        change: str,
        drafts: Sequence[Draft],
        *,
        after: int,
        claims: Mapping[str, str] = NO_CLAIMS,
    ) -> tuple[Entry, ...]:
        if self.on_write:
            raise self.on_write
        return super().append(change, drafts, after=after, claims=claims)


class Lost:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.reasons: list[str] = []

    def __call__(self, entries: Sequence[Entry], why: str) -> None:
        self.entries += entries
        self.reasons.append(why)


def writer(journal: Failing, lost: Lost, *, from_nothing: bool = False) -> Writer:
    return Writer(journal, CHANGE, lost, from_nothing=from_nothing)


FULL = StoreError("database or disk is full")
BROKEN = RefusedError("E_CHAIN", "the journal does not hold")


def test_what_is_written_is_stored_and_folded() -> None:
    journal, lost = Failing(), Lost()
    one = writer(journal, lost)
    one.catch_up()
    one.write((STARTED, ENTERED))

    assert [entry.kind for entry in journal.entries(CHANGE)] == ["stage_started", "entered"]
    assert one.state.stage("prod-us").entered_by == "mcm"
    assert lost.reasons == []


def test_it_folds_in_what_others_wrote() -> None:
    journal = Failing()
    one, other = writer(journal, Lost()), writer(journal, Lost())
    one.catch_up()
    other.write((STARTED,))

    assert one.catch_up().stage("prod-us").started_at == NOW


def test_what_others_wrote_behind_it_takes_nothing_away() -> None:
    """On-call was told to keep the lines, the only copy, when a walk had written last."""
    journal, lost = Failing(), Lost()
    mine = writer(journal, lost)
    mine.catch_up()
    mine.write((STARTED,))
    journal.append(CHANGE, (ENTERED,), after=1)

    assert mine.keeps_all
    journal.on_write = FULL
    mine.catch_up()
    mine.write((STARTED,))
    assert not mine.keeps_all


def test_it_does_not_write_over_what_it_has_not_seen() -> None:
    journal = Failing()
    one, other = writer(journal, Lost()), writer(journal, Lost())
    one.catch_up()
    other.write((STARTED,))

    with pytest.raises(JournalMoved):
        one.write((ENTERED,))


@pytest.mark.parametrize("error", [FULL, BROKEN], ids=["full", "broken"])
def test_what_must_be_durable_raises(error: Exception) -> None:
    """A promotion is never sent without its intent in the store."""
    journal, lost = Failing(), Lost()
    one = writer(journal, lost)
    one.catch_up()
    journal.on_write = error

    with pytest.raises(type(error)):
        one.write((STARTED,), {"nonce": "holder"}, durable=True)

    assert one.state.last == 0


@pytest.mark.parametrize("error", [FULL, BROKEN], ids=["full", "broken"])
def test_what_need_not_be_durable_is_chained_on_and_handed_over(error: Exception) -> None:
    journal, lost = Failing(), Lost()
    one = writer(journal, lost)
    one.write((STARTED,))
    journal.on_write = error
    one.write((ENTERED,))
    journal.on_write = None
    one.write((STARTED,))

    assert verify((*journal.entries(CHANGE), *lost.entries)) == ()
    assert [entry.seq for entry in lost.entries] == [2, 3]
    assert one.state.last == 3


def test_once_adrift_nothing_durable_is_written_any_more() -> None:
    """The store works again, but it lacks what happened meanwhile."""
    journal = Failing()
    one = writer(journal, Lost())
    journal.on_write = FULL
    one.write((STARTED,))
    journal.on_write = None

    with pytest.raises(StoreError):
        one.write((ENTERED,), durable=True)


def test_a_journal_that_cannot_be_read_stops_who_has_read_nothing_yet() -> None:
    journal = Failing()
    journal.on_read = BROKEN

    with pytest.raises(RefusedError):
        writer(journal, Lost()).catch_up()


def test_a_rollback_starts_without_a_readable_journal() -> None:
    journal, lost = Failing(), Lost()
    journal.on_read = BROKEN
    one = writer(journal, lost, from_nothing=True)

    assert one.catch_up().last == 0
    one.write((STARTED,))
    assert [entry.kind for entry in lost.entries] == ["stage_started"]
    assert "cannot be read" in lost.reasons[0]


def test_a_journal_that_becomes_unreadable_leaves_what_is_known() -> None:
    journal, lost = Failing(), Lost()
    one = writer(journal, lost)
    one.write((STARTED,))
    one.catch_up()
    journal.on_read = FULL

    assert one.catch_up().stage("prod-us").started_at == NOW


ODD = Draft("outcome", {"intent": "seven"}, NOW)
"""Well chained, and nothing that a state can be made of."""


def test_an_entry_that_is_not_understood_stops_who_has_read_nothing_yet() -> None:
    journal = Failing()
    journal.append(CHANGE, (STARTED, ODD), after=0)

    with pytest.raises(StoreError, match="entry 2 \\(outcome\\) is not understood"):
        writer(journal, Lost()).catch_up()


@pytest.mark.parametrize("from_nothing", [True, False])
def test_an_entry_that_is_not_understood_stops_no_rollback_and_no_watch(from_nothing: bool) -> None:
    """What came before it is kept; what comes after is chained on and handed over."""
    journal, lost = Failing(), Lost()
    one = writer(journal, lost, from_nothing=from_nothing)
    if not from_nothing:
        one.catch_up()
    journal.append(CHANGE, (STARTED, ODD), after=0)

    assert one.catch_up().stage("prod-us").started_at == NOW
    assert "entry 2 (outcome) is not understood" in lost.reasons[0]
    one.write((ENTERED,))
    assert [entry.kind for entry in lost.entries] == ["entered"]
    with pytest.raises(StoreError):
        one.write((ENTERED,), durable=True)


def test_nothing_to_write_writes_nothing() -> None:
    journal = Failing()
    journal.on_write = FULL

    assert writer(journal, Lost()).write(()) == ()
