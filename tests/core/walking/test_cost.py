"""A watch has a price, told before it starts (AWS-RULES 28)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.plans.plan import Bake, Guardrail
from mcm.core.walking.cost import Cost, estimate, over_budget
from tests.kit.readings import NOW
from tests.kit.world import World

BUILTIN = builtin_definitions()
PLAN = World(poll=timedelta(seconds=60)).plan()
DAY = Bake(timedelta(hours=24), 100, timedelta(hours=24))


def uses(*names: str, **changes: Any) -> Cost:
    items = tuple(
        Guardrail(name, BUILTIN[name].kind, {**BUILTIN[name].example, **changes}, "hold")
        for name in names
    )
    stage = replace(PLAN.stages[0], guardrails=items, bake=DAY)
    return estimate(PLAN, stage, NOW)


def test_rule_28_metrics_are_billed_by_how_many_are_asked_for_in_all() -> None:
    """20 metrics a minute are 28,800 a day, about 29 cents: AWS's own example."""
    assert Cost(20, 1440, 0, timedelta(days=1)).dollars == Decimal("0.288")

    found = uses("metric-threshold")

    assert (found.metrics, found.turns) == (3, 1440)  # latency, requests, and the traffic
    assert "3 metrics a turn, 4320 in all, about $0.04" in found.sentence()


def test_an_expression_is_billed_for_each_of_its_metrics() -> None:
    formula = uses("metric-threshold", expression="latency / requests", samples="")

    assert formula.metrics == 3  # latency and requests in it, and the traffic


def test_samples_that_are_sent_are_counted() -> None:
    found = uses("smoke")

    assert found.samples == 24 * 12 + 1
    assert "289 samples sent to endpoints" in found.sentence()


def test_alarms_and_endpoints_cost_nothing() -> None:
    stage = replace(PLAN.stages[0], traffic=None)

    assert estimate(PLAN, stage, NOW).sentence() == ""


MINUTE = timedelta(minutes=1)
DEAR = Cost(20, 1440, 0, timedelta(days=1))
"""A day at one turn a minute: $0.288."""


@pytest.mark.parametrize("budget", [None, Decimal("0.288"), Decimal(1)])
def test_rule_28_within_the_budget_nothing_is_said(budget: Decimal | None) -> None:
    assert over_budget(DEAR, "prod-us", MINUTE, 5 * MINUTE, budget) is None


def test_rule_28_past_the_budget_the_ways_out_are_named() -> None:
    found = over_budget(DEAR, "prod-us", MINUTE, 5 * MINUTE, Decimal("0.1"))

    assert found is not None
    assert "may cost $0.288, and mcm.yaml's budget is $0.10" in found[0]
    assert "`budget: 0.288 USD` or more" in found[1]
    assert "`poll: 2m53s`" in found[1]


def test_a_watch_that_is_dearer_by_less_than_a_cent_is_not_said_to_cost_the_budget() -> None:
    found = over_budget(DEAR, "prod-us", MINUTE, 5 * MINUTE, Decimal("0.2879"))

    assert found is not None
    assert "may cost $0.288, and mcm.yaml's budget is $0.2879" in found[0]


def test_the_poll_that_is_named_is_within_the_budget_and_a_second_less_is_not() -> None:
    for seconds, fits in ((173, True), (172, False)):
        turns = -(-DEAR.limit // timedelta(seconds=seconds))
        cost = replace(DEAR, turns=turns)
        assert (cost.dollars <= Decimal("0.1")) is fits


@pytest.mark.parametrize("budget", ["0", "0.00001", "0.05"])
def test_no_poll_is_named_where_even_the_slowest_is_too_dear(budget: str) -> None:
    found = over_budget(DEAR, "prod-us", MINUTE, 5 * MINUTE, Decimal(budget))
    assert found is not None
    assert "poll" not in found[1]


def test_samples_and_alarms_count_for_no_budget() -> None:
    free = Cost(0, 1440, 289, timedelta(days=1))
    assert over_budget(free, "prod-us", MINUTE, 5 * MINUTE, Decimal(0)) is None
