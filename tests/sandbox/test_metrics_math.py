"""Arithmetic over metrics, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.sandbox.metrics_math import MathError, parse

VALUES = {"m1": 6.0, "m2": 4.0, "in": 2.0, "errors_5xx": 1.0, "gone": None}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("m1", 6.0),
        ("m1+m2", 10.0),
        ("m1 - m2 - 1", 1.0),
        ("m1 / m2 * 2", 3.0),
        ("100*(m1-m2)/m1", 100 / 3),
        ("2 + m1 * m2", 26.0),
        ("-m1 + .5", -5.5),
        ("-(m1 - 10)", 4.0),
        ("in * 2", 4.0),
        ("1 - errors_5xx/m2", 0.75),
        ("--m1", 6.0),
        ("m1 > 3", 1.0),
        ("m1 <= 3 || m2 == 4", 1.0),
        ("m1 > 3 AND m2 > 4", 0.0),
        ("IF(m1 > 3, m2, 0)", 4.0),
        ("IF(m1 < 3, m2, -1)", -1.0),
        ("FILL(m1, 0)", 6.0),
        ("FILL(gone, -2) + 1", -1.0),
        ("MAX([m1, m2, in])", 6.0),
        ("SUM([m1, gone])", 6.0),
        ("ABS(m2 - m1) + FLOOR(m1 / m2) + CEIL(.5) + LOG10(100)", 6.0),
    ],
)
def test_arithmetic(text: str, result: float) -> None:
    assert parse(text).compute(VALUES) == pytest.approx(result)


def test_names_are_the_ids_it_refers_to() -> None:
    assert parse("m1 / (m2 + m1) * 100").names == {"m1", "m2"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "m1 +",
        "m1 m2",
        "(m1",
        "m1)",
        "SUM(METRICS())",
        "FILL(m1, REPEAT)",
        "IF(m1)",
        "MAX(m1)",
        "RATE(m1)",
        "m1 ** 2",
        "m1; m2",
        "__import__('os')",
        "m1.real",
        "m1[0]",
        "1e",
        "M1",
        "(" * 1000 + "m1" + ")" * 1000,
        "-" * 1000 + "m1",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(MathError):
        parse(text)


def test_division_by_zero_is_left_to_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        parse("m1 / (m2 - 4)").compute(VALUES)


@given(st.text("m12+-*/(). x", max_size=40))
def test_any_text_either_parses_or_is_a_math_error(text: str) -> None:
    try:
        formula = parse(text)
    except MathError:
        return
    assert formula.names <= {name for name in formula.names if name in text}


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.floats(1, 1e9))
def test_it_computes_what_python_does(a: float, b: float, c: float) -> None:
    values = {"a": a, "b": b, "c": c}
    assert parse("a + b * (a - b) / c").compute(values) == a + b * (a - b) / c


@pytest.mark.parametrize("text", ["gone", "m1 + gone", "IF(gone, 1, 2)", "ABS(gone)", "gone > 1"])
def test_what_rests_on_a_missing_value_has_none(text: str) -> None:
    assert parse(text).compute(VALUES) is None
