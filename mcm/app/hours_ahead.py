"""How the hours of a service's stages look from now: for `mcm windows`.

What lies in files is read as it is now. A calendar of AWS and the current traffic are
looked at when a stage asks for them; unknown is told as closed, as the gate has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.local_source import ReadCalendars
from mcm.app.observing import Observer
from mcm.core.errors import McmError
from mcm.core.gates.window_gates import judge_calendar, judge_traffic
from mcm.core.history.turn import GateView
from mcm.core.plans.service import Service, StageConfig
from mcm.core.plans.stage_hours import StageHours, hours_of_config
from mcm.core.query import ChangeCalendarQuery, MetricQuery, Query
from mcm.core.reading import Readings
from mcm.core.windows.hours import CHANGE_CALENDAR, until_of
from mcm.core.windows.opening import Openness

PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True)
class Ahead:
    """One stage as it looks at `now`."""

    stage: StageConfig
    hours: StageHours | None
    """None when a calendar cannot be read; `problem` says why, and the stage is closed."""
    openness: Openness
    live: tuple[GateView, ...]
    """Calendars of AWS and current traffic, where the stage asks for them."""

    @property
    def open(self) -> bool:
        return self.openness.open and all(gate.open for gate in self.live)


def look_ahead(
    service: Service,
    stages: Iterable[StageConfig],
    read_calendars: ReadCalendars,
    observer: Observer | None,
    now: datetime,
) -> tuple[Ahead, ...]:
    """Return how each of `stages` looks; without an `observer` nothing of AWS is asked."""
    chosen = tuple(stages)
    wanted = {query for stage in chosen for query in live_queries(service, stage)}
    seen = observer.observe(wanted, PATIENCE) if observer is not None and wanted else None
    readings = seen or Readings({}, now)
    return tuple(_look(service, stage, read_calendars, readings, now) for stage in chosen)


def live_queries(service: Service, stage: StageConfig) -> frozenset[Query]:
    """Return what only AWS knows of a stage's hours."""
    hours = stage.window
    if hours is None:
        return frozenset()
    asked = (c for c in service.calendars if c.kind == CHANGE_CALENDAR and c.name in hours.deny)
    wanted: set[Query] = {ChangeCalendarQuery(stage.place, each.source) for each in asked}
    if hours.low_traffic is not None and stage.traffic is not None:
        over = hours.low_traffic.over
        wanted.add(MetricQuery(stage.place, stage.traffic, None, None, service.settle, over))
    return frozenset(wanted)


def _look(
    service: Service,
    stage: StageConfig,
    read_calendars: ReadCalendars,
    readings: Readings,
    now: datetime,
) -> Ahead:
    live = _live(service, stage, readings, now)
    try:
        names = stage.window.calendars if stage.window else ()
        calendars = read_calendars(names, until_of(now)) if names else ()
    except (McmError, OSError, ValueError) as err:
        reason = f"a calendar cannot be read: {err}"
        return Ahead(stage, None, Openness(False, reason, None, None, "window"), live)
    hours = hours_of_config(stage, service.freezes, calendars)
    return Ahead(stage, hours, hours.at(now), live)


def _live(
    service: Service, stage: StageConfig, readings: Readings, now: datetime
) -> tuple[GateView, ...]:
    asked = sorted(live_queries(service, stage), key=repr)
    names = {each.source: each.name for each in service.calendars}
    found = []
    for query in asked:
        if isinstance(query, ChangeCalendarQuery):
            found.append(judge_calendar(names[query.document], query, readings, now))
        elif isinstance(query, MetricQuery):
            assert stage.window is not None and stage.window.low_traffic is not None  # noqa: PT018
            found.append(judge_traffic(stage.window.low_traffic, query, readings))
    return tuple(found)
