"""`command`: any program that follows the convention of the monitoring plugins.

0 passes, 1 (warning) does not tell, 2 (critical) is a breach. 3 (unknown), another status,
a signal and a program that cannot be started are an ERROR: the question was not asked.
"""

from mcm.core.canonical import parse_duration
from mcm.core.checks.watch import Watch
from mcm.core.judging.plugin import CRITICAL, OK, STATES, WARNING, Datum, PluginView
from mcm.core.plans.plan import Guardrail
from mcm.core.query import CommandQuery, Query
from mcm.core.reading import Blindness, Readings, Unknown
from mcm.core.verdict import UNASKED, Kind, Verdict

_KINDS = {OK: Kind.PASS, WARNING: Kind.INCONCLUSIVE, CRITICAL: Kind.BREACH}


def queries(guardrail: Guardrail, _watch: Watch) -> frozenset[Query]:
    """One query: the program."""
    return frozenset({_query(guardrail)})


def judge(guardrail: Guardrail, _watch: Watch, readings: Readings) -> Verdict:
    """Judge the newest run; one that is late does not tell."""
    query = _query(guardrail)
    view = readings.known(query, PluginView)
    if view is None:
        return unread(guardrail, query, readings)
    state = STATES.get(view.status, f"status {view.status}")
    reason = f"{state}: {view.line}" if view.line else state
    kind = _KINDS.get(view.status, Kind.ERROR)
    return Verdict(guardrail.name, kind, reason, tuple(_told(datum) for datum in view.data))


def unread(guardrail: Guardrail, query: Query, readings: Readings) -> Verdict:
    """Return the verdict of a slow check without an answer: late, or not to be had."""
    reading = readings.get(query)
    late = isinstance(reading, Unknown) and reading.why is Blindness.LATE
    reason = readings.why_unknown(query) or "no answer"
    if late:
        return Verdict(guardrail.name, Kind.INCONCLUSIVE, reason, code=UNASKED)
    return Verdict(guardrail.name, Kind.ERROR, reason)


def _told(datum: Datum) -> str:
    return f"{datum.label} {datum.value:f} {datum.unit}".rstrip()


def _query(guardrail: Guardrail) -> CommandQuery:
    params = guardrail.params
    return CommandQuery(
        tuple(params["run"]),
        parse_duration(params["within"]),
        parse_duration(params["every"]),
        tuple(params["environment"]),
    )
