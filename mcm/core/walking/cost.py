"""What a watch costs, estimated before it starts (AWS-RULES 28).

CloudWatch bills GetMetricData from the first call, by the metrics that are asked for;
alarms, pipelines and endpoints are not in its price list. A sample that is sent to an
endpoint costs whatever the endpoint costs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from mcm.core.checks import kinds
from mcm.core.checks.watch import Watch
from mcm.core.duration import spell
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import Expression, InvocationQuery, MetricQuery, Query

PRICE = Decimal("0.01") / 1000
"""Dollars for one metric, as of CloudWatch's price list for most regions."""


@dataclass(frozen=True)
class Cost:
    """At most what one stage's watch asks for, up to the limit of its bake."""

    metrics: int
    """Asked for in one turn."""
    turns: int
    samples: int
    """Sent to endpoints in all."""
    limit: timedelta

    @property
    def dollars(self) -> Decimal:
        """Return the price of the metrics in US dollars."""
        return self.metrics * self.turns * PRICE

    def sentence(self) -> str:
        """Return the estimate for people; empty when nothing is billed."""
        parts = []
        if self.metrics:
            asked = f"{self.metrics} metrics a turn, {self.metrics * self.turns} in all"
            parts.append(f"{asked}, about ${max(self.dollars, Decimal('0.01')):.2f}")
        if self.samples:
            parts.append(f"{self.samples} samples sent to endpoints")
        if not parts:
            return ""
        return f"a watch up to the bake's limit of {spell(self.limit)} asks for {'; '.join(parts)}"


def estimate(plan: Plan, stage: StagePlan, now: datetime) -> Cost:
    """Estimate the watch of one stage."""
    watch = Watch(stage, now, True, {}, None, now, plan.change, plan.digest)
    asked: set[Query] = set()
    for guardrail in stage.guardrails:
        asked |= kinds.queries(guardrail, watch)
    metrics = sum(_size(query) for query in asked if isinstance(query, MetricQuery))
    metrics += 1 if stage.traffic is not None else 0
    limit = stage.bake.limit
    turns = -(-limit // plan.poll)
    each = (limit // query.every + 1 for query in asked if isinstance(query, InvocationQuery))
    return Cost(metrics, turns, sum(each), limit)


def _size(query: MetricQuery) -> int:
    """Return how many metrics a query is billed for."""
    return len(query.metric.metrics) if isinstance(query.metric, Expression) else 1
