"""Alarms by prefix and by tag, over a port that answers what AWS may answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.aws.read_alarm_sets import MOST_PAGES, read_alarm_sets
from mcm.core.query import AlarmSetQuery, Place
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.aws.answering import Answering

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
ARN = "arn:aws:cloudwatch:us-east-1:111111111111:alarm:"


def alarm(name: str, **more: object) -> Reply:
    old = NOW - timedelta(days=3)
    return {"AlarmName": name, "StateValue": "OK", "StateTransitionedTimestamp": old, **more}


def read(port: Answering, query: AlarmSetQuery) -> Reading:
    return read_alarm_sets(port, [query], lambda: NOW)[query]


def names(reading: Reading) -> list[str]:
    assert isinstance(reading, Known)
    return [view.name for view in reading.value]


PREFIX = AlarmSetQuery(US, "photo-", "", None)


def test_rule_18_a_prefix_asks_for_all_kinds_and_reads_all_pages() -> None:
    port = Answering(
        DescribeAlarms=[
            {"MetricAlarms": [alarm("photo-b")], "NextToken": "more"},
            {"CompositeAlarms": [alarm("photo-a")], "LogAlarms": [alarm("photo-c")]},
        ]
    )

    assert names(read(port, PREFIX)) == ["photo-a", "photo-b", "photo-c"]
    assert port.calls[0][1]["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm", "LogAlarm"]


def test_more_alarms_than_somebody_watches_are_unknown_and_not_cut() -> None:
    port = Answering(DescribeAlarms={"MetricAlarms": [alarm("x")], "NextToken": "more"})

    assert isinstance(read(port, PREFIX), Unknown)
    assert len(port.calls) == MOST_PAGES


def test_a_tag_is_asked_of_the_tagging_service_and_alarms_by_name() -> None:
    def described(params: Params) -> Reply:
        return {"MetricAlarms": [alarm(name) for name in params["AlarmNames"]]}

    resources: list[dict[str, Any]] = [
        {"ResourceARN": f"{ARN}one"},
        {"ResourceARN": f"{ARN}a:colon"},
    ]
    port = Answering(
        GetResources={"ResourceTagMappingList": resources, "PaginationToken": ""},
        DescribeAlarms=described,
    )

    found = read(port, AlarmSetQuery(US, "", "service=photo=check", None))

    assert names(found) == ["a:colon", "one"]
    assert port.calls[0][1]["TagFilters"] == [{"Key": "service", "Values": ["photo=check"]}]


def test_a_denied_tag_is_unknown() -> None:
    port = Answering(GetResources=AwsError(ErrorKind.DENIED, "AccessDenied", "no"))
    found = read(port, AlarmSetQuery(US, "", "a=b", None))

    assert isinstance(found, Unknown)
    assert found.why is Blindness.DENIED


def test_each_alarm_has_its_changes_since_the_promotion() -> None:
    since = NOW - timedelta(minutes=10)
    rang = alarm("one", StateTransitionedTimestamp=NOW - timedelta(minutes=2))
    item = {
        "Timestamp": NOW - timedelta(minutes=5),
        "HistoryData": '{"newState": {"stateValue": "ALARM"}}',
    }
    port = Answering(
        DescribeAlarms={"MetricAlarms": [rang, alarm("two")]},
        DescribeAlarmHistory={"AlarmHistoryItems": [item]},
    )

    found = read(port, AlarmSetQuery(US, "o", "", since))

    assert isinstance(found, Known)
    assert [len(view.changes) for view in found.value] == [1, 0]


def test_what_suppresses_a_composite_alarm_is_seen() -> None:
    quiet = alarm("one", ActionsSuppressedBy="Alarm")
    found = read(Answering(DescribeAlarms={"CompositeAlarms": [quiet]}), PREFIX)

    assert isinstance(found, Known)
    assert found.value[0].suppressed_by == "Alarm"
