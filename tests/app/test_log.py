"""The timeline of a change."""

from datetime import timedelta

import pytest

from mcm.app.log import read_log
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, Entry
from mcm.core.sentences.sentence import sentence
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START
from tests.kit.world import STAGE, World


class Torn(MemoryJournal):
    def entries(self, change: str) -> tuple[Entry, ...]:
        raise RefusedError("E_CHAIN", f"the journal of {change} does not hold at seq 3")


def test_a_journal_that_does_not_hold_is_refused() -> None:
    with pytest.raises(RefusedError, match="seq 3"):
        read_log("CM-0001", Torn())


def test_a_change_without_a_journal_has_no_lines() -> None:
    assert read_log("CM-0009", MemoryJournal()) == ()


def test_each_entry_is_told_once_and_in_order() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.deploy(plan, patience=timedelta(hours=2))

    lines = read_log(plan.change, world.journal)

    entries = world.journal.entries(plan.change)
    assert [line.seq for line in lines] == list(range(1, len(entries) + 1))
    assert [line.text for line in lines] == [sentence(entry) for entry in entries]
    assert lines[-1].hash == entries[-1].hash


def test_an_outcome_belongs_to_the_stage_of_its_intent() -> None:
    """It names no stage itself."""
    journal = MemoryJournal()
    intents = [Draft("intent", {"stage": name}, START) for name in (STAGE, "prod-eu")]
    outcome = Draft("outcome", {"intent": 1, "result": "done"}, START)
    journal.append("CM-0001", [*intents, outcome], after=0)

    lines = read_log("CM-0001", journal, STAGE)

    assert [line.kind for line in lines] == ["intent", "outcome"]
