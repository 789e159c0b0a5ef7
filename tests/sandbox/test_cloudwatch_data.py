"""Putting, reading and listing metrics."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.sandbox.cloudwatch import CloudWatch
from tests.sandbox.asking import ACCOUNT, START, Asker

LIVE = [{"Name": "EndpointName", "Value": "photo-check-eu"}]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ask() -> Asker:
    return Asker("cloudwatch", CloudWatch(ACCOUNT, START))


def put(ask: Asker, metric: str, value: float, back: int, **more: Any) -> None:
    datum = {"MetricName": metric, "Value": value, "Timestamp": START - back * MINUTE}
    ask("PutMetricData", Namespace="Example", MetricData=[datum | {"Dimensions": LIVE} | more])


def stat(query: str, metric: str, name: str = "Sum", period: int = 60, **more: Any) -> Any:
    asked = {"Namespace": "Example", "MetricName": metric, "Dimensions": LIVE}
    return {"Id": query, "MetricStat": {"Metric": asked, "Stat": name, "Period": period}} | more


def get(ask: Asker, *queries: Any, back: int = 10, **more: Any) -> dict[str, Any]:
    span = {"StartTime": START - back * MINUTE, "EndTime": START}
    return ask("GetMetricData", MetricDataQueries=list(queries), **(span | more))


def values(reply: dict[str, Any]) -> dict[str, list[float]]:
    return {result["Id"]: result["Values"] for result in reply["MetricDataResults"]}


def test_no_data_is_no_values_and_complete(ask: Asker) -> None:
    """As on AWS: an empty answer is not an error, so a reader must not read it as zero."""
    (result,) = get(ask, stat("a", "NoSuch"))["MetricDataResults"]
    assert (result["Values"], result["Timestamps"], result["StatusCode"]) == ([], [], "Complete")


def test_points_carry_the_start_of_their_period_newest_first(ask: Asker) -> None:
    for back in (1, 2, 3):
        put(ask, "Requests", float(back), back)
    (result,) = get(ask, stat("a", "Requests"))["MetricDataResults"]
    assert result["Values"] == [1.0, 2.0, 3.0]
    assert result["Timestamps"] == [START - back * MINUTE for back in (1, 2, 3)]
    oldest_first = get(ask, stat("a", "Requests"), ScanBy="TimestampAscending")
    assert values(oldest_first) == {"a": [3.0, 2.0, 1.0]}


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Sum", 9.0), ("Average", 3.0), ("Minimum", 1.0), ("Maximum", 6.0), ("SampleCount", 3.0)],
)
def test_statistics(ask: Asker, statistic: str, value: float) -> None:
    for sample in (1.0, 2.0, 6.0):
        put(ask, "Requests", sample, 1)
    assert values(get(ask, stat("a", "Requests", statistic))) == {"a": [value]}


def test_a_percentile_lies_between_the_mean_and_the_ends(ask: Asker) -> None:
    """Single values are not kept: it is as of a bell with the known ends."""
    for sample in (1.0, 2.0, 6.0):
        put(ask, "Requests", sample, 1)
    wanted = ("p0", "p50", "p90", "p99", "p100")
    found = [values(get(ask, stat("a", "Requests", name)))["a"][0] for name in wanted]

    assert found == sorted(found)
    assert (found[0], found[1], found[-1]) == (1.0, 3.0, 6.0)


def test_a_fill_gives_a_point_where_the_metric_has_none(ask: Asker) -> None:
    put(ask, "Errors", 4.0, 2)
    filled = {"Id": "x", "Expression": "FILL(e, 0)"}
    alone = {"Id": "y", "Expression": "IF(e > 3, e, 0)"}

    found = values(get(ask, stat("e", "Errors"), filled, alone, back=3))

    assert found["x"] == [0.0, 4.0, 0.0]
    assert found["y"] == [4.0]


def test_the_end_is_exclusive(ask: Asker) -> None:
    put(ask, "Requests", 1.0, 2)
    put(ask, "Requests", 2.0, 1)
    assert values(get(ask, stat("a", "Requests"), EndTime=START - MINUTE)) == {"a": [1.0]}


def test_arithmetic_over_ids(ask: Asker) -> None:
    put(ask, "Errors", 5.0, 1)
    put(ask, "Requests", 50.0, 1)
    put(ask, "Requests", 50.0, 2)
    reply = get(
        ask,
        stat("e", "Errors", ReturnData=False),
        stat("r", "Requests", ReturnData=False),
        {"Id": "share", "Expression": "percent / 100"},
        {"Id": "percent", "Expression": "100 * e / r", "Label": "errors in %"},
    )
    assert values(reply) == {"share": [0.1], "percent": [10.0]}
    assert [result["Label"] for result in reply["MetricDataResults"]] == ["share", "errors in %"]


def test_a_division_by_zero_gives_no_point(ask: Asker) -> None:
    put(ask, "Errors", 0.0, 1)
    put(ask, "Requests", 0.0, 1)
    queries = (stat("e", "Errors"), stat("r", "Requests"), {"Id": "x", "Expression": "e / r"})
    assert values(get(ask, *queries))["x"] == []


@pytest.mark.parametrize(
    "queries",
    [
        [stat("a", "Requests", "tm99")],
        [stat("a", "Requests", period=45)],
        [stat("a", "Requests"), stat("a", "Errors")],
        [{"Id": "a"}],
        [stat("a", "Requests", Expression="1")],
        [{"Id": "a", "Expression": "b"}],
        [{"Id": "a", "Expression": "5"}],
        [{"Id": "a", "Expression": "b"}, {"Id": "b", "Expression": "a + 1"}],
        [stat("a", "Requests"), {"Id": "b", "Expression": "FILL(a, REPEAT)"}],
        [stat(f"m{number}", "Requests") for number in range(501)],
    ],
)
def test_what_is_not_understood_is_refused_never_guessed(ask: Asker, queries: Any) -> None:
    span = {"StartTime": START - MINUTE, "EndTime": START}
    assert ask.code("GetMetricData", MetricDataQueries=queries, **span) == "ValidationError"


def test_a_start_behind_the_end_is_refused(ask: Asker) -> None:
    span = {"StartTime": START, "EndTime": START}
    asked = [stat("a", "Requests")]
    assert ask.code("GetMetricData", MetricDataQueries=asked, **span) == "ValidationError"


def test_five_hundred_queries_are_one_call(ask: Asker) -> None:
    put(ask, "Requests", 1.0, 1)
    reply = get(ask, *[stat(f"m{number}", "Requests") for number in range(500)])
    assert len(reply["MetricDataResults"]) == 500
    assert "NextToken" not in reply


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_pages_split_an_id_and_together_hold_everything(ask: Asker, size: int) -> None:
    """Merged by Id, the pages give what one page gives; only the last part is Complete."""
    for back in (1, 2, 3):
        put(ask, "Requests", float(back), back)
        put(ask, "Errors", float(back) * 10, back)
    queries = (stat("a", "Requests"), stat("b", "NoSuch"), stat("c", "Errors"))
    whole = values(get(ask, *queries))
    merged: dict[str, list[float]] = {}
    last: dict[str, str] = {}
    more: dict[str, Any] = {}
    pages = 0
    while True:
        reply = get(ask, *queries, MaxDatapoints=size, **more)
        pages += 1
        assert sum(len(result["Values"]) for result in reply["MetricDataResults"]) <= size
        for result in reply["MetricDataResults"]:
            merged.setdefault(result["Id"], []).extend(result["Values"])
            last[result["Id"]] = result["StatusCode"]
        if "NextToken" not in reply:
            break
        more = {"NextToken": reply["NextToken"]}
    assert merged == whole
    assert set(last.values()) == {"Complete"}
    assert pages == -(-6 // size)


@pytest.mark.parametrize("token", ["nonsense", "W10=", "WzEsIC0xXQ==", "ünïcode", "bnVsbA=="])
def test_an_invented_token_is_refused(ask: Asker, token: str) -> None:
    span = {"StartTime": START - MINUTE, "EndTime": START, "NextToken": token}
    asked = [stat("a", "Requests")]
    assert ask.code("GetMetricData", MetricDataQueries=asked, **span) == "InvalidNextToken"


@pytest.mark.parametrize("status", ["InternalError", "PartialData", "Forbidden"])
def test_a_fault_answers_with_a_status_and_no_values(ask: Asker, status: str) -> None:
    put(ask, "Requests", 1.0, 1)
    cloudwatch = ask.service
    assert isinstance(cloudwatch, CloudWatch)
    cloudwatch.set_data_status(status)
    (result,) = get(ask, stat("a", "Requests"))["MetricDataResults"]
    assert (result["StatusCode"], result["Values"]) == (status, [])
    cloudwatch.set_data_status(None)
    assert values(get(ask, stat("a", "Requests"))) == {"a": [1.0]}


def test_statistic_sets_and_counted_values_are_put(ask: Asker) -> None:
    base = {"Timestamp": START - MINUTE, "Dimensions": LIVE, "Unit": "Count"}
    held = {"SampleCount": 4.0, "Sum": 8.0, "Minimum": 1.0, "Maximum": 5.0}
    data = [
        base | {"MetricName": "A", "StatisticValues": held},
        base | {"MetricName": "B", "Values": [1.0, 3.0], "Counts": [2.0, 1.0]},
    ]
    ask("PutMetricData", Namespace="Example", MetricData=data)
    assert values(get(ask, stat("a", "A"), stat("b", "B"))) == {"a": [8.0], "b": [5.0]}


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue"),
        ({"Values": []}, "InvalidParameterValue"),
    ],
)
def test_half_a_datum_is_refused(ask: Asker, datum: dict[str, Any], code: str) -> None:
    data = [{"MetricName": "A"} | datum]
    assert ask.code("PutMetricData", Namespace="Example", MetricData=data) == code


def test_get_metric_statistics(ask: Asker) -> None:
    for back in (1, 2, 3):
        put(ask, "Requests", float(back), back, Unit="Count")
    asked = {
        "Namespace": "Example",
        "MetricName": "Requests",
        "Dimensions": LIVE,
        "StartTime": START - 10 * MINUTE,
        "EndTime": START,
        "Period": 60,
    }
    reply = ask("GetMetricStatistics", Statistics=["Sum", "Average"], **asked)
    found = sorted((point["Timestamp"], point["Sum"]) for point in reply["Datapoints"])
    assert [value for _, value in found] == [3.0, 2.0, 1.0]
    assert {point["Unit"] for point in reply["Datapoints"]} == {"Count"}
    too_many = asked | {"StartTime": START - timedelta(days=2)}
    for refused in (
        asked | {"ExtendedStatistics": ["p99"]},
        too_many | {"Statistics": ["Sum"]},
    ):
        assert ask.code("GetMetricStatistics", **refused) == "InvalidParameterCombination"


def test_list_metrics_filters_and_pages(ask: Asker) -> None:
    for number in range(501):
        put(ask, f"M{number:03}", 1.0, 1)
    first = ask("ListMetrics", Namespace="Example")
    rest = ask("ListMetrics", Namespace="Example", NextToken=first["NextToken"])
    assert (len(first["Metrics"]), len(rest["Metrics"])) == (500, 1)
    assert "NextToken" not in rest
    assert len(ask("ListMetrics", MetricName="M007")["Metrics"]) == 1
    assert len(ask("ListMetrics", Dimensions=[{"Name": "EndpointName"}])["Metrics"]) == 500
    other = [{"Name": "EndpointName", "Value": "photo-check-fe"}]
    assert ask("ListMetrics", Dimensions=other)["Metrics"] == []
    ask.region = "us-east-1"
    assert ask("ListMetrics")["Metrics"] == []
