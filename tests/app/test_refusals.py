"""The one place that journals refusals: what it keeps, and that it never gets in the way."""

from mcm.app.refusals import NotedRefusalError, note_ending, note_error
from mcm.core.errors import RefusedError
from mcm.core.history.journal import Draft, Entry, StoreError
from mcm.core.sentences.sentence import sentence
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START

ERROR = RefusedError("E_PLAN_CHANGED", "the plan of CM-1 is another")


class Full(MemoryJournal):
    def append(self, *args: object, **kwargs: object) -> tuple[Entry, ...]:  # type: ignore[override]
        raise StoreError("the disk is full")


def noted(err: RefusedError) -> Entry:
    journal = MemoryJournal()
    note_error(journal, "CM-1", "prod-us", "alice", err, START)
    (entry,) = journal.entries("CM-1")
    return entry


def test_a_refusal_says_code_reason_who_and_where() -> None:
    entry = noted(ERROR)

    assert entry.kind == "refused"
    assert entry.body == {
        "stage": "prod-us",
        "by": "alice",
        "code": "E_PLAN_CHANGED",
        "reason": "the plan of CM-1 is another",
    }
    assert sentence(entry) == (
        "prod-us: alice was refused: the plan of CM-1 is another [E_PLAN_CHANGED]"
    )


def test_what_a_hostile_file_put_into_the_reason_has_a_form() -> None:
    entry = noted(RefusedError("E_YAML", "bad key 'e\u0301\x1b\ud800' " + "x" * 900))

    assert "\\u{1b}\\u{d800}" in entry.body["reason"]
    assert len(entry.body["reason"]) <= 500


def test_a_refusal_that_is_in_the_journal_already_is_not_repeated() -> None:
    journal = MemoryJournal()
    note_error(journal, "CM-1", "", "alice", NotedRefusalError("E_ROLE", "no"), START)

    assert journal.entries("CM-1") == ()


def test_a_journal_that_cannot_be_written_changes_nothing_about_the_refusal() -> None:
    note_error(Full(), "CM-1", "", "alice", ERROR, START)


def test_a_walk_that_ends_at_a_refusing_gate_is_noted_with_its_code() -> None:
    journal = MemoryJournal()
    journal.append("CM-1", [Draft("planned", {}, START)], after=0)

    note_ending(journal, "CM-1", "prod-us", "alice", "approval", "bob said no [E_REJECTED]", START)

    assert journal.entries("CM-1")[-1].body == {
        "stage": "prod-us",
        "by": "alice",
        "code": "E_REJECTED",
        "reason": "gate approval: bob said no",
    }


def test_a_gate_without_a_code_is_noted_by_its_name() -> None:
    journal = MemoryJournal()

    note_ending(journal, "CM-1", "prod-us", "alice", "identity", "another account", START)

    assert journal.entries("CM-1")[-1].body["reason"] == "gate identity: another account"
