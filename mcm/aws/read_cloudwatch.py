"""Readings of CloudWatch: alarms a hundred at a time, metrics five hundred at a time."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.reading import Clock, moment, pages, text, unknown, words
from mcm.core.alarm import IN_ALARM, AlarmChange, AlarmDefinition, AlarmView
from mcm.core.points import Points
from mcm.core.query import (
    AlarmDefinitionQuery,
    AlarmQuery,
    FiringQuery,
    MetricQuery,
    Query,
    TrafficQuery,
)
from mcm.core.reading import Blindness, Known, Reading, Unknown

SERVICE = "cloudwatch"
T = TypeVar("T")
ALARM_KINDS = ["MetricAlarm", "CompositeAlarm", "LogAlarm"]
"""All kinds must be named, or those left out are silently absent (AWS-RULES 18)."""
_FIELDS = {f"{kind}s": kind for kind in ALARM_KINDS}
"""Where a reply shows each kind."""


def read_alarms(port: Port, queries: Iterable[AlarmQuery], clock: Clock) -> dict[Query, Reading]:
    """Answer alarm queries; a name that does not come back is unknown, never OK."""
    answers: dict[Query, Reading] = {}
    for chunk in _chunks(sorted(queries, key=lambda query: query.name), 100):
        at = clock()
        try:
            found = _describe(port, sorted({query.name for query in chunk}))
        except AwsError as err:
            answers.update({query: unknown(err, at) for query in chunk})
            continue
        for query in chunk:
            answers[query] = _alarm(port, query, found.get(query.name), at)
    return answers


def read_firing(port: Port, queries: Iterable[FiringQuery], clock: Clock) -> dict[Query, Reading]:
    """Answer which alarms of the place are in ALARM: one page, and whether there is more."""
    from mcm.core.past import Firing

    at = clock()
    params = {"StateValue": IN_ALARM, "AlarmTypes": ALARM_KINDS, "MaxRecords": 100}
    try:
        page = port.call(SERVICE, "DescribeAlarms", params)
    except AwsError as err:
        return {query: unknown(err, at) for query in queries}
    items = [item for field in _FIELDS for item in page.get(field, ())]
    views = tuple(_view(item["AlarmName"], item, ()) for item in items)
    return {query: Known(Firing(views, bool(page.get("NextToken"))), at) for query in queries}


def read_definitions(
    port: Port, queries: Iterable[AlarmDefinitionQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer how alarms are set up; a name that does not come back is unknown."""
    answers: dict[Query, Reading] = {}
    for chunk in _chunks(sorted(queries, key=lambda query: query.name), 100):
        at = clock()
        try:
            found = _definitions(port, sorted({query.name for query in chunk}))
        except AwsError as err:
            answers.update({query: unknown(err, at) for query in chunk})
            continue
        for query in chunk:
            known = found.get(query.name)
            answers[query] = Known(known, at) if known else _absent(at)
    return answers


def _absent(at: datetime) -> Unknown:
    return Unknown(Blindness.ABSENT, "CloudWatch has no alarm of that name", at)


def _describe(port: Port, names: list[str]) -> dict[str, Reply]:
    return {name: dict(found.spelled) for name, found in _definitions(port, names).items()}


def _definitions(port: Port, names: list[str]) -> dict[str, AlarmDefinition]:
    params = {"AlarmNames": names, "AlarmTypes": ALARM_KINDS, "MaxRecords": 100}
    found: dict[str, AlarmDefinition] = {}
    for page in pages(port, SERVICE, "DescribeAlarms", params, field="NextToken", limit=10):
        for field, kind in _FIELDS.items():
            for item in page.get(field, ()):
                found[item["AlarmName"]] = AlarmDefinition(item["AlarmName"], kind, item)
    return found


def _alarm(port: Port, query: AlarmQuery, item: Reply | None, at: datetime) -> Reading:
    if item is None:
        return _absent(at)
    transitioned = _transitioned(item)
    changes: tuple[AlarmChange, ...] = ()
    if query.since is not None and (transitioned is None or transitioned >= query.since):
        try:
            changes = _changes(port, query.name, query.since, at)
        except AwsError as err:
            return unknown(err, at)
    return Known(_view(query.name, item, changes), at)


