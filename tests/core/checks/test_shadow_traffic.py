"""The check `shadow-traffic`: requests of the shadow, and its records (AWS-RULES 31)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.capture import CaptureView, paths
from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import CaptureQuery, Metric, MetricQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.verdict import Kind, Verdict
from tests.kit.readings import NOW
from tests.kit.world import stage_plan

DEFINITION = builtin_definitions()["shadow-traffic"]
MINUTE = timedelta(minutes=1)
BAKING = NOW - 60 * MINUTE
BEFORE = Watch(stage_plan("old"), None, False, {}, None)
WATCH = replace(BEFORE, since=BAKING - MINUTE, baking=BAKING, deployed=True)
RECORDS = "s3://photo-check-records/capture"
FIELDS = frozenset(DEFINITION.example["fields"])


def record(age: float = 5, fields: frozenset[str] = FIELDS, problem: str = "") -> CaptureView:
    return CaptureView("capture/x.jsonl", NOW - age * MINUTE, fields, problem)


def series(each: float, count: int = 50) -> Points:
    start = NOW - MINUTE * count
    points = tuple((start + MINUTE * n, Decimal(str(each))) for n in range(count)) if each else ()
    return Points(points, start, NOW)


def verdict(
    live: Any, shadow: Any, capture: Any = None, watch: Watch = WATCH, **changes: Any
) -> Verdict:
    params = {**DEFINITION.example, **changes, "records": RECORDS if capture else ""}
    guardrail = Guardrail("shadow", "shadow-traffic", params, "hold")
    answers: dict[Query, Reading] = {}
    for query in queries(guardrail, watch):
        value = capture
        if isinstance(query, MetricQuery):
            assert isinstance(query.metric, Metric)
            value = live if ("VariantName", "live") in query.metric.dimensions else shadow
        answers[query] = value if isinstance(value, Unknown) else Known(value, NOW)
    return judge(guardrail, watch, Readings(answers, NOW))


def test_rule_31_a_breach_of_the_shadow_holds_by_default() -> None:
    assert DEFINITION.on_breach == "hold"


def test_its_share_of_the_requests_passes_and_none_or_too_many_do_not() -> None:
    assert verdict(series(100), series(99)).kind is Kind.PASS
    assert verdict(series(100), series(0)).kind is Kind.BREACH
    assert verdict(series(100), series(120)).kind is Kind.BREACH


def test_without_requests_of_the_live_variant_nothing_is_told() -> None:
    assert verdict(series(1), series(1)).kind is Kind.INCONCLUSIVE
    assert verdict(series(0), series(0)).kind is Kind.INCONCLUSIVE


def test_before_the_promotion_only_the_live_variant_must_be_busy() -> None:
    assert verdict(series(100), series(0), watch=BEFORE).kind is Kind.PASS
    assert verdict(series(1), series(0), watch=BEFORE).kind is Kind.INCONCLUSIVE
    deploying = replace(WATCH, baking=None)
    assert verdict(series(100), series(0), watch=deploying).kind is Kind.INCONCLUSIVE


@pytest.mark.parametrize("why", list(Blindness))
def test_what_cannot_be_read_is_an_error(why: Blindness) -> None:
    dark = Unknown(why, "denied", NOW)

    assert verdict(dark, series(100)).kind is Kind.ERROR
    assert verdict(series(100), dark).kind is Kind.ERROR
    assert verdict(series(100), series(100), dark).kind is Kind.ERROR


def test_a_record_must_be_new_json_and_whole() -> None:
    fine = series(100), series(100)

    assert verdict(*fine, record()).kind is Kind.PASS
    assert verdict(*fine, record(31)).kind is Kind.BREACH
    assert verdict(*fine, record(problem="Expecting value")).kind is Kind.BREACH
    broken = verdict(*fine, record(fields=FIELDS - {"captureData.endpointInput.data"}))
    assert broken.kind is Kind.BREACH
    assert "has no captureData.endpointInput.data" in broken.reason


def test_records_have_time_to_arrive() -> None:
    """AWS writes them minutes late."""
    young = replace(WATCH, baking=NOW - 20 * MINUTE)
    none = CaptureView("", None, frozenset())

    assert verdict(series(100), series(100), none, young).kind is Kind.INCONCLUSIVE
    assert verdict(series(100), series(100), none).kind is Kind.BREACH


def test_where_records_lie() -> None:
    params = {**DEFINITION.example, "records": RECORDS}
    guardrail = Guardrail("shadow", "shadow-traffic", params, "hold")
    (query,) = (q for q in queries(guardrail, WATCH) if isinstance(q, CaptureQuery))

    assert (query.bucket, query.prefix) == ("photo-check-records", "capture")
    assert query.variant == "candidate"


def test_paths_of_a_record() -> None:
    assert paths({"a": {"b": 1}, "c": []}) == {"a", "a.b", "c"}
