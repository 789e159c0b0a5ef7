"""A new change.yaml is read back by the strict reader as what was put into it."""

from dataclasses import replace
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.app.change_text import Draft, change_text
from mcm.app.first_change import Found, StageNow
from mcm.config.change_file import load_change
from mcm.core.commits.commit_range import GitCommit, Links, build_range
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Package
from mcm.core.plans.questions import MARK, TEMPLATES, open_questions, questions_of
from mcm.core.sanitize import clean
from tests.planned import NOW, make_change, make_service
from tests.record.hostile import PAYLOADS

SERVICE = make_service()


def text_of(found: Found | None = None, **fields: Any) -> str:
    change = make_change(expect={}, answers={}, **fields)
    return change_text(Draft(SERVICE, change, found or Found(NOW)))


def read(text: str) -> Change:
    return load_change(text, "change.yaml", SERVICE)


def full() -> Found:
    commits = [
        GitCommit(f"d{n}", (f"d{n - 1}",), "Bob", f"Commit {n}", "") for n in range(60, 0, -1)
    ]
    return Found(
        at=NOW,
        execution="e5",
        packages=(Package("App", "e4aaaa", "e5aaaa"), Package("Infra", "", "0f0f")),
        ranges=(build_range("App", commits, links=Links()),),
        stages=(StageNow("prod-us", "e4", "Succeeded", (("App", "e4aaaa"),), "e3"),),
        unknown=(),
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_file_without_an_answer_reads_and_says_what_is_open(template: str) -> None:
    change = read(text_of(template=template))
    answers = {**SERVICE.answers, **change.answers}
    wanted = {q.name for q in questions_of(template) if not q.planned} - set(SERVICE.answers)

    assert {each.question.name for each in open_questions(template, answers)} == wanted
    assert all(text.startswith(MARK) for text in change.answers.values())


def test_what_was_found_is_stated_or_told() -> None:
    text = text_of(full())

    assert read(text).packages == full().packages
    assert "# d60 Commit 60 (Bob)" in text
    assert "# and 20 more commits, which the record tells" in text
    assert "prod-us: runs e4 (App e4aaaa); a rollback goes to e3; window quiet: cron" in text


def test_what_was_not_found_is_told_and_nothing_is_made_up() -> None:
    text = text_of(Found(NOW, unknown=("AWS is out of reach",)))

    assert "# Could not be found out: AWS is out of reach." in text
    assert "packages:" not in text
    assert "prod-us: what it runs is unknown; window quiet" in text


def test_what_a_shadow_is_comes_back_and_else_there_is_room_for_it() -> None:
    own = change_text(Draft(SERVICE, make_change(), Found(NOW)))

    assert read(own).expect == make_change().expect
    assert "# expect:\n#   prod-us:\n#     photo-check-us: {shadow:" in text_of()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_answer_comes_back_as_it_was_cleaned(text: str) -> None:
    change = replace(make_change(), answers={"purpose": text})
    lines = [" ".join(clean(each, 20_000).split()) for each in text.splitlines()]
    wanted = normalize("NFC", "\n".join(each for each in lines if each))
    back = read(change_text(Draft(SERVICE, change, Found(NOW))))

    assert back.answers["purpose"] == (wanted or f"{MARK} (what will be better, and for whom)")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_a_comment_or_a_value_and_never_a_key(payload: str) -> None:
    line = clean(" ".join(payload.split()), 200) or "x"
    commits = [GitCommit("d1", ("d0",), payload, payload, payload)]
    found = replace(
        full(),
        packages=(Package(line, "a1", "b2"),),
        ranges=(build_range(line, commits, links=Links()),),
        unknown=(payload,),
    )
    back = read(text_of(found, title=line, ticket=line))

    assert (back.title, back.ticket, back.packages[0].name) == (line, line, line)
    assert set(back.answers) <= {q.name for q in questions_of("shadow-model")}
