"""A guest in another clone's change writes down what it refused, and nothing else."""

from mcm.app.refusals import note_refused
from mcm.app.status import read_all
from mcm.app.visiting import GuestJournal, own_journal
from mcm.core.history.journal import Draft, StoreError
from mcm.store.memory import MemoryJournal
from tests.core.approvals import NOW


def test_only_a_refusal_is_stored_and_not_in_the_other_clones_journal() -> None:
    stored = MemoryJournal()
    stored.append("CM-1", [Draft("planned", {}, NOW)], after=0, claims={})
    guest = GuestJournal("CM-1", stored)

    guest.append("CM-1", [Draft("approved", {"by": "bob"}, NOW)], after=1, claims={})
    note_refused(guest, "CM-1", "prod-us", "alice", "E_SELF_APPROVAL", "hers", NOW)

    # A head that this process signs or leaves in AWS must be one that the other clone has.
    assert guest.entries("CM-1") == stored.entries("CM-1")
    assert [e.kind for e in stored.entries("CM-1")] == ["planned"]
    (kept,) = stored.entries(own_journal("CM-1"))
    assert (kept.kind, kept.body["code"]) == ("refused", "E_SELF_APPROVAL")
    assert [each.change for each in read_all((), lambda _: None, stored)] == ["CM-1"]


def test_another_change_is_written_as_ever() -> None:
    stored = MemoryJournal()
    guest = GuestJournal("CM-1", stored)

    guest.append("CM-2", [Draft("planned", {}, NOW)], after=0, claims={})

    assert [e.kind for e in stored.entries("CM-2")] == ["planned"]


def test_a_refusal_that_cannot_be_kept_refuses_nothing_more() -> None:
    class Full(MemoryJournal):
        def append(self, *args: object, **more: object) -> tuple[()]:
            raise StoreError("disk full")

    guest = GuestJournal("CM-1", Full())
    note_refused(guest, "CM-1", "prod-us", "alice", "E_SELF_APPROVAL", "hers", NOW)

    assert guest.entries("CM-1") == ()