def _view(name: str, item: Reply, changes: tuple[AlarmChange, ...]) -> AlarmView:
    return AlarmView(
        name=name,
        state=text(item.get("StateValue")),
        evaluation_state=text(item.get("EvaluationState")),
        transitioned_at=_transitioned(item),
        reason=words(item.get("StateReason")),
        pages=bool(item.get("ActionsEnabled", True)),
        changes=changes,
    )


def _transitioned(item: Reply) -> datetime | None:
    changed = item.get("StateTransitionedTimestamp") or item.get("StateUpdatedTimestamp")
    return moment(changed) if changed else None


def _changes(port: Port, name: str, since: datetime, until: datetime) -> tuple[AlarmChange, ...]:
    """Return the alarm's state changes from history; each item carries its JSON in HistoryData."""
    params: dict[str, Any] = {
        "AlarmName": name,
        "AlarmTypes": ALARM_KINDS,
        "HistoryItemType": "StateUpdate",
        "StartDate": since,
        "EndDate": until + timedelta(minutes=1),
        "MaxRecords": 100,
    }
    changes = []
    for page in pages(port, SERVICE, "DescribeAlarmHistory", params, field="NextToken", limit=5):
        for item in page.get("AlarmHistoryItems", ()):
            try:
                state = text(json.loads(item.get("HistoryData", "{}"))["newState"]["stateValue"])
            except (ValueError, KeyError, TypeError):
                state = "unreadable"
            changes.append(AlarmChange(moment(item["Timestamp"]), state))
    return tuple(sorted(changes, key=lambda change: change.at))


def read_metrics(
    port: Port, queries: Iterable[MetricQuery | TrafficQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer metric queries; anything but StatusCode Complete is unknown (AWS-RULES 24)."""
    answers: dict[Query, Reading] = {}
    spans: dict[tuple[datetime, datetime], list[MetricQuery | TrafficQuery]] = {}
    for query in queries:
        at = clock()
        start, end = _closed(query, at)
        if start >= end:
            answers[query] = Known(Points(()), at)
        else:
            spans.setdefault((start, end), []).append(query)
    for (start, end), members in spans.items():
        for chunk in _chunks(members, 500):
            answers.update(_fetch(port, chunk, start, end, clock()))
    return answers


def _closed(query: MetricQuery | TrafficQuery, now: datetime) -> tuple[datetime, datetime]:
    """Round to whole periods that lie inside the asked span: the open one still changes."""
    step = query.metric.period.total_seconds()
    if isinstance(query, TrafficQuery):
        end = (now - query.lag).timestamp() // step * step
        start = end - query.span.total_seconds() // step * step
        return datetime.fromtimestamp(start, now.tzinfo), datetime.fromtimestamp(end, now.tzinfo)
    start = -(-query.start.timestamp() // step) * step
    end = (query.end or now - query.lag).timestamp() // step * step
    zone = query.start.tzinfo
    return datetime.fromtimestamp(start, zone), datetime.fromtimestamp(end, zone)


def _fetch(
    port: Port,
    chunk: Sequence[MetricQuery | TrafficQuery],
    start: datetime,
    end: datetime,
    at: datetime,
) -> dict[Query, Reading]:
    ids = {f"m{index}": query for index, query in enumerate(chunk)}
    params = {
        "MetricDataQueries": [_data_query(name, query) for name, query in ids.items()],
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
        return {query: unknown(err, at) for query in chunk}
    answers: dict[Query, Reading] = {}
    for name, query in ids.items():
        code = status.get(name, "no result")
        if code == "Complete":
            answers[query] = Known(Points(tuple(sorted(points[name].items()))), at)
        else:
            answers[query] = Unknown(Blindness.FAILED, f"metric data is {code}", at)
    return answers


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _data_query(name: str, query: MetricQuery | TrafficQuery) -> Reply:
    metric = query.metric
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
        "ReturnData": True,
    }
