"""A template that cannot be filled is a refusal that says where."""

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from mcm.core.errors import Exit, RefusedError
from mcm.record.build import build_view
from mcm.record.render import render
from mcm.record.view import RecordView
from tests.record.story import CHANGE

VIEW = build_view(CHANGE)


@dataclass(frozen=True)
class Hostile:
    id: Any


def refusal(source: str, view: RecordView = VIEW) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        render("odd.md.j2", source, view)
    return caught.value


def test_a_missing_field_is_refused_with_template_and_line() -> None:
    """Never an empty place: `Approved by: ` would read as if it were the answer."""
    error = refusal("fine\n\nApproved by: {{ record.approver }}\n")

    assert error.code == "E_RENDER"
    assert error.exit_code is Exit.REFUSED
    assert "templates/odd.md.j2, line 3" in str(error)
    assert "approver" in str(error)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\n{% if record.id %}\n", 2),
        ("a\n\n{{ record.id | nosuchfilter }}", 3),
        ("{{ record.planned }}", 1),
        ("a\n{{ record.stages }}", 2),
        ("a\n{% if record.nothing %}x{% endif %}", 2),
        ("a\n{% for x in record.nothing %}x{% endfor %}", 2),
        ("a\n{{ record.id.__class__ }}", 2),
        ("a\n{{ record.id.__class__.__mro__[1].__subclasses__() }}", 2),
        ("a\n{% include 'standard.md.j2' %}", 2),
        ("a\n{{ range(10) }}", 2),
        ("a\n{{ 1 / 0 }}", 2),
    ],
)
def test_what_a_template_may_not_do_is_refused(source: str, line: int) -> None:
    error = refusal(source)

    assert error.code == "E_RENDER"
    assert f"line {line}: " in str(error)


def test_data_is_never_a_template() -> None:
    view = replace(VIEW, title="{{ 7*7 }}")

    assert "49" not in render("t", "{{ record.title }}", view)
    assert "&#123;" in render("t", "{{ record.title }}", view)


def test_none_is_not_printed() -> None:
    error = refusal("{{ record.id }}", cast(RecordView, Hostile(None)))

    assert "NoneType" in str(error)


def test_a_macro_prints_its_values_as_text_once() -> None:
    source = "{% macro m(x) %}# {{ x }}{% endmacro %}{{ m(record.title) }}"

    assert render("t", source, replace(VIEW, title="a*b")) == "# a&#42;b\n"
