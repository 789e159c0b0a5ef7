"""Alarms of the sandbox: what is described, and that they really evaluate."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from mcm.aws.port import AwsError
from mcm.sandbox.cloudwatch import CloudWatch
from mcm.sandbox.shapes import shape_errors
from tests.sandbox.asking import ACCOUNT, START, Asker

MINUTE = timedelta(minutes=1)
UNKNOWN = "INSUFFICIENT_DATA"


def config(name: str = "errors", **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": "Example",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    } | changes


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch(ACCOUNT, START)


@pytest.fixture
def ask(cloudwatch: CloudWatch) -> Asker:
    return Asker("cloudwatch", cloudwatch)


def put(ask: Asker, value: float, at: datetime, **more: Any) -> None:
    datum = {"MetricName": "Errors", "Value": value, "Timestamp": at, **more}
    ask("PutMetricData", Namespace="Example", MetricData=[datum])


def live(ask: Asker, *readings: float | None) -> list[str]:
    """Let a minute pass per reading, put in its middle; return the state after each."""
    states = []
    for reading in readings:
        if reading is not None:
            put(ask, reading, ask.now + MINUTE / 2)
        ask.pass_time(minutes=1)
        states.append(state(ask))
    return states


def described(ask: Asker, name: str = "errors") -> dict[str, Any]:
    (alarm,) = ask("DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def state(ask: Asker, name: str = "errors") -> str:
    return str(described(ask, name)["StateValue"])


def updates(ask: Asker, **more: Any) -> list[tuple[str, str]]:
    items = ask("DescribeAlarmHistory", HistoryItemType="StateUpdate", **more)["AlarmHistoryItems"]
    told = [json.loads(item["HistoryData"]) for item in items]
    return [(one["oldState"]["stateValue"], one["newState"]["stateValue"]) for one in told]


def test_a_new_alarm_knows_nothing_until_its_first_evaluation(ask: Asker) -> None:
    ask("PutMetricAlarm", **config(TreatMissingData="notBreaching"))
    assert state(ask) == UNKNOWN
    ask.pass_time(seconds=59)
    assert state(ask) == UNKNOWN
    ask.pass_time(seconds=1)
    assert state(ask) == "OK"


def test_without_data_it_stays_insufficient_by_default(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    assert live(ask, None, None, None) == [UNKNOWN] * 3


def test_two_of_three_alarm_and_recover(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    assert live(ask, 0, 9, 0, 9, 0, 0) == ["OK", "OK", "OK", "ALARM", "OK", "OK"]


def test_the_open_period_does_not_count(ask: Asker) -> None:
    ask("PutMetricAlarm", **config(EvaluationPeriods=1, DatapointsToAlarm=1))
    live(ask, 0)
    put(ask, 9, ask.now)
    ask.pass_time(seconds=59)
    assert state(ask) == "OK"
    ask.pass_time(seconds=1)
    assert state(ask) == "ALARM"


@pytest.mark.parametrize(
    ("missing", "states"),
    [
        ("missing", ["OK", "OK", "OK", "OK", UNKNOWN]),
        ("ignore", ["OK", "OK", "OK", "OK", "OK"]),
        ("breaching", ["OK", "OK", "OK", "ALARM", "ALARM"]),
        ("notBreaching", ["OK", "OK", "OK", "OK", "OK"]),
    ],
)
def test_a_metric_that_stops(ask: Asker, missing: str, states: list[str]) -> None:
    """Old points are judged again for as long as they are in the evaluation range."""
    ask("PutMetricAlarm", **config(TreatMissingData=missing))
    live(ask, 0, 0, 0)
    assert live(ask, *[None] * 5) == states


def test_short_periods_are_evaluated_each_ten_seconds(ask: Asker) -> None:
    ask("PutMetricAlarm", **config(Period=10, EvaluationPeriods=1, DatapointsToAlarm=1))
    put(ask, 9, START + timedelta(seconds=1), StorageResolution=1)
    ask.pass_time(seconds=9)
    assert state(ask) == UNKNOWN
    ask.pass_time(seconds=1)
    assert state(ask) == "ALARM"


def test_a_jump_of_the_clock_leaves_the_same_history_as_small_steps(cloudwatch: CloudWatch) -> None:
    """An alarm that rang and recovered within a jump has rung all the same."""
    histories = []
    for service, step in ((CloudWatch(ACCOUNT, START), 1), (cloudwatch, 30)):
        ask = Asker("cloudwatch", service)
        ask("PutMetricAlarm", **config(TreatMissingData="notBreaching"))
        for minute in range(30):
            put(ask, 9 if 10 <= minute < 15 else 0, START + minute * MINUTE)
        for _ in range(0, 30, step):
            ask.pass_time(minutes=step)
        histories.append(
            ask("DescribeAlarmHistory", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        )
    assert histories[0] == histories[1]
    assert len(histories[0]) == 3


def test_transitions_have_times_reasons_and_history(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    live(ask, 0, 9, 9, 9)
    alarm = described(ask)
    changed = START + 3 * MINUTE
    assert alarm["StateTransitionedTimestamp"] == alarm["StateUpdatedTimestamp"] == changed
    assert "2 of the last 3 datapoints [9, 9, 0]" in alarm["StateReason"]
    assert json.loads(alarm["StateReasonData"])["recentDatapoints"] == [0.0, 9.0, 9.0]
    assert updates(ask) == [("OK", "ALARM"), (UNKNOWN, "OK")]
    assert updates(ask, ScanBy="TimestampAscending") == [(UNKNOWN, "OK"), ("OK", "ALARM")]
    assert updates(ask, StartDate=changed) == [("OK", "ALARM")]
    assert updates(ask, EndDate=changed - MINUTE) == [(UNKNOWN, "OK")]
    assert updates(ask, AlarmName="other") == []
    assert updates(ask, AlarmTypes=["CompositeAlarm"]) == []


def test_an_alarm_on_an_expression(ask: Asker) -> None:
    metric = {"Metric": {"Namespace": "Example", "MetricName": "Errors"}, "Period": 60}
    queries = [
        {"Id": "m", "MetricStat": metric | {"Stat": "Sum"}, "ReturnData": False},
        {"Id": "double", "Expression": "m * 2"},
    ]
    asked = config(EvaluationPeriods=1, DatapointsToAlarm=1, Metrics=queries)
    for name in ("Namespace", "MetricName", "Statistic", "Period"):
        del asked[name]
    ask("PutMetricAlarm", **asked)
    assert live(ask, 2, 3) == ["OK", "ALARM"]


def test_putting_again_changes_the_configuration_and_leaves_the_state(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    live(ask, 9, 9)
    ask("PutMetricAlarm", **config(Threshold=50.0, AlarmDescription="less strict"))
    assert state(ask) == "ALARM"
    assert described(ask)["Threshold"] == 50.0
    assert live(ask, 9) == ["OK"]


def test_a_shorter_period_is_evaluated_sooner_at_once(ask: Asker, cloudwatch: CloudWatch) -> None:
    ask("PutMetricAlarm", **config())
    ask("PutMetricAlarm", **config(Period=10))
    assert cloudwatch.next_event() == START + timedelta(seconds=10)


def test_every_configured_field_comes_back(ask: Asker) -> None:
    asked = config(
        AlarmDescription="Requests fail",
        ActionsEnabled=False,
        AlarmActions=["arn:aws:sns:eu-west-1:111111111111:page"],
        Dimensions=[{"Name": "EndpointName", "Value": "photo-check-eu"}],
        Unit="Count",
        TreatMissingData="ignore",
    )
    ask("PutMetricAlarm", **asked)
    alarm = described(ask)
    assert asked.items() <= alarm.items()
    assert alarm["AlarmArn"] == "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors"
    assert "EvaluationState" not in alarm
    prefix = "arn:aws:sns:"
    assert len(ask("DescribeAlarms", ActionPrefix=prefix)["MetricAlarms"]) == 1
    assert ask("DescribeAlarms", ActionPrefix="arn:aws:lambda:")["MetricAlarms"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        {"Period": 45},
        {"DatapointsToAlarm": 4},
        {"TreatMissingData": "zero"},
        {"ExtendedStatistic": "p99"},
        {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}},
        {"Metrics": [{"Id": "a", "Expression": "b"}]},
    ],
)
def test_an_alarm_that_would_mean_something_else_here_is_refused(
    ask: Asker, changes: dict[str, Any]
) -> None:
    assert ask.code("PutMetricAlarm", **config(**changes)) == "ValidationError"
    assert ask("DescribeAlarms")["MetricAlarms"] == []


@pytest.mark.parametrize("name", ["MetricName", "Namespace", "Statistic", "Period", "Threshold"])
def test_an_alarm_without_what_it_needs_is_refused(ask: Asker, name: str) -> None:
    asked = config()
    del asked[name]
    assert ask.code("PutMetricAlarm", **asked) == "ValidationError"


def test_unknown_names_are_silently_absent(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    found = ask("DescribeAlarms", AlarmNames=["errors", "no-such"])
    assert [alarm["AlarmName"] for alarm in found["MetricAlarms"]] == ["errors"]


def test_describe_filters(ask: Asker) -> None:
    for name in ("a-1", "a-2", "b-1"):
        ask("PutMetricAlarm", **config(name))
    ask("SetAlarmState", AlarmName="a-2", StateValue="ALARM", StateReason="a drill")

    def names(**params: Any) -> list[str]:
        return [alarm["AlarmName"] for alarm in ask("DescribeAlarms", **params)["MetricAlarms"]]

    assert names(AlarmNamePrefix="a-") == ["a-1", "a-2"]
    assert names(AlarmNamePrefix="a-", StateValue="ALARM") == ["a-2"]
    assert names(StateValue=UNKNOWN) == ["a-1", "b-1"]
    assert names(AlarmTypes=["CompositeAlarm", "LogAlarm"]) == []
    assert names(AlarmTypes=["MetricAlarm", "LogAlarm"]) == ["a-1", "a-2", "b-1"]
    ask.region = "us-east-1"
    assert names() == []


@pytest.mark.parametrize(("size", "pages"), [(None, [50, 50, 20]), (100, [100, 20])])
def test_describe_pages(ask: Asker, size: int | None, pages: list[int]) -> None:
    for number in range(120):
        ask("PutMetricAlarm", **config(f"alarm-{number:03}"))
    found: list[int] = []
    more: dict[str, Any] = {} if size is None else {"MaxRecords": size}
    while len(found) < len(pages):
        reply = ask("DescribeAlarms", **more)
        found.append(len(reply["MetricAlarms"]))
        if "NextToken" not in reply:
            break
        more["NextToken"] = reply["NextToken"]
    assert found == pages


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"AlarmNames": ["a"], "AlarmNamePrefix": "a"}, "ValidationError"),
        ({"ChildrenOfAlarmName": "a"}, "ValidationError"),
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
    ],
)
def test_describe_refuses(ask: Asker, params: dict[str, Any], code: str) -> None:
    assert ask.code("DescribeAlarms", **params) == code


@pytest.mark.parametrize("params", [{"MaxRecords": 101}, {"AlarmNames": ["a"] * 101}])
def test_describe_keeps_the_limits_without_the_model_too(
    ask: Asker, params: dict[str, Any]
) -> None:
    """In process no face checks the request against the model first."""
    with pytest.raises(AwsError, match="100"):
        ask.service.operations["DescribeAlarms"](params, ask.caller)


def test_history_is_cut_off_to_the_fraction_of_a_second(ask: Asker) -> None:
    """A breach just before a bake begins is not one of the bake."""
    ask("PutMetricAlarm", **config())
    ask.pass_time(milliseconds=200)
    ask("SetAlarmState", AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    assert updates(ask, StartDate=ask.now) == [(UNKNOWN, "ALARM")]
    assert updates(ask, StartDate=ask.now + timedelta(milliseconds=1)) == []
    assert updates(ask, EndDate=ask.now - timedelta(milliseconds=1)) == []


def test_history_pages(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    for number in range(60):
        value = ("OK", "ALARM")[number % 2]
        ask("SetAlarmState", AlarmName="errors", StateValue=value, StateReason="a drill")
    first = ask("DescribeAlarmHistory", MaxRecords=50)
    rest = ask("DescribeAlarmHistory", MaxRecords=50, NextToken=first["NextToken"])
    assert (len(first["AlarmHistoryItems"]), len(rest["AlarmHistoryItems"])) == (50, 11)


def test_a_set_state_lasts_until_the_next_evaluation(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    live(ask, 0)
    ask("SetAlarmState", AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    assert described(ask)["StateReason"] == "a drill"
    assert live(ask, 0) == ["OK"]
    refused = ask.code("SetAlarmState", AlarmName="no", StateValue="OK", StateReason="")
    assert refused == "ResourceNotFound"


def test_disabled_actions_silence_nothing_but_actions(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    ask("DisableAlarmActions", AlarmNames=["errors", "no-such"])
    assert live(ask, 9, 9)[-1] == "ALARM"
    assert described(ask)["ActionsEnabled"] is False
    ask("EnableAlarmActions", AlarmNames=["errors"])
    assert described(ask)["ActionsEnabled"] is True


def test_delete_takes_what_exists_and_keeps_the_history(ask: Asker) -> None:
    ask("PutMetricAlarm", **config())
    live(ask, 0)
    assert ask.code("DeleteAlarms", AlarmNames=["no-such", "errors"]) == "ResourceNotFound"
    assert ask("DescribeAlarms")["MetricAlarms"] == []
    assert updates(ask, AlarmName="errors") == [(UNKNOWN, "OK")]


def test_an_evaluation_state_moves_the_update_but_is_no_transition(
    ask: Asker, cloudwatch: CloudWatch
) -> None:
    ask("PutMetricAlarm", **config())
    live(ask, 0, 0)
    cloudwatch.set_evaluation_state("errors", "PARTIAL_DATA")
    alarm = described(ask)
    assert (alarm["StateValue"], alarm["EvaluationState"]) == ("OK", "PARTIAL_DATA")
    assert alarm["StateUpdatedTimestamp"] == START + 2 * MINUTE
    assert alarm["StateTransitionedTimestamp"] == START + MINUTE
    cloudwatch.set_evaluation_state("errors", None)
    assert "EvaluationState" not in described(ask)


def test_an_invented_evaluation_state_is_shown_as_it_is(ask: Asker, cloudwatch: CloudWatch) -> None:
    """AWS adds values that no model has yet, and a reader must see them raw."""
    ask("PutMetricAlarm", **config())
    cloudwatch.set_evaluation_state("errors", "IN_WARM_UP")
    reply = cloudwatch.operations["DescribeAlarms"]({}, ask.caller)
    assert reply["MetricAlarms"][0]["EvaluationState"] == "IN_WARM_UP"
    (only,) = shape_errors("cloudwatch", "DescribeAlarms", reply)
    assert "IN_WARM_UP" in only


@pytest.mark.parametrize("reason", ['"' * 1023, "\N{BELL}" * 1023, "\a" * 1023])
def test_history_stays_readable_whatever_the_reason(ask: Asker, reason: str) -> None:
    ask("PutMetricAlarm", **config())
    for value in ("OK", "ALARM"):
        ask("SetAlarmState", AlarmName="errors", StateValue=value, StateReason=reason)
    assert updates(ask) == [("OK", "ALARM"), (UNKNOWN, "OK")]


def test_an_alarm_can_vanish(ask: Asker, cloudwatch: CloudWatch) -> None:
    ask("PutMetricAlarm", **config())
    cloudwatch.delete("errors")
    assert ask("DescribeAlarms", AlarmNames=["errors"])["MetricAlarms"] == []
    for fault in (cloudwatch.delete, lambda name: cloudwatch.set_evaluation_state(name, None)):
        with pytest.raises(ValueError, match="no alarm named errors"):
            fault("errors")


def test_it_tells_when_its_next_alarm_is_due(ask: Asker, cloudwatch: CloudWatch) -> None:
    assert cloudwatch.next_event() is None
    ask.pass_time(seconds=3)
    ask("PutMetricAlarm", **config())
    assert cloudwatch.next_event() == START + MINUTE
    ask("PutMetricAlarm", **config("quick", Period=10))
    assert cloudwatch.next_event() == START + timedelta(seconds=10)
    ask.pass_time(minutes=1)
    assert cloudwatch.next_event() == START + timedelta(seconds=70)
