"""The questions of a record, in their order, with the answers people gave.

Facts come from the plan, prose from `answers`; each topic shows both, so that a promise
in prose stands beside what is really checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mcm.record.view import Topic

MOST_PARAGRAPHS = 40


@dataclass(frozen=True)
class Question:
    name: str
    """Its key in `answers:`."""
    text: str


ACTIVITY = (
    Question("purpose", "What is this change for?"),
    Question("required", "What does it take to carry it out?"),
    Question("end_state", "What should be true afterwards?"),
    Question("assumptions", "What must be true beforehand?"),
)
RISK = (
    Question("why_needed", "Why is it needed, and what happens without it?"),
    Question("why_managed", "Why does it go through change management?"),
    Question("automation", "Can it run without people?"),
    Question("why_now", "Why at this time?"),
    Question("prerequisites", "Which other changes must come first?"),
    Question("intrusive", "Will anyone notice, and how would we know?"),
    Question("tier_one", "Does it touch a tier-1 service?"),
    Question("testing", "How was it tested?"),
)
SERVICES = (
    Question("affected", "Which services are affected?"),
    Question("dependents", "Do those who depend on them know?"),
    Question("dashboards", "Where can it be watched?"),
)
WORST = (
    Question("worst_case", "What is the worst that can happen?"),
    Question("mitigation", "What keeps that small?"),
    Question("two_person", "Do two people take part?"),
)
BACK = (
    Question("rollback_conditions", "When do we roll back?"),
    Question("return_to_good", "How do we return to a known good state?"),
)
ALL = (*ACTIVITY, *RISK, *SERVICES, *WORST, *BACK)


def build_topics(
    questions: tuple[Question, ...],
    answers: Mapping[str, str],
    facts: Mapping[str, tuple[str, ...]],
) -> tuple[Topic, ...]:
    """Return the topics of one section; an answer's lines become its paragraphs."""
    return tuple(
        Topic(each.text, paragraphs(answers.get(each.name, "")), facts.get(each.name, ()))
        for each in questions
    )


def other_topics(answers: Mapping[str, str]) -> tuple[Topic, ...]:
    """Return the answers to questions that this record does not ask, by name: none is lost."""
    known = {each.name for each in ALL}
    return tuple(
        Topic(name.replace("_", " "), paragraphs(answers[name]), ())
        for name in sorted(answers.keys() - known)
    )


def paragraphs(answer: str) -> tuple[str, ...]:
    """Split an answer at its line ends; what is beyond 40 lines is counted, not shown."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    if len(lines) > MOST_PARAGRAPHS:
        rest = len(lines) - MOST_PARAGRAPHS
        lines = [*lines[:MOST_PARAGRAPHS], f"… and {rest} more lines in change.yaml"]
    return tuple(lines)
