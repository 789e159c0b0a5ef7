"""Readings of Systems Manager's OpsItems: what is open in a place."""

from collections.abc import Iterable
from typing import Any

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.reading import Clock, moment, text, unknown, words
from mcm.core.incident import Incident, Incidents
from mcm.core.query import IncidentsQuery, Query
from mcm.core.reading import Known, Reading

SERVICE = "ssm"
OPEN = ["Open", "InProgress"]
"""What a person has not said to be over."""
MOST = 50


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


def _read(port: Port, query: IncidentsQuery) -> Incidents:
    filters: list[dict[str, Any]] = [_filter("Status", OPEN)]
    if query.severities:
        filters.append(_filter("Severity", list(query.severities)))
    if query.source:
        filters.append(_filter("Source", [query.source]))
    page = port.call(SERVICE, "DescribeOpsItems", {"OpsItemFilters": filters, "MaxResults": MOST})
    found = [_incident(item) for item in page.get("OpsItemSummaries", ())]
    newest = sorted(found, key=lambda item: item.opened_at, reverse=True)
    return Incidents(tuple(newest), bool(page.get("NextToken")))


def _filter(key: str, values: list[str]) -> dict[str, Any]:
    return {"Key": key, "Values": values, "Operator": "Equal"}


def _incident(item: Reply) -> Incident:
    return Incident(
        text(item.get("OpsItemId")),
        words(item.get("Title")),
        text(item.get("Severity")),
        moment(item["CreatedTime"]),
    )
