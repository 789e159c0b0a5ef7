"""What a watch costs, estimated before it starts (AWS-RULES 28).

CloudWatch bills GetMetricData from the first call, by the metrics that are asked for;
alarms, pipelines and endpoints are not in its price list. A sample that is sent to an
endpoint costs whatever the endpoint costs; no budget counts it.

A budget refuses a start and nothing else: a watch that has begun goes on, and a rollback
is never asked.
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
            one = "metric" if self.metrics == 1 else "metrics"
            asked = f"{self.metrics} {one} a turn, {self.metrics * self.turns} in all"
            parts.append(f"{asked}, about ${max(self.dollars, Decimal('0.01')):.2f}")
        if self.samples:
            parts.append(f"{self.samples} samples sent to endpoints")
        if not parts:
            return ""
        return f"a watch up to the bake's limit of {spell(self.limit)} asks for {'; '.join(parts)}"


def over_budget(
    cost: Cost, stage: str, poll: timedelta, slowest: timedelta, budget: Decimal | None
) -> tuple[str, str] | None:
    """Return why a stage's watch is too dear and what helps; None for one within the budget.

    `slowest` is the longest poll that mcm.yaml may name.
    """
    if budget is None or cost.dollars <= budget:
        return None
    why = (
        f"the watch of {stage}, up to its bake's limit of {spell(cost.limit)}, may cost"
        f" {_money(cost.dollars)}, and mcm.yaml's budget is {_money(budget)}"
    )
    helps = f"Write `budget: {cost.dollars.normalize():f} USD` or more, or ask for less"
    enough = _affordable(cost, budget)
    if enough is not None and poll < enough <= slowest:
        helps = f"{helps}: `poll: {spell(enough)}` under `defaults:` and a new plan would do"
    return why, f"{helps}."


def _affordable(cost: Cost, budget: Decimal) -> timedelta | None:
    """Return the shortest poll, in whole seconds, that keeps the watch within the budget."""
    turns = int(budget / (cost.metrics * PRICE))
    if turns < 1:
        return None
    seconds = -(-cost.limit // (turns * timedelta(seconds=1)))
    return timedelta(seconds=seconds)


def _money(dollars: Decimal) -> str:
    """Spell dollars with cents, and with as much more as they have."""
    exact = dollars.normalize()
    return f"${dollars:.2f}" if exact == round(dollars, 2) else f"${exact:f}"


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
