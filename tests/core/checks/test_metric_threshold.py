"""The check `metric-threshold`, on readings built by hand (AWS-RULES 24 to 26)."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import Expression, Metric, MetricQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW, US
from tests.kit.world import stage_plan

MINUTE = timedelta(minutes=1)
SINCE = NOW - timedelta(minutes=10)
WATCH = Watch(stage_plan("old"), SINCE, True, {}, 500)


def metric(name: str, stat: str = "Sum", unit: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "namespace": "AWS/SageMaker",
        "metric": name.title(),
        "dimensions": [{"name": "VariantName", "value": "live"}],
        "stat": stat,
        "unit": unit,
    }


PARAMS: Mapping[str, Any] = {
    "metrics": [metric("latency", "p99", "us"), metric("requests")],
    "expression": "",
    "unit": "",
    "above": {"value": "250", "unit": "ms"},
    "below": None,
    "points": {"breach": 2, "of": 3},
    "period": 60_000,
    "samples": "requests",
    "min_samples": 10,
    "no_data_is_zero": False,
}


def guard(**changes: Any) -> Guardrail:
    return Guardrail("latency", "metric-threshold", {**PARAMS, **changes}, "roll_back")


def series(values: Sequence[float | None]) -> Points:
    start = NOW - MINUTE * len(values)
    points = tuple(
        (start + MINUTE * n, Decimal(str(value)))
        for n, value in enumerate(values)
        if value is not None
    )
    return Points(points, start, NOW)


def named(guardrail: Guardrail, name: str, watch: Watch = WATCH) -> MetricQuery:
    """Return the query for one metric."""
    asked = [q for q in queries(guardrail, watch) if isinstance(q, MetricQuery)]
    return next(q for q in asked if isinstance(q.metric, Metric) and q.metric.name == name.title())


def verdict(
    values: Sequence[float | None], requests: Sequence[float | None] = (50, 50, 50), **changes: Any
) -> Verdict:
    guardrail = guard(**changes)
    judged = next(n["name"] for n in guardrail.params["metrics"] if n["name"] != "requests")
    answers: dict[Query, Reading] = {
        named(guardrail, judged): Known(series(values), NOW),
        named(guardrail, "requests"): Known(series(requests), NOW),
    }
    assert set(answers) == queries(guardrail, WATCH)
    return judge(guardrail, WATCH, Readings(answers, NOW))


def test_rule_26_a_bound_in_milliseconds_fires_on_microseconds() -> None:
    """250 ms against 300000: both units are declared, and converted once."""
    assert verdict([300_000, 300_000, 300_000]).kind is Kind.BREACH
    assert verdict([249_000, 249_000, 249_000]).kind is Kind.PASS
    assert verdict([251, 251, 251]).kind is Kind.PASS


def test_the_reason_has_the_numbers_and_the_evidence_each_period() -> None:
    found = verdict([100, 300_000, 300_000])

    assert "p99 of Latency" in found.reason
    assert "at most 250000 us" in found.reason
    assert found.evidence[1].endswith("300000 us crossed")
    assert len(found.evidence) == 3


def test_no_data_is_inconclusive_and_says_where() -> None:
    found = verdict([None, None, 100])

    assert found.kind is Kind.INCONCLUSIVE
    assert "2 of 3 periods have no data" in found.reason


@pytest.mark.parametrize("why", list(Blindness))
@pytest.mark.parametrize("which", ["latency", "requests"])
def test_what_cannot_be_read_is_an_error(why: Blindness, which: str) -> None:
    guardrail = guard()
    fine = Known(series([1, 1, 1]), NOW)
    answers: dict[Query, Reading] = dict.fromkeys(queries(guardrail, WATCH), fine)
    answers[named(guardrail, which)] = Unknown(why, "metric data is Forbidden", NOW)

    assert judge(guardrail, WATCH, Readings(answers, NOW)).kind is Kind.ERROR


def test_a_pass_takes_enough_requests_and_a_breach_does_not() -> None:
    """AWS-RULES 20: within the bound by three requests is no proof."""
    assert verdict([100, 100, 100], [1, 1, 1]).kind is Kind.INCONCLUSIVE
    assert verdict([300_000, 300_000, 100], [1, 1, 1]).kind is Kind.BREACH


def test_rule_25_silence_of_an_error_count_is_zero_only_where_there_were_requests() -> None:
    errors = {
        "metrics": [metric("errors"), metric("requests")],
        "above": {"value": "5", "unit": ""},
    }

    assert verdict([None, None, None], [9, 9, 9], **errors).kind is Kind.INCONCLUSIVE
    silent = {**errors, "no_data_is_zero": True}
    assert verdict([None, None, None], [9, 9, 9], **silent).kind is Kind.PASS
    assert verdict([None, None, None], [30, None, None], **silent).kind is Kind.INCONCLUSIVE
    assert verdict([9, 9, None], [9, 9, 9], **silent).kind is Kind.BREACH


def test_a_breach_between_two_looks_is_one_all_the_same() -> None:
    found = verdict([300_000, 300_000, *[100] * 20], [50] * 22)

    assert found.kind is Kind.BREACH
    assert (found.count, found.newest) == (1, Kind.PASS)


def test_before_the_promotion_the_newest_periods_are_judged() -> None:
    watch = replace(WATCH, since=None)

    asked = named(guard(), "latency", watch)

    assert (asked.start, asked.last, asked.lag) == (None, 3 * MINUTE, watch.settle)


def test_an_expression_is_one_query_over_its_metrics() -> None:
    guardrail = guard(
        metrics=[metric("errors"), metric("requests")],
        expression="100 * errors / requests",
        unit="%",
        above={"value": "1", "unit": "%"},
        samples="",
        min_samples=0,
    )
    (query,) = queries(guardrail, WATCH)
    assert isinstance(query, MetricQuery)
    assert isinstance(query.metric, Expression)
    assert query.place == US
    assert [name for name, _ in query.metric.metrics] == ["errors", "requests"]

    found = judge(guardrail, WATCH, Readings({query: Known(series([2, 2, 2]), NOW)}, NOW))

    assert found.kind is Kind.BREACH
    assert "100 * errors / requests" in found.reason


def test_the_order_of_points_changes_nothing() -> None:
    points = list(series([100, 300_000, 300_000, 100]).points)
    random.Random(7).shuffle(points)
    guardrail = guard()
    answers: dict[Query, Reading] = {
        named(guardrail, "latency"): Known(replace(series([1] * 4), points=tuple(points)), NOW),
        named(guardrail, "requests"): Known(series([50] * 4), NOW),
    }

    found = judge(guardrail, WATCH, Readings(answers, NOW))

    assert found == verdict([100, 300_000, 300_000, 100], [50] * 4)
