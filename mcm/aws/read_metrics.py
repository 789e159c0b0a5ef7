"""Readings of CloudWatch's metrics: five hundred queries a call, closed periods only.

All queries that reach up to now, or up to the same day, share one span, the widest, so
that a turn is one call for a place; each gets its own part of the answer (AWS-RULES 24, 27).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import lcm
from typing import Any

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.reading import Clock, moment, pages, text, unknown
from mcm.core.judging import retention
from mcm.core.judging.expression import renamed
from mcm.core.points import Points
from mcm.core.query import Expression, Metric, MetricQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown

SERVICE = "cloudwatch"
MOST = 500
"""MetricDataQueries in one call."""
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Span = tuple[datetime, datetime]


def read_metrics(port: Port, queries: Iterable[MetricQuery], clock: Clock) -> dict[Query, Reading]:
    """Answer metric queries; anything but StatusCode Complete is unknown (AWS-RULES 24)."""
    answers: dict[Query, Reading] = {}
    groups: dict[object, dict[MetricQuery, Span]] = {}
    for query in queries:
        at = clock()
        start, end = closed(query, at)
        if start >= end:
            answers[query] = Known(Points(()), at)
        elif why := retention.too_old(query.metric.period, at - start):
            answers[query] = Unknown(Blindness.FAILED, why, at)
        else:
            together = query.lag // _DAY if query.end is None else (start, end)
            groups.setdefault(together, {})[query] = (start, end)
    for spans in groups.values():
        for chunk in _chunks(list(spans)):
            answers.update(_fetch(port, {query: spans[query] for query in chunk}, clock()))
    return answers


def closed(query: MetricQuery, now: datetime) -> Span:
    """Return the whole periods that lie inside the asked span: the open one still changes."""
    step = query.metric.period
    end = _EPOCH + (((query.end or now - query.lag) - _EPOCH) // step) * step
    if query.start is None:
        return end - (query.last // step) * step, end
    return _EPOCH - ((_EPOCH - query.start) // step) * step, end


def _chunks(queries: Sequence[MetricQuery]) -> Iterator[list[MetricQuery]]:
    """Yield queries that fit into one call; an expression takes a place for each metric, too."""
    chunk: list[MetricQuery] = []
    room = MOST
    for query in queries:
        size = 1 + len(query.metric.metrics) if isinstance(query.metric, Expression) else 1
        if size > room:
            yield chunk
            chunk, room = [], MOST
        chunk.append(query)
        room -= size
    if chunk:
        yield chunk


def _fetch(port: Port, spans: Mapping[MetricQuery, Span], at: datetime) -> dict[Query, Reading]:
    ids = {f"m{index}": query for index, query in enumerate(spans)}
    start, end = _widest(spans)
    params = {
        "MetricDataQueries": [item for name, query in ids.items() for item in _asked(name, query)],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    }
    points: dict[str, dict[datetime, Decimal]] = {name: {} for name in ids}
    status: dict[str, str] = {}
    try:
        for page in pages(port, SERVICE, "GetMetricData", params, field="NextToken", limit=50):
            for result in page.get("MetricDataResults", ()):
                stamps = [moment(stamp) for stamp in result.get("Timestamps", ())]
                values = [Decimal(str(value)) for value in result.get("Values", ())]
                points.setdefault(result["Id"], {}).update(zip(stamps, values, strict=True))
                status[result["Id"]] = text(result.get("StatusCode"))
    except AwsError as err:
        return {query: unknown(err, at) for query in spans}
    return {
        query: _reading(points[name], status.get(name, "no result"), spans[query], at)
        for name, query in ids.items()
    }


def _widest(spans: Mapping[MetricQuery, Span]) -> Span:
    """Return one span for all, that begins with a whole period of each."""
    steps = {int(query.metric.period.total_seconds()) for query in spans}
    step = timedelta(seconds=lcm(*steps))
    start = min(start for start, _ in spans.values())
    if len(steps) > 1:
        start = _EPOCH + ((start - _EPOCH) // step) * step
    return start, max(end for _, end in spans.values())


def _reading(found: Mapping[datetime, Decimal], code: str, span: Span, at: datetime) -> Reading:
    if code != "Complete":
        return Unknown(Blindness.FAILED, f"metric data is {code}", at)
    start, end = span
    inside = sorted((stamp, value) for stamp, value in found.items() if start <= stamp < end)
    return Known(Points(tuple(inside), start, end), at)


def _asked(name: str, query: MetricQuery) -> list[Reply]:
    """Return what one query is in a request; the parts of an expression give no data."""
    if isinstance(query.metric, Metric):
        return [_metric(name, query.metric, shown=True)]
    ids = {inner: f"{name}_{inner}" for inner, _ in query.metric.metrics}
    parts = [_metric(ids[inner], metric, shown=False) for inner, metric in query.metric.metrics]
    formula = {"Id": name, "Expression": renamed(query.metric.text, ids), "ReturnData": True}
    return [*parts, formula]


def _metric(name: str, metric: Metric, *, shown: bool) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in metric.dimensions],
            },
            "Period": int(metric.period.total_seconds()),
            "Stat": metric.stat,
        },
        "ReturnData": shown,
    }
