"""`smoke`: the endpoint answers a sample as it must, what people test by hand otherwise.

A wrong answer and an error of the model are a breach. What keeps the question from being
asked (no such endpoint, no permission, another file than the signed one) is an ERROR.
"""

import re

from mcm.core.canonical import parse_duration
from mcm.core.checks.command import unread
from mcm.core.checks.watch import Watch
from mcm.core.invocation import InvocationView
from mcm.core.plans.plan import Guardrail
from mcm.core.query import InvocationQuery, Query
from mcm.core.reading import Readings
from mcm.core.sanitize import clean
from mcm.core.verdict import Kind, Verdict

_SHOWN = 200


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query: the sample."""
    return frozenset({_query(guardrail, watch)})


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Look for every expected part in the answer."""
    query = _query(guardrail, watch)
    view = readings.known(query, InvocationView)
    if view is None:
        return unread(guardrail, query, readings)
    took = f"{view.took.total_seconds():.2f} s"
    by = f" by {clean(view.variant, 100)}" if view.variant else ""
    if view.failed:
        reason = f"the model failed{by} after {took}: {clean(view.failed, _SHOWN)}"
        return Verdict(guardrail.name, Kind.BREACH, reason)
    told = (f"answered{by} in {took}: {clean(view.answer, _SHOWN)}",)
    missing = [part for part in guardrail.params["answer"] if not _has(view.answer, part)]
    if missing:
        reason = f"the answer{by} has no {', '.join(missing)}: {clean(view.answer, _SHOWN)}"
        return Verdict(guardrail.name, Kind.BREACH, reason, told)
    return Verdict(guardrail.name, Kind.PASS, f"answered as expected{by} in {took}", told)


def _has(answer: str, part: str) -> bool:
    """Say whether a part is in the answer, white space aside: JSON is spelled in many ways."""
    return re.sub(r"\s+", "", part) in re.sub(r"\s+", "", answer)


def _query(guardrail: Guardrail, watch: Watch) -> InvocationQuery:
    params = guardrail.params
    return InvocationQuery(
        watch.stage.place,
        params["endpoint"],
        params["variant"],
        params["sample"],
        params["sha256"],
        params["content_type"],
        parse_duration(params["within"]),
        parse_duration(params["every"]),
    )
