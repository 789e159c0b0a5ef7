"""Readings of Systems Manager's OpsItems: what is open in a place, and what was."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.reading import Clock, moment, pages, text, unknown, words
from mcm.core.incident import Incident, Incidents, PastIncident
from mcm.core.query import IncidentsQuery, PastIncidentsQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown

SERVICE = "ssm"
OPEN = ["Open", "InProgress"]
"""What a person has not said to be over."""
MOST = 50
MOST_PAGES = 20


def read_incidents(
    port: Port, queries: Iterable[IncidentsQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer each query by one page, newest first; whether there is more is said."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = Known(_read(port, query), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def read_past_incidents(
    port: Port, queries: Iterable[PastIncidentsQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer each query with what was touched since then; cut short it is unknown."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = _past(port, query, at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _past(port: Port, query: PastIncidentsQuery, at: datetime) -> Reading:
    since = f"{query.since:%Y-%m-%dT%H:%M:%SZ}"
    filters = _filters(query.severities, query.source)
    filters.append({"Key": "LastModifiedTime", "Values": [since], "Operator": "GreaterThan"})
    params = {"OpsItemFilters": filters, "MaxResults": MOST}
    found: list[PastIncident] = []
    page: Reply = {}
    for page in pages(
        port, SERVICE, "DescribeOpsItems", params, field="NextToken", limit=MOST_PAGES
    ):
        found += [_was(item) for item in page.get("OpsItemSummaries", ())]
    if page.get("NextToken"):
        return Unknown(Blindness.FAILED, f"more than {MOST * MOST_PAGES} OpsItems", at)
    return Known(tuple(sorted(found, key=lambda each: each.started_at)), at)


def _was(item: Reply) -> PastIncident:
    start = item.get("ActualStartTime") or item["CreatedTime"]
    end = item.get("ActualEndTime")
    if end is None and text(item.get("Status")) not in OPEN:
        end = item.get("LastModifiedTime")
    return PastIncident(text(item.get("OpsItemId")), moment(start), moment(end) if end else None)


def _read(port: Port, query: IncidentsQuery) -> Incidents:
    filters = [_filter("Status", OPEN), *_filters(query.severities, query.source)]
    page = port.call(SERVICE, "DescribeOpsItems", {"OpsItemFilters": filters, "MaxResults": MOST})
    found = [_incident(item) for item in page.get("OpsItemSummaries", ())]
    newest = sorted(found, key=lambda item: item.opened_at, reverse=True)
    return Incidents(tuple(newest), bool(page.get("NextToken")))


def _filters(severities: Sequence[str], source: str) -> list[dict[str, Any]]:
    pairs = (("Severity", list(severities)), ("Source", [source] if source else []))
    return [_filter(key, values) for key, values in pairs if values]


def _filter(key: str, values: list[str]) -> dict[str, Any]:
    return {"Key": key, "Values": values, "Operator": "Equal"}


def _incident(item: Reply) -> Incident:
    return Incident(
        text(item.get("OpsItemId")),
        words(item.get("Title")),
        text(item.get("Severity")),
        moment(item["CreatedTime"]),
    )
