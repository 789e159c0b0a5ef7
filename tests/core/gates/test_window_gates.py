"""The gates of the hours: whatever is unknown is closed, and what comes later only closes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from mcm.core.gates.window_gates import judge, queries
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import ChangeCalendarQuery, FreezesQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.windows.hours import Calendar, ChangeCalendarView, Event, Hours, LowTraffic
from mcm.core.windows.window import Freeze
from tests.planned import NOW as PLANNED
from tests.planned import make_plan

NOW = PLANNED + timedelta(minutes=30)
LA = "America/Los_Angeles"
UNTIL = datetime.fromisoformat("2028-01-01")


def day(text: str, reason: str = "") -> Event:
    start = datetime.fromisoformat(text)
    return Event(start, start + timedelta(days=1), reason)


def calendar(*events: Event, kind: str = "ics") -> Calendar:
    return Calendar("days", kind, "days.ics", LA, events, UNTIL)


OPS = Calendar("ops", "change_calendar", "arn:ops", "", (), None)


def planned(change: Callable[[Hours], Hours], *calendars: Calendar) -> tuple[Plan, StagePlan]:
    """Return a plan whose stage prod-us is open at NOW, its hours changed."""
    plan = make_plan()
    stage = next(each for each in plan.stages if each.name == "prod-us")
    assert stage.window is not None
    stage = replace(stage, window=change(stage.window))
    return replace(plan, stages=(stage,), calendars=calendars, freezes=()), stage


def gates(
    plan: Plan,
    stage: StagePlan,
    seen: Callable[[Query], object] = lambda _: None,
    *,
    opens: str = "",
    now: datetime = NOW,
) -> dict[str, tuple[bool, str]]:
    """Judge with no live freeze; `seen` gives what each other query reads, None for unknown."""
    answers: dict[Query, Reading] = {}
    for query in queries(plan, stage):
        value = () if isinstance(query, FreezesQuery) else seen(query)
        unknown = Unknown(Blindness.THROTTLED, "Throttling", now)
        answers[query] = unknown if value is None else Known(value, now)
    found = judge(
        plan, stage, Readings(answers, now), lambda gate: "because" if gate == opens else "", now
    )
    return {gate.name: (gate.open, gate.reason) for gate in found}


def test_open_hours_are_open() -> None:
    assert gates(*planned(lambda hours: hours))["window"][0]


def test_calendars_that_cannot_be_read_now_close() -> None:
    plan, stage = planned(lambda hours: replace(hours, deny=("days",)), calendar())

    assert gates(plan, stage) == {"window": (False, "calendars cannot be read: Throttling")}


def test_a_day_that_is_signed_denies_though_the_calendar_has_lost_it() -> None:
    signed = calendar(day("2026-03-18", "stocktaking"))
    plan, stage = planned(lambda hours: replace(hours, deny=("days",)), signed)

    (found,) = gates(plan, stage, lambda _: (calendar(),)).items()

    assert found[0] == "freeze:days"
    assert not found[1][0]
    assert "stocktaking" in found[1][1]


def test_a_day_that_the_calendar_got_since_denies() -> None:
    plan, stage = planned(lambda hours: replace(hours, deny=("days",)), calendar())

    (found,) = gates(plan, stage, lambda _: (calendar(day("2026-03-18")),)).items()

    assert (found[0], found[1][0]) == ("freeze:days", False)


def test_an_exception_by_the_calendars_name_passes_it_over() -> None:
    signed = calendar(day("2026-03-18"))
    plan, stage = planned(lambda hours: replace(hours, deny=("days",)), signed)

    found = gates(plan, stage, lambda _: (signed,), opens="freeze:days")

    assert found["window"][0]
    assert found["freeze:days"][1].startswith("because (freeze days until")


@pytest.mark.parametrize(("live", "opened"), [([day("2026-03-18")], True), ([], False)])
def test_an_event_opens_while_it_is_signed_and_still_there(live: list[Event], opened: bool) -> None:
    signed = calendar(day("2026-03-18"))
    plan, stage = planned(lambda _: Hours(allow=("days",)), signed)

    assert gates(plan, stage, lambda _: (calendar(*live),))["window"][0] is opened


def test_an_event_that_came_after_the_plan_opens_nothing() -> None:
    plan, stage = planned(lambda _: Hours(allow=("days",)), calendar())

    assert not gates(plan, stage, lambda _: (calendar(day("2026-03-18")),))["window"][0]


@pytest.mark.parametrize("state", ["CLOSED", "", "OPENING"])
def test_rule_34_a_change_calendar_is_closed_unless_it_says_open(state: str) -> None:
    plan, stage = planned(lambda hours: replace(hours, deny=("ops",)), OPS)

    closed = gates(plan, stage, lambda _: ChangeCalendarView(state, None))["freeze:ops"]
    opened = gates(plan, stage, lambda _: ChangeCalendarView("OPEN", None))["freeze:ops"]

    assert (closed[0], opened[0]) == (False, True)


def test_rule_34_a_change_calendar_out_of_reach_is_closed() -> None:
    plan, stage = planned(lambda hours: replace(hours, deny=("ops",)), OPS)

    assert gates(plan, stage)["freeze:ops"] == (
        False,
        "change calendar ops cannot be read: Throttling",
    )
    assert ChangeCalendarQuery(stage.place, "arn:ops") in queries(plan, stage)


def traffic(*values: int) -> Points:
    return Points(tuple((NOW - timedelta(minutes=5 + n), Decimal(v)) for n, v in enumerate(values)))


def low(hours: Hours) -> Hours:
    return replace(hours, low_traffic=LowTraffic(100, timedelta(minutes=15)))


@pytest.mark.parametrize(
    ("points", "opened"),
    [
        (None, False),
        (Points(()), False),
        (traffic(100, 100), True),
        (traffic(100, 101), False),
        (traffic(0, 0, 250), True),
        (traffic(250), False),
    ],
)
def test_current_traffic_must_be_low_and_known(points: Points | None, opened: bool) -> None:
    """No reading and no data are unknown; a gap does not count as a minute without requests."""
    plan, stage = planned(low)

    assert gates(plan, stage, lambda _: points)["window"][0] is opened


def test_low_traffic_does_not_open_a_closed_window() -> None:
    plan, stage = planned(low)

    found = gates(plan, stage, lambda _: traffic(0), now=NOW + timedelta(hours=12))

    assert not found["window"][0]


def test_a_stage_without_a_traffic_metric_has_no_low_traffic() -> None:
    plan, stage = planned(low)
    stage = replace(stage, traffic=None)

    assert not gates(plan, stage)["window"][0]


def test_a_freeze_that_came_after_the_plan_closes() -> None:
    plan, stage = planned(lambda hours: hours)
    start = datetime.fromisoformat("2026-03-18T00:00")
    freeze = Freeze("now", start, start + timedelta(days=1), LA, "incident")
    readings = Readings({FreezesQuery(plan.service): Known((freeze,), NOW)}, NOW)

    (found,) = judge(plan, stage, readings, lambda _: "", NOW)

    assert (found.name, found.open) == ("freeze:now", False)
