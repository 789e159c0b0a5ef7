"""The alarm rule against the tables in CloudWatch's user guide, and its edges."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.core.judging.alarm_rule import (
    AlarmRule,
    Comparison,
    Evaluation,
    Missing,
    State,
    evaluate,
    period_starts,
)

OK, ALARM, UNKNOWN = State.OK, State.ALARM, State.INSUFFICIENT_DATA
KEPT = None
NOON = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


def rule(
    m: int = 3, n: int = 3, missing: Missing = Missing.MISSING, seconds: int = 60
) -> AlarmRule:
    return AlarmRule(timedelta(seconds=seconds), n, m, 5.0, Comparison.ABOVE, missing)


def values(drawing: str) -> list[float | None]:
    return [{"0": 1.0, "X": 9.0, "-": None}[mark] for mark in drawing]


@pytest.mark.parametrize(
    ("m", "drawing", "expected"),
    [
        # missing, ignore, breaching, notBreaching
        (3, "0-X-X", (OK, OK, OK, OK)),
        (3, "0----", (OK, OK, OK, OK)),
        (3, "-----", (UNKNOWN, KEPT, ALARM, OK)),
        (3, "0XX-X", (ALARM, ALARM, ALARM, ALARM)),
        (3, "--X--", (ALARM, KEPT, ALARM, OK)),
        (2, "0-X-X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "00X0X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "0-X--", (OK, OK, ALARM, OK)),
        (2, "----0", (OK, OK, ALARM, OK)),
        (2, "---X-", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_the_documented_tables_of_missing_data(
    m: int, drawing: str, expected: tuple[State | None, ...]
) -> None:
    """Each row of the user guide's two tables (3 of 3 and 2 of 3), from each current state."""
    for missing, state in zip(
        (Missing.MISSING, Missing.IGNORE, Missing.BREACHING, Missing.NOT_BREACHING),
        expected,
        strict=True,
    ):
        for current in State:
            found = evaluate(rule(m, 3, missing), values(drawing), current)
            assert found.state is (state or current), (drawing, missing, current)


def test_no_data_at_all_is_not_ok_by_default() -> None:
    assert evaluate(rule(), [], OK).state is UNKNOWN


def test_one_fresh_breach_alone_does_not_alarm_early() -> None:
    """The newest point alone is younger than M periods, so the alarm waits."""
    assert evaluate(rule(3), values("----X"), OK).state is OK


def test_an_early_alarm_says_so() -> None:
    found = evaluate(rule(3), values("--X--"), OK)
    assert found == Evaluation(ALARM, 1, (9.0,), 2, early=True)
    assert not evaluate(rule(3, missing=Missing.NOT_BREACHING), values("--X--"), OK).early


def test_two_of_three_alarms_and_recovers() -> None:
    two_of_three = rule(2)
    history = "0000X0X0000"
    states = [
        evaluate(two_of_three, values(history[: end + 1]), OK).state for end in range(len(history))
    ]
    assert [state is ALARM for state in states] == [mark == "!" for mark in "......!...."]


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        (Comparison.ABOVE, False, False, True),
        (Comparison.AT_LEAST, False, True, True),
        (Comparison.BELOW, True, False, False),
        (Comparison.AT_MOST, True, True, False),
    ],
)
def test_comparisons(comparison: Comparison, below: bool, equal: bool, above: bool) -> None:
    found = [comparison.breaches(value, 5.0) for value in (4.0, 5.0, 6.0)]
    assert found == [below, equal, above]


def test_a_value_that_is_no_number_breaches() -> None:
    assert all(comparison.breaches(float("nan"), 5.0) for comparison in Comparison)


def test_the_open_period_and_the_future_do_not_count() -> None:
    """At 12:00:30 the period that began at 12:00 is open; only earlier ones are judged."""
    points = {NOON + timedelta(minutes=minute): 9.0 for minute in (0, 1, 2)}
    now = NOON + timedelta(seconds=30)
    for moment, state in ((now, UNKNOWN), (NOON + timedelta(minutes=1), ALARM)):
        closed = [points.get(start) for start in period_starts(rule(1, 1), moment)]
        assert evaluate(rule(1, 1), closed, OK).state is state


def test_periods_are_aligned_and_oldest_first() -> None:
    starts = period_starts(rule(1, 1, seconds=10), NOON + timedelta(seconds=37))
    assert [(start - NOON).total_seconds() for start in starts] == [0.0, 10.0, 20.0]


def test_cadence_follows_the_period() -> None:
    assert rule(seconds=10).cadence == rule(seconds=30).cadence == timedelta(seconds=10)
    assert rule(seconds=60).cadence == rule(seconds=300).cadence == timedelta(minutes=1)


@pytest.mark.parametrize(("m", "n", "seconds"), [(0, 3, 60), (4, 3, 60), (1, 1, 15), (1, 1, 90)])
def test_impossible_rules_are_refused(m: int, n: int, seconds: int) -> None:
    with pytest.raises(ValueError, match=r"datapoints|period"):
        rule(m, n, seconds=seconds)


@given(
    drawing=st.text("0X-", max_size=12),
    n=st.integers(1, 5),
    m=st.integers(1, 5),
    missing=st.sampled_from(Missing),
    current=st.sampled_from(State),
)
def test_one_more_breach_never_turns_an_alarm_off(
    drawing: str, n: int, m: int, missing: Missing, current: State
) -> None:
    """Replacing a good newest point by a breaching one cannot leave ALARM."""
    m = min(m, n)
    good, bad = values(drawing + "0"), values(drawing + "X")
    if evaluate(rule(m, n, missing), good, current).state is ALARM:
        assert evaluate(rule(m, n, missing), bad, current).state is ALARM
