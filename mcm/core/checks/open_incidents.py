"""`open-incidents`: severe OpsItems as a reason not to start, and to go back.

Before the promotion every open one counts. After it only those that were opened since
then are a breach: what was open before cannot tell what the change did.
"""

from datetime import datetime

from mcm.core.checks.watch import Watch
from mcm.core.incident import Incident, Incidents
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.query import IncidentsQuery, PastIncidentsQuery, Query
from mcm.core.reading import Readings
from mcm.core.sanitize import clean
from mcm.core.verdict import Kind, Verdict


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query: what is open."""
    return frozenset({_query(guardrail, watch)})


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Judge what is open; see the module's docstring for what counts."""
    query = _query(guardrail, watch)
    found = readings.known(query, Incidents)
    if found is None:
        return Verdict(guardrail.name, Kind.ERROR, readings.why_unknown(query) or "not read")
    since = watch.since
    counted = [item for item in found.open if since is None or item.opened_at >= since]
    if counted:
        told = tuple(_told(item) for item in counted)
        reason = f"{len(counted)} open: {'; '.join(told[:3])}"
        return Verdict(guardrail.name, Kind.BREACH, reason, told, count=len(counted))
    if found.more:
        return Verdict(guardrail.name, Kind.INCONCLUSIVE, "more are open than were read")
    old = f", {len(found.open)} since before the promotion" if found.open else ""
    return Verdict(guardrail.name, Kind.PASS, f"no new incident{old}")


def past_incidents(stage: StagePlan, guardrail: Guardrail, since: datetime) -> PastIncidentsQuery:
    """Return the query for what it would have looked at since a time."""
    params = guardrail.params
    severities = tuple(sorted(params["severities"]))
    return PastIncidentsQuery(stage.place, severities, params["source"], since)


def _told(item: Incident) -> str:
    opened = f"{item.opened_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"{clean(item.id, 40)} (severity {clean(item.severity, 20)}, {opened}): " + clean(
        item.title, 120
    )


def _query(guardrail: Guardrail, watch: Watch) -> IncidentsQuery:
    params = guardrail.params
    severities = tuple(sorted(params["severities"]))
    return IncidentsQuery(watch.stage.place, severities, params["source"])
