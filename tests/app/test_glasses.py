"""Which glasses are known: by the journal and by signed statements, whichever is left."""

from datetime import timedelta

import pytest

from mcm.app.glasses import find_glasses
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Statement, Verified
from mcm.core.walking.notes import glass_broken
from mcm.store.memory import MemoryJournal
from tests.core.approvals import NOW, a_glass, an_approval, signed

DAY = timedelta(days=1)


def a_review(glass: Statement, who: str = "bob") -> Verified:
    changes = {"kind": "review", "decision": "reviewed", "request": glass.digest}
    return signed(an_approval(who, **changes))


def reading(**inboxes: list[Verified]) -> dict[str, Inbox]:
    named = {name.replace("_", "-"): tuple(said) for name, said in inboxes.items()}
    return {name: Inbox(said, ()) for name, said in named.items()}


def test_threat_47_neither_the_file_nor_the_entry_can_be_taken_away_alone() -> None:
    glass = a_glass()
    journal = MemoryJournal()
    there = reading(MCM_1=[signed(glass)])
    gone = reading(MCM_1=[])

    by_file = find_glasses(journal, ["MCM-1"], there.__getitem__)
    journal.append("MCM-1", [glass_broken(glass, glass.digest, NOW)], after=0)
    by_entry = find_glasses(journal, [], gone.__getitem__)
    by_both = find_glasses(journal, ["MCM-1"], there.__getitem__)

    assert len(by_file) == len(by_entry) == len(by_both) == 1
    assert by_file == by_entry == by_both
    assert not by_file[0].reviewed_by


def test_a_signed_review_by_somebody_else_is_found() -> None:
    glass = a_glass()
    inboxes = reading(MCM_1=[signed(glass), a_review(glass)])

    found = find_glasses(MemoryJournal(), ["MCM-1"], inboxes.__getitem__)

    assert [each.reviewed_by for each in found] == ["bob"]


def test_threat_47_a_review_that_only_the_journal_tells_of_is_none() -> None:
    glass = a_glass()
    journal = MemoryJournal()
    by_hand = Draft("glass_reviewed", {"stage": "prod-us", "by": "bob", "glass": glass.digest}, NOW)
    journal.append("MCM-1", [glass_broken(glass, glass.digest, NOW), by_hand], after=0)

    found = find_glasses(journal, [], reading(MCM_1=[]).__getitem__)

    assert [each.reviewed_by for each in found] == [""]


def test_threat_47_what_cannot_be_read_is_not_taken_for_nothing() -> None:
    def unreadable(change: str) -> Inbox:
        raise RefusedError("E_TRUST_PIN", change)

    with pytest.raises(RefusedError):
        find_glasses(MemoryJournal(), ["MCM-1"], unreadable)


def test_changes_without_a_glass_cost_no_reading_of_their_inbox() -> None:
    journal = MemoryJournal()
    journal.append("MCM-9", [Draft("planned", {"edition": 1}, NOW)], after=0)

    assert find_glasses(journal, [], reading().__getitem__) == ()
