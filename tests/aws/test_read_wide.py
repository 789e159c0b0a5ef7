"""A pipeline's long past, and everything of a place: all pages, whatever order they come in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.aws import read_wide
from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.aws.read_wide import PAGES, read_all_alarms, read_endpoint_names, read_pasts
from mcm.core.past import Alarms, EndpointNames, Past
from mcm.core.query import AlarmsQuery, EndpointsQuery, PastQuery, PipelineId, Place
from mcm.core.reading import Blindness, Known, Reading, Unknown

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
SINCE = NOW - timedelta(days=30)
QUERY = PastQuery(PipelineId(US, "P"), SINCE)
Answer = Callable[[Params], Reply]


class Port:
    """Answers each operation with what the test says, and keeps what was asked."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Params]] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        self.asked.append((operation, params))
        return self.answers[operation](params)


def run(name: str, days: float, updated: float = 0, status: str = "Succeeded") -> Reply:
    return {
        "pipelineExecutionId": name,
        "status": status,
        "startTime": NOW - timedelta(days=days),
        "lastUpdateTime": NOW - timedelta(days=updated or days),
    }


def action(name: str, days: float, stage: str = "Prod", **fields: Any) -> Reply:
    at = NOW - timedelta(days=days)
    kind = {"actionTypeId": {"category": fields.pop("category", "Deploy")}}
    return {
        "pipelineExecutionId": name,
        "actionExecutionId": f"{name}-{stage}-{days}",
        "pipelineVersion": 4,
        "stageName": stage,
        "actionName": "Deploy",
        "startTime": at,
        "lastUpdateTime": at,
        "status": "Succeeded",
        "input": kind,
        **fields,
    }


def paged(field: str, *pages: list[Reply]) -> Answer:
    """Answer page by page; a filter for one execution looks through all of them."""

    def answer(params: Params) -> Reply:
        wanted = params.get("filter", {}).get("pipelineExecutionId")
        if wanted:
            every = [item for page in pages for item in page]
            return {field: [item for item in every if item["pipelineExecutionId"] == wanted]}
        number = int(params.get("nextToken", 0))
        more = {"nextToken": str(number + 1)} if number + 1 < len(pages) else {}
        return {field: pages[number], **more}

    return answer


def read(runs: Answer, actions: Answer) -> tuple[Port, Reading]:
    port = Port(ListPipelineExecutions=runs, ListActionExecutions=actions)
    return port, read_pasts(port, [QUERY], lambda: NOW)[QUERY]


def past(runs: Answer, actions: Answer) -> Past:
    _, reading = read(runs, actions)
    assert isinstance(reading, Known)
    found = reading.value
    assert isinstance(found, Past)
    return found


RUNS, ACTIONS = "pipelineExecutionSummaries", "actionExecutionDetails"


def test_pages_are_read_until_one_is_older_than_the_time_asked_for() -> None:
    actions = paged(
        ACTIONS, [action("e3", 1)], [action("e2", 29)], [action("e1", 31)], [action("e0", 32)]
    )

    port, reading = read(paged(RUNS, [run("e3", 1), run("e1", 31)]), actions)

    assert isinstance(reading, Known)
    assert [each.execution for each in reading.value.passages] == ["e3", "e2"]
    assert [p.get("nextToken") for op, p in port.asked if op == "ListActionExecutions"] == [
        None,
        "1",
        "2",
    ]


def test_what_waited_long_in_front_of_a_stage_is_asked_for_by_itself() -> None:
    """A list by executions has its late actions on a page that nobody would turn to."""
    actions = paged(ACTIONS, [action("new", 1)], [action("x", 40)], [action("old", 2)])

    found = past(paged(RUNS, [run("new", 1), run("old", 45, updated=2)]), actions)

    assert [each.execution for each in found.passages] == ["new", "old"]


def test_an_action_seen_twice_counts_once() -> None:
    one = action("old", 2)
    found = past(paged(RUNS, [run("old", 45, updated=2)]), paged(ACTIONS, [one, one]))

    assert len(found.passages) == 1


