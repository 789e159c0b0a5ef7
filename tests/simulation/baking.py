"""Invariant 5 at the end of a bake: `succeeded` rests on time, requests and what was shown."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from mcm.core.history.journal import Entry
from mcm.core.plans.plan import StagePlan
from mcm.sandbox.identity import user_key
from tests.kit.world import US
from tests.simulation.between import Listener
from tests.simulation.guarding import RECENT, UNREAD, Guarding
from tests.simulation.simulation import Simulation

UNWATCHED = timedelta(minutes=6)
"""How long nobody may have looked in the last stretch of a bake: five minutes, and a poll."""
LATE = timedelta(minutes=3)
"""By when the requests of a minute are counted."""


class Baking:
    """Judges each stage that the journal says has succeeded, in the moment of that entry."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong
        self._guarding = Guarding(sim, wrong)
        self._began: dict[Listener | None, datetime] = {}

    def heard(self, entry: Entry, by: Listener | None) -> None:
        """Judge an entry right after it was journaled, or lost by a process."""
        if entry.kind in ("bake_started", "unwatched"):
            self._began[by] = self._sim.clock.now()
        if entry.kind == "stage_ended" and entry.body["outcome"] == "succeeded":
            began = self._began.get(by) or self._began.get(None)
            self._succeeded(self._sim.setting.plan.stages[0], began)

    def _succeeded(self, stage: StagePlan, began: datetime | None) -> None:
        sim, now = self._sim, self._sim.clock.now()
        shown = sim.conditions.shown
        off = min(sim.conditions.jumped, UNWATCHED)  # more is a gap in the watch
        if began is None or now - began + off < stage.bake.lasts:
            self._wrong(f"5: a bake that began at {began} succeeded at {now:%H:%M:%S}")
            return
        if self._requests(stage, began) < stage.bake.min_samples:
            self._wrong("5: a bake succeeded on fewer requests than planned")
        if stage.bake.min_samples and not shown.is_fresh("GetMetricData", now, RECENT):
            self._wrong("5: a bake succeeded, and nobody could count its requests")
        for guardrail in stage.guardrails:
            for name in guardrail.params.get("names", ()):
                if shown.alarm(name, now, RECENT) != "OK":
                    self._wrong(f"5: a bake succeeded, and {name} was not shown as OK")
        for guardrail in stage.guardrails:
            self._guarding.succeeded(guardrail, self._promoted(began), began)
        for name in stage.endpoints:
            fresh = shown.is_fresh("DescribeEndpoint", now, RECENT)
            if not fresh or shown.endpoint(name) != "InService":
                self._wrong(f"5: a bake succeeded, and {name} was not shown in service")
        self._watched(began, now)

    def _promoted(self, began: datetime) -> datetime:
        """Return when mcm let it in; the begin of the bake where others did."""
        writes = self._sim.world.engine.log.accepted("EnableStageTransition")
        return max((e.at for e in writes if e.access_key_id == user_key("alice")), default=began)

    def _requests(self, stage: StagePlan, began: datetime) -> float:
        """Return how many requests there were in the bake, as the engine has them."""
        assert stage.traffic is not None
        dimensions = [{"Name": name, "Value": value} for name, value in stage.traffic.dimensions]
        metric = {
            "Namespace": stage.traffic.namespace,
            "MetricName": stage.traffic.name,
            "Dimensions": dimensions,
        }
        stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
        reply = self._sim.world.port("bob", US.region).call(
            "cloudwatch",
            "GetMetricData",
            {
                "MetricDataQueries": [{"Id": "all", "MetricStat": stat}],
                "StartTime": began - timedelta(minutes=1),
                "EndTime": self._sim.clock.now(),
            },
        )
        return float(sum(sum(each["Values"]) for each in reply["MetricDataResults"]))

    def _watched(self, began: datetime, now: datetime) -> None:
        shown = self._sim.conditions.shown
        for gap in _gaps(shown.looks, began, now, UNWATCHED):
            self._wrong(f"5: a bake succeeded that nobody watched from {gap:%H:%M:%S}")
        for gap in _gaps(shown.served, began, now, UNREAD):
            self._wrong(f"5: a bake succeeded, its endpoint not shown from {gap:%H:%M:%S}")


def _gaps(
    looks: list[datetime], began: datetime, now: datetime, longest: timedelta
) -> list[datetime]:
    """Return where a gap in the looks since `began` begins that is too long."""
    seen = [began, *(at for at in looks if at >= began), now]
    return [before for before, after in pairwise(seen) if after - before > longest]
