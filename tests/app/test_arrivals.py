"""What arrived from another clone is noted once, by the clone that keeps the journal."""

from mcm.app.arrivals import note_arrivals, note_refusals
from mcm.core.history.glass_told import told
from mcm.core.trust.statement import Rejected
from mcm.store.memory import MemoryJournal
from tests.core.approvals import NOW, a_glass, a_request, an_approval, signed


def test_statements_are_noted_once_under_whatever_name_they_came() -> None:
    journal = MemoryJournal()
    asked = signed(a_request())
    said = signed(an_approval("bob"))

    assert note_arrivals(journal, "MCM-1", [asked, said, said], NOW) == (asked, said)
    assert note_arrivals(journal, "MCM-1", [asked, said], NOW) == ()
    entries = journal.entries("MCM-1")
    assert [entry.kind for entry in entries] == ["requested", "approved"]
    assert entries[1].body["by"] == "bob"
    assert entries[1].body["statement"] == said.digest


def test_a_broken_glass_and_its_review_are_noted_as_where_they_were_said() -> None:
    journal = MemoryJournal()
    glass = signed(a_glass("carol"))
    seen = signed(an_approval("bob", kind="review", decision="reviewed", request=glass.digest))

    assert note_arrivals(journal, "MCM-1", [glass, seen], NOW) == (glass, seen)
    assert note_arrivals(journal, "MCM-1", [glass, seen], NOW) == ()
    entries = journal.entries("MCM-1")
    assert [entry.kind for entry in entries] == ["glass_broken", "glass_reviewed"]
    (found,) = told(entries, "MCM-1")
    assert (found.by, found.stage, found.ticket) == ("carol", "prod-us", "INC-7")
    assert (entries[1].body["by"], entries[1].body["glass"]) == ("bob", glass.digest)


def test_what_is_not_taken_is_noted_once() -> None:
    journal = MemoryJournal()
    bad = Rejected("a.json", "E_SIGNATURE", "a.json: nobody signed it [E_SIGNATURE]")

    note_refusals(journal, "MCM-1", [bad, bad], NOW)
    note_refusals(journal, "MCM-1", [bad], NOW)

    assert [entry.body["code"] for entry in journal.entries("MCM-1")] == ["E_SIGNATURE"]
