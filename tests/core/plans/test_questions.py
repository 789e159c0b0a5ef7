"""What a record asks, and what counts as an answer."""

import pytest

from mcm.core.plans import questions
from mcm.core.plans.questions import (
    MARK,
    Question,
    answer_problem,
    open_questions,
    questions_of,
    split_yes_no,
)

YES_NO = Question("q", "Q?", "", kind=questions.YES_NO, reason=("no",))
PROSE = Question("q", "Q?", "")


def all_answers(template: str) -> dict[str, str]:
    return {
        each.name: "yes, since Monday" if each.kind == questions.YES_NO else "words"
        for each in questions_of(template)
    }


@pytest.mark.parametrize("template", questions.TEMPLATES)
def test_every_template_asks_all_that_standard_asks(template: str) -> None:
    names = [each.name for each in questions_of(template)]

    assert set(names) >= {each.name for each in questions_of("standard")}
    assert len(set(names)) == len(names)


def test_a_template_of_a_projects_own_asks_what_standard_asks() -> None:
    assert questions_of("our-own") == questions_of("standard")


@pytest.mark.parametrize("template", questions.TEMPLATES)
def test_what_the_plan_tells_may_be_left_to_it_and_nothing_else(template: str) -> None:
    left = {each.question.name for each in open_questions(template, {})}

    assert left == {each.name for each in questions_of(template) if not each.planned}
    assert list(open_questions(template, all_answers(template))) == []


@pytest.mark.parametrize("text", ["", "  ", MARK, f"{MARK}: what will be better"])
def test_a_place_kept_for_an_answer_is_none(text: str) -> None:
    assert answer_problem(PROSE, text) == "is not answered"
    assert answer_problem(YES_NO, text) == "is not answered"


def test_a_mark_is_open_even_where_the_plan_could_answer() -> None:
    answers = {**all_answers("standard"), "why_now": f"{MARK}: why that day"}

    assert [each.question.name for each in open_questions("standard", answers)] == ["why_now"]


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("no", "no", ""),
        ("No.", "no", ""),
        ("yes, the courier app", "yes", "the courier app"),
        ("no. Couriers wait", "no", "Couriers wait"),
        ("yes: two\nlines", "yes", "two\nlines"),
        ("no – see below", "no", "see below"),
        ("none", "", "none"),
        ("no one knows", "", "no one knows"),
        ("yesterday", "", "yesterday"),
        ("maybe", "", "maybe"),
    ],
)
def test_yes_and_no_are_words_of_their_own(text: str, word: str, reason: str) -> None:
    assert split_yes_no(text) == (word, reason)


def test_no_may_be_the_answer_and_needs_its_reason_where_that_matters() -> None:
    assert answer_problem(YES_NO, "no") == "says no without a reason"
    assert answer_problem(YES_NO, "no, one person is on call") == ""
    assert answer_problem(YES_NO, "yes") == ""
    assert "does not begin" in answer_problem(YES_NO, "perhaps")
