"""A runbook with facts in it: quoted for a shell, plain for people, never a template."""

import shlex

import pytest

from mcm.core.errors import UsageError
from mcm.core.runbooks import runbook
from mcm.core.runbooks.runbook import Rendered, Runbook, Step
from mcm.core.runbooks.runbook_facts import FACTS, placeholders
from mcm.record.runbook import render_runbook

NASTY = "a'b; $(touch x) {{ 7 * 7 }} `id`"


def book(*steps: Step, needs: tuple[str, ...] = ("stage", "endpoints", "rollback_line")) -> Runbook:
    return Runbook("mend-it", "Mend it", "It is broken.", needs, steps)


def fill(kind: str, block: str, text: str = "x", **facts: str | tuple[str, ...]) -> Rendered:
    known = {"stage": NASTY, "endpoints": ("a", NASTY), "rollback_line": "mcm rollback --stage x"}
    return render_runbook(book(Step(1, "Do", kind, text, block)), {**known, **facts})


def test_a_fact_is_one_word_of_a_command_whatever_is_in_it() -> None:
    found = fill(runbook.COMMAND, "echo {{ stage }} {{ endpoints }}")
    assert shlex.split(found.steps[0].block) == ["echo", NASTY, "a", NASTY]


def test_a_loop_quotes_each_of_its_words() -> None:
    found = fill(runbook.CHECK, "{% for e in endpoints %}\ntest {{ e }} && \\\n{% endfor %}\ntrue")
    words = shlex.split(found.steps[0].block.replace("\\\n", ""))
    assert words == ["test", "a", "&&", "test", NASTY, "&&", "true"]


def test_a_line_that_mcm_built_stays_a_command() -> None:
    assert fill(runbook.COMMAND, "{{ rollback_line }}").steps[0].block == "mcm rollback --stage x"


def test_in_prose_a_fact_is_text_and_in_backquotes_it_is_quoted() -> None:
    found = fill(runbook.NOTE, "", "of {{ endpoints }}: `echo {{ stage }}`", stage="b c")
    assert found.steps[0].text == f"of a, {NASTY}: `echo 'b c'`"


def test_invisible_characters_are_shown() -> None:
    found = fill(runbook.COMMAND, "echo {{ stage }}", stage="a\x1b[2J\nb")
    assert found.steps[0].block == "echo 'a\\u{1b}[2J\\u{a}b'"


def test_every_missing_fact_is_told_with_its_step() -> None:
    steps = (
        Step(1, "One", runbook.NOTE, "of {{ stage }}"),
        Step(2, "Two", runbook.COMMAND, "x", "a {{ stage }} {{ target }}"),
    )
    with pytest.raises(UsageError) as caught:
        render_runbook(book(*steps, needs=("stage", "target")), {"stage": "prod"})
    assert str(caught.value).split("\n")[1:] == ["step 2 (Two) needs target"]
    assert "--fact" in str(caught.value.hint)


def test_the_sandbox_of_templates_reaches_nothing() -> None:
    with pytest.raises(UsageError, match="step 1"):
        fill(runbook.NOTE, "", "{{ stage.__class__.__mro__ }}")


def test_placeholders_are_the_names_in_capitals() -> None:
    assert placeholders(("stage", "endpoints")) == {"stage": "STAGE", "endpoints": ("ENDPOINTS",)}
    assert set(placeholders(tuple(FACTS))) == set(FACTS)
