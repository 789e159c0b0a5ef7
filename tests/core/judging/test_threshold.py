"""A bound on a series: M of N, and gaps that never look like health."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.core.judging.threshold import Bound, Rule, Value, judge_values
from mcm.core.verdict import Kind

RULE = Rule(Bound(Decimal(10), None), 2, 3)
GOOD, BAD, GAP = Decimal(1), Decimal(11), None


def kind(*values: Value, rule: Rule = RULE) -> Kind:
    return judge_values(rule, values).kind


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((GOOD, GOOD, GOOD), Kind.PASS),
        ((GOOD, BAD, GOOD), Kind.PASS),
        ((GOOD, BAD, BAD), Kind.BREACH),
        ((BAD, GOOD, BAD), Kind.BREACH),
        ((BAD, BAD, GOOD, GOOD, GOOD), Kind.BREACH),
        ((BAD, GOOD, GOOD, BAD), Kind.PASS),
        ((GOOD, GAP, GOOD), Kind.PASS),
        ((GOOD, GAP, BAD), Kind.INCONCLUSIVE),
        ((GAP, GAP, GOOD), Kind.INCONCLUSIVE),
        ((GAP, BAD, BAD), Kind.BREACH),
        ((), Kind.INCONCLUSIVE),
        ((GOOD,), Kind.INCONCLUSIVE),
        ((BAD, BAD), Kind.BREACH),
        ((GOOD, GOOD), Kind.PASS),
    ],
)
def test_rule_25_m_of_n_periods_break_it_and_no_data_is_unknown(
    values: Sequence[Value], expected: Kind
) -> None:
    assert kind(*values) is expected


def test_the_bound_itself_is_not_beyond() -> None:
    assert kind(Decimal(10), Decimal(10), Decimal(10)) is Kind.PASS


def test_below_and_what_is_no_number_are_beyond_too() -> None:
    low = Rule(Bound(None, Decimal(5)), 1, 1)

    assert kind(Decimal(4), rule=low) is Kind.BREACH
    assert kind(Decimal(5), rule=low) is Kind.PASS
    assert kind(Decimal("NaN"), rule=low) is Kind.BREACH


def test_each_window_in_breach_is_one_measurement() -> None:
    found = judge_values(RULE, (BAD, BAD, GOOD, GOOD, BAD, BAD, GOOD))

    assert (found.kind, found.first) == (Kind.BREACH, 0)
    assert (found.breaches, found.newest) == (3, Kind.BREACH)
    calm = judge_values(RULE, (BAD, BAD, GOOD, GOOD))
    assert (calm.breaches, calm.newest) == (1, Kind.PASS)


values = st.lists(st.one_of(st.none(), st.sampled_from([GOOD, BAD])), max_size=12)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    of = draw(st.integers(1, 5))
    return Rule(Bound(Decimal(10), None), draw(st.integers(1, of)), of)


@given(rules(), values, st.data())
def test_a_missing_point_never_turns_breach_or_inconclusive_into_pass(
    rule: Rule, series: list[Value], data: st.DataObject
) -> None:
    before = kind(*series, rule=rule)
    holes = data.draw(st.lists(st.booleans(), min_size=len(series), max_size=len(series)))
    poorer = [None if hole else value for hole, value in zip(holes, series, strict=True)]

    after = kind(*poorer, rule=rule)

    assert before is Kind.PASS or after is not Kind.PASS
    assert after is not Kind.BREACH or before is Kind.BREACH


@given(rules(), values)
def test_it_is_what_the_definition_says_by_brute_force(rule: Rule, series: list[Value]) -> None:
    """BREACH and PASS are what holds whatever the gaps turn out to be."""
    padded = [*series, *[None] * max(0, rule.of - len(series))]

    def breaks(filled: Sequence[bool]) -> bool:
        starts = range(len(filled) - rule.of + 1)
        return any(sum(filled[s : s + rule.of]) >= rule.breach for s in starts)

    best = breaks([value is BAD for value in padded])
    worst = breaks([value is not GOOD for value in padded])
    expected = Kind.BREACH if best else Kind.INCONCLUSIVE if worst else Kind.PASS

    assert kind(*series, rule=rule) is expected
