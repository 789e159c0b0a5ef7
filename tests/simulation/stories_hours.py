"""The stories of hours and gates: when a stage may be promoted, and whom that rests on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from mcm.core.errors import Exit
from mcm.core.gates.others import OtherChange
from mcm.core.history.schedule import Schedule, draft
from mcm.core.plans.plan import Bake, Plan
from mcm.core.query import CalendarsQuery, ChangesQuery
from mcm.core.reading import Blindness
from mcm.core.windows.hours import CHANGE_CALENDAR, ICS, Calendar, Event, Hours, LowTraffic
from mcm.sandbox.faults import Effect
from tests.kit.world import PIPELINE, STAGE, WINDOW, World
from tests.simulation.faults import Trouble
from tests.simulation.outside import outside_of
from tests.simulation.setting import Setting, nothing
from tests.simulation.stories_rare import AT_ONCE, MINUTES, begin

DONE, HELD = Exit.DONE, Exit.HELD
DAY = timedelta(days=1)
ZONE = WINDOW.windows[0].timezone
CLOSED_AFTER = datetime(2026, 3, 18, 12, 0)  # noqa: DTZ001 - compared in UTC below
OTHER = "CM-0000"


def timed(
    world: World, window: Hours, *exits: Exit, bake: Bake | None = None, **more: object
) -> Setting:
    """Return an approved plan with other hours."""
    plan = world.plan(**more)
    stage = replace(plan.stages[0], window=window, bake=bake or plan.stages[0].bake)
    plan = Plan.from_bytes(replace(plan, stages=(stage,)).to_bytes())
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, frozenset(exits))


def _until_closing(world: World, left: timedelta) -> None:
    """Let the time pass until so much is left of the window."""
    now = world.clock.now()
    world.clock.pass_time(CLOSED_AFTER.replace(tzinfo=now.tzinfo) - left - now)


def _too_late(world: World) -> Setting:
    """The window is open, and no longer long enough for the bake and a way back."""
    setting = timed(world, replace(WINDOW, reserve=15 * MINUTES), HELD)
    _until_closing(world, 40 * MINUTES)
    return setting


def _closes_meanwhile(world: World) -> Setting:
    """The window closes in the bake, which ends as if it had not."""
    bake = Bake(45 * MINUTES, 100, timedelta(hours=2))
    setting = timed(world, WINDOW, DONE, HELD, bake=bake)
    _until_closing(world, 46 * MINUTES)
    return setting


def _low(world: World, most: int, *exits: Exit) -> Setting:
    """Some 930 requests come in a minute at that hour, fewer later."""
    window = replace(WINDOW, low_traffic=LowTraffic(most, 15 * MINUTES))
    return timed(world, window, *exits)


def _traffic_unknown(world: World) -> Setting:
    """The traffic would be low enough, and nobody can count it."""
    setting = _low(world, 5000, HELD, DONE)
    fault = Trouble(AT_ONCE, 25 * MINUTES, Effect.SERVER_ERROR, "GetMetricData", None)
    return replace(setting, deed=partial(begin, world, fault), at_latest="now")


def day_of(world: World, *, off: bool) -> Calendar:
    """Return a calendar, with today in it or without."""
    today = world.clock.now().replace(tzinfo=None, hour=0, minute=0) - DAY
    events = (Event(today, today + 3 * DAY, "a holiday"),) if off else ()
    return Calendar("days", ICS, "days.ics", ZONE, events, today + 400 * DAY)


def _days(world: World, *exits: Exit, off: bool = False) -> Setting:
    calendar = day_of(world, off=off)
    outside_of(world).truth.calendars = (calendar,)
    return timed(world, replace(WINDOW, deny=("days",)), *exits, calendars=(calendar,))


def _day_comes(world: World) -> Setting:
    """The calendar gets a day after the plan was made."""
    setting = _days(world, HELD, DONE)

    def add() -> None:
        outside_of(world).truth.calendars = (day_of(world, off=True),)

    return replace(setting, deed=add, at_latest="start")


def _days_unread(world: World) -> Setting:
    setting = _days(world, HELD, DONE)
    until = world.clock.now() + 30 * MINUTES
    outside_of(world).fail(CalendarsQuery, Blindness.FAILED, until)
    return setting


def _change_calendar(world: World, name: str, *exits: Exit, closed_for: timedelta) -> Setting:
    now = world.clock.now()
    start, end = now - DAY, now + closed_for
    content = (
        "BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nBEGIN:VEVENT\n"
        f"DTSTART:{start:%Y%m%dT%H%M%S}Z\nDTEND:{end:%Y%m%dT%H%M%S}Z\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    document = {"Name": "ops", "Content": content, "DocumentType": "ChangeCalendar"}
    world.port("bob").call("ssm", "CreateDocument", document)
    calendar = Calendar("ops", CHANGE_CALENDAR, name, "", (), None)
    return timed(world, replace(WINDOW, deny=("ops",)), *exits, calendars=(calendar,))


def _rests(world: World) -> Setting:
    """Another change, on which this one rests, succeeds one day."""
    before = OtherChange(OTHER, (), (), succeeded=False, stands="baking")
    outside_of(world).truth.others = (before,)
    setting = timed(world, WINDOW, HELD, DONE, depends_on=(OTHER,))

    def succeed() -> None:
        outside_of(world).truth.others = (replace(before, succeeded=True, stands="succeeded"),)

    return replace(setting, deed=succeed, at_latest="start")


def _conflicts(world: World) -> Setting:
    """Another change comes to the same stage, before ours is promoted or after it."""
    setting = timed(world, WINDOW, HELD, DONE)
    here = OtherChange(OTHER, ((PIPELINE, "ProdUS"),), (), succeeded=False, stands="baking")
    deed = partial(setattr, outside_of(world).truth, "others", (here,))
    return replace(setting, deed=deed, at_latest="start")


def _others_unread(world: World) -> Setting:
    setting = timed(world, WINDOW, HELD, DONE)
    until = world.clock.now() + 30 * MINUTES
    outside_of(world).fail(ChangesQuery, Blindness.FAILED, until)
    return setting


def _scheduled(world: World, at: int, expires: int, *exits: Exit, late: int = 0) -> Setting:
    setting = timed(world, WINDOW, *exits)
    plan, now = setting.plan, world.clock.now()
    order = Schedule("alice", now + at * MINUTES, now + expires * MINUTES, plan.digest)
    entries = len(world.journal.entries(plan.change))
    world.journal.append(plan.change, [draft(STAGE, order, now)], after=entries)
    world.clock.pass_time(late * MINUTES)
    return setting


HOURS: Mapping[str, Callable[[World], Setting]] = {
    "too_late_in_window": _too_late,
    "closes_meanwhile": _closes_meanwhile,
    "traffic_high": lambda world: _low(world, 500, HELD),
    "traffic_unknown": _traffic_unknown,
    "traffic_falls": lambda world: _low(world, 905, HELD, DONE),
    "day_off": lambda world: _days(world, HELD, off=True),
    "day_comes": _day_comes,
    "day_came": lambda world: replace(_day_comes(world), at_latest="now"),
    "days_unread": _days_unread,
    "calendar_closed": lambda world: _change_calendar(world, "ops", HELD, closed_for=DAY),
    "calendar_opens": lambda world: _change_calendar(
        world, "ops", HELD, DONE, closed_for=25 * MINUTES
    ),
    "calendar_unread": lambda world: _change_calendar(
        world, "no-such", HELD, closed_for=-timedelta(hours=1)
    ),
    "rests_on_another": _rests,
    "conflict_comes": _conflicts,
    "others_unread": _others_unread,
    "scheduled": lambda world: _scheduled(world, 20, 90, HELD, DONE),
    "order_expired": lambda world: _scheduled(world, 0, 5, HELD, late=6),
}
