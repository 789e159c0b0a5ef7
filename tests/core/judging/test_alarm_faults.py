"""Alarms that cannot fire, are silent, or that nobody hears (AWS-RULES 25)."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.core.alarm import AlarmDefinition
from mcm.core.judging.alarm_faults import FaultKind, faults, metrics, names

CANNOT, SILENT = FaultKind.CANNOT_FIRE, FaultKind.SILENT
BAKE = timedelta(minutes=30)


def alarm(kind: str = "MetricAlarm", **fields: Any) -> AlarmDefinition:
    spelled = {
        "AlarmName": "5xx",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": "EndpointName", "Value": "photo-check-us"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "ActionsEnabled": True,
        "AlarmActions": ["arn:aws:sns:us-east-1:111111111111:page"],
        "StateValue": "OK",
        **fields,
    }
    return AlarmDefinition("5xx", kind, {k: v for k, v in spelled.items() if v is not None})


def kinds(found: AlarmDefinition, has_data: bool | None = True) -> list[FaultKind]:
    return [each.kind for each in faults(found, has_data, BAKE)]


def told(found: AlarmDefinition, has_data: bool | None = True) -> str:
    return "; ".join(each.text for each in faults(found, has_data, BAKE))


def test_nothing_is_wrong_with_an_alarm_that_can_fire_and_is_heard() -> None:
    assert faults(alarm(), True, BAKE) == ()


def test_whether_there_is_data_may_be_unknown_and_is_then_not_judged() -> None:
    assert kinds(alarm(), None) == [FaultKind.NOT_JUDGED]


@pytest.mark.parametrize(
    ("fields", "can"),
    [
        ({"Statistic": "Average", "Threshold": 1.0}, False),  # AWS's own example
        ({"Statistic": "Average", "Threshold": 0.99}, True),
        (
            {
                "Statistic": "Average",
                "Threshold": 1.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            },
            True,
        ),
        (
            {
                "Statistic": "Maximum",
                "Threshold": 1.01,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            },
            False,
        ),
        ({"Statistic": "Sum", "Threshold": 1.0}, True),
        (
            {"Statistic": "Average", "Threshold": 1.0, "ComparisonOperator": "LessThanThreshold"},
            True,
        ),
        ({"Threshold": 0.0, "ComparisonOperator": "LessThanThreshold"}, False),
        ({"Threshold": 0.0, "ComparisonOperator": "LessThanOrEqualToThreshold"}, True),
        ({"MetricName": "ModelLatency", "Statistic": "Average", "Threshold": 90_000_000.0}, False),
        ({"MetricName": "ModelLatency", "Statistic": "Average", "Threshold": 59_000_000.0}, True),
        (
            {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "HTTPCode_Target_5XX_Count",
                "Statistic": "Average",
                "Threshold": 10.0,
            },
            False,
        ),
        ({"Namespace": "Mine", "MetricName": "X", "Statistic": "Average", "Threshold": 9.0}, True),
    ],
)
def test_a_threshold_that_no_value_reaches(fields: dict[str, Any], can: bool) -> None:
    assert (CANNOT not in kinds(alarm(**fields))) is can


def test_the_reason_says_what_to_count_instead() -> None:
    text = told(alarm(Statistic="Average", Threshold=1.0))

    assert text == (
        "Average Invocation5XXErrors > 1: each request counts 0 or 1, so no Average is above 1;"
        " Sum counts them"
    )


def test_a_latency_in_milliseconds_is_doubted() -> None:
    found = alarm(MetricName="ModelLatency", Statistic="Average", Threshold=250.0)

    assert kinds(found) == [FaultKind.DOUBTFUL]
    assert "250 of them are less than 1 ms" in told(found)


def test_a_metric_without_data_cannot_fire_unless_that_counts_as_breaching() -> None:
    assert kinds(alarm(), False) == [CANNOT]
    assert "EndpointName=photo-check-us had no data in 15 days" in told(alarm(), False)
    assert "OK for ever" in told(alarm(), False)
    assert kinds(alarm(TreatMissingData="breaching"), False) == []


def test_an_alarm_that_keeps_its_state_without_data_is_doubted() -> None:
    found = alarm(TreatMissingData="ignore")

    assert kinds(found) == [FaultKind.DOUBTFUL]
    assert "it stays OK" in told(found)


def test_an_alarm_that_takes_longer_than_the_bake_fires_after_it() -> None:
    slow = alarm(Period=3600, EvaluationPeriods=1, DatapointsToAlarm=None)

    assert kinds(slow) == [CANNOT]
    assert "1h of bad data, and the bake is over after 30m" in told(slow)
    assert faults(slow, True, None) == ()


def test_silence_and_words_that_cloudwatch_adds_are_told() -> None:
    assert kinds(alarm(StateValue="INSUFFICIENT_DATA")) == [SILENT]
    assert kinds(alarm(EvaluationState="EVALUATION_FAILURE")) == [SILENT]
    assert kinds(alarm(StateValue="IN_WARM_UP")) == [FaultKind.DOUBTFUL]


def test_nobody_hears_an_alarm_without_actions() -> None:
    assert kinds(alarm(ActionsEnabled=False)) == [FaultKind.DOES_NOT_PAGE]
    assert kinds(alarm(AlarmActions=[])) == [FaultKind.DOES_NOT_PAGE]


def test_nobody_hears_an_alarm_that_is_muted_or_suppressed() -> None:
    muted = faults(alarm(), True, None, ("night", "launch"))
    suppressor = "arn:aws:cloudwatch:us-east-1:111111111111:alarm:deploying"
    held = faults(alarm(ActionsSuppressedBy="Alarm", ActionsSuppressor=suppressor), True, None)

    assert [each.text for each in muted] == [
        "the mute rule night is active",
        "the mute rule launch is active",
    ]
    assert [each.text for each in held] == ["suppressed now by Alarm deploying"]
    assert {each.kind for each in (*muted, *held)} == {FaultKind.DOES_NOT_PAGE}


def test_what_is_computed_or_composed_is_not_judged_by_its_threshold() -> None:
    stat = {
        "Metric": {
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocations",
            "Dimensions": [{"Name": "EndpointName", "Value": "photo-check-eu"}],
        },
        "Period": 60,
        "Stat": "Sum",
    }
    math = alarm(MetricName=None, Namespace=None, Metrics=[{"Id": "m", "MetricStat": stat}])

    assert kinds(math) == [FaultKind.NOT_JUDGED]
    assert names(math) == {"photo-check-eu"}
    assert kinds(alarm("CompositeAlarm", MetricName=None), None) == [FaultKind.NOT_JUDGED]


def test_an_anomaly_band_is_not_judged() -> None:
    assert kinds(alarm(Threshold=None)) == [FaultKind.NOT_JUDGED]


def test_a_metric_is_counted_by_the_hour() -> None:
    (metric,) = metrics(alarm())

    assert (metric.name, metric.stat, metric.period) == (
        "Invocation5XXErrors",
        "SampleCount",
        timedelta(hours=1),
    )
    assert metrics(alarm("CompositeAlarm", MetricName=None)) == ()


def test_the_worst_comes_first() -> None:
    many = alarm(Statistic="Average", Threshold=2.0, ActionsEnabled=False, StateValue="nonsense")

    assert kinds(many) == [CANNOT, FaultKind.DOES_NOT_PAGE, FaultKind.DOUBTFUL]
