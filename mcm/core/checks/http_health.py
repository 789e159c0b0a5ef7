"""`http-health`: one GET must answer in time, as it should.

A wrong status, an answer that takes too long, a part that is missing in the body and a
certificate that is about to expire are a breach. No answer at all is an ERROR, since the
fault may lie between mcm and the service.
"""

from datetime import datetime, timedelta

from mcm.core.canonical import parse_duration
from mcm.core.checks.command import unread
from mcm.core.checks.watch import Watch
from mcm.core.http import HttpView
from mcm.core.plans.plan import Guardrail
from mcm.core.query import HttpQuery, Query
from mcm.core.reading import Readings
from mcm.core.sanitize import clean
from mcm.core.verdict import Kind, Verdict


def queries(guardrail: Guardrail, _watch: Watch) -> frozenset[Query]:
    """One query: the URL."""
    return frozenset({_query(guardrail)})


def judge(guardrail: Guardrail, _watch: Watch, readings: Readings) -> Verdict:
    """Judge the newest answer; see the module's docstring for what breaks it."""
    query = _query(guardrail)
    view = readings.known(query, HttpView)
    if view is None:
        return unread(guardrail, query, readings)
    wrong = _wrong(guardrail, view, readings.get(query).at)
    took = f"{view.took.total_seconds():.1f} s"
    if wrong:
        return Verdict(guardrail.name, Kind.BREACH, wrong)
    return Verdict(guardrail.name, Kind.PASS, f"{view.status} in {took}")


def _wrong(guardrail: Guardrail, view: HttpView, at: datetime) -> str:
    """Say what is not as it should be; empty for nothing."""
    params = guardrail.params
    took = f"{view.took.total_seconds():.1f} s"
    if view.status not in params["status"]:
        return f"answered {view.status} in {took}"
    slow = params.get("slower_than")
    if slow and view.took > parse_duration(slow):
        return f"answered after {view.took.total_seconds():.2f} s"
    missing = [part for part in params.get("body", ()) if part not in view.body]
    if missing:
        return f"the answer has no {', '.join(missing)}: {clean(view.body, 120)}"
    days = params.get("certificate_days", 0)
    if not days:
        return ""
    if view.certificate_ends is None:
        return "the address has no certificate"
    left = view.certificate_ends - at
    if left < timedelta(days=days):
        return f"the certificate ends in {max(left.days, 0)} days, {days} are wanted"
    return ""


def _query(guardrail: Guardrail) -> HttpQuery:
    params = guardrail.params
    within = parse_duration(params["within"])
    return HttpQuery(params["url"], within, tuple(params.get("redirects", ())))
