"""What an alarm measures, from CloudWatch's own spelling of it; what cannot be drawn says why."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.core.alarm import AlarmDefinition
from mcm.core.graphs.graph import Line
from mcm.core.graphs.measured import Measured, measured_by, measured_by_check
from mcm.core.plans.plan import Guardrail
from mcm.core.query import Expression, Metric

SPELLED: dict[str, Any] = {
    "Namespace": "AWS/SageMaker",
    "MetricName": "ModelLatency",
    "Dimensions": [
        {"Name": "VariantName", "Value": "live"},
        {"Name": "EndpointName", "Value": "e"},
    ],
    "ExtendedStatistic": "p99",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 250_000.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def read(kind: str = "MetricAlarm", **fields: Any) -> Measured | str:
    return measured_by(AlarmDefinition("a", kind, {**SPELLED, **fields}))


def test_an_alarm_on_a_metric_is_its_series_and_its_line() -> None:
    found = read()

    assert isinstance(found, Measured)
    pairs = (("EndpointName", "e"), ("VariantName", "live"))
    assert found.metric == Metric(
        "AWS/SageMaker", "ModelLatency", pairs, "p99", timedelta(minutes=1)
    )
    assert found.lines == (Line(250.0, True, ">"),)
    assert (found.unit, found.scale, found.title) == ("ms", 0.001, "p99 of ModelLatency per 1m")
    assert found.acts == "The alarm fires at > 250 ms in 2 of 3 periods of 1m"


def test_a_single_period_and_the_other_side() -> None:
    found = read(
        EvaluationPeriods=1, DatapointsToAlarm=None, ComparisonOperator="LessThanThreshold"
    )

    assert isinstance(found, Measured)
    assert not found.lines[0].above
    assert found.acts.endswith("in a period of 1m")


def part(name: str, **stat: Any) -> dict[str, Any]:
    metric = {"Namespace": "Shop", "MetricName": name, "Dimensions": []}
    spelled = {"Metric": metric, "Period": 60, "Stat": "Sum", **stat}
    return {"Id": name.lower(), "MetricStat": spelled, "ReturnData": False}


def math(text: str, *parts: dict[str, Any]) -> Measured | str:
    shown = {"Id": "e1", "Expression": text, "ReturnData": True}
    return read(MetricName=None, Metrics=[shown, *parts])


def test_metric_math_over_metrics_of_one_period_is_a_series() -> None:
    found = math("100 * errors / requests", part("Errors"), part("Requests"))

    assert isinstance(found, Measured)
    assert isinstance(found.metric, Expression)
    assert [name for name, _ in found.metric.metrics] == ["errors", "requests"]
    assert found.title == "100 * errors / requests per 1m"


@pytest.mark.parametrize(
    "found",
    [
        math("SEARCH('x', 'Sum')", part("Errors")),
        math("errors / requests", part("Errors"), part("Requests", Period=300)),
        math("errors + gone", part("Errors")),
        math("errors", {"Id": "errors", "Expression": "1", "ReturnData": False}),
        math("errors", {**part("Errors"), "AccountId": "222222222222"}),
        math("", part("Errors")),
    ],
)
def test_other_metric_math_is_not_drawn(found: Measured | str) -> None:
    assert isinstance(found, str)
    assert found


CHECK: dict[str, Any] = {
    "metrics": [
        {
            "name": "latency",
            "namespace": "AWS/SageMaker",
            "metric": "ModelLatency",
            "dimensions": [{"name": "EndpointName", "value": "e"}],
            "stat": "p99",
            "unit": "us",
        }
    ],
    "expression": "",
    "unit": "",
    "above": {"value": "250", "unit": "ms"},
    "below": {"value": "1", "unit": "ms"},
    "points": {"breach": 2, "of": 3},
    "period": 60_000,
    "samples": "",
    "against": "last-week",
}


def test_a_bound_on_a_metric_has_its_lines() -> None:
    found = measured_by_check(Guardrail("slow", "metric-threshold", CHECK, "hold"))

    assert isinstance(found, Measured)
    assert found.lines == (Line(250.0, True, ">"), Line(1.0, False, "<"))
    assert found.acts == "A breach is > 250 ms or < 1 ms in 2 of 3 periods of 1m"


def test_a_comparison_has_no_line() -> None:
    found = measured_by_check(Guardrail("slow", "metric-compare", CHECK, "hold"))

    assert isinstance(found, Measured)
    assert (found.lines, found.acts) == ((), "Compared with last-week, no fixed line")


def test_parameters_that_are_not_understood_are_not_drawn() -> None:
    found = measured_by_check(Guardrail("slow", "metric-threshold", {"metrics": []}, "hold"))

    assert found == "its parameters are not understood: KeyError"


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("CompositeAlarm", {}, "composite"),
        ("MetricAlarm", {"ThresholdMetricId": "ad1"}, "anomaly band"),
        ("MetricAlarm", {"ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold"}, "rule"),
        ("MetricAlarm", {"ComparisonOperator": "SomethingNew"}, "rule"),
        ("MetricAlarm", {"ExtendedStatistic": None}, "statistic"),
        ("MetricAlarm", {"Period": 0}, "period"),
        ("MetricAlarm", {"MetricName": None, "Metrics": []}, "metric math"),
        ("MetricAlarm", {"Period": None}, "period"),
    ],
)
def test_what_cannot_be_drawn_says_why(kind: str, fields: dict[str, Any], why: str) -> None:
    found = read(kind, **fields)

    assert isinstance(found, str)
    assert why in found
