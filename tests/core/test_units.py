"""Units are declared, and converted in one place (AWS-RULES 26)."""

from decimal import Decimal

import pytest

from mcm.core.units import Quantity, convert, fits


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        ("250", "ms", "us", "250000"),
        ("1.5", "s", "ms", "1500"),
        ("250000", "us", "ms", "250"),
        ("5", "%", "%", "5"),
        ("7", "", "", "7"),
    ],
)
def test_a_quantity_is_told_in_another_unit(value: str, unit: str, to: str, expected: str) -> None:
    assert convert(Quantity(Decimal(value), unit), to) == Decimal(expected)


@pytest.mark.parametrize(("unit", "to"), [("ms", ""), ("", "us"), ("%", "ms"), ("MB", "GB")])
def test_units_that_have_nothing_to_do_with_each_other_are_refused(unit: str, to: str) -> None:
    assert not fits(unit, to)
    with pytest.raises(ValueError, match="is no number of"):
        convert(Quantity(Decimal(1), unit), to)
