"""What only a human knows, asked at the terminal: a line each, Enter leaves it open."""

import sys
from collections.abc import Mapping
from dataclasses import replace

from mcm.cli.lines import say
from mcm.config.change_file import PERSON, watched_endpoints
from mcm.core.endpoint import Expected
from mcm.core.plans.change import Change
from mcm.core.plans.questions import Question, answer_problem, is_open, questions_of
from mcm.core.plans.service import Service, StageConfig
from mcm.core.sanitize import clean


def ask_all(service: Service, draft: Change) -> Change:
    """Return `draft` with what was typed; at the end of the input the rest stays open."""
    asked = [q for q in questions_of(draft.template) if _is_asked(q, service, draft)]
    say(f"{len(asked)} questions. Enter leaves one open, Ctrl-C leaves without a file.")
    try:
        draft = _ask_head(draft)
        draft = replace(draft, expect=_ask_shadows(service, draft))
        for number, question in enumerate(asked, 1):
            if text := _ask_question(question, f"{number}/{len(asked)}"):
                draft = replace(draft, answers={**draft.answers, question.name: text})
    except EOFError:
        say("")
    return draft


def _is_asked(question: Question, service: Service, draft: Change) -> bool:
    """Whether neither the plan nor mcm.yaml answers it."""
    known = {**service.answers, **draft.answers}
    return not question.planned and bool(answer_problem(question, known.get(question.name, "")))


def _ask_head(draft: Change) -> Change:
    if is_open(draft.title):
        draft = replace(draft, title=_line("What does it do, in one line?", 200) or draft.title)
    while is_open(draft.requester):
        who = _line("Who requests it, by the id in the trust file?", 64)
        if not who:
            break
        if PERSON.fullmatch(who):
            return replace(draft, requester=who)
        say("Write one word, such as alice.")
    return draft


def _ask_question(question: Question, count: str) -> str:
    say(f"{count}  {question.text}")
    while True:
        text = _line(f"     ({question.like})\n     >", 20_000)
        if not text:
            return ""
        why = answer_problem(question, text)
        if not why:
            return text
        say(f"     that {why}")


def _ask_shadows(service: Service, draft: Change) -> Mapping[str, tuple[Expected, ...]]:
    """Ask what a shadow will be, where the template is about one."""
    if draft.template != "shadow-model":
        return draft.expect
    chosen = (each for each in service.stages if each.name in draft.stages)
    found = {each.name: _ask_stage(each) for each in chosen}
    return {name: expected for name, expected in found.items() if expected}


def _ask_stage(stage: StageConfig) -> tuple[Expected, ...]:
    found = []
    for endpoint in watched_endpoints(stage):
        question = f"Shadow of {clean(endpoint, 80)} in {stage.name}: variant and model?"
        words = _line(f"{question} (Enter for none)", 300).split()
        if len(words) == 2:
            found.append(Expected(endpoint, *words))
        elif words:
            say("Write it as two words; it is left out here, and `expect` in the file takes it.")
    return tuple(found)


def _line(question: str, limit: int) -> str:
    """Return what was typed, cleaned; raise EOFError when nobody is there any more."""
    say(f"{question} ", end="")
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return clean(" ".join(line.split()), limit)
