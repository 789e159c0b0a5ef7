"""Which graphs a plan calls for, what must be read for them, and how they are put together.

Looked at twice: `definition_queries` asks how the alarms are set up, `data_queries` for the
points of what can be drawn. What cannot be drawn is named with the reason: a graph that is
silently not there would look like a guardrail that nobody has.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from mcm.core.alarm import AlarmDefinition
from mcm.core.commits.commit_range import one_line
from mcm.core.graphs.graph import Graph, Heat, hour_cells, window_cells
from mcm.core.graphs.measured import Measured, is_metric_check, measured_by, measured_by_check
from mcm.core.judging.retention import kept_for
from mcm.core.plans.plan import Guardrail, Plan, StagePlan
from mcm.core.plans.stage_hours import hours_of_plan
from mcm.core.points import Points
from mcm.core.query import AlarmDefinitionQuery, Expression, Metric, MetricQuery, Query
from mcm.core.reading import Readings
from mcm.core.windows.opening import openings
from mcm.core.windows.window import Span

DAYS = timedelta(days=7)
WEEKS = timedelta(weeks=4)
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_AHEAD = 4
"""The future gets at most the fourth part of what the past has: the past is what was measured."""
_MOST_SPANS = 200


@dataclass(frozen=True)
class Wish:
    """A graph of one metric that a stage's guardrails call for."""

    stage: str
    title: str
    measured: Measured
    rule: str
    since: datetime
    query: MetricQuery


@dataclass(frozen=True)
class Missing:
    """A graph that cannot be drawn."""

    stage: str
    what: str
    why: str


@dataclass(frozen=True)
class Pictures:
    """All that can be drawn of a plan, and what cannot."""

    graphs: tuple[Graph, ...]
    heats: tuple[Heat, ...]
    missing: tuple[Missing, ...]


def definition_queries(plan: Plan) -> frozenset[Query]:
    """Return what to see first: how each alarm of the plan is set up."""
    return frozenset(query for _, _, query in _alarms(plan))


def data_queries(plan: Plan, readings: Readings, now: datetime) -> frozenset[Query]:
    """Return what to see next: the points of the guardrails' metrics, and a month of traffic."""
    wishes = (each for each in wishes_of(plan, readings, now) if isinstance(each, Wish))
    heats = (_traffic(plan, stage, now) for stage in plan.stages)
    return frozenset([*(wish.query for wish in wishes), *(each[2] for each in heats if each)])


def wishes_of(plan: Plan, readings: Readings, now: datetime) -> Iterator[Wish | Missing]:
    """Yield a wish for each alarm and each check on a metric, or why it cannot be one."""
    for stage, guardrail, query in _alarms(plan):
        definition = readings.known(query, AlarmDefinition)
        found: Measured | str = readings.why_unknown(query) or "it is no alarm"
        if definition is not None:
            found = measured_by(definition)
        yield _wish(plan, stage, guardrail, query.name, found, now)
    for stage in plan.stages:
        for guardrail in stage.guardrails:
            if is_metric_check(guardrail):
                found = measured_by_check(guardrail)
                yield _wish(plan, stage, guardrail, guardrail.name, found, now)


def _wish(
    plan: Plan,
    stage: StagePlan,
    guardrail: Guardrail,
    name: str,
    found: Measured | str,
    now: datetime,
) -> Wish | Missing:
    title = one_line(name, 255)
    if isinstance(found, str):
        return Missing(stage.name, title, found)
    since, query = _ask(plan, stage, found.metric, DAYS, now)
    rolls = guardrail.on_breach == "roll_back"
    then = "then the stage is rolled back" if rolls else "then the walk holds for a person"
    return Wish(stage.name, title, found, one_line(f"{found.acts}; {then}", 200), since, query)


def build_pictures(plan: Plan, readings: Readings, now: datetime) -> Pictures:
    """Put together what can be drawn, by the readings of both queries."""
    graphs: list[Graph] = []
    missing: list[Missing] = []
    for wish in wishes_of(plan, readings, now):
        if isinstance(wish, Missing):
            missing.append(wish)
            continue
        points = readings.known(wish.query, Points)
        if points is None:
            why = readings.why_unknown(wish.query) or "the answer is no points"
            missing.append(Missing(wish.stage, wish.title, why))
            continue
        stage = next(each for each in plan.stages if each.name == wish.stage)
        graphs.append(_graph(plan, stage, wish, points, now))
    heats: list[Heat] = []
    for stage in plan.stages:
        found = _heat(plan, stage, readings, now)
        if isinstance(found, Heat):
            heats.append(found)
        else:
            missing.append(found)
    return Pictures(tuple(graphs), tuple(heats), tuple(missing))


