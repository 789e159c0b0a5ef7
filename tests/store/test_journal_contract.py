"""What every journal promises, run over each of them."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, Journal, JournalMoved, verify
from mcm.store.memory import MemoryJournal
from mcm.store.sqlite import SqliteJournal

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)


def draft(number: int, at: datetime = NOON) -> Draft:
    return Draft("verdict", {"number": number, "stages": [{"name": "prod-us"}]}, at)


def in_memory(folder: Path) -> Journal:
    return MemoryJournal()


def in_sqlite(folder: Path) -> Journal:
    return SqliteJournal(folder / "journal.db")


@pytest.fixture(params=[in_memory, in_sqlite])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    build: Callable[[Path], Journal] = request.param
    tmp_path.chmod(0o700)
    return build(tmp_path)


def test_an_unknown_change_has_no_entries(journal: Journal) -> None:
    assert journal.entries("MCM-1") == ()
    assert journal.changes() == ()


def test_appended_entries_are_read_back_in_order(journal: Journal) -> None:
    first = journal.append("MCM-1", [draft(1), draft(2)], after=0)
    second = journal.append("MCM-1", [draft(3)], after=2)
    assert journal.entries("MCM-1") == first + second
    assert [entry.body["number"] for entry in journal.entries("MCM-1")] == [1, 2, 3]
    assert verify(first + second) == ()


def test_changes_are_apart_and_listed_in_order(journal: Journal) -> None:
    journal.append("MCM-2", [draft(1)], after=0)
    journal.append("MCM-1", [draft(2)], after=0)
    assert journal.changes() == ("MCM-1", "MCM-2")
    assert [entry.body["number"] for entry in journal.entries("MCM-2")] == [1]


def test_a_writer_that_has_not_seen_the_newest_entry_writes_nothing(journal: Journal) -> None:
    journal.append("MCM-1", [draft(1)], after=0)
    with pytest.raises(JournalMoved) as caught:
        journal.append("MCM-1", [draft(2)], after=0, claims={"nonce": "prod-us"})
    assert (caught.value.after, caught.value.found) == (0, 1)
    assert len(journal.entries("MCM-1")) == 1
    journal.append("MCM-1", [draft(2)], after=1, claims={"nonce": "another"})


def test_a_journal_that_lost_what_the_writer_saw_is_refused(journal: Journal) -> None:
    """An older copy was put back: going on could repeat what the lost entries record."""
    journal.append("MCM-1", [draft(1)], after=0)
    with pytest.raises(RefusedError) as caught:
        journal.append("MCM-1", [draft(3)], after=2, claims={"nonce": "prod-us"})
    assert caught.value.code == "E_TRUNCATED"
    assert len(journal.entries("MCM-1")) == 1
    journal.append("MCM-1", [draft(2)], after=1, claims={"nonce": "another"})


def test_one_bad_draft_leaves_no_part_of_the_turn(journal: Journal) -> None:
    """A float has no canonical form; neither the draft before it nor the claim is kept."""
    with pytest.raises(RefusedError) as caught:
        journal.append(
            "MCM-1",
            [draft(1), Draft("verdict", {"rate": 0.5}, NOON)],
            after=0,
            claims={"nonce": "prod-us"},
        )
    assert caught.value.code == "E_CANONICAL"
    assert journal.entries("MCM-1") == ()
    journal.append("MCM-1", [draft(1)], after=0, claims={"nonce": "another"})


def test_a_claim_taken_by_another_is_refused_and_nothing_is_written(journal: Journal) -> None:
    journal.append("MCM-1", [draft(1)], after=0, claims={"nonce": "prod-us"})
    with pytest.raises(RefusedError) as caught:
        journal.append("MCM-2", [draft(1)], after=0, claims={"fresh": "x", "nonce": "prod-eu"})
    assert caught.value.code == "E_CONSUMED"
    assert journal.entries("MCM-2") == ()
    journal.append("MCM-2", [draft(1)], after=0, claims={"fresh": "y"})


def test_the_same_holder_may_claim_again(journal: Journal) -> None:
    journal.append("MCM-1", [draft(1)], after=0, claims={"nonce": "prod-us"})
    journal.append("MCM-1", [draft(2)], after=1, claims={"nonce": "prod-us"})
    assert len(journal.entries("MCM-1")) == 2


def test_time_never_goes_back_across_appends(journal: Journal) -> None:
    journal.append("MCM-1", [draft(1)], after=0)
    (late,) = journal.append("MCM-1", [draft(2, NOON - timedelta(hours=1))], after=1)
    assert late.at == NOON
    assert journal.entries("MCM-1")[1].at == NOON


def test_what_a_caller_does_to_a_body_changes_no_entry(journal: Journal) -> None:
    body = {"stages": [{"name": "prod-us"}]}
    (made,) = journal.append("MCM-1", [Draft("plan", body, NOON)], after=0)
    body["stages"].append({"name": "prod-eu"})
    made.body["stages"].append({"name": "prod-fe"})
    assert journal.entries("MCM-1")[0].body == {"stages": [{"name": "prod-us"}]}


def test_an_append_of_nothing_makes_no_change(journal: Journal) -> None:
    assert journal.append("MCM-1", [], after=0) == ()
    assert journal.changes() == ()


def race(count: int, attempt: Callable[[int], None]) -> list[int]:
    """Run `attempt(0..count)` at once; return those that were not refused."""
    won: list[int] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        gate.wait()
        try:
            attempt(number)
        except (RefusedError, JournalMoved):
            return
        won.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_twenty_threads_race_for_one_claim_and_one_wins(journal: Journal) -> None:
    def attempt(number: int) -> None:
        journal.append(f"MCM-{number}", [draft(number)], after=0, claims={"nonce": f"h-{number}"})

    won = race(20, attempt)
    assert len(won) == 1
    assert journal.changes() == (f"MCM-{won[0]}",)


def test_twenty_threads_race_for_one_place_and_one_wins(journal: Journal) -> None:
    def attempt(number: int) -> None:
        journal.append("MCM-1", [draft(number)], after=0)

    won = race(20, attempt)
    assert [entry.body["number"] for entry in journal.entries("MCM-1")] == won
    assert len(won) == 1
