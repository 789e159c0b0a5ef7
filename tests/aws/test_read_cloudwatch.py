"""Readings of CloudWatch over a port that answers what AWS may answer."""

from datetime import UTC, datetime, timedelta

import pytest

from mcm.aws.port import AwsError, ErrorKind, Reply
from mcm.aws.read_cloudwatch import read_alarms, read_definitions
from mcm.core.alarm import AlarmDefinition
from mcm.core.query import AlarmDefinitionQuery, AlarmQuery, Place, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.aws.answering import Answering

NOW = datetime(2026, 3, 18, 10, 0, 20, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
OLD = NOW - timedelta(days=3)


def alarm(name: str, state: str = "OK", **more: object) -> Reply:
    return {"AlarmName": name, "StateValue": state, "StateTransitionedTimestamp": OLD, **more}


def asked(name: str, since: datetime | None = None) -> AlarmQuery:
    return AlarmQuery(US, name, since)


def alarms(port: Answering, *queries: AlarmQuery) -> dict[Query, Reading]:
    return read_alarms(port, queries, lambda: NOW)


def test_an_alarm_that_does_not_come_back_is_absent() -> None:
    """AWS leaves unknown names out without an error (AWS-RULES 18)."""
    port = Answering(DescribeAlarms={"MetricAlarms": [alarm("one")]})
    found = alarms(port, asked("one"), asked("two"))

    assert isinstance(found[asked("one")], Known)
    two = found[asked("two")]
    assert isinstance(two, Unknown)
    assert two.why is Blindness.ABSENT


def test_how_an_alarm_is_set_up_is_told_with_its_kind() -> None:
    """An alarm that does not come back, or cannot be read, has no definition."""
    one, two = AlarmDefinitionQuery(US, "one"), AlarmDefinitionQuery(US, "two")
    port = Answering(DescribeAlarms={"CompositeAlarms": [alarm("one", AlarmRule="ALARM(x)")]})

    found = read_definitions(port, [one, two], lambda: NOW)

    known, absent = found[one], found[two]
    assert isinstance(known, Known)
    assert isinstance(known.value, AlarmDefinition)
    assert (known.value.kind, known.value.spelled["AlarmRule"]) == ("CompositeAlarm", "ALARM(x)")
    assert isinstance(absent, Unknown)
    assert absent.why is Blindness.ABSENT
    denied = Answering(DescribeAlarms=AwsError(ErrorKind.DENIED, "AccessDenied", "no"))
    assert isinstance(read_definitions(denied, [one], lambda: NOW)[one], Unknown)


def test_a_thousand_alarms_are_ten_calls_with_all_their_kinds() -> None:
    port = Answering(
        DescribeAlarms=lambda params: {"MetricAlarms": [alarm(n) for n in params["AlarmNames"]]}
    )
    found = alarms(port, *(asked(f"alarm-{n}") for n in range(1000)))

    assert len(port.calls) == 10
    assert all(isinstance(one, Known) for one in found.values())
    assert all(
        set(params["AlarmTypes"]) == {"MetricAlarm", "CompositeAlarm", "LogAlarm"}
        for _, params in port.calls
    )


def test_all_pages_and_all_kinds_of_alarm_are_read() -> None:
    pages = [
        {"MetricAlarms": [alarm("one")], "NextToken": "more"},
        {"CompositeAlarms": [alarm("two", "ALARM")], "LogAlarms": [alarm("three", "ALARM")]},
    ]
    found = alarms(Answering(DescribeAlarms=pages), asked("one"), asked("two"), asked("three"))

    for name in ("two", "three"):
        one = found[asked(name)]
        assert isinstance(one, Known)
        assert one.value.state == "ALARM"


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (ErrorKind.AUTH, Blindness.AUTH),
        (ErrorKind.DENIED, Blindness.DENIED),
        (ErrorKind.THROTTLED, Blindness.THROTTLED),
        (ErrorKind.LOST, Blindness.LATE),
        (ErrorKind.INVALID, Blindness.FAILED),
    ],
)
def test_a_call_that_fails_leaves_its_alarms_unknown(kind: ErrorKind, why: Blindness) -> None:
    found = alarms(Answering(DescribeAlarms=AwsError(kind, "Code", "no")), asked("one"))

    one = found[asked("one")]
    assert isinstance(one, Unknown)
    assert one.why is why


def test_history_is_read_only_when_the_state_moved_since() -> None:
    since = NOW - timedelta(minutes=30)
    still = Answering(DescribeAlarms={"MetricAlarms": [alarm("one")]})
    moved = Answering(
        DescribeAlarms={"MetricAlarms": [alarm("one", StateTransitionedTimestamp=NOW)]},
        DescribeAlarmHistory={
            "AlarmHistoryItems": [
                {"Timestamp": NOW, "HistoryData": '{"newState": {"stateValue": "OK"}}'},
                {
                    "Timestamp": NOW - timedelta(minutes=5),
                    "HistoryData": '{"newState": {"stateValue": "ALARM"}}',
                },
                {"Timestamp": NOW - timedelta(minutes=9), "HistoryData": "nonsense"},
            ]
        },
    )
    alarms(still, asked("one", since))
    found = alarms(moved, asked("one", since))[asked("one", since)]

    assert [operation for operation, _ in still.calls] == ["DescribeAlarms"]
    assert isinstance(found, Known)
    assert [change.state for change in found.value.changes][1:] == ["ALARM", "OK"]
    assert found.value.changes[0].state not in ("OK", "ALARM", "INSUFFICIENT_DATA")


def test_an_alarm_whose_history_cannot_be_read_is_unknown() -> None:
    """It is OK now; whether it rang in between is not known."""
    since = NOW - timedelta(minutes=30)
    port = Answering(
        DescribeAlarms={"MetricAlarms": [alarm("one", StateTransitionedTimestamp=NOW)]},
        DescribeAlarmHistory=AwsError(ErrorKind.THROTTLED, "ThrottlingException", "slow down"),
    )

    assert isinstance(alarms(port, asked("one", since))[asked("one", since)], Unknown)