def test_versions_and_answers_come_along() -> None:
    answer = action(
        "e", 1, stage="Ask", category="Approval", actionName="Go", updatedBy="arn:aws:iam::1:user/b"
    )
    found = past(paged(RUNS, [run("e", 1)]), paged(ACTIONS, [action("e", 1), answer]))

    asked = next(each for each in found.passages if each.stage == "Ask")
    assert asked.answers == (("Go", "arn:aws:iam::1:user/b"),)
    assert {each.version for each in found.passages} == {4}


def test_a_past_without_end_is_cut_and_says_so() -> None:
    def endless(params: Params) -> Reply:
        number = int(params.get("nextToken", 0))
        items = [action(f"e{number}-{index}", 1) for index in range(100)]
        return {ACTIONS: items, "nextToken": str(number + 1)}

    found = past(paged(RUNS, []), endless)

    assert found.cut == f"ListActionExecutions was left after {100 * PAGES} items"


def test_what_aws_denies_throttles_or_garbles_is_unknown() -> None:
    def fail(kind: ErrorKind) -> Answer:
        def answer(params: Params) -> Reply:
            raise AwsError(kind, "No", "no", service="codepipeline", operation="List")

        return answer

    for kind, why in (
        (ErrorKind.DENIED, Blindness.DENIED),
        (ErrorKind.THROTTLED, Blindness.THROTTLED),
        (ErrorKind.AUTH, Blindness.AUTH),
    ):
        _, reading = read(fail(kind), paged(ACTIONS, []))
        assert isinstance(reading, Unknown)
        assert reading.why is why
    _, reading = read(paged(RUNS, [{"startTime": NOW}]), paged(ACTIONS, []))
    assert isinstance(reading, Unknown)


def test_all_alarms_of_every_kind_are_listed_and_a_cut_list_says_so() -> None:
    def describe(params: Params) -> Reply:
        number = int(params.get("NextToken", 0))
        more = {"NextToken": str(number + 1)}
        return {
            "MetricAlarms": [{"AlarmName": f"m{number}"}],
            "CompositeAlarms": [{"AlarmName": f"c{number}"}],
            **(more if number < 2 or number >= 5 else {}),
        }

    port = Port(DescribeAlarms=describe)
    query = AlarmsQuery(US)
    reading = read_all_alarms(port, [query], lambda: NOW)[query]

    assert isinstance(reading, Known)
    found = reading.value
    assert isinstance(found, Alarms)
    assert [each.name for each in found.definitions] == ["c0", "c1", "c2", "m0", "m1", "m2"]
    assert not found.more
    assert port.asked[0][1]["AlarmTypes"] == ["MetricAlarm", "CompositeAlarm", "LogAlarm"]


def test_more_alarms_than_are_read_are_told() -> None:
    port = Port(DescribeAlarms=lambda params: {"MetricAlarms": [], "NextToken": "x"})
    query = AlarmsQuery(US)
    reading = read_all_alarms(port, [query], lambda: NOW)[query]

    assert isinstance(reading, Known)
    assert reading.value.more
    assert len(port.asked) == read_wide.ALARM_PAGES


def test_endpoints_are_listed_by_name() -> None:
    port = Port(
        ListEndpoints=lambda params: {"Endpoints": [{"EndpointName": "b"}, {"EndpointName": "a"}]}
    )
    query = EndpointsQuery(US)

    reading = read_endpoint_names(port, [query], lambda: NOW)[query]

    assert isinstance(reading, Known)
    assert reading.value == EndpointNames(("a", "b"), False)


def test_a_denied_list_is_unknown_and_not_empty() -> None:
    def deny(params: Params) -> Reply:
        raise AwsError(ErrorKind.DENIED, "AccessDenied", "no", service="s", operation="o")

    port = Port(ListEndpoints=deny, DescribeAlarms=deny)
    for reading in (
        read_endpoint_names(port, [EndpointsQuery(US)], lambda: NOW)[EndpointsQuery(US)],
        read_all_alarms(port, [AlarmsQuery(US)], lambda: NOW)[AlarmsQuery(US)],
    ):
        assert isinstance(reading, Unknown)
        assert reading.why is Blindness.DENIED
