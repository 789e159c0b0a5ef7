"""`http-health`: one GET must answer with an accepted status in time."""

from mcm.core.canonical import parse_duration
from mcm.core.checks.watch import Watch
from mcm.core.http import HttpView
from mcm.core.plan import Guardrail
from mcm.core.query import HttpQuery, Query
from mcm.core.reading import Blindness, Readings, Unknown
from mcm.core.verdict import Kind, Verdict


def queries(guardrail: Guardrail, _watch: Watch) -> frozenset[Query]:
    """One query: the URL."""
    return frozenset({_query(guardrail)})


def judge(guardrail: Guardrail, _watch: Watch, readings: Readings) -> Verdict:
    """A wrong status is a breach; no answer at all is an ERROR, since the fault may be ours."""
    query = _query(guardrail)
    view = readings.known(query, HttpView)
    if view is None:
        reading = readings.get(query)
        late = isinstance(reading, Unknown) and reading.why is Blindness.LATE
        kind = Kind.INCONCLUSIVE if late else Kind.ERROR
        return Verdict(guardrail.name, kind, readings.why_unknown(query))
    took = f"{view.took.total_seconds():.1f} s"
    if view.status not in guardrail.params["status"]:
        return Verdict(guardrail.name, Kind.BREACH, f"answered {view.status} in {took}")
    return Verdict(guardrail.name, Kind.PASS, f"{view.status} in {took}")


def _query(guardrail: Guardrail) -> HttpQuery:
    return HttpQuery(guardrail.params["url"], parse_duration(guardrail.params["within"]))
