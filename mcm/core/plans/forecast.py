"""Looking ahead: the calendar of a whole walk, and two weeks of a stage as a picture.

A walk's calendar is the soonest that the written hours allow. Deployments take time that
nobody knows beforehand, and people take theirs: nothing here is a promise.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from mcm.core.plans.stage_hours import StageHours
from mcm.core.windows.window import Freeze, Span
from mcm.core.windows.zone import spell_local, to_instant, to_local

DAYS = 14
CELL = timedelta(minutes=30)
CELLS = 48
STARTS, PARTLY, LATE, DENIED, CLOSED, NONE = "#+-x. "
"""May start, in part of the half hour, open but too late to start, denied, closed; past, or
a half hour that the clock skips."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Leg:
    """One stage of a walk, at the soonest."""

    stage: str
    at: datetime | None
    """When it can be promoted; None when not within 400 days, or a stage before it cannot."""
    baked_at: datetime | None
    zone: ZoneInfo


@dataclass(frozen=True)
class Day:
    """One local day of a picture."""

    day: date
    cells: str
    """48 half hours by the clock on the wall."""


def walk_calendar(hours: Iterable[StageHours], now: datetime) -> tuple[Leg, ...]:
    """Return the soonest calendar of a walk through stages in their order."""
    legs: list[Leg] = []
    moment: datetime | None = now
    for each in hours:
        start = next((span.start for span in each.starts(moment)), None) if moment else None
        moment = start + each.bake if start else None
        legs.append(Leg(each.stage, start, moment, each.zone))
    return tuple(legs)


def spell_walk(legs: Sequence[Leg], now: datetime) -> str:
    """Write a walk's calendar in one line, each stage by its own clock, and how long it takes."""
    parts, ends = [], []
    for leg in legs:
        when = spell_local(leg.at, leg.zone, now) if leg.at else "not in 400 days"
        parts.append(f"{leg.stage} {when}")
        ends += [leg.at, leg.baked_at]
    known = [moment for moment in ends if moment is not None]
    if not known or None in ends:
        return ", ".join(parts)
    hours = -(-(max(known) - min(known)) // timedelta(hours=1))
    takes = f"{hours} h" if hours > 1 else "within the hour,"
    return f"{', '.join(parts)}: {takes} with the last bake"


def draw_days(hours: StageHours, now: datetime, days: int = DAYS) -> tuple[Day, ...]:
    """Draw the coming days of a stage by its own clock, today first.

    A half hour that the clock shows twice is drawn by both; one that it skips is blank.
    """
    zone = hours.zone
    first = to_local(now, zone).date()
    bounds = [_midnight(first + n * _DAY, zone) for n in range(days + 1)]
    starts = list(_until(hours.starts(now), bounds[-1]))
    opens = list(_until(hours.openings(now), bounds[-1]))
    drawn = []
    for number in range(days):
        cells: dict[int, set[str]] = {}
        moment = bounds[number]
        while moment < bounds[number + 1]:
            local = to_local(moment, zone)
            cell = Span(moment, moment + CELL)
            mark = NONE if cell.end <= now else _mark(cell, now, starts, opens, hours.freezes)
            cells.setdefault((local.hour * 60 + local.minute) // 30, set()).add(mark)
            moment += CELL
        day = (_merge(cells.get(index, {NONE})) for index in range(CELLS))
        drawn.append(Day(first + number * _DAY, "".join(day)))
    return tuple(drawn)


def denials(hours: StageHours, now: datetime, days: int = DAYS) -> tuple[Freeze, ...]:
    """Return what denies in the coming days, soonest first."""
    end = now + days * _DAY
    found = (f for f in hours.freezes if f.span.start < end and f.span.end > now)
    return tuple(sorted(found, key=lambda freeze: (freeze.span.start, freeze.name)))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - it is local


def _until(spans: Iterator[Span], end: datetime) -> Iterator[Span]:
    return takewhile(lambda span: span.start < end, spans)


def _mark(
    cell: Span,
    now: datetime,
    starts: Sequence[Span],
    opens: Sequence[Span],
    freezes: Iterable[Freeze],
) -> str:
    begin = max(cell.start, now)
    if any(span.start <= begin and cell.end <= span.end for span in starts):
        return STARTS
    if any(span.start < cell.end and begin < span.end for span in starts):
        return PARTLY
    if any(span.start < cell.end and begin < span.end for span in opens):
        return LATE
    if any(freeze.span.start < cell.end and begin < freeze.span.end for freeze in freezes):
        return DENIED
    return CLOSED


def _merge(marks: set[str]) -> str:
    if len(marks) == 1:
        return next(iter(marks))
    seen = marks - {NONE}
    if len(seen) == 1:
        return next(iter(seen))
    return PARTLY if seen & {STARTS, PARTLY} else LATE if LATE in seen else DENIED
