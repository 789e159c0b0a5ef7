"""The alarms on on-call's screen: did one begin after the promotion, or before it?

Which alarms count is known where a file or a plan names the stage's; else those of the
region that went into ALARM lately, which may be anybody's, and that is said. Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.oncall import Facts
from mcm.core.alarm import IN_ALARM, OK, AlarmView
from mcm.core.duration import spell_wait
from mcm.core.past import Firing, Passage
from mcm.core.query import AlarmQuery, FiringQuery, IdentityQuery, PassagesQuery, Place, Query
from mcm.core.reading import Readings

RECENT = timedelta(hours=24)
MOST = 20
"""Alarms that are asked for; the rest is counted."""


@dataclass(frozen=True)
class Alarms:
    """What is known of the alarms."""

    views: tuple[AlarmView, ...]
    """Those that are or were in ALARM, and when none was named, no others."""
    whose: str
    """`the alarms of prod-us`, `the alarms of us-east-1`."""
    named: bool
    """Whether they are the stage's own."""
    unread: tuple[str, ...] = ()
    """What could not be read, each with the reason."""
    left_out: int = 0
    """Alarms of the stage that were not asked for."""


def alarm_queries(facts: Facts, readings: Readings) -> frozenset[Query]:
    """Return what to ask beside the screen: alarms, and whose credentials these are."""
    return frozenset({*_asked(facts, readings), IdentityQuery(facts.scene.goal.pipeline.place)})


def _asked(facts: Facts, readings: Readings) -> tuple[AlarmQuery | FiringQuery, ...]:
    scene = facts.scene
    if scene.alarms:
        entered = facts.entered
        since = entered if entered and scene.now - entered <= RECENT else None
        return tuple(AlarmQuery(place, name, since) for place, name in scene.alarms[:MOST])
    here = scene.goal.pipeline.place
    passages: tuple[Passage, ...] = readings.known(PassagesQuery(scene.goal.pipeline), tuple) or ()
    stage = scene.goal.pipeline_stage
    last = next((each for each in passages if each.stage == stage and each.regions), None)
    regions = last.regions if last else (here.region,)
    return tuple(FiringQuery(Place(here.account, region)) for region in regions[:3])


def read_alarms(facts: Facts, past: Readings, readings: Readings) -> Alarms:
    """Return what `readings` say to `alarm_queries(facts, past)`."""
    queries = _asked(facts, past)
    views: list[AlarmView] = []
    unread: list[str] = []
    for query in queries:
        if isinstance(query, AlarmQuery):
            view = readings.known(query, AlarmView)
            views += [view] if view else []
        else:
            firing = readings.known(query, Firing)
            views += _lately(firing, facts.scene.now) if firing else []
        why = readings.why_unknown(query)
        if why:
            name = query.name if isinstance(query, AlarmQuery) else query.place.region
            unread.append(f"{name} ({why})")
    scene = facts.scene
    regions = ", ".join(q.place.region for q in queries if isinstance(q, FiringQuery))
    whose = f"the alarms of {scene.goal.stage if scene.alarms else regions}"
    left_out = max(0, len(scene.alarms) - MOST)
    return Alarms(tuple(views), whose, bool(scene.alarms), tuple(unread), left_out)


def _lately(firing: Firing, now: datetime) -> list[AlarmView]:
    found = [a for a in firing.alarms if a.transitioned_at and now - a.transitioned_at <= RECENT]
    return sorted(found, key=lambda alarm: alarm.transitioned_at or now)


def headline(facts: Facts, alarms: Alarms | None) -> str:
    """Return the one sentence that matters; `alarms` is None while they are being read."""
    promoted = _promoted(facts)
    if alarms is None:
        return f"{promoted}; reading its alarms"
    entered = facts.entered
    began = sorted(
        (at, view.name, view) for view in alarms.views if (at := _began(view, entered)) is not None
    )
    if not began:
        return f"{promoted}; {_quiet(alarms)}"
    recent = entered is not None and facts.scene.now - entered <= RECENT
    after = [each for each in began if entered is not None and each[0] >= entered]
    at, name, view = (after or began)[0]
    ended = ", and is over" if view.state == OK else ""
    others = f" ({len(began) - 1} more began too)" if len(began) > 1 else ""
    mine = "" if alarms.named else f", in {alarms.whose.removeprefix('the alarms of ')}"
    what = f"the alarm {name}{mine}"
    if after and recent and entered is not None:
        later = spell_wait(at - entered)
        return (
            f"{promoted}, {what} began {clock(at, facts.scene.now)}, {later} later{ended}{others}"
        )
    told = f"{what} began {clock(at, facts.scene.now)}{ended}{others}"
    if recent:
        return f"{promoted}; {told}, before that: a rollback may not help"
    return f"{promoted}; {told}"


def _promoted(facts: Facts) -> str:
    now, entered = facts.scene.now, facts.entered
    if entered is None:
        return "when this was promoted is unknown"
    if facts.by_rollback:
        return f"rolled back {clock(entered, now)}"
    if now - entered > RECENT:
        return "nothing was promoted in 24 h: a rollback will hardly help"
    deploys = " and still deploying" if facts.is_running else ""
    return f"promoted {clock(entered, now)}{deploys}"


def _began(view: AlarmView, entered: datetime | None) -> datetime | None:
    """When it went into ALARM: since the promotion, or at all if it is in ALARM now."""
    since = [c.at for c in view.changes if c.state == IN_ALARM and entered and c.at >= entered]
    if since:
        return since[0]
    return view.transitioned_at if view.state == IN_ALARM else None


def _quiet(alarms: Alarms) -> str:
    if alarms.unread:
        more = f" and {len(alarms.unread) - 1} more" if len(alarms.unread) > 1 else ""
        return f"{alarms.whose} cannot be told: {alarms.unread[0]}{more}"
    odd = next((view for view in alarms.views if view.state != OK), None)
    if odd is not None:
        return f"none of {alarms.whose} is in ALARM; {odd.name} is {odd.state or 'without a state'}"
    if not alarms.named:
        return f"no alarm of {alarms.whose.removeprefix('the alarms of ')} began in 24 h"
    left_out = f", {alarms.left_out} not asked" if alarms.left_out else ""
    return f"none of {alarms.whose} is in ALARM{left_out}"


def clock(at: datetime, now: datetime) -> str:
    """Return a time of today as `02:41Z`, another day's with its date."""
    return f"{at:%H:%M}Z" if at.date() == now.date() else f"{at:%a %d %b %H:%M}Z"
