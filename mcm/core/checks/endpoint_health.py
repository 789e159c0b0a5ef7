"""`endpoint-health`: an endpoint by its status alone.

For a watch over what others deploy: nobody said what they mean to change, so nothing can
be compared. Of no check definition: `mcm.core.walking.observe` uses it in place of
`sagemaker-endpoint`.
"""

from dataclasses import replace

from mcm.core.checks import sagemaker_endpoint
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.query import Query
from mcm.core.reading import Readings
from mcm.core.verdict import Verdict


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query: the endpoint."""
    return sagemaker_endpoint.queries(guardrail, watch)


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Judge as before a promotion: in service, moving or broken."""
    return sagemaker_endpoint.judge(guardrail, replace(watch, since=None), readings)
