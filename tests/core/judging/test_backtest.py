"""Back-tests: which points there still are, why a rule never fires, bounds that are rounded."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mcm.core.judging.backtest import backtest, resolution, round_out, spell, stretch
from mcm.core.judging.replay import History
from mcm.core.judging.threshold import Bound, Rule

START = datetime(2026, 3, 18, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RULE = Rule(Bound(Decimal(10), None), 2, 3)


def never(*values: int | None, rule: Rule = RULE) -> str:
    known = [None if value is None else Decimal(value) for value in values]
    return backtest(History(START, MINUTE, known), rule, (), 1.0).never


def test_why_a_rule_never_fired() -> None:
    assert never(1, 9, 3) == "no period was ever beyond the bound: the highest is 9"
    assert never(1, 11, 0, 0, 12) == "2 periods were beyond the bound, never 2 of 3 together"
    assert never(None, None) == "there is no data at all"
    assert never(1, 11, 12) == ""
    low = Rule(Bound(None, Decimal(1)), 1, 1)
    assert never(3, 9, rule=low) == "no period was ever beyond the bound: the lowest is 3"


@pytest.mark.parametrize(
    ("period", "age", "kept", "coarse"),
    [
        (MINUTE, 15 * DAY, MINUTE, False),
        (MINUTE, 15 * DAY + MINUTE, 5 * MINUTE, True),
        (5 * MINUTE, 63 * DAY, 5 * MINUTE, False),
        (MINUTE, 64 * DAY, HOUR, True),
        (HOUR, 455 * DAY, HOUR, False),
        (10 * timedelta(seconds=1), 4 * HOUR, MINUTE, True),
        (timedelta(seconds=10), 2 * HOUR, timedelta(seconds=10), False),
        (2 * MINUTE, 20 * DAY, 5 * MINUTE, True),
        (10 * MINUTE, 20 * DAY, 10 * MINUTE, False),
    ],
)
def test_rule_27_the_period_follows_the_age(
    period: timedelta, age: timedelta, kept: timedelta, coarse: bool
) -> None:
    found = resolution(period, age)

    assert (found.period, found.coarse) == (kept, coarse)


def test_rule_27_there_is_nothing_older() -> None:
    with pytest.raises(ValueError, match="455 days"):
        resolution(HOUR, 456 * DAY)


def test_longer_periods_take_as_much_time_of_the_rule() -> None:
    assert stretch(Rule(RULE.bound, 10, 15), MINUTE, 5 * MINUTE, is_sum=False) == Rule(
        RULE.bound, 2, 3
    )
    assert stretch(RULE, MINUTE, HOUR, is_sum=True) == Rule(Bound(Decimal(600), None), 1, 1)
    assert stretch(RULE, HOUR, HOUR, is_sum=True) is RULE


def test_a_suggested_bound_is_rounded_away_from_the_data() -> None:
    assert round_out(Decimal("16.1133"), high=True) == Decimal("16.12")
    assert round_out(Decimal("16.1133"), high=False) == Decimal("16.11")
    assert round_out(Decimal(3304330), high=True) == Decimal(3305000)
    assert round_out(Decimal("-2.71828"), high=True) == Decimal("-2.718")
    assert round_out(Decimal(0), high=True) == 0


def test_with_two_bounds_nothing_is_suggested() -> None:
    both = Rule(Bound(Decimal(10), Decimal(1)), 1, 1)
    values = [Decimal(n % 20) for n in range(100)]

    assert backtest(History(START, MINUTE, values), both, (), 1.0).suggestion is None


def test_numbers_are_spelled_as_far_as_people_read_them() -> None:
    assert [spell(Decimal(each)) for each in ("0.00012345", "16.1133", "3304330", "0")] == [
        "0.0001234", "16.11", "3304330", "0"
    ]  # fmt: skip
