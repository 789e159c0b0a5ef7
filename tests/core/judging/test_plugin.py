"""What monitoring plugins print, by their own convention."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.core.judging.plugin import Datum, read_output


def data(text: str) -> tuple[Datum, ...]:
    return read_output(0, text).data


def test_the_first_line_says_why_and_data_follow_a_bar() -> None:
    found = read_output(1, "DISK WARNING - free 12% | /=2643MB;5948;5958;0;5968\nmore\n")

    assert found.line == "DISK WARNING - free 12%"
    assert found.data == (Datum("/", Decimal(2643), "MB"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "OK | time=0.002s;;;0.000;10.000 size=331B;;;0",
            [("time", "0.002", "s"), ("size", "331", "B")],
        ),
        ("OK | 'a label'=5;1;2 b=-1.5%", [("a label", "5", ""), ("b", "-1.5", "%")]),
        ("OK | 'it''s'=1", [("it's", "1", "")]),
        ("OK | x=U y=3", [("y", "3", "")]),
        ("OK\nlong text | z=7c", [("z", "7", "c")]),
        ("OK", []),
        ("", []),
    ],
)
def test_performance_data(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(d.label, f"{d.value:f}", d.unit) for d in data(text)] == expected


def test_what_a_program_prints_is_cleaned() -> None:
    found = read_output(2, "\x1b[31mCRITICAL\x1b[0m | \x1b]0;x=1")

    assert "\x1b" not in found.line
    assert all("\x1b" not in datum.label for datum in found.data)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    found = read_output(0, text)

    assert len(found.data) <= 50
    assert "\n" not in found.line