def file_name(stage: str, title: str, taken: Iterable[str]) -> str:
    """Return a file name of harmless characters that is not in `taken`."""
    words = (re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-")[:40] for part in (stage, title))
    stem = "-".join(word for word in words if word) or "graph"
    names, number = set(taken), 2
    name = f"{stem}.svg"
    while name in names:
        name, number = f"{stem}-{number}.svg", number + 1
    return name


def _alarms(plan: Plan) -> Iterator[tuple[StagePlan, Guardrail, AlarmDefinitionQuery]]:
    for stage in plan.stages:
        seen: set[str] = set()
        for guardrail in stage.guardrails:
            names = guardrail.params.get("names", ()) if guardrail.kind == "alarms" else ()
            for name in names:
                if name not in seen:
                    seen.add(name)
                    yield stage, guardrail, AlarmDefinitionQuery(stage.place, name)


def _ask(
    plan: Plan, stage: StagePlan, metric: Metric | Expression, back: timedelta, now: datetime
) -> tuple[datetime, MetricQuery]:
    """Return since when, and the query, no further back than CloudWatch keeps such points."""
    back = min(back, kept_for(metric.period))
    since = now - back + min(_MINUTE, back / 100)  # the oldest falls out while it is asked for
    return since, MetricQuery(stage.place, metric, since, now - plan.settle, timedelta(0))


def _traffic(
    plan: Plan, stage: StagePlan, now: datetime
) -> tuple[Metric, datetime, MetricQuery] | None:
    if stage.traffic is None:
        return None
    hourly = replace(stage.traffic, period=_HOUR)
    return (hourly, *_ask(plan, stage, hourly, WEEKS, now))


def _graph(plan: Plan, stage: StagePlan, wish: Wish, points: Points, now: datetime) -> Graph:
    shown, since = wish.measured, wish.since
    edge = now + (now - since) / _AHEAD
    spans = _spans(plan, stage, since, now + DAYS)
    coming = [span for span in spans if span.end > now]
    near = [Span(each.start, min(each.end, edge)) for each in coming[:1] if each.start < edge]
    return Graph(
        stage=stage.name,
        title=wish.title,
        measured=one_line(shown.title, 120),
        rule=wish.rule,
        unit=shown.unit,
        lines=shown.lines,
        period=shown.metric.period,
        since=since,
        until=now,
        values=tuple((start, float(value) * shown.scale) for start, value in points.points),
        windows=(*(span for span in spans if span.end <= now), *near),
        coming=coming[0] if coming else None,
        zone=_zone(plan, stage),
    )


def _heat(plan: Plan, stage: StagePlan, readings: Readings, now: datetime) -> Heat | Missing:
    traffic = _traffic(plan, stage, now)
    if traffic is None:
        return Missing(stage.name, "traffic", "mcm.yaml names no traffic metric of the stage")
    metric, since, query = traffic
    points = readings.known(query, Points)
    if points is None:
        why = readings.why_unknown(query) or "the answer is no points"
        return Missing(stage.name, "traffic", why)
    hours = hours_of_plan(plan, stage)
    values = [(start, float(value)) for start, value in points.points]
    return Heat(
        stage=stage.name,
        measured=one_line(metric.name, 80),
        since=since,
        until=now,
        cells=hour_cells(values, hours.zone),
        window=window_cells(_spans(plan, stage, now, now + DAYS, freezes=False), hours.zone),
        zone=_zone(plan, stage),
    )


def _spans(
    plan: Plan, stage: StagePlan, since: datetime, until: datetime, *, freezes: bool = True
) -> tuple[Span, ...]:
    """Return when the stage may be promoted, cut at `until`; nothing without a window."""
    hours = hours_of_plan(plan, stage)
    if not hours.windows:
        return ()
    denied = hours.freezes if freezes else ()
    found = enumerate(openings(hours.windows, denied, since, production=stage.production))
    near = takewhile(lambda pair: pair[0] < _MOST_SPANS and pair[1].start < until, found)
    return tuple(Span(each.start, min(each.end, until)) for _, each in near)


def _zone(plan: Plan, stage: StagePlan) -> str:
    return hours_of_plan(plan, stage).zone.key
