"""Observing AWS: every query gets a reading, whatever the calls do."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest

from mcm.aws.observe import AwsSource, GroupKey, Task
from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
from mcm.core.query import (
    ActionsQuery,
    AlarmQuery,
    EndpointQuery,
    ExecutionQuery,
    HistoryQuery,
    IdentityQuery,
    InboxQuery,
    Metric,
    MetricQuery,
    PipelineQuery,
    Place,
    Query,
)
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.kit.readings import NOW, PIPELINE, STAGE, US

WITHIN = timedelta(seconds=5)
QUERIES: list[Query] = [
    PipelineQuery(PIPELINE),
    HistoryQuery(PIPELINE, STAGE),
    ExecutionQuery(PIPELINE, "new"),
    ActionsQuery(PIPELINE, "new"),
    AlarmQuery(US, "photo-check-5xx", None),
    EndpointQuery(US, "photo-check-us"),
    IdentityQuery(US),
]


class Fails:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def call(self, service: str, operation: str, params: Params) -> Reply:
        raise self.error


class Nonsense:
    """Answers everything with a reply of another shape."""

    def call(self, service: str, operation: str, params: Params) -> Reply:
        return {
            "stageStates": 7,
            "pipelineVersion": "four",
            "pipelineExecutionSummaries": [7],
            "actionExecutionDetails": ["none"],
            "MetricAlarms": [None],
            "ProductionVariants": [None],
        }


def source(port: Port) -> AwsSource:
    return AwsSource(lambda _place: port, lambda: NOW)


@pytest.mark.parametrize("query", QUERIES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("port", [Nonsense(), Fails(RuntimeError("boom"))], ids=["nonsense", "bug"])
def test_nonsense_is_unknown_and_never_raises(query: Query, port: Port) -> None:
    assert isinstance(source(port).read([query], WITHIN)[query], Unknown)


@pytest.mark.parametrize("kind", list(ErrorKind), ids=str)
def test_a_failed_call_makes_each_of_its_queries_unknown(kind: ErrorKind) -> None:
    found = source(Fails(AwsError(kind, "Code", "no"))).read(QUERIES, WITHIN)

    assert set(found) == set(QUERIES)
    assert all(isinstance(one, Unknown) for one in found.values())
    blind = {one.why is Blindness.AUTH for one in found.values() if isinstance(one, Unknown)}
    assert blind == {kind is ErrorKind.AUTH}


def test_a_place_that_cannot_be_connected_is_unknown() -> None:
    def connect(place: Place) -> Port:
        raise AwsError(ErrorKind.AUTH, "NoCredentials", "none for this place")

    found = AwsSource(connect, lambda: NOW).read(QUERIES, WITHIN)

    assert all(isinstance(one, Unknown) and one.why is Blindness.AUTH for one in found.values())


def test_one_place_that_fails_leaves_the_others_alone() -> None:
    eu = Place(US.account, "eu-west-1")
    good = {"MetricAlarms": [{"AlarmName": "a", "StateValue": "OK"}]}

    class Answers:
        def call(self, service: str, operation: str, params: Params) -> Reply:
            return good

    ports: dict[Place, Port] = {US: Answers(), eu: Fails(AwsError(ErrorKind.LOST, "5xx", "no"))}
    mine, other = AlarmQuery(US, "a", None), AlarmQuery(eu, "a", None)

    found = AwsSource(ports.__getitem__, lambda: NOW).read([mine, other], WITHIN)

    assert isinstance(found[mine], Known)
    assert isinstance(found[other], Unknown)


def test_a_group_that_is_not_back_in_time_is_late() -> None:
    def nobody_back(
        tasks: Mapping[GroupKey, Task], within: timedelta
    ) -> Mapping[GroupKey, Mapping[Query, Reading]]:
        return {}

    found = AwsSource(lambda _place: Nonsense(), lambda: NOW, nobody_back).read(QUERIES, WITHIN)

    assert all(isinstance(one, Unknown) and one.why is Blindness.LATE for one in found.values())


def test_it_answers_for_aws_only() -> None:
    assert all(source(Nonsense()).answers(query) for query in QUERIES)
    assert not source(Nonsense()).answers(InboxQuery("CM-0001"))


class Everything:
    """Answers alarms and metrics as AWS would, and counts what it was asked."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def call(self, service: str, operation: str, params: Params) -> Reply:
        self.calls[operation] += 1
        if operation == "DescribeAlarms":
            old = NOW - timedelta(days=9)
            shown = {"StateValue": "OK", "StateTransitionedTimestamp": old}
            return {"MetricAlarms": [{"AlarmName": n, **shown} for n in params["AlarmNames"]]}
        shown = [each for each in params["MetricDataQueries"] if each["ReturnData"]]
        return {
            "MetricDataResults": [
                {"Id": each["Id"], "StatusCode": "Complete", "Timestamps": [], "Values": []}
                for each in shown
            ]
        }


def test_a_turn_over_a_thousand_stages_is_as_few_calls_as_aws_allows() -> None:
    """Ten alarms and two metrics a stage, each promoted at another time, all in one place."""
    queries: list[Query] = []
    for stage in range(1000):
        since = NOW - timedelta(minutes=30 + stage % 60)
        queries += [AlarmQuery(US, f"alarm-{stage}-{n}", since) for n in range(10)]
        for name in ("errors", "latency"):
            metric = Metric("Example", f"{name}-{stage}", (), "Sum", timedelta(minutes=1))
            queries.append(MetricQuery(US, metric, since, None, timedelta(minutes=3)))
    port = Everything()

    found = AwsSource(lambda _: port, lambda: NOW).read(queries, WITHIN)

    assert all(isinstance(reading, Known) for reading in found.values())
    assert port.calls == {"DescribeAlarms": 10_000 // 100, "GetMetricData": 2000 // 500}
