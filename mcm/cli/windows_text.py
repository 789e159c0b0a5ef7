"""The hours of stages in words, as a picture of two weeks, and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from mcm.app.hours_ahead import Ahead
from mcm.core import canonical
from mcm.core.plans.forecast import DAYS, denials, draw_days, spell_walk, walk_calendar
from mcm.core.plans.stage_hours import StageHours
from mcm.core.sanitize import clean
from mcm.core.windows.hours import spell_hours
from mcm.core.windows.window import Span
from mcm.core.windows.zone import spell_day, spell_local

_COLUMN = 12
_DENIALS = 8
_KEY = "# may start  + part of it  - open, too late to start  x denied  . closed"


def stage_lines(ahead: Ahead, now: datetime) -> Iterator[str]:
    """Yield one stage: its state, its next opening, what it waits for, and its two weeks."""
    yield _headline(ahead)
    stage = ahead.stage
    said = spell_hours(stage.window, production=stage.production)
    yield f"{'  hours':<{_COLUMN}} {clean(said, 400)}"
    for gate in ahead.live:
        yield f"{'  now':<{_COLUMN}} {'open' if gate.open else 'CLOSED'}: {clean(gate.reason, 200)}"
    hours = ahead.hours
    if hours is None:
        return
    opening = next(hours.starts(now), None)
    if opening is None:
        yield f"{'  opens':<{_COLUMN}} not in the next 400 days"
    else:
        yield from _opening_lines(hours, opening, now)
    yield ""
    yield from _picture(hours, now)
    yield from _denial_lines(hours, now)


def summary_lines(found: Sequence[Ahead], now: datetime) -> Iterator[str]:
    """Yield a line for each stage, and the calendar of a walk through all of them."""
    for ahead in found:
        yield _headline(ahead)
    hours = [ahead.hours for ahead in found if ahead.hours is not None]
    if len(hours) == len(found) > 1:
        yield f"a walk from now: {spell_walk(walk_calendar(hours, now), now)}"


def windows_json(found: Sequence[Ahead], now: datetime) -> dict[str, Any]:
    """Return the document of `mcm windows --json`."""
    hours = [ahead.hours for ahead in found if ahead.hours is not None]
    legs = walk_calendar(hours, now) if len(hours) == len(found) else ()
    return {
        "version": 1,
        "at": canonical.instant(now),
        "stages": [_stage_json(ahead, now) for ahead in found],
        "walk": [
            {"stage": leg.stage, "at": _at(leg.at), "baked_at": _at(leg.baked_at)} for leg in legs
        ],
    }


def _headline(ahead: Ahead) -> str:
    reason = ahead.openness.reason
    if ahead.openness.open and not ahead.open:
        reason = next(gate.reason for gate in ahead.live if not gate.open)
    state = "" if reason.startswith("open") else "closed: " if not ahead.open else "open: "
    return f"{ahead.stage.name}: {state}{clean(reason, 300)}"


def _opening_lines(hours: StageHours, opening: Span, now: datetime) -> Iterator[str]:
    word = "opens" if opening.start > now else "open since"
    if opening.start > now:
        yield f"{f'  {word}':<{_COLUMN}} {_both(opening.start, hours, now)}"
    end = next((s.end for s in hours.openings(opening.start)), opening.end)
    yield f"{'  until':<{_COLUMN}} {_both(end, hours, now)}"
    if end != opening.end:
        yield f"{'  start by':<{_COLUMN}} {_both(opening.end, hours, now)}"


def _both(moment: datetime, hours: StageHours, now: datetime) -> str:
    """Spell an instant by the stage's clock, and by this machine's where that differs."""
    there = spell_local(moment, hours.zone, now)
    local = moment.astimezone().tzinfo
    here = spell_local(moment, local, now) if local is not None else there
    if moment.astimezone(hours.zone).utcoffset() == moment.astimezone().utcoffset():
        return there
    return f"{there} = {here} here"


def _picture(hours: StageHours, now: datetime) -> Iterator[str]:
    letters = now.astimezone(hours.zone).tzname()
    marks = "".join(f"{hour:<6}" for hour in range(0, 24, 3))
    yield f"{'':<{_COLUMN}}{marks} {letters}"
    for day in draw_days(hours, now):
        yield f"{spell_day(day.day):<{_COLUMN}}{day.cells}".rstrip()
    yield _KEY


def _denial_lines(hours: StageHours, now: datetime) -> Iterator[str]:
    found = denials(hours, now)
    for freeze in found[:_DENIALS]:
        start = spell_local(freeze.span.start, freeze.zone, now)
        end = spell_local(freeze.span.end, freeze.zone, now)
        why = f": {clean(freeze.reason, 80)}" if freeze.reason else ""
        yield f"x {clean(freeze.name, 60)}{why}, {start} to {end}"
    if len(found) > _DENIALS:
        yield f"x and {len(found) - _DENIALS} more in these two weeks"


def _stage_json(ahead: Ahead, now: datetime) -> dict[str, Any]:
    hours, end = ahead.hours, now + timedelta(days=DAYS)
    starts = hours.starts(now) if hours else iter(())
    near = list(takewhile(lambda span: span.start < end, islice(starts, 500)))
    return {
        "stage": ahead.stage.name,
        "production": ahead.stage.production,
        "open": ahead.open,
        "reason": ahead.openness.reason,
        "gate": ahead.openness.gate or "",
        "timezone": hours.zone.key if hours else "",
        "opens_at": _at(ahead.openness.opens_at),
        "closes_at": _at(ahead.openness.closes_at),
        "live": [{"gate": g.name, "open": g.open, "reason": g.reason} for g in ahead.live],
        "openings": [{"start": _at(span.start), "end": _at(span.end)} for span in near],
        "denials": [
            {
                "name": freeze.name,
                "reason": freeze.reason,
                "start": _at(freeze.span.start),
                "end": _at(freeze.span.end),
            }
            for freeze in (denials(hours, now) if hours else ())
        ],
    }


def _at(moment: datetime | None) -> str | None:
    return canonical.instant(moment) if moment is not None else None
