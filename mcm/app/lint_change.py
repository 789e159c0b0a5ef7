"""The rules of `mcm lint` about one change: its answers, its people, and what it rests on."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from mcm.app.lint import Finding, at
from mcm.config.places import Places, Spot
from mcm.core.errors import RefusedError
from mcm.core.naming import check_change_id
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Plan
from mcm.core.plans.questions import MARK, YES_NO, Question, open_questions, split_yes_no
from mcm.core.plans.service import Service
from mcm.core.trust.authorship import nobody_left
from mcm.trust.persons import TrustFile
from mcm.trust.review import standing

_MARKED = re.compile(rf"(?:^|\s)#\s*({MARK}\b)(.*)")
_WORD = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)


@dataclass(frozen=True)
class Surroundings:
    """What a change is judged beside; all of it lies in the clone at hand."""

    service: Service
    service_places: Places
    trust: TrustFile | None
    """None where there is none yet: then nobody is asked for."""
    plan: Plan | None
    how_it_stands: Callable[[str], str]
    """How another change stands, empty when it is closed; see `lint_change`."""
    known: frozenset[str]
    """The ids of all changes."""
    now: datetime


def lint_change(change: Change, places: Places, around: Surroundings) -> Iterator[Finding]:
    """Yield what is missing or does not fit in a change that loads."""
    answers = {**around.service.answers, **change.answers}
    yield from _unanswered(change, places, around, answers)
    yield from _of_people(change, places, around)
    yield from _of_targets(places, around.plan)
    yield from _of_prerequisites(change, places, around, answers)
    word, reason = split_yes_no(answers.get("dependents", ""))
    if word == "no":
        yield at(
            _place_of("dependents", places, around),
            "dependents",
            f"those who depend on {around.service.name} are not told: {reason or 'no reason'}",
            write='  dependents: "yes. WHO was told, on WHICH DAY, and agreed."',
        )


def lint_marks(places: Places) -> Iterator[Finding]:
    """Yield what only keeps a place: values of any key but `answers`, and comments."""
    for path, text, spot in places.words():
        if MARK in text.split() and path[:1] != ("answers",):
            name = ".".join(str(step) for step in path)
            yield at(spot, "unanswered", f"`{name}` says {MARK}", "Write what belongs there.")
    for number, line in enumerate(places.text.splitlines(), start=1):
        found = _MARKED.search(line)
        if found:
            said = found[2].strip(" :")[:200] or "to be done"
            yield Finding("left-open", places.file, number, found.start(1) + 1, said)


def _unanswered(
    change: Change, places: Places, around: Surroundings, answers: Mapping[str, str]
) -> Iterator[Finding]:
    for each in open_questions(change.template, answers):
        question = each.question
        same = " It is mostly the same each time: mcm.yaml is its place." * question.standing
        yield at(
            _place_of(question.name, places, around),
            "unanswered",
            f"`answers.{question.name}` {each.why} ({question.text})",
            f"Tell {question.like}.{same}",
            f"  {question.name}: {_like(question)}",
        )


def _like(question: Question) -> str:
    if question.kind == YES_NO:
        word = "yes" if "no" in question.reason and "yes" not in question.reason else "no"
        return f'"{word}. REASON"'
    return "ANSWER"


def _place_of(answer: str, places: Places, around: Surroundings) -> Spot:
    for each in (places, around.service_places):
        if each.has("answers", answer):
            return each.of("answers", answer)
    return places.of("answers")


def _of_people(change: Change, places: Places, around: Surroundings) -> Iterator[Finding]:
    """Tell of a requester who cannot request, and of stages that too few could approve."""
    trust = around.trust
    if trust is None:
        return  # `mcm plan` says so, and what to do
    spot = places.of("requester")
    person = trust.person(change.requester)
    able = [each.id for each in trust.persons if "requester" in each.roles]
    if person is None or "requester" not in person.roles:
        who = "is not" if person is None else "is no requester"
        yield at(
            spot,
            "requester",
            f"requester {change.requester} {who} in .mcm/trust.yml:"
            f" {', '.join(able) or 'nobody'} may request",
            write=f"requester: {able[0]}" if able else "",
        )
        return
    for stage in around.service.stages:
        if stage.name not in change.stages:
            continue
        found = standing(
            trust, stage.name, around.now, requester=change.requester, touch=stage.touch
        )
        if len(found.may) < stage.approvals:
            said = nobody_left(stage.name, stage.approvals, change.requester, found)
            yield at(spot, "approver", said)


def _of_targets(places: Places, plan: Plan | None) -> Iterator[Finding]:
    for stage in plan.stages if plan else ():
        known = any(each.gate == "rollback-target" for each in plan.exceptions) if plan else False
        if not stage.rollback_target and not known:
            yield at(
                places.of("stages"),
                "stage-target",
                f"{stage.name} has no execution to go back to",
                "Let a build succeed there first, or have this signed with the plan.",
                "exceptions:\n  - gate: rollback-target\n    reason: HOW ONE WOULD GET BACK\n"
                "    until: 2026-01-31T08:00Z",
            )


def _of_prerequisites(
    change: Change, places: Places, around: Surroundings, answers: Mapping[str, str]
) -> Iterator[Finding]:
    """Each change that must come first must be closed: by `depends_on`, or named in the answer."""
    shape = re.sub(r"\d+", "0", change.id)
    for word in dict.fromkeys([*change.depends_on, *_ids(answers.get("prerequisites", ""))]):
        alike = re.sub(r"\d+", "0", word) == shape and any(char.isdigit() for char in word)
        depends = word in change.depends_on
        if word == change.id:
            continue
        if word in around.known:
            stands = around.how_it_stands(word)
        else:
            stands = "is not here, so nobody can tell" if alike or depends else ""
        if stands:
            spot = places.of("depends_on") if depends else None
            yield at(
                spot or _place_of("prerequisites", places, around),
                "prerequisites",
                f"{word} must come first and {stands}",
                f"See it with `mcm status {word}`.",
            )


def _ids(text: str) -> Iterator[str]:
    """Yield the words of an answer that may be ids of changes."""
    return filter(_is_id, (word.strip(".") for word in _WORD.findall(text)))


def _is_id(word: str) -> bool:
    try:
        return bool(check_change_id(word))
    except RefusedError:
        return False
