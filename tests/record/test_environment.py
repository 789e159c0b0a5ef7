"""A template comes to an end and prints text, whoever wrote it."""

import pytest

from mcm.core.errors import RefusedError
from mcm.core.plans.questions import TEMPLATES
from mcm.data import data_names
from mcm.record.build import build_view
from mcm.record.environment import MOST
from mcm.record.html import STYLE
from mcm.record.render import BASE, render, render_record, template_file
from tests.planned import make_change
from tests.record.story import page, plan, rolled_back

STORY = plan()
VIEW = build_view(make_change(), STORY, entries=rolled_back(STORY) * 50)
LINES = "record.log.lines"
DOUBLING = "{% macro m(n) %}{% if n %}{{ m(n[1:]) }}{{ m(n[1:]) }}{% endif %}{% endmacro %}"
DOUBLING += "{{ m('" + "x" * 40 + "') }}"
"""Twice at each step, 40 deep: a million million calls, but no deep stack."""


def refusal(source: str) -> str:
    with pytest.raises(RefusedError) as caught:
        render("odd.md.j2", source, VIEW)
    return str(caught.value)


def nested(depth: int, inside: str) -> str:
    loops = "".join(f"{{% for a{n} in {LINES} %}}" for n in range(depth))
    return loops + inside + "{% endfor %}" * depth


@pytest.mark.parametrize(
    "source",
    [
        nested(6, "x"),
        nested(6, ""),
        nested(3, "{{ record.title }}"),
        nested(3, "x" * 10_000),
        "{% macro m(n) %}" + nested(2, "{{ n }}") + "{% endmacro %}" + nested(2, "{{ m('xy') }}"),
        DOUBLING,
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_template_without_an_end_is_ended(source: str) -> None:
    assert "templates/odd.md.j2, line" in refusal(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 999999999 }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ 'x' ~ 'y' }}",
        "{{ 'x'.center(999999999) }}",
        "{% for a in range(999999999999) %}{% endfor %}",
        "{% set x = record.id %}{{ x }}",
        "{% set f = 'a'.center %}{{ f(9) }}",
        "{{ self.first() }}",
        "{{ record.id.format() }}",
        "{{ [1] }}",
        "{{ {} }}",
        "{% import 'base.md.j2' as x %}",
        "{% filter length %}x{% endfilter %}",
        "{% for a in record.stages recursive %}{{ loop(record.stages) }}{% endfor %}",
        "{% extends record.id %}",
        "{% extends 'standard.md.j2' %}",
        "{{ " + "(" * 20_000,
        "{{ " + "9" * 20_000 + " }}",
    ],
)
def test_a_template_computes_and_reaches_nothing(source: str) -> None:
    assert "templates/odd.md.j2, line" in refusal(f"\n{source}")


def test_what_a_template_writes_is_limited_and_the_limit_is_said() -> None:
    why = refusal(nested(3, "{{ a0.text }}"))

    assert f"more than {MOST:,} characters" in why


def test_a_page_is_counted_anew_each_time() -> None:
    """Records are rendered by the hundred with one compiled template."""
    source = nested(1, "{{ a0.text }}")

    assert len({render("t.md.j2", source, VIEW) for _ in range(40)}) == 1


def test_a_mistake_in_the_base_names_the_base() -> None:
    with pytest.raises(RefusedError, match=r"templates/base\.md\.j2, line \d\d"):
        render("t.md.j2", "{% extends 'base.md.j2' %}", VIEW.planned)  # type: ignore[arg-type]


def test_a_projects_own_template_fills_blocks_of_the_base() -> None:
    own = "{% extends 'base.md.j2' %}{% block risk %}None of ours.{% endblock %}"
    text = render_record(build_view(make_change(template="our-own"), STORY), own)
    of_change = render_record(build_view(make_change(template="our-own")), own)

    assert "None of ours." in of_change
    assert "## Worst case" in of_change
    assert "None of ours." not in text  # what was planned says which template it is of


def test_a_template_that_is_nowhere_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(RefusedError) as caught:
        render_record(build_view(make_change(template="our-own")))

    assert "no template our-own" in str(caught.value)
    assert all(name in str(caught.value.hint) for name in TEMPLATES)


def test_each_template_is_one_base_with_blocks() -> None:
    assert set(data_names("templates")) == {BASE, STYLE, *map(template_file, TEMPLATES)}


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_renders_before_and_after(template: str) -> None:
    change = make_change(template=template)

    assert "## Worst case" in render_record(build_view(change))
    assert "Journal head: entry" in page(STORY, rolled_back(STORY))
