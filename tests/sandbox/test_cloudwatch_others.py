"""Composite alarms that follow their children, and log alarms by hand; checked as AWS's."""

from typing import Any

import pytest

from mcm.sandbox.cloudwatch import CloudWatch
from tests.sandbox.asking import ACCOUNT, START, Asker

KINDS = ["MetricAlarm", "CompositeAlarm", "LogAlarm"]


@pytest.fixture
def ask() -> Asker:
    """A CloudWatch with the metric alarms `one` and `two`, both OK."""
    asker = Asker("cloudwatch", CloudWatch(ACCOUNT, START))
    for name in ("one", "two"):
        asker(
            "PutMetricAlarm",
            AlarmName=name,
            Namespace="Example",
            MetricName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        say(asker, name, "OK")
    return asker


def say(ask: Asker, name: str, state: str) -> None:
    ask("SetAlarmState", AlarmName=name, StateValue=state, StateReason="by hand")


def composite(ask: Asker, name: str, rule: str, **more: Any) -> None:
    ask("PutCompositeAlarm", AlarmName=name, AlarmRule=rule, **more)


def shown(ask: Asker, name: str) -> dict[str, Any]:
    reply = ask("DescribeAlarms", AlarmNames=[name], AlarmTypes=KINDS)
    (found,) = (item for kind in KINDS for item in reply.get(f"{kind}s", ()))
    return dict(found)


def test_it_starts_without_data_and_follows_its_children(ask: Asker) -> None:
    composite(ask, "both", "ALARM(one) AND ALARM(two)")
    states = [shown(ask, "both")["StateValue"]]
    for name in ("one", "two"):
        say(ask, name, "ALARM")
        states.append(shown(ask, "both")["StateValue"])
    say(ask, "one", "OK")
    states.append(shown(ask, "both")["StateValue"])

    assert states == ["OK", "OK", "ALARM", "OK"]


def test_one_over_another_follows_in_the_same_moment(ask: Asker) -> None:
    composite(ask, "inner", "ALARM(one)")
    composite(ask, "outer", "ALARM(inner)")
    composite(ask, "outermost", "NOT OK(outer)")
    say(ask, "one", "ALARM")

    assert shown(ask, "outermost")["StateValue"] == "ALARM"


def test_rule_18_it_is_silently_absent_unless_its_type_is_named(ask: Asker) -> None:
    composite(ask, "both", "ALARM(one)")

    plain = ask("DescribeAlarms", AlarmNames=["both", "one"])
    named = ask("DescribeAlarms", AlarmNames=["both", "one"], AlarmTypes=KINDS)

    assert (plain["CompositeAlarms"], len(plain["MetricAlarms"])) == ([], 1)
    assert [item["AlarmName"] for item in named["CompositeAlarms"]] == ["both"]
    assert len(named["MetricAlarms"]) == 1


def test_its_transitions_are_history_of_its_type(ask: Asker) -> None:
    composite(ask, "both", "ALARM(one)")
    say(ask, "one", "ALARM")
    ask.pass_time(seconds=1)

    reply = ask("DescribeAlarmHistory", AlarmName="both", AlarmTypes=KINDS)
    newest = reply["AlarmHistoryItems"][0]

    assert (newest["AlarmType"], newest["HistoryItemType"]) == ("CompositeAlarm", "StateUpdate")
    assert ask("DescribeAlarmHistory", AlarmName="both")["AlarmHistoryItems"] == []


def test_rule_23_a_suppressor_holds_actions_back_and_no_state(ask: Asker) -> None:
    waits = {"ActionsSuppressorWaitPeriod": 0, "ActionsSuppressorExtensionPeriod": 0}
    composite(ask, "both", "ALARM(one)", ActionsSuppressor="two", **waits)
    say(ask, "one", "ALARM")
    say(ask, "two", "ALARM")

    found = shown(ask, "both")

    assert (found["StateValue"], found["ActionsSuppressedBy"]) == ("ALARM", "Alarm")


@pytest.mark.parametrize("rule", ["ALARM(no-such)", "ALARM(both)", "nonsense", "AT_LEAST(1)"])
def test_a_rule_that_cannot_be_followed_is_refused(ask: Asker, rule: str) -> None:
    composite(ask, "both", "ALARM(one)")

    code = ask.code("PutCompositeAlarm", AlarmName="both", AlarmRule=rule)

    assert code == "ValidationError"


def test_a_child_that_is_deleted_has_no_data(ask: Asker) -> None:
    composite(ask, "both", "INSUFFICIENT_DATA(one)")
    assert shown(ask, "both")["StateValue"] == "OK"

    ask("DeleteAlarms", AlarmNames=["one"])

    assert shown(ask, "both")["StateValue"] == "ALARM"


def test_a_log_alarm_is_what_somebody_says(ask: Asker) -> None:
    ask(
        "PutLogAlarm",
        AlarmName="log",
        ScheduledQueryConfiguration={
            "QueryString": "stats count(*)",
            "ScheduledQueryRoleARN": f"arn:aws:iam::{ACCOUNT}:role/queries",
            "ScheduleConfiguration": {
                "ScheduleExpression": "rate(1 minute)",
                "StartTimeOffset": 300,
            },
            "AggregationExpression": "count(*)",
        },
        QueryResultsToEvaluate=1,
        QueryResultsToAlarm=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    assert shown(ask, "log")["StateValue"] == "INSUFFICIENT_DATA"

    say(ask, "log", "ALARM")

    assert shown(ask, "log")["StateValue"] == "ALARM"
    assert ask.code("PutCompositeAlarm", AlarmName="log", AlarmRule="TRUE") == "ValidationError"
