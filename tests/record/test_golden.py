"""Records of one change at four moments, byte for byte."""

import pytest

from mcm.core import canonical
from mcm.core.history.fold import fold
from mcm.core.history.journal import ChainProblem, Draft, chain_all
from mcm.record.build import build_view
from mcm.record.render import render_record
from tests.planned import NOW
from tests.record.story import (
    APPROVED,
    CHANGE,
    FINGERPRINT,
    GOLDEN,
    closed,
    drilled,
    page,
    pages,
    plan,
    rolled_back,
    statements,
    succeeded,
)


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_record_is_what_was_agreed(name: str) -> None:
    """After a wanted change: `python -m tests.record.story` writes them anew."""
    assert pages()[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_the_same_view_gives_the_same_bytes() -> None:
    of = plan()

    assert page(of, rolled_back(of)) == page(of, rolled_back(of))


def test_without_a_plan_nothing_is_made_up() -> None:
    """No digest, no execution, no target: each place says that it is not planned."""
    text = page(None)

    assert text.count("not planned yet") >= 8
    assert "Plan digest" not in text
    assert "`mcm rollback" not in text


def test_what_was_signed_comes_from_the_plan_not_from_an_edited_change() -> None:
    of = plan()
    view = build_view(CHANGE.__class__(**{**CHANGE.__dict__, "title": "Edited", "answers": {}}), of)

    assert view.title == CHANGE.title
    assert view.activity[0].paragraphs[0].startswith("The next model")


def test_an_approval_shows_who_with_which_key_and_whether_it_was_used() -> None:
    of = plan()
    view = build_view(CHANGE, of, entries=succeeded(of), statements=statements(of))

    (asked, said) = view.approvals
    assert (asked.who, asked.said, asked.used) == ("alice", "request", "no")
    assert (said.who, said.said, said.key, said.used) == ("bob", "approve", FINGERPRINT, "yes")
    assert APPROVED not in render_record(view)


def test_what_was_signed_for_another_plan_does_not_pass_for_this_one() -> None:
    """bob approved edition 1; the reader of edition 2 must not take that for his word on it."""
    of = plan()
    other = of.__class__(**{**of.__dict__, "edition": 2})
    view = build_view(CHANGE, other, statements=statements(of))

    assert {line.used for line in view.approvals} == {"no, for edition 1, another plan"}


def test_another_editions_walk_is_told_but_is_not_this_ones_outcome() -> None:
    of = plan()
    other = of.__class__(**{**of.__dict__, "edition": 2})
    view = build_view(CHANGE, other, entries=succeeded(of))

    assert view.status == "planned"
    assert view.outcomes == ("prod-us: not started",)
    assert any("deployed; the bake begins" in line.text for line in view.log.lines)


def test_a_journal_that_does_not_hold_is_said_so_and_no_outcome_is_claimed() -> None:
    """`planned` or `not started` would be a claim, too."""
    of = plan()
    problems = (ChainProblem("E_CHAIN", 3, "it was edited"),)
    view = build_view(CHANGE, of, entries=(), statements=statements(of), problems=problems)
    text = render_record(view)

    assert view.status == "unknown"
    assert view.planned is not None
    assert view.planned.stages[0].outcome == "unknown"
    assert {line.used for line in view.approvals} == {"unknown"}
    assert view.outcomes == ("unknown: the journal does not hold",)
    assert "**The journal does not hold:**" in text
    assert "entry 3: it was edited" in text
    assert "Unknown: the journal does not hold" in text
    assert "Nothing has happened yet" not in text
    assert "Journal head: unknown" in text


def test_a_closed_record_stays_as_it_was_whatever_is_written_behind() -> None:
    """A rollback after the closing is for the next record; this one is frozen."""
    of = plan()
    entries = closed(of)
    said = fold(entries).closing
    later = chain_all(entries[-1], [Draft("person_needed", {"reason": "x"}, entries[-1].at)])

    assert said is not None
    assert canonical.digest_bytes(page(of, entries).encode()) == said.record
    assert page(of, (*entries, *later)) == page(of, entries)


def test_a_drill_of_another_plan_says_nothing_of_this_one() -> None:
    of = plan()

    text = page(of, drilled(of, plan="0" * 64, edition=7))

    assert "but with edition 7, another plan" in text


def test_nothing_is_said_of_rehearsals_in_a_journal_that_does_not_hold() -> None:
    problems = (ChainProblem("E_CHAIN", 3, "it was edited"),)
    text = render_record(build_view(CHANGE, plan(), problems=problems))

    assert "Rehearsals of prod-us: unknown" in text
    assert "has not been rehearsed" not in text


def test_entries_that_do_not_fold_are_told_and_nothing_is_claimed() -> None:
    """Another version may have written them: no outcome rather than a wrong one."""
    of = plan()
    odd = chain_all(None, [Draft("breach", {"stage": "prod-us"}, NOW)])
    view = build_view(CHANGE, of, entries=odd)

    assert view.status == "unknown"
    assert view.log.problems == ("its entries cannot be folded: KeyError",)
    assert len(view.log.lines) == 1


def test_an_answer_to_a_question_of_our_own_is_not_lost() -> None:
    change = CHANGE.__class__(**{**CHANGE.__dict__, "answers": {"cost_center": "four"}})

    assert build_view(change).risk[-1].question == "cost center"
    assert build_view(change).risk[-1].paragraphs == ("four",)


def test_a_flood_of_entries_commits_and_lines_is_cut_with_a_count() -> None:
    """A 1 MB commit message is one subject; 10,000 entries are 400 lines."""
    of = plan()
    first = of.revisions[0].__class__("App", "a1", "x" * 1_000_000, "")
    many = of.__class__(**{**of.__dict__, "revisions": (first,) * 300, "ranges": ()})
    entries = chain_all(None, [Draft("resumed", {"by": "alice"}, NOW)] * 10_000)
    answers = {"purpose": "line\n" * 5000}
    change = CHANGE.__class__(**{**CHANGE.__dict__, "answers": answers})

    text = render_record(build_view(change, many, entries=entries))

    assert "and 100 more that are not shown" in text
    assert "9600 between them are not shown" in text
    assert "Left out: 9600 of the journal's 10000 entries" in text
    assert len(text) < 700_000
    assert len(build_view(change).activity[0].paragraphs) == 41
