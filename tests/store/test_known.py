"""Rows read before are read anew as soon as one byte of them differs."""

from datetime import UTC, datetime

from mcm.core.history import journal
from mcm.core.history.journal import Draft
from mcm.store.known import Known, Row

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
FIVE = journal.chain_all(None, [Draft("note", {"n": n}, NOON) for n in range(5)])
ROWS: list[Row] = [(journal.to_stored(entry), entry.hash) for entry in FIVE]


def test_known_and_new_rows_make_one_journal() -> None:
    known = Known()

    assert known.read("CM-1", ROWS[:2]) == (FIVE[:2], None)
    assert known.read("CM-1", ROWS) == (FIVE, None)
    assert known.read("CM-1", ROWS) == (FIVE, None)


def test_an_edit_of_a_known_row_is_found() -> None:
    known = Known()
    known.read("CM-1", ROWS)
    edited = [*ROWS[:1], (ROWS[1][0].replace(b'"n":1', b'"n":7'), ROWS[1][1]), *ROWS[2:]]

    entries, problem = known.read("CM-1", edited)

    assert entries == FIVE[:1]
    assert problem is not None
    assert (problem.code, problem.seq) == ("E_CHAIN", 2)


def test_rows_that_are_gone_are_not_remembered() -> None:
    known = Known()
    known.read("CM-1", ROWS)

    assert known.read("CM-1", ROWS[:3]) == (FIVE[:3], None)
    assert known.read("CM-2", []) == ((), None)


def test_a_new_row_must_follow_the_known_ones() -> None:
    known = Known()
    known.read("CM-1", ROWS[:2])

    entries, problem = known.read("CM-1", [*ROWS[:2], ROWS[3]])

    assert entries == FIVE[:2]
    assert problem is not None
    assert problem.seq == 3
