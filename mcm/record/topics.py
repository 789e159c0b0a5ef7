"""The questions of a record, in their order, with the answers people gave.

Facts come from the plan, prose from `answers`; each topic shows both, so that a promise
in prose stands beside what is really checked.
"""

from collections.abc import Mapping

from mcm.core.plans import questions
from mcm.core.plans.questions import LINKS, YES_NO, Question, is_open, split_yes_no
from mcm.record.escape import is_plain_address
from mcm.record.view import Address, Topic

MOST_PARAGRAPHS = 40


def build_topics(
    asked: tuple[Question, ...],
    answers: Mapping[str, str],
    facts: Mapping[str, tuple[str, ...]],
) -> tuple[Topic, ...]:
    """Return the topics of one section; an answer's lines become its paragraphs."""
    return tuple(
        _topic(each, answers.get(each.name, ""), facts.get(each.name, ())) for each in asked
    )


def _topic(question: Question, answer: str, facts: tuple[str, ...]) -> Topic:
    if is_open(answer):
        answer = ""
    if question.kind == LINKS:
        return Topic(question.text, "", (), facts, tuple(map(_address, paragraphs(answer))))
    word, rest = split_yes_no(answer) if question.kind == YES_NO else ("", answer)
    return Topic(question.text, word, paragraphs(rest), facts)


def _address(line: str) -> Address:
    """Take the last word as the address: its text is shown, so nobody is led elsewhere."""
    label, _, last = line.rpartition(" ")
    if not is_plain_address(last):
        return Address(line, "", "")
    return Address(label, last.removeprefix("https://"), last)


def other_topics(template: str, answers: Mapping[str, str]) -> tuple[Topic, ...]:
    """Return the answers to questions that this record does not ask, by name: none is lost."""
    known = {each.name for each in questions.questions_of(template)}
    return tuple(
        Topic(name.replace("_", " "), "", paragraphs(answers[name]), ())
        for name in sorted(answers.keys() - known)
    )


def paragraphs(answer: str) -> tuple[str, ...]:
    """Split an answer at its line ends; what is beyond 40 lines is counted, not shown."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    if len(lines) > MOST_PARAGRAPHS:
        rest = len(lines) - MOST_PARAGRAPHS
        lines = [*lines[:MOST_PARAGRAPHS], f"… and {rest} more lines in change.yaml"]
    return tuple(lines)
