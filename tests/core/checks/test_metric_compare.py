"""The check `metric-compare`, on readings built by hand."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.series import series_of
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import Metric, MetricQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW, US
from tests.kit.world import stage_plan

MINUTE = timedelta(minutes=1)
SINCE, BAKING = NOW - 40 * MINUTE, NOW - 30 * MINUTE
BEFORE = Watch(stage_plan("old"), None, False, {}, None)
WATCH = replace(BEFORE, since=SINCE, deployed=True, baking=BAKING)
EXAMPLE = builtin_definitions()["metric-compare"].example


def guard(**changes: Any) -> Guardrail:
    return Guardrail("compare", "metric-compare", {**EXAMPLE, **changes}, "roll_back")


def asked(guardrail: Guardrail, watch: Watch = WATCH) -> tuple[MetricQuery | None, MetricQuery]:
    """Return the query for what is new, and that for the baseline."""
    found = {query for query in queries(guardrail, watch) if isinstance(query, MetricQuery)}
    metric = series_of(guardrail.params).metric
    own = (q for q in found if (q.place, q.metric, q.lag) == (US, metric, watch.settle))
    new = next((q for q in own if q.start == BAKING), None)
    return new, next(iter(found - {new}))


def series(values: list[float | None]) -> Points:
    start = NOW - MINUTE * len(values)
    points = (
        (start + MINUTE * n, Decimal(str(value)))
        for n, value in enumerate(values)
        if value is not None
    )
    return Points(tuple(points), start, NOW)


def verdict(
    new: list[float | None], base: list[float | None], watch: Watch = WATCH, **changes: Any
) -> Verdict:
    guardrail = guard(**changes)
    query, baseline = asked(guardrail, watch)
    answers: dict[Query, Reading] = {baseline: Known(series(base), NOW)}
    if query is not None:
        answers[query] = Known(series(new), NOW)
    return judge(guardrail, watch, Readings(answers, NOW))


QUICK: list[float | None] = [100_000.0 + 1000 * (n % 7) for n in range(60)]
SLOW: list[float | None] = [200_000.0 + 1000 * (n % 7) for n in range(30)]


def test_clearly_slower_than_before_is_a_breach_with_its_numbers() -> None:
    found = verdict(SLOW, QUICK)

    assert found.kind is Kind.BREACH
    assert "Average of ModelLatency against the time before: clearly higher" in found.reason
    assert "mean 202833 against 102900 us (+97.1 %)" in found.reason
    assert len(found.evidence) == 3


def test_as_before_passes() -> None:
    assert verdict(QUICK[:30], QUICK).kind is Kind.PASS


def test_the_floor_is_told_in_its_own_unit() -> None:
    """20 ms, on a metric in microseconds (AWS-RULES 26)."""
    assert verdict([value and value + 15_000 for value in QUICK[:30]], QUICK, effect="0").kind is (
        Kind.PASS
    )
    assert verdict([value and value + 25_000 for value in QUICK[:30]], QUICK, effect="0").kind is (
        Kind.BREACH
    )


def test_before_the_promotion_only_the_baseline_must_be_there() -> None:
    assert verdict([], QUICK, BEFORE).kind is Kind.PASS
    assert verdict([], QUICK[:14], BEFORE).kind is Kind.INCONCLUSIVE


def test_while_it_deploys_there_is_nothing_new() -> None:
    assert verdict([], QUICK, replace(WATCH, baking=None)).kind is Kind.INCONCLUSIVE


@pytest.mark.parametrize("why", list(Blindness))
def test_what_cannot_be_read_is_an_error(why: Blindness) -> None:
    guardrail = guard()
    for unread in asked(guardrail):
        answers: dict[Query, Reading] = {
            query: Known(series(QUICK), NOW) for query in queries(guardrail, WATCH)
        }
        assert unread is not None
        answers[unread] = Unknown(why, "no reply", NOW)
        assert judge(guardrail, WATCH, Readings(answers, NOW)).kind is Kind.ERROR


def test_the_baseline_before_ends_at_the_promotion() -> None:
    new, base = asked(guard())

    assert new is not None
    assert (new.start, new.end) == (BAKING, None)
    assert (base.start, base.end) == (SINCE - timedelta(hours=1), SINCE)


def test_the_baseline_a_week_ago_covers_the_same_hours() -> None:
    _, base = asked(guard(against="last-week"))
    week = timedelta(days=7)

    assert (base.start, base.lag) == (BAKING - week, WATCH.settle + week)


def test_the_baseline_may_be_another_variant_or_another_region() -> None:
    live = [{**EXAMPLE["metrics"][0], "dimensions": [{"name": "VariantName", "value": "other"}]}]
    _, variant = asked(guard(against="other", other=live))
    _, region = asked(guard(against="other", other_region="eu-west-1"))

    assert isinstance(variant.metric, Metric)
    assert variant.metric.dimensions == (("VariantName", "other"),)
    assert (region.place.region, region.start) == ("eu-west-1", BAKING)
