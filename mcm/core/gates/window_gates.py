"""The gates `window` and `freeze:NAME`: the clock, the calendars, and how much traffic there is.

What is configured or written in a calendar since the plan was made counts too, and can only
close: a freeze, a day that a calendar got, a day that it no longer opens. What cannot be
read is closed (AWS-RULES 33, 34). A rollback never comes here.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from mcm.core.duration import spell
from mcm.core.history.turn import GateView
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import (
    CalendarsQuery,
    ChangeCalendarQuery,
    FreezesQuery,
    MetricQuery,
    Query,
)
from mcm.core.reading import Readings
from mcm.core.windows.hours import (
    CHANGE_CALENDAR,
    Calendar,
    ChangeCalendarView,
    Hours,
    LowTraffic,
    denials_of,
    needs_of,
    windows_of,
)
from mcm.core.windows.opening import is_open
from mcm.core.windows.window import Freeze
from mcm.core.windows.zone import find_zone, spell_local

OPEN = "OPEN"
WhyOpen = Callable[[str], str]
"""What opens a gate of that name though it is closed; empty for nothing."""
_MINUTE = timedelta(minutes=1)


def queries(plan: Plan, stage: StagePlan) -> frozenset[Query]:
    """Return what these gates of one stage need to see."""
    wanted: set[Query] = {FreezesQuery(plan.service)}
    written = _written(plan, stage)
    if written is not None:
        wanted.add(written)
    wanted |= {ChangeCalendarQuery(stage.place, each.source) for each in _asked(plan, stage)}
    traffic = _traffic(plan, stage)
    return frozenset(wanted | ({traffic} if traffic else set()))


def judge(
    plan: Plan, stage: StagePlan, readings: Readings, why_open: WhyOpen, now: datetime
) -> tuple[GateView, ...]:
    """Judge window, freezes and calendars; a freeze that is passed over is a gate of its own."""
    query = FreezesQuery(plan.service)
    live = readings.known(query, tuple)
    if live is None:
        why = readings.why_unknown(query)
        return (GateView("freeze", False, f"freezes cannot be read: {why}"),)
    calendars = _calendars_now(plan, stage, readings)
    if isinstance(calendars, GateView):
        return (calendars,)
    freezes = (f for f in (*plan.freezes, *live) if isinstance(f, Freeze))
    denied = denials_of(stage.window, (*plan.calendars, *calendars))
    frozen: list[Freeze] = []
    passed: dict[str, GateView] = {}
    for freeze in dict.fromkeys((*freezes, *denied)):
        why = why_open(f"freeze:{freeze.name}")
        if not why:
            frozen.append(freeze)
        elif freeze.span.holds(now):
            gate = f"freeze:{freeze.name}"
            told = is_open((), (freeze,), now, production=False).reason
            passed[gate] = GateView(gate, True, f"{why} ({told})")
    opens = windows_of(stage.window, _still_open(stage.window, plan.calendars, calendars))
    needs = needs_of(stage.window, stage.bake.lasts)
    found = is_open(opens, tuple(frozen), now, production=stage.production, needs=needs)
    seen = GateView(found.gate or "window", found.open, found.reason, found.opens_at)
    if seen.open:
        seen = _traffic_gate(plan, stage, readings) or seen
    return (*passed.values(), *_asked_gates(plan, stage, readings, now), seen)


def _written(plan: Plan, stage: StagePlan) -> CalendarsQuery | None:
    """Return the query for the calendars of the stage that lie in files; None without any."""
    names = stage.window.calendars if stage.window else ()
    found = [each for each in plan.calendars if each.name in names and each.until is not None]
    if not found:
        return None
    until = max(each.until for each in found if each.until is not None)
    return CalendarsQuery(tuple(each.name for each in found), until)


def _asked(plan: Plan, stage: StagePlan) -> tuple[Calendar, ...]:
    """Return the calendars of AWS that the stage is denied by."""
    names = stage.window.deny if stage.window else ()
    found = (each for each in plan.calendars if each.kind == CHANGE_CALENDAR)
    return tuple(each for each in found if each.name in names)


def _calendars_now(
    plan: Plan, stage: StagePlan, readings: Readings
) -> tuple[Calendar, ...] | GateView:
    query = _written(plan, stage)
    if query is None:
        return ()
    live = readings.known(query, tuple)
    if live is None:
        return GateView("window", False, f"calendars cannot be read: {readings.why_unknown(query)}")
    return tuple(each for each in live if isinstance(each, Calendar))


def _still_open(
    hours: Hours | None, planned: tuple[Calendar, ...], live: tuple[Calendar, ...]
) -> Iterator[Calendar]:
    """Yield the calendars that open the stage, each with the events that it still has."""
    now = {each.name: frozenset((e.start, e.end) for e in each.events) for each in live}
    for each in planned:
        if hours is not None and each.name in hours.allow:
            kept = (e for e in each.events if (e.start, e.end) in now.get(each.name, ()))
            yield replace(each, events=tuple(kept))


def _asked_gates(
    plan: Plan, stage: StagePlan, readings: Readings, now: datetime
) -> Iterator[GateView]:
    for each in _asked(plan, stage):
        query = ChangeCalendarQuery(stage.place, each.source)
        yield judge_calendar(each.name, query, readings, now)


def judge_calendar(
    name: str, query: ChangeCalendarQuery, readings: Readings, now: datetime
) -> GateView:
    """Judge a calendar of AWS: anything but OPEN is closed, silence too (AWS-RULES 34)."""
    view = readings.known(query, ChangeCalendarView)
    gate = f"freeze:{name}"
    if view is None:
        why = readings.why_unknown(query)
        return GateView(gate, False, f"change calendar {name} cannot be read: {why}")
    turns = view.turns_at
    until = f" until {spell_local(turns, find_zone('UTC'), now)}" if turns else ""
    if view.state != OPEN:
        reason = f"change calendar {name} is {view.state or 'without a state'}{until}"
        return GateView(gate, False, reason, turns)
    return GateView(gate, True, f"change calendar {name} is open{until}")


def _traffic(plan: Plan, stage: StagePlan) -> MetricQuery | None:
    low = stage.window.low_traffic if stage.window else None
    if low is None or stage.traffic is None:
        return None
    return MetricQuery(stage.place, stage.traffic, None, None, plan.settle, low.over)


def _traffic_gate(plan: Plan, stage: StagePlan, readings: Readings) -> GateView | None:
    """Return the closed gate while there is too much traffic, or nobody knows how much."""
    low = stage.window.low_traffic if stage.window else None
    if low is None:
        return None
    query = _traffic(plan, stage)
    if query is None:
        return GateView("window", False, "traffic must be low, and no `traffic` metric says it")
    gate = judge_traffic(low, query, readings)
    return None if gate.open else gate


def judge_traffic(low: LowTraffic, query: MetricQuery, readings: Readings) -> GateView:
    """Judge current traffic by the mean of the periods that have data.

    So a gap never makes it look lower; no data at all is unknown, and closed.
    """
    points = readings.known(query, Points)
    if points is None:
        return GateView("window", False, f"traffic is unknown: {readings.why_unknown(query)}")
    if not points.points:
        return GateView("window", False, f"traffic is unknown: no data in {spell(low.over)}")
    total = sum((value for _, value in points.points), Decimal(0))
    rate = total / len(points.points) * Decimal(_MINUTE / query.metric.period)
    said = f"traffic is {rate:.0f} requests a minute over {spell(low.over)}"
    fits = rate <= low.per_minute
    word = "and may be" if fits else "and the window wants at most"
    return GateView("window", fits, f"{said}, {word} {low.per_minute}")
