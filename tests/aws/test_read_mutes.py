"""Readings of alarm mute rules."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm.aws.port import AwsError, ErrorKind, Reply
from mcm.aws.read_mutes import MOST, MuteReader
from mcm.core.alarm import MuteRule, Mutes
from mcm.core.query import MutesQuery, Place
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.aws.answering import Answering

NOW = datetime(2026, 3, 18, 10, 5, tzinfo=UTC)
QUERY = MutesQuery(Place("111111111111", "us-east-1"))
ARN = "arn:aws:cloudwatch:us-east-1:111111111111:alarm-mute-rule:night"


def listed(*, updated: datetime = NOW, **more: object) -> Reply:
    summary = {"AlarmMuteRuleArn": ARN, "Status": "ACTIVE", "LastUpdatedTimestamp": updated}
    return {"AlarmMuteRuleSummaries": [summary], **more}


RULE = {"Name": "night", "MuteTargets": {"AlarmNames": ["a", "b"]}}


def read(port: Answering) -> Reading:
    return MuteReader(port, lambda: NOW).read([QUERY])[QUERY]


@pytest.mark.parametrize("operation", ["ListAlarmMuteRules", "GetAlarmMuteRule"])
def test_rules_that_may_not_be_read_are_unknown(operation: str) -> None:
    denied = AwsError(ErrorKind.DENIED, "AccessDenied", "no")
    replies = {"ListAlarmMuteRules": listed(), "GetAlarmMuteRule": RULE, operation: denied}

    found = read(Answering(**replies))

    assert isinstance(found, Unknown)
    assert found.why is Blindness.DENIED


def test_more_rules_than_are_looked_into_are_unknown() -> None:
    found = read(Answering(ListAlarmMuteRules=listed(NextToken="more")))

    assert isinstance(found, Unknown)
    assert found.reason == f"more than {MOST} mute rules are active"


def test_only_active_rules_are_asked_for_and_each_for_its_alarms() -> None:
    port = Answering(ListAlarmMuteRules=listed(), GetAlarmMuteRule=RULE)

    assert read(port) == Known(Mutes((MuteRule("night", ("a", "b")),)), NOW)
    assert port.calls == [
        ("ListAlarmMuteRules", {"Statuses": ["ACTIVE"], "MaxRecords": MOST}),
        ("GetAlarmMuteRule", {"AlarmMuteRuleName": "night"}),
    ]


def test_without_rules_one_call_is_made() -> None:
    port = Answering(ListAlarmMuteRules={"AlarmMuteRuleSummaries": []})

    assert read(port) == Known(Mutes(()), NOW)
    assert len(port.calls) == 1


def test_a_rule_is_looked_into_once_until_it_is_updated() -> None:
    port = Answering(ListAlarmMuteRules=listed(), GetAlarmMuteRule=RULE)
    reader = MuteReader(port, lambda: NOW)
    for _ in range(3):
        reader.read([QUERY])

    assert [name for name, _ in port.calls].count("GetAlarmMuteRule") == 1
    port.answers["ListAlarmMuteRules"] = listed(updated=NOW + timedelta(minutes=1))
    reader.read([QUERY])
    assert [name for name, _ in port.calls].count("GetAlarmMuteRule") == 2


def test_a_rule_that_is_deleted_meanwhile_mutes_nothing() -> None:
    gone = AwsError(ErrorKind.NOT_FOUND, "ResourceNotFoundException", "gone")

    found = read(Answering(ListAlarmMuteRules=listed(), GetAlarmMuteRule=gone))

    assert found == Known(Mutes(()), NOW)


def test_a_rule_without_targets_mutes_nothing() -> None:
    found = read(Answering(ListAlarmMuteRules=listed(), GetAlarmMuteRule={"Name": "night"}))

    assert found == Known(Mutes((MuteRule("night", ()),)), NOW)
