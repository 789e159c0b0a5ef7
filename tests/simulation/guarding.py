"""Invariant 5 for the newer guardrails: what a bake's good end was shown, and what was so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from mcm.core.http import HttpView
from mcm.core.invocation import InvocationView
from mcm.core.judging.plugin import OK, PluginView
from mcm.core.plans.plan import Guardrail
from mcm.core.query import CommandQuery, HttpQuery, InvocationQuery, Query
from mcm.core.trust.statement import Verified
from tests.simulation.simulation import Simulation
from tests.simulation.stories_checks import MOST, traffic_points

PROBED: dict[str, type[Query]] = {
    "command": CommandQuery,
    "http-health": HttpQuery,
    "smoke": InvocationQuery,
}
RECENT = timedelta(minutes=1)
"""How old a reading may be at the end of a bake: as slow as AWS may answer."""
UNREAD = timedelta(minutes=7)
"""How long what has no past may not have been shown: five minutes, and a poll at each end."""
HEARD = timedelta(seconds=90)
"""By when a walk has read what somebody reports."""
CLOSED = timedelta(minutes=3)
"""By when a period is closed and its points count."""


class Guarding:
    """Judges the guardrails of one stage in the moment in which it succeeded."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong
        self._judges: dict[str, Callable[[datetime], None]] = {
            "metric-threshold": self._threshold,
            "open-incidents": self._incidents,
            "person": self._reports,
        }

    def succeeded(self, guardrail: Guardrail, promoted: datetime, began: datetime) -> None:
        """Judge one guardrail of a bake that `began` after what was `promoted` at a time."""
        if guardrail.kind in PROBED:
            self._probed(guardrail, PROBED[guardrail.kind], began)
        if guardrail.kind in ("metric-threshold", "metric-compare", "shadow-traffic"):
            shown = self._sim.conditions.shown
            if not shown.is_fresh("GetMetricData", self._sim.clock.now(), RECENT):
                self._wrong(f"5: a bake succeeded, and {guardrail.kind} was not shown its metric")
        judge = self._judges.get(guardrail.kind)
        if judge is not None:
            judge(promoted)

    def _probed(self, guardrail: Guardrail, kind: type[Query], began: datetime) -> None:
        shown, now = self._sim.outside.shown.get(kind), self._sim.clock.now()
        if shown is None or shown.at is None or now - shown.at > RECENT:
            self._wrong(f"5: a bake succeeded, and {guardrail.kind} was not answered")
        elif not _is_well(shown.value):
            self._wrong(f"5: a bake succeeded, and {guardrail.kind} said {shown.value}")
        else:
            seen = [began, *(at for at in shown.looks if at >= began), now]
            if any(after - before > UNREAD for before, after in pairwise(seen)):
                self._wrong(f"5: a bake succeeded, and {guardrail.kind} went unanswered for long")

    def _threshold(self, promoted: datetime) -> None:
        """Two of three minutes beyond the bound, in what is closed by now, are a breach."""
        points = traffic_points(self._sim.world, "Invocation5XXErrors", promoted)
        until = self._sim.clock.now() - CLOSED
        bad = sorted(at for at, value in points.items() if value > MOST and at < until)
        for before, after in pairwise(bad):
            if after - before <= timedelta(minutes=2):
                self._wrong(f"5: a bake succeeded over the threshold at {before:%H:%M}")

    def _incidents(self, promoted: datetime) -> None:
        asked = {"OpsItemFilters": [{"Key": "Status", "Values": ["Open"], "Operator": "Equal"}]}
        reply = self._sim.world.port("bob").call("ssm", "DescribeOpsItems", asked)
        late = self._sim.clock.now() - RECENT - self._sim.conditions.behind
        opened = [each["CreatedTime"] for each in reply["OpsItemSummaries"]]
        if any(promoted <= at < late for at in opened):
            self._wrong("5: a bake succeeded with a new incident open")

    def _reports(self, promoted: datetime) -> None:
        sim = self._sim
        said = [each for each in sim.world.people.statements if _is_report(each)]
        heard = sim.clock.now() - HEARD
        if any(promoted <= each.statement.not_before < heard for each in said):
            self._wrong("5: a bake succeeded although somebody reported a breach")


def _is_report(said: Verified) -> bool:
    return said.statement.kind == "report"


def _is_well(value: object) -> bool:
    if isinstance(value, PluginView):
        return value.status == OK
    if isinstance(value, HttpView):
        return value.status in (200, 204)
    return isinstance(value, InvocationView) and '"label": "parcel"' in value.answer
