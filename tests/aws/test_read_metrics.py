"""Readings of CloudWatch's metrics over a port that answers what AWS may answer."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mcm.aws.port import Reply
from mcm.aws.read_metrics import read_metrics
from mcm.core.points import Points
from mcm.core.query import Expression, Metric, MetricQuery, Place
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.aws.answering import Answering

NOW = datetime(2026, 3, 18, 10, 0, 20, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
LAG = timedelta(0)
MINUTE = timedelta(minutes=1)

REQUESTS = Metric(
    "AWS/SageMaker", "Invocations", (("EndpointName", "x"),), "Sum", timedelta(minutes=1)
)


def metric(minutes: float = 10) -> MetricQuery:
    return MetricQuery(US, REQUESTS, NOW - timedelta(minutes=minutes), None, LAG)


def result(name: str = "m0", status: str = "Complete", *points: tuple[int, float]) -> Reply:
    start = NOW.replace(second=0)
    return {
        "Id": name,
        "StatusCode": status,
        "Timestamps": [start - timedelta(minutes=ago) for ago, _ in points],
        "Values": [value for _, value in points],
    }


def metrics(pages: list[Reply], query: MetricQuery) -> Reading:
    return read_metrics(Answering(GetMetricData=pages), [query], lambda: NOW)[query]


def test_an_id_split_over_pages_is_put_together_oldest_first() -> None:
    query = metric()
    pages = [
        {"MetricDataResults": [result("m0", "PartialData", (1, 5.0))], "NextToken": "more"},
        {"MetricDataResults": [result("m0", "Complete", (3, 7.0), (2, 6.0))]},
    ]
    found = metrics(pages, query)

    assert isinstance(found, Known)
    assert [value for _, value in found.value.points] == [Decimal(7), Decimal(6), Decimal(5)]


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden", "Pondering", ""])
def test_what_is_not_complete_is_unknown(status: str) -> None:
    found = metrics([{"MetricDataResults": [result("m0", status, (1, 5.0))]}], metric())

    assert isinstance(found, Unknown)


def test_a_metric_that_does_not_come_back_is_unknown() -> None:
    assert isinstance(metrics([{"MetricDataResults": []}], metric()), Unknown)


def test_the_open_period_is_not_asked_for() -> None:
    """It still changes (AWS-RULES 24)."""
    port = Answering(GetMetricData={"MetricDataResults": [result()]})
    read_metrics(port, [metric()], lambda: NOW)
    params = port.calls[0][1]

    assert params["EndTime"] == NOW.replace(second=0)
    assert params["StartTime"] == NOW.replace(second=0) - timedelta(minutes=9)


def test_a_span_without_a_whole_period_holds_nothing_and_asks_nothing() -> None:
    port = Answering()
    query = metric(0.5)

    found = read_metrics(port, [query], lambda: NOW)[query]

    assert isinstance(found, Known)
    assert found.value.total() == 0
    assert port.calls == []


def test_five_hundred_metrics_are_one_call() -> None:
    port = Answering(
        GetMetricData=lambda params: {
            "MetricDataResults": [result(each["Id"]) for each in params["MetricDataQueries"]]
        }
    )
    start = NOW - timedelta(minutes=10)
    queries = [
        MetricQuery(
            US, Metric("Example", f"metric-{n}", (), "Sum", timedelta(minutes=1)), start, None, LAG
        )
        for n in range(500)
    ]

    found = read_metrics(port, queries, lambda: NOW)

    assert len(port.calls) == 1
    assert all(isinstance(one, Known) for one in found.values())


def echo(*, status: str = "Complete") -> Answering:
    """A port that gives each query that returns data a point for 1 and 20 minutes ago."""
    return Answering(
        GetMetricData=lambda params: {
            "MetricDataResults": [
                result(each["Id"], status, (1, 5.0), (20, 7.0))
                for each in params["MetricDataQueries"]
                if each["ReturnData"]
            ]
        }
    )


def test_queries_of_different_spans_are_one_call_and_each_gets_its_own_part() -> None:
    port, short, long = echo(), metric(10), metric(30)

    found = read_metrics(port, [short, long], lambda: NOW)

    assert len(port.calls) == 1
    assert [len(known(found[query]).points) for query in (short, long)] == [1, 2]


def known(reading: Reading) -> Points:
    assert isinstance(reading, Known)
    assert isinstance(reading.value, Points)
    return reading.value


def test_an_expression_has_ids_of_its_own_and_shows_only_its_result() -> None:
    parts = tuple((name, Metric("Example", name, (), "Sum", MINUTE)) for name in ("errors", "all"))
    formula = Expression("100 * errors / all", tuple(sorted(parts)))
    queries = [MetricQuery(US, formula, NOW - 9 * MINUTE, None, LAG), metric(9)]
    port = echo()

    found = read_metrics(port, queries, lambda: NOW)

    asked = port.calls[0][1]["MetricDataQueries"]
    shown = [each["Id"] for each in asked if each["ReturnData"]]
    assert shown == ["m0", "m1"]
    assert asked[2] == {"Id": "m0", "Expression": "100 * m0_errors / m0_all", "ReturnData": True}
    assert len(known(found[queries[0]]).points) == 1


def test_without_a_start_the_newest_whole_periods_are_asked_for() -> None:
    query = MetricQuery(US, REQUESTS, None, None, 3 * MINUTE, 3 * MINUTE)
    port = echo()

    found = known(read_metrics(port, [query], lambda: NOW)[query])

    end = NOW.replace(second=0) - 3 * MINUTE
    assert (found.start, found.end) == (end - 3 * MINUTE, end)
    assert list(found.by_period(MINUTE).values()) == [None] * 3


def test_rule_24_only_closed_periods_that_have_settled_are_asked_for() -> None:
    query = MetricQuery(US, REQUESTS, NOW - 9 * MINUTE, None, 3 * MINUTE)
    port = echo()

    found = known(read_metrics(port, [query], lambda: NOW)[query])

    assert port.calls[0][1]["EndTime"] == NOW.replace(second=0) - 3 * MINUTE
    assert found.points == ()


@pytest.mark.parametrize(
    ("period", "age", "kept"),
    [
        (timedelta(seconds=10), timedelta(hours=4), "3 hours"),
        (MINUTE, timedelta(days=16), "15 days"),
        (5 * MINUTE, timedelta(days=64), "63 days"),
        (timedelta(hours=1), timedelta(days=456), "455 days"),
    ],
)
def test_rule_27_a_period_finer_than_what_is_kept_is_refused(
    period: timedelta, age: timedelta, kept: str
) -> None:
    old = Metric("Example", "x", (), "Sum", period)
    query = MetricQuery(US, old, NOW - age, NOW - age + 2 * period, LAG)
    port = echo()

    found = read_metrics(port, [query], lambda: NOW)[query]

    assert isinstance(found, Unknown)
    assert found.why is Blindness.FAILED
    assert kept in found.reason
    assert port.calls == []


def test_the_order_of_pages_and_points_changes_nothing() -> None:
    query, ages = metric(30), list(range(1, 30))
    whole = result("m0", "Complete", *((age, age) for age in ages))
    reference = metrics([{"MetricDataResults": [whole]}], query)
    chance = random.Random(3)
    for _ in range(20):
        chance.shuffle(ages)
        half = chance.randrange(1, 28)
        parts = [
            result("m0", "Complete", *((age, age) for age in piece))
            for piece in (ages[:half], ages[half:])
        ]
        pages = [
            {"MetricDataResults": [parts[0]], "NextToken": "more"},
            {"MetricDataResults": [parts[1]]},
        ]
        assert metrics(pages, query) == reference
