"""Readings of CloudWatch's alarms, a hundred at a time."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.reading import Clock, moment, pages, text, unknown, words
from mcm.core.alarm import IN_ALARM, AlarmChange, AlarmDefinition, AlarmView
from mcm.core.query import AlarmDefinitionQuery, AlarmQuery, FiringQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown

SERVICE = "cloudwatch"
T = TypeVar("T")
ALARM_KINDS = ["MetricAlarm", "CompositeAlarm", "LogAlarm"]
"""All kinds must be named, or those left out are silently absent (AWS-RULES 18)."""
ALARM_FIELDS = {f"{kind}s": kind for kind in ALARM_KINDS}
"""Where a reply shows each kind."""


def read_alarms(port: Port, queries: Iterable[AlarmQuery], clock: Clock) -> dict[Query, Reading]:
    """Answer alarm queries; a name that does not come back is unknown, never OK."""
    answers: dict[Query, Reading] = {}
    for chunk in _chunks(sorted(queries, key=lambda query: query.name), 100):
        at = clock()
        try:
            found = describe(port, sorted({query.name for query in chunk}))
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
    items = [item for field in ALARM_FIELDS for item in page.get(field, ())]
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


def describe(port: Port, names: list[str]) -> dict[str, Reply]:
    """Return alarms by name, at most a hundred; those that are not there are left out."""
    return {name: dict(found.spelled) for name, found in _definitions(port, names).items()}


def _definitions(port: Port, names: list[str]) -> dict[str, AlarmDefinition]:
    params = {"AlarmNames": names, "AlarmTypes": ALARM_KINDS, "MaxRecords": 100}
    found: dict[str, AlarmDefinition] = {}
    for page in pages(port, SERVICE, "DescribeAlarms", params, field="NextToken", limit=10):
        for field, kind in ALARM_FIELDS.items():
            for item in page.get(field, ()):
                found[item["AlarmName"]] = AlarmDefinition(item["AlarmName"], kind, item)
    return found


def _alarm(port: Port, query: AlarmQuery, item: Reply | None, at: datetime) -> Reading:
    return _absent(at) if item is None else see(port, query.name, item, query.since, at)


def see(port: Port, name: str, item: Reply, since: datetime | None, at: datetime) -> Reading:
    """Return an alarm's view, its state changes since `since` from history where it had some."""
    transitioned = _transitioned(item)
    changes: tuple[AlarmChange, ...] = ()
    if since is not None and (transitioned is None or transitioned >= since):
        try:
            changes = _changes(port, name, since, at)
        except AwsError as err:
            return unknown(err, at)
    return Known(_view(name, item, changes), at)


def _view(name: str, item: Reply, changes: tuple[AlarmChange, ...]) -> AlarmView:
    return AlarmView(
        name=name,
        state=text(item.get("StateValue")),
        evaluation_state=text(item.get("EvaluationState")),
        transitioned_at=_transitioned(item),
        reason=words(item.get("StateReason")),
        pages=bool(item.get("ActionsEnabled", True)),
        changes=changes,
        suppressed_by=_suppressor(item),
    )


def _suppressor(item: Reply) -> str:
    """Say what keeps a composite alarm's actions back now: AWS's word, and which alarm it is."""
    by = words(item.get("ActionsSuppressedBy"))
    alarm = words(item.get("ActionsSuppressor")).rpartition(":alarm:")[2]
    return f"{by} {alarm}".strip() if by else ""


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


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
