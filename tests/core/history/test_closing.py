"""Notes and the closing: what prose may be, what is still open, what the record reaches."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mcm.core.errors import RefusedError, UsageError
from mcm.core.history import closing
from mcm.core.history.fold import fold
from mcm.core.history.glass_told import Glass
from mcm.core.history.journal import Draft, Entry, chain_all
from mcm.core.history.state import StageState, State
from mcm.core.sentences.sentence import sentence
from tests.planned import NOW
from tests.record.story import Teller, plan, promoted, rolled_back, succeeded

PLAN = plan()
CHANGE = PLAN.change


def test_prose_keeps_its_lines_and_loses_what_is_hidden() -> None:
    found = closing.prose("  It went\r\nwell\x1b[2J \u202eback \n\n", "note")

    assert found == "It went\nwell\\u{1b}[2J \\u{202e}back"


def test_letters_in_two_parts_are_put_together() -> None:
    """A journal takes NFC only, and what people paste is what it is."""
    (entry,) = chain_all(None, [closing.noted("alice", closing.prose("Ve\u0301rify", "note"), NOW)])

    assert entry.body["text"] == "V\u00e9rify"


@pytest.mark.parametrize("text", ["", "  \n \t ", "x" * 4001, "a\n" * 4000])
def test_prose_that_is_none_or_a_flood_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the note"):
        closing.prose(text, "note")


def told(*drafts: Draft) -> tuple[Entry, ...]:
    return chain_all(None, drafts)


def test_notes_and_the_first_closing_are_folded() -> None:
    done = closing.next_closing((), "alice", "Well.", "none", NOW)
    second = replace(done, by="mallory", record="f" * 64)
    entries = told(
        closing.noted("bob", "Seen.", NOW),
        closing.closed(replace(done, record="a" * 64)),
        closing.closed(second),
    )
    state = fold(entries)

    assert [(note.by, note.text, note.seq) for note in state.notes] == [("bob", "Seen.", 1)]
    assert state.closing is not None
    assert (state.closing.by, state.closing.record, state.closing.seq) == ("alice", "a" * 64, 2)
    assert closing.before(entries, state.closing) == entries[:1]
    assert [sentence(entry) for entry in entries[:2]] == [
        "note by bob: Seen.",
        "alice closed the change: Well.",
    ]


def test_the_closing_has_the_very_time_of_its_entry() -> None:
    """Also where this clock is behind the journal's; the record shows that time."""
    before = told(closing.noted("bob", "Seen.", NOW + timedelta(minutes=1)))
    late = NOW + timedelta(microseconds=1_234_567)
    for entries, now in ((before, NOW), (before, NOW + timedelta(hours=1)), ((), late)):
        made = closing.next_closing(entries, "alice", "Well.", "none", now)
        last = entries[-1] if entries else None
        (entry,) = chain_all(last, [closing.closed(made)])

        assert (entry.at, entry.seq) == (made.at, made.seq)


def matters(state: State, **more: Any) -> list[str]:
    return [each.sentence() for each in closing.open_matters(CHANGE, PLAN, state, **more)]


def test_what_was_never_planned_cannot_be_closed() -> None:
    (matter,) = closing.open_matters(CHANGE, None, State())

    assert "never planned" in matter.what
    assert matter.commands == (f"mcm plan {CHANGE}",)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        (StageState(), "was planned and never begun"),
        (StageState(started_at=NOW), "waits at its gates"),
        (StageState(started_at=NOW, entered_at=NOW), "its bake has not begun"),
        (StageState(started_at=NOW, entered_at=NOW, baking_since=NOW), "is baking"),
        (StageState(baking_since=NOW, breach="5xx"), "was breached"),
    ],
)
def test_each_moment_of_a_walk_is_open_and_has_two_ways_on(known: StageState, says: str) -> None:
    (said,) = matters(State(stages={"prod-us": known}))

    assert says in said
    assert f"`mcm deploy {CHANGE} --stage prod-us`" in said
    assert f"`mcm abort {CHANGE} --stage prod-us --reason REASON`" in said


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_rollback_is_open_until_it_has_ended(cut: int) -> None:
    """At each prefix of the story: closed is possible at its end only."""
    entries = rolled_back(PLAN)
    found = matters(fold(entries[:cut]))

    assert bool(found) == (cut < len(entries))
    going = fold(entries[:cut]).stage("prod-us").rollback is not None
    assert any("mcm rollback --stage prod-us" in each for each in found) == going


def test_what_was_sent_and_never_settled_is_open_at_an_ended_stage_too() -> None:
    story = promoted(PLAN)
    story.drafts = [d for d in story.drafts if d.kind != "outcome"]
    story.tell("stage_ended", stage="prod-us", outcome="aborted", reason="alice")

    entries = story.entries()
    sent = next(entry.seq for entry in entries if entry.kind == "intent")
    (said,) = matters(fold(entries))
    assert f"nobody knows yet whether what entry {sent} sent has happened" in said


def test_a_rollback_of_a_stage_that_the_plan_does_not_name_is_open_too() -> None:
    story = Teller()
    way = {"source": "e5", "target": "e4", "pipeline_stage": "ProdFE"}
    story.tell("rollback_started", stage="prod-fe", why="x", execution="", seen=[], **way)
    state = fold((*succeeded(PLAN),))
    other = fold(story.entries())
    both = replace(state, stages={**state.stages, **other.stages})

    assert [each.split(":")[0] for each in matters(both)] == ["prod-fe is being rolled back"]


def test_a_broken_glass_that_nobody_reviewed_is_open() -> None:
    glass = Glass(CHANGE, "prod-us", "carol", NOW, NOW + timedelta(minutes=30), "d" * 64)
    (said,) = matters(fold(succeeded(PLAN)), unreviewed=[glass])

    assert "carol broke the glass for prod-us" in said
    assert f"`mcm review {CHANGE} --stage prod-us`" in said


def test_nothing_more_is_added_to_a_closed_change() -> None:
    done = closing.next_closing((), "alice", "Well.", "none", NOW)
    closing.refuse_closed(CHANGE, told(closing.noted("bob", "Seen.", NOW)))
    with pytest.raises(
        RefusedError, match=f"{CHANGE} is closed since 2026-03-18 09:00Z by entry 1"
    ):
        closing.refuse_closed(CHANGE, told(closing.closed(done)))
