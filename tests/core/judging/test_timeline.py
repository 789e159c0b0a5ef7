"""States of an alarm over time: unknown is no alarm, for a composite by its children."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mcm.core.alarm import AlarmChange, AlarmView
from mcm.core.judging.alarm_rule import AlarmRule, Comparison, State
from mcm.core.judging.composite_rule import parse
from mcm.core.judging.replay import History, alarm_breaches
from mcm.core.judging.timeline import Timeline, backtest_states, composed, evaluated, told
from mcm.core.windows.window import Span

START = datetime(2026, 3, 18, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
END = START + 6 * HOUR


def line(*changes: tuple[int, State | None]) -> Timeline:
    """The state from so many minutes on."""
    return Timeline(START, END, tuple((START + n * MINUTE, state) for n, state in changes))


def view(state: str, since: datetime | None, *changes: AlarmChange) -> AlarmView:
    return AlarmView("a", state, "", since, "", pages=True, changes=changes)


def test_an_alarm_rings_where_its_evaluator_says_so() -> None:
    rule = AlarmRule(MINUTE, 2, 2, 10.0, Comparison.ABOVE)
    history = History(START, MINUTE, [Decimal(v) for v in (1, 20, 20, 20, 1, 1, 20)])
    found = evaluated(rule, history)

    rings = [i for i in range(7) if found.at(history.noticed(i)) is State.ALARM]
    assert rings == alarm_breaches(rule, history.values)
    assert found.at(START) is None


def test_a_composite_alarm_follows_its_children_and_is_unknown_with_any_of_them() -> None:
    rule = parse("ALARM(a) AND NOT ALARM(b)")
    a = line((0, State.OK), (10, State.ALARM), (90, State.OK))
    b = line((20, State.OK), (30, State.ALARM))

    assert composed(rule, {"a": a, "b": b}).changes == (
        (START, None),
        (START + 20 * MINUTE, State.ALARM),
        (START + 30 * MINUTE, State.OK),
    )


def test_a_composite_alarm_begins_with_the_child_that_is_known_from_last() -> None:
    """Time before it is no quiet time, of which a rate of false alarms could be told."""
    late = Timeline(START + HOUR, END, ((START + HOUR, State.ALARM),))
    found = composed(parse("ALARM(a) AND ALARM(b)"), {"a": line((0, State.ALARM)), "b": late})

    assert (found.start, found.end) == (START + HOUR, END)
    assert found.changes == ((START + HOUR, State.ALARM),)


def test_history_tells_changes_and_before_the_first_nothing_is_known() -> None:
    rang = AlarmChange(START + HOUR, "ALARM")
    odd = AlarmChange(START + 2 * HOUR, "unreadable")
    found = told(view("OK", None, rang, odd), START, END)

    assert [found.at(START + n * HOUR + MINUTE) for n in range(3)] == [None, State.ALARM, None]


def test_without_a_change_it_was_all_the_time_as_it_is_now() -> None:
    long_ago = told(view("ALARM", START - HOUR), START, END)
    lately = told(view("OK", START + HOUR), START, END)

    assert long_ago.at(START) is State.ALARM
    assert (lately.at(START), lately.at(END - MINUTE)) == (None, State.OK)
    assert told(view("OK", None), START, END).at(END - MINUTE) is None


def test_rings_are_held_against_incidents_and_joined_when_they_are_near() -> None:
    rings = line((0, State.OK), (10, State.ALARM), (20, State.OK), (50, State.ALARM), (60, None))
    grid = History(START, MINUTE, [None] * 360)
    found = backtest_states(rings, grid, (Span(START, START + HOUR),))

    (alarm,) = found.score.alarms
    assert (alarm.at, alarm.end) == (START + 10 * MINUTE, START + 60 * MINUTE)
    assert found.score.caught == ((Span(START, START + HOUR), 10 * MINUTE),)
    assert (found.history.values[9], found.history.values[10]) == (0, 1)
    assert found.history.values[60] is None
    assert (found.rule, found.suggestion, found.never) == (None, None, "")


def test_an_alarm_that_never_rang_and_one_that_nobody_knows_say_so() -> None:
    grid = History(START, HOUR, [None] * 6)

    assert backtest_states(line((0, State.OK)), grid, ()).never == "it was never in ALARM"
    assert backtest_states(line(), grid, ()).never == "there is no data at all"
