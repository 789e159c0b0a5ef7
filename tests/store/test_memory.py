"""The journal in memory: seeded from another one, and as suspicious."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, chain_all
from mcm.store.memory import MemoryJournal

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
THREE = chain_all(None, [Draft("verdict", {"number": n}, NOON) for n in range(3)])


def test_a_dry_run_goes_on_from_the_journal_that_was_read() -> None:
    journal = MemoryJournal({"MCM-1": THREE, "MCM-2": ()})
    (fourth,) = journal.append("MCM-1", [Draft("held", {}, NOON)], after=3)
    assert fourth.prev == THREE[-1].hash
    assert journal.entries("MCM-1") == (*THREE, fourth)
    assert journal.changes() == ("MCM-1",)


@pytest.mark.parametrize("index", [0, 2])
def test_a_seed_that_does_not_hold_is_refused(index: int) -> None:
    spoilt = [*THREE[:index], replace(THREE[index], kind="approval"), *THREE[index + 1 :]]
    with pytest.raises(RefusedError) as caught:
        MemoryJournal({"MCM-1": spoilt}).entries("MCM-1")
    assert caught.value.code == "E_CHAIN"


def test_nothing_is_appended_behind_an_edited_newest_entry() -> None:
    journal = MemoryJournal({"MCM-1": [*THREE[:2], replace(THREE[2], kind="approval")]})
    with pytest.raises(RefusedError) as caught:
        journal.append("MCM-1", [Draft("held", {}, NOON)], after=3)
    assert caught.value.code == "E_CHAIN"
