"""Invariant 2 beyond the clock: calendars, traffic, other changes and orders to deploy.

Judged in the moment of a promotion on how things stand, and on what mcm was shown of it.
"""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from mcm.aws.port import AwsError
from mcm.core.history.fold import fold
from mcm.core.query import CalendarsQuery, ChangesQuery, Query
from mcm.core.windows.hours import CHANGE_CALENDAR, Hours
from tests.kit.world import STAGE, US
from tests.simulation.shown import OLDEST
from tests.simulation.simulation import Simulation

CLOSES = 5
"""The hour at which the window closes, local time."""


class Opening:
    """Judges what the gates of hours and of others rest on."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong

    def promotes(self, hours: Hours) -> None:
        self._room(hours)
        self._calendars(hours)
        self._traffic(hours)
        self._others()
        self._order()

    def _room(self, hours: Hours) -> None:
        """The bake, and a way back, must fit into what is left of the window."""
        stage, now = self._sim.setting.plan.stages[0], self._sim.world.local.now()
        local = now.astimezone(ZoneInfo(hours.windows[0].timezone))
        left = local.replace(hour=CLOSES, minute=0, second=0, microsecond=0) - local
        if left < stage.bake.lasts + hours.reserve:
            self._wrong(f"2: promoted with {left} left of the window")

    def _calendars(self, hours: Hours) -> None:
        sim, plan = self._sim, self._sim.setting.plan
        for each in plan.calendars:
            if each.name not in hours.deny:
                continue
            if each.kind == CHANGE_CALENDAR:
                self._change_calendar(each.source)
                continue
            now = sim.world.local.now()
            held = (*each.freezes(), *(f for c in sim.outside.truth.calendars for f in c.freezes()))
            if any(freeze.span.holds(now) for freeze in held):
                self._wrong(f"2: promoted on a day that {each.name} denies")
            self._fresh(CalendarsQuery)

    def _change_calendar(self, name: str) -> None:
        sim = self._sim
        try:
            reply = sim.world.port("bob").call("ssm", "GetCalendarState", {"CalendarNames": [name]})
        except AwsError:
            reply = {"State": "no answer"}
        if reply["State"] != "OPEN" and not sim.conditions.lags("GetCalendarState"):
            self._wrong(f"2: promoted while the change calendar is {reply['State']}")
        if not sim.conditions.shown.is_fresh("GetCalendarState", sim.clock.now()):
            self._wrong("2: promoted, and the change calendar was not shown")

    def _fresh(self, kind: type[Query]) -> None:
        shown = self._sim.outside.shown.get(kind)
        if shown is None or shown.at is None or self._sim.clock.now() - shown.at > OLDEST:
            self._wrong(f"2: promoted, and {kind.__name__} was not answered")

    def _traffic(self, hours: Hours) -> None:
        """As many requests a minute as the engine has, or a tenth more: the edges differ."""
        low, stage = hours.low_traffic, self._sim.setting.plan.stages[0]
        if low is None or stage.traffic is None:
            return
        dimensions = [{"Name": name, "Value": value} for name, value in stage.traffic.dimensions]
        metric = {
            "Namespace": stage.traffic.namespace,
            "MetricName": stage.traffic.name,
            "Dimensions": dimensions,
        }
        stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
        now = self._sim.clock.now()
        asked = {
            "MetricDataQueries": [{"Id": "all", "MetricStat": stat}],
            "StartTime": now - low.over - timedelta(minutes=2),
            "EndTime": now - timedelta(minutes=1),
        }
        reply = self._sim.world.port("bob", US.region).call("cloudwatch", "GetMetricData", asked)
        values = reply["MetricDataResults"][0]["Values"]
        if not values or sum(values) / len(values) > 1.1 * low.per_minute:
            self._wrong("2: promoted in too much traffic")
        if not self._sim.conditions.shown.is_fresh("GetMetricData", now):
            self._wrong("2: promoted, and traffic was not shown")

    def _others(self) -> None:
        sim, plan = self._sim, self._sim.setting.plan
        others = sim.outside.truth.others
        if any((plan.pipeline, "ProdUS") in each.under_way for each in others):
            self._wrong("2: promoted beside another change")
        done = {each.change for each in others if each.succeeded}
        if not done >= {*plan.depends_on}:
            self._wrong("2: promoted before what it rests on")
        self._fresh(ChangesQuery)

    def _order(self) -> None:
        """`deploy --at --expires`, as the journal has it."""
        sim, plan = self._sim, self._sim.setting.plan
        order = fold(sim.journal.entries(plan.change)).schedules.get(STAGE)
        now = sim.world.local.now()
        if order is None or order.plan != plan.digest:
            return
        if (order.at and now < order.at) or (order.expires and now >= order.expires + OLDEST):
            self._wrong(
                f"2: promoted at {now:%H:%M:%S}, ordered from {order.at} to {order.expires}"
            )
