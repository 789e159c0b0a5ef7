"""The questions that a change record answers, by template, and what counts as an answer.

`mcm new` asks them, `mcm lint` looks for those that are open, the record shows them in
this order. Facts come from the plan and prose from people; a question that the plan
answers by itself may be left to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PROSE, YES_NO, LINKS = "prose", "yes or no", "links"
MARK = "TO" + "DO"
"""How an answer begins that nobody has given yet. In two parts: no file of this project may
hold the word, which would be a note to self there."""
STANDARD = "standard"

_YES_NO = re.compile(r"(yes|no)(?:\s*[.,:;!–-]+\s*(.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Question:
    name: str
    """Its key in `answers:`."""
    text: str
    like: str
    """What a good answer tells, for whoever has to write it."""
    kind: str = PROSE
    """`PROSE`; `YES_NO`, whose answer begins with that word; or `LINKS`, one on each line."""
    reason: tuple[str, ...] = ()
    """Which of `yes` and `no` must be followed by a reason."""
    planned: bool = False
    """Whether the plan answers it by itself; a person may add to that."""
    standing: bool = False
    """Whether the answer is mostly the same each time, and so belongs into mcm.yaml."""


ACTIVITY = (
    Question("purpose", "What is this change for?", "what will be better, and for whom"),
    Question(
        "required",
        "What does it take to carry it out?",
        "who does what, besides what mcm does",
        planned=True,
        standing=True,
    ),
    Question(
        "end_state",
        "What should be true afterwards?",
        "what is different, and what must not be",
    ),
    Question(
        "assumptions",
        "What must be true beforehand?",
        "what you rely on and no check looks at",
        planned=True,
        standing=True,
    ),
)
RISK = (
    Question(
        "why_needed",
        "Why is it needed, and what happens without it?",
        "what goes on being bad if nobody does it",
    ),
    Question(
        "why_managed",
        "Why does it go through change management?",
        "what makes it more than a push of a button",
        standing=True,
    ),
    Question(
        "automation",
        "Can it run without people?",
        "yes; or no, with what a person has to do",
        kind=YES_NO,
        reason=("no",),
        standing=True,
    ),
    Question(
        "why_now",
        "Why at this time?",
        "why that day; the plan tells the window and the traffic in it",
        planned=True,
    ),
    Question(
        "prerequisites",
        "Which other changes must come first?",
        "their ids, or none",
    ),
    Question(
        "intrusive",
        "Will anyone notice, and how would we know?",
        "yes or no, and which graph or alarm would tell",
        kind=YES_NO,
        reason=("yes", "no"),
    ),
    Question(
        "tier_one",
        "Does it touch a tier-1 service?",
        "no; or yes, with which",
        kind=YES_NO,
        reason=("yes",),
        standing=True,
    ),
    Question("testing", "How was it tested?", "where, for how long, and with which numbers"),
)
SERVICES = (
    Question(
        "affected",
        "Which services are affected?",
        "services by name, the ones behind yours too",
        standing=True,
    ),
    Question(
        "dependents",
        "Do those who depend on them know?",
        "yes, with who and since when; or no, with why not",
        kind=YES_NO,
        reason=("yes", "no"),
    ),
    Question(
        "dashboards",
        "Where can it be watched?",
        "one address a line, after what it shows",
        kind=LINKS,
        standing=True,
    ),
)
WORST = (
    Question(
        "worst_case",
        "What is the worst that can happen?",
        "who would suffer, how, and for how long",
    ),
    Question("mitigation", "What keeps that small?", "what limits it", standing=True),
    Question(
        "two_person",
        "Do two people take part?",
        "yes; or no, with why one is enough",
        kind=YES_NO,
        reason=("no",),
        planned=True,
        standing=True,
    ),
)
BACK = (
    Question(
        "rollback_conditions",
        "When do we roll back?",
        "signs that no guardrail sees, such as a call from somebody",
        planned=True,
        standing=True,
    ),
    Question(
        "return_to_good",
        "How do we return to a known good state?",
        "what is left to do after the rollback",
        planned=True,
        standing=True,
    ),
)
EXTRA: Mapping[str, tuple[Question, ...]] = {
    STANDARD: (),
    "shadow-model": (
        Question(
            "evaluation",
            "How are the shadow's answers judged, and by whom?",
            "what is compared with what, and who looks",
        ),
        Question("shadow_end", "When does the shadow go away?", "a date, or what decides it"),
    ),
    "emergency": (
        Question("broken_now", "What is broken, and who feels it?", "since when, and how badly"),
        Question("follow_up", "What has to follow?", "what is owed once the fire is out"),
    ),
    "routine": (
        Question(
            "routine_basis",
            "Which standing decision covers it?",
            "who decided that this kind may go, and where that is written",
            standing=True,
        ),
    ),
}
"""What each template asks besides; its keys are the names of mcm's own templates."""
TEMPLATES = tuple(EXTRA)
COMMON = (*ACTIVITY, *RISK, *SERVICES, *WORST, *BACK)


@dataclass(frozen=True)
class OpenQuestion:
    """A question that has no answer, or one that is none."""

    question: Question
    why: str
    """Such as `is not answered`."""


def questions_of(template: str) -> tuple[Question, ...]:
    """Return all questions of a template; one of a project's own asks what `standard` asks."""
    return (*EXTRA.get(template, ()), *COMMON)


def open_questions(template: str, answers: Mapping[str, str]) -> Iterator[OpenQuestion]:
    """Yield what is open in `answers`, those of mcm.yaml among them, in the record's order."""
    for question in questions_of(template):
        text = answers.get(question.name, "")
        if question.planned and not text:
            continue
        if why := answer_problem(question, text):
            yield OpenQuestion(question, why)


def answer_problem(question: Question, text: str) -> str:
    """Say why `text` does not answer the question; empty when it does."""
    if not text.strip() or is_open(text):
        return "is not answered"
    if question.kind != YES_NO:
        return ""
    word, reason = split_yes_no(text)
    if not word:
        return "does not begin with `yes` or `no` and a full stop or comma"
    return f"says {word} without a reason" if word in question.reason and not reason else ""


def is_open(text: str) -> bool:
    """Say whether `text` only keeps the place of an answer."""
    return text.strip().startswith(MARK)


def split_yes_no(text: str) -> tuple[str, str]:
    """Return `yes` or `no` and what follows it; an empty word when it begins with neither."""
    found = _YES_NO.fullmatch(text.strip())
    return (found[1].lower(), (found[2] or "").strip()) if found else ("", text.strip())
