"""Alarm mute rules of the sandbox, held against botocore's model by `Asker`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.sandbox.cloudwatch import CloudWatch
from mcm.sandbox.sagemaker_example import alarms_of
from mcm.sandbox.scenario_catalogue import PLACES
from tests.sandbox.asking import Asker

NOW = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
ALARM = "photo-check-5xx"


@pytest.fixture
def ask() -> Asker:
    cloudwatch = CloudWatch("111111111111", NOW)
    for params in alarms_of(PLACES[2], 60):
        cloudwatch.put_alarm("us-east-1", params, NOW)
    asker = Asker("cloudwatch", cloudwatch)
    asker.region, asker.now = "us-east-1", NOW
    return asker


def put(ask: Asker, expression: str, duration: str = "PT1H", **more: Any) -> None:
    zone = more.pop("Timezone", None)
    schedule = {"Expression": expression, "Duration": duration}
    ask(
        "PutAlarmMuteRule",
        Name="night",
        Rule={"Schedule": {**schedule, **({"Timezone": zone} if zone else {})}},
        MuteTargets={"AlarmNames": [ALARM]},
        **more,
    )


def status(ask: Asker) -> str:
    return str(ask("GetAlarmMuteRule", AlarmMuteRuleName="night")["Status"])


@pytest.mark.parametrize(
    ("expression", "duration", "now"),
    [
        ("cron(0 9 * * *)", "PT1H", "ACTIVE"),
        ("cron(0 9 * * *)", "PT29M", "SCHEDULED"),
        ("cron(0 9 * * MON)", "P2DT12H", "ACTIVE"),
        ("cron(0 10 * * *)", "PT1H", "SCHEDULED"),
        ("at(2026-03-18T09:00)", "PT1H", "ACTIVE"),
        ("at(2026-03-18T08:00)", "PT1H", "EXPIRED"),
        ("at(2026-03-18T10:00)", "PT1H", "SCHEDULED"),
    ],
)
def test_a_rules_status_follows_its_schedule(
    ask: Asker, expression: str, duration: str, now: str
) -> None:
    put(ask, expression, duration)

    assert status(ask) == now


def test_a_schedule_is_in_its_zone(ask: Asker) -> None:
    put(ask, "cron(30 2 * * *)", Timezone="America/Los_Angeles")

    assert status(ask) == "ACTIVE"


def test_a_rule_begins_and_expires(ask: Asker) -> None:
    put(ask, "cron(0 9 * * *)", StartDate=NOW + timedelta(minutes=1))
    assert status(ask) == "SCHEDULED"
    put(ask, "cron(0 9 * * *)", ExpireDate=NOW)
    assert status(ask) == "EXPIRED"


@pytest.mark.parametrize(
    ("expression", "duration"),
    [
        ("rate(1 hour)", "PT1H"),
        ("cron(0 9 * *)", "PT1H"),
        ("cron(0 9 * * *", "PT1H"),
        ("at(tomorrow)", "PT1H"),
        ("cron(0 9 * * *)", "PT0M"),
        ("cron(0 9 * * *)", "P16D"),
        ("cron(0 9 * * *)", "1h"),
    ],
)
def test_a_schedule_that_is_none_is_refused(ask: Asker, expression: str, duration: str) -> None:
    schedule = {"Expression": expression, "Duration": duration}

    assert ask.code("PutAlarmMuteRule", Name="n", Rule={"Schedule": schedule}) == "ValidationError"


def test_a_rule_for_an_alarm_that_is_not_there_is_refused(ask: Asker) -> None:
    rule = {"Schedule": {"Expression": "cron(0 9 * * *)", "Duration": "PT1H"}}
    targets = {"AlarmNames": ["no-such-alarm"]}

    code = ask.code("PutAlarmMuteRule", Name="n", Rule=rule, MuteTargets=targets)

    assert code == "ValidationError"


def test_rules_are_listed_by_status_and_target_and_in_pages(ask: Asker) -> None:
    put(ask, "cron(0 9 * * *)")

    def names(**asked: Any) -> int:
        return len(ask("ListAlarmMuteRules", **asked)["AlarmMuteRuleSummaries"])

    assert names() == names(Statuses=["ACTIVE"]) == names(AlarmName=ALARM) == 1
    assert names(Statuses=["EXPIRED"]) == names(AlarmName="another") == 0
    rule = {"Schedule": {"Expression": "cron(0 9 * * *)", "Duration": "PT1H"}}
    ask("PutAlarmMuteRule", Name="other", Rule=rule)
    first = ask("ListAlarmMuteRules", MaxRecords=1)
    assert names(MaxRecords=1, NextToken=first["NextToken"]) == 1


def test_a_rule_can_be_deleted_twice_and_then_is_not_there(ask: Asker) -> None:
    put(ask, "cron(0 9 * * *)")
    ask("DeleteAlarmMuteRule", AlarmMuteRuleName="night")
    ask("DeleteAlarmMuteRule", AlarmMuteRuleName="night")

    found = ask.code("GetAlarmMuteRule", AlarmMuteRuleName="night")

    assert found == "ResourceNotFoundException"


def test_a_muted_alarm_goes_on_being_evaluated(ask: Asker) -> None:
    put(ask, "cron(0 9 * * *)")
    ask("SetAlarmState", AlarmName=ALARM, StateValue="ALARM", StateReason="tried")

    found = ask("DescribeAlarms", AlarmNames=[ALARM])["MetricAlarms"][0]

    assert found["StateValue"] == "ALARM"
