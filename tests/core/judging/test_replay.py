"""Replays say what the judge would have said in each turn, and what that was worth."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.judging.alarm_rule import AlarmRule, Comparison, Missing, State, evaluate
from mcm.core.judging.replay import (
    Alarm,
    History,
    alarm_breaches,
    alarms_of,
    breaches,
    score,
    suggest,
)
from mcm.core.judging.threshold import Bound, Rule, judge_values
from mcm.core.verdict import Kind
from mcm.core.windows.window import Span

START = datetime(2026, 3, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ABOVE = Bound(Decimal(10), None)
VALUES = st.lists(st.none() | st.integers(0, 20).map(Decimal), max_size=40)


def rules() -> st.SearchStrategy[Rule]:
    bounds = st.sampled_from(
        [ABOVE, Bound(None, Decimal(5)), Bound(Decimal(15), Decimal(5)), Bound(Decimal(-1), None)]
    )
    pairs = st.tuples(st.integers(1, 5), st.integers(0, 4))
    return st.builds(lambda bound, pair: Rule(bound, pair[0], pair[0] + pair[1]), bounds, pairs)


def history(*values: int | None, period: timedelta = MINUTE) -> History:
    return History(START, period, [None if v is None else Decimal(v) for v in values])


def after(minutes: int) -> datetime:
    return START + minutes * MINUTE


def span(first: int, last: int) -> Span:
    return Span(after(first), after(last))


@given(rules(), VALUES)
@settings(max_examples=200, deadline=None)
def test_a_replay_is_the_judge_asked_after_each_period(rule: Rule, values: list[Decimal]) -> None:
    """The newest window's verdict, turn by turn; what is missing breaches nothing."""
    asked = [judge_values(rule, values[: n + 1]).newest is Kind.BREACH for n in range(len(values))]

    assert breaches(rule, values) == [index for index, hit in enumerate(asked) if hit]


def test_what_is_no_number_is_beyond_every_bound() -> None:
    values = [Decimal(1), Decimal("NaN"), Decimal(1)]

    assert breaches(Rule(ABOVE, 1, 1), values) == [1]


@given(VALUES, st.sampled_from(list(Missing)), st.integers(1, 3), st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_an_alarm_is_replayed_by_the_evaluator(
    values: list[Decimal | None], missing: Missing, least: int, more: int
) -> None:
    rule = AlarmRule(MINUTE, least + more, least, 10.0, Comparison.ABOVE, missing)
    numbers = [None if value is None else float(value) for value in values]
    state, expected = State.INSUFFICIENT_DATA, []
    for index in range(len(values)):
        state = evaluate(rule, numbers[: index + 1], state).state
        expected += [index] if state is State.ALARM else []

    assert alarm_breaches(rule, values) == expected


def test_an_alarm_is_noticed_when_the_period_that_completes_it_closes() -> None:
    past = history(0, 12, 13, 0, 0)

    found = alarms_of(past, breaches(Rule(ABOVE, 2, 3), past.values), ABOVE)

    assert found == (Alarm(after(3), after(4), Decimal(13)),)


def test_breaches_within_an_hour_are_one_alarm() -> None:
    """The first of them would have taken the change back."""
    quiet, long = [0] * 50, [0] * 70
    past = history(12, *quiet, 12, *long, 12)

    found = alarms_of(past, breaches(Rule(ABOVE, 1, 1), past.values), ABOVE)

    assert [alarm.at for alarm in found] == [after(1), after(123)]


def test_alarms_are_held_against_incidents() -> None:
    past = history(*[0] * 1000)
    alarms = [Alarm(after(n), after(n + 5), None) for n in (10, 200, 400)]

    found = score(past, alarms, [span(190, 300), span(402, 500), span(700, 800), span(2000, 2100)])

    assert [alarm.at for alarm in found.false] == [after(10)]
    assert found.caught == ((span(190, 300), 10 * MINUTE), (span(402, 500), timedelta(0)))
    assert found.missed == (span(700, 800),)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.delay == timedelta(0)
    assert found.quiet == 692 * MINUTE
    assert found.false_a_week == pytest.approx(7 * 24 * 60 / 692)


def test_incidents_that_overlap_take_their_time_once() -> None:
    """Counted twice they would leave no quiet time, in which no alarm is false."""
    past = history(*[0] * 100)
    incidents = [span(-20, 60), span(0, 60), span(30, 50), span(60, 70)]

    found = score(past, [Alarm(after(80), after(81), None)], incidents)

    assert found.quiet == 30 * MINUTE
    assert found.false_a_week == pytest.approx(7 * 24 * 60 / 30)


def test_without_alarms_and_incidents_nothing_is_claimed() -> None:
    found = score(history(0, 0), [], [])

    assert (found.precision, found.recall, found.delay) == (None, None, None)
    assert found.false_a_week == 0


def test_time_before_the_first_data_is_no_time_without_alarms() -> None:
    """A metric that began an hour ago tells of an hour, not of the fortnight asked for."""
    past = history(*[None] * 600, *[0] * 30, 12, *[0] * 29, *[None] * 40)
    found = score(past, alarms_of(past, breaches(Rule(ABOVE, 1, 1), past.values), ABOVE), [])
    before = score(past, [], [Span(after(0), after(60))])

    assert found.quiet == before.quiet == 60 * MINUTE
    assert found.false_a_week == pytest.approx(7 * 24)


def test_a_suggestion_is_the_tightest_bound_that_is_quiet_enough() -> None:
    week = [0] * (7 * 24)
    week[10], week[50], week[90] = 30, 20, 10
    past = history(*week, period=timedelta(hours=1))
    rule = Rule(ABOVE, 1, 1)

    assert suggest(past, rule, [], most=0, high=True) == 30
    assert suggest(past, rule, [], most=1, high=True) == 20
    assert suggest(past, rule, [], most=2, high=True) == 10


def test_a_suggestion_does_not_count_what_was_an_incident() -> None:
    week = [0] * (7 * 24)
    week[10], week[50] = 30, 20
    past = history(*week, period=timedelta(hours=1))
    known = [Span(START + timedelta(hours=10), START + timedelta(hours=12))]

    assert suggest(past, Rule(ABOVE, 1, 1), known, most=0, high=True) == 20


def test_a_lower_bound_is_suggested_from_the_other_side() -> None:
    week = [9] * (7 * 24)
    week[10], week[50] = 1, 2
    past = history(*week, period=timedelta(hours=1))

    assert suggest(past, Rule(Bound(None, Decimal(5)), 1, 1), [], most=1, high=False) == 2


def test_one_long_alarm_is_not_taken_for_a_quiet_one() -> None:
    """A bound that is crossed all the time gives few alarms, too."""
    past = history(*[n % 7 for n in range(600)], period=timedelta(hours=2))

    found = suggest(past, Rule(ABOVE, 1, 1), [], most=1, high=True)

    assert found == 6


@given(VALUES, st.floats(0, 5000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_suggestion_keeps_its_promise(
    values: list[Decimal | None], most: float, high: bool
) -> None:
    past = History(START, timedelta(hours=2), values)
    limit = suggest(past, Rule(ABOVE, 1, 2), [], most=most, high=high)
    if limit is not None:
        bound = Bound(limit, None) if high else Bound(None, limit)
        found = breaches(Rule(bound, 1, 2), values)
        assert score(past, alarms_of(past, found, bound), []).false_a_week <= most


def test_nothing_is_suggested_without_data() -> None:
    assert suggest(history(None, None), Rule(ABOVE, 1, 1), [], most=1, high=True) is None
    assert suggest(history(), Rule(ABOVE, 1, 1), [], most=1, high=True) is None
