"""What a drill answers besides the twin: probes, incidents, and a person who reports.

All is well, except while the new content of a bad change serves. Nothing is run, fetched or
sent for it: what a real program, address or model would say nobody here can know.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mcm.core.http import HttpView
from mcm.core.incident import Incident, Incidents
from mcm.core.invocation import InvocationView
from mcm.core.judging.plugin import CRITICAL, OK, PluginView
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.query import CommandQuery, HttpQuery, IncidentsQuery, InvocationQuery, Query
from mcm.core.reading import Known, Reading
from mcm.sandbox.twin import Twin

BESIDE = frozenset({"http-health", "command", "smoke", "open-incidents"})
"""Kinds of guardrail that are answered here."""
_ANSWERED = (HttpQuery, CommandQuery, InvocationQuery, IncidentsQuery)
_TOOK = timedelta(seconds=0.1)
_WHY_NOT: Mapping[str, str] = {
    "metric-compare": "it has no baseline of an earlier time",
    "shadow-traffic": "its shadow gets no requests and keeps no records",
    "metric-threshold": "metric math is not modelled",
}


def is_played(guardrail: Guardrail) -> bool:
    """Say whether a drill can show something to this guardrail."""
    if guardrail.kind == "metric-threshold":
        return not guardrail.params["expression"]
    return guardrail.kind in BESIDE | {"alarms", "sagemaker-endpoint", "person"}


def left_out(stage: StagePlan) -> tuple[str, ...]:
    """Name the guardrails that a drill has nothing to show to, each with the reason."""
    return tuple(
        f"{item.name} is left out: a twin cannot show it"
        + (f", {_WHY_NOT[item.kind]}" if item.kind in _WHY_NOT else "")
        for item in stage.guardrails
        if not is_played(item)
    )


def assumed(stage: StagePlan) -> tuple[str, ...]:
    """Say what is assumed of those that are answered here."""
    names = [item.name for item in stage.guardrails if item.kind in BESIDE]
    what = "is not asked: well, but for a bad change's new content"
    return tuple(f"{name} {what}" for name in names)


@dataclass
class Beside:
    """A source for what is not AWS, and for the incidents that a twin does not keep."""

    stage: StagePlan
    twin: Twin
    now: Callable[[], datetime]
    is_bad: bool
    _since: datetime | None = field(default=None, init=False)
    """When it was first asked while the new content served."""

    def answers(self, query: Query) -> bool:
        """Say whether this source is the one for `query`."""
        return isinstance(query, _ANSWERED)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Answer at once."""
        del within
        at = self.now()
        fails = self.is_bad and self.twin.switches.is_new(int(at.timestamp()))
        self._since = (self._since or at) if fails else None
        return {query: Known(self._value(query, fails=fails), at) for query in queries}

    def _value(self, query: Query, *, fails: bool) -> object:
        if isinstance(query, CommandQuery):
            return PluginView(CRITICAL if fails else OK, "played", ())
        if isinstance(query, InvocationQuery):
            wanted = " ".join(self._param("smoke", "answer", query.endpoint))
            return InvocationView("" if fails else wanted, "", _TOOK)
        if isinstance(query, IncidentsQuery):
            opened = self._since
            found = (Incident("drill", "played", "1", opened),) if opened else ()
            return Incidents(found, more=False)
        assert isinstance(query, HttpQuery)
        return self._web(query, fails=fails)

    def _web(self, query: HttpQuery, *, fails: bool) -> HttpView:
        """Answer as the check wants it: status, parts of the body, a certificate that lasts."""
        here = [g for g in self.stage.guardrails if g.params.get("url") == query.url]
        status = 599 if fails else here[0].params["status"][0]
        body = " ".join(part for g in here for part in g.params.get("body", ()))
        return HttpView(status, _TOOK, body, self.now() + timedelta(days=4000))

    def _param(self, kind: str, name: str, endpoint: str) -> list[str]:
        found = (g for g in self.stage.guardrails if g.kind == kind)
        return [part for g in found if g.params["endpoint"] == endpoint for part in g.params[name]]
