"""Readings of alarms that nobody names: all that begin so, or that are tagged so."""

from collections.abc import Iterable
from datetime import datetime

from mcm.aws.port import AwsError, Port, Reply
from mcm.aws.read_cloudwatch import ALARM_FIELDS, ALARM_KINDS, describe, see
from mcm.aws.reading import Clock, pages, unknown
from mcm.core.query import AlarmSetQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown

MOST_PAGES = 10
"""A thousand alarms; more than that is no set that somebody watches."""


def read_alarm_sets(
    port: Port, queries: Iterable[AlarmSetQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer each query with every alarm of its set, or with unknown."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = _read(port, query, at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _read(port: Port, query: AlarmSetQuery, at: datetime) -> Reading:
    found = _tagged(port, query.tag) if query.tag else _prefixed(port, query.prefix)
    if found is None:
        return Unknown(Blindness.FAILED, f"more than {MOST_PAGES} pages of alarms", at)
    views = []
    for name, item in sorted(found.items()):
        reading = see(port, name, item, query.since, at)
        if not isinstance(reading, Known):
            return reading
        views.append(reading.value)
    return Known(tuple(views), at)


def _prefixed(port: Port, prefix: str) -> dict[str, Reply] | None:
    params = {"AlarmNamePrefix": prefix, "AlarmTypes": ALARM_KINDS, "MaxRecords": 100}
    found: dict[str, Reply] = {}
    page: Reply = {}
    for page in pages(
        port, "cloudwatch", "DescribeAlarms", params, field="NextToken", limit=MOST_PAGES
    ):
        for field in ALARM_FIELDS:
            found |= {item["AlarmName"]: item for item in page.get(field, ())}
    return None if page.get("NextToken") else found


def _tagged(port: Port, tag: str) -> dict[str, Reply] | None:
    """Ask for the names by tag, then for the alarms by name: CloudWatch filters by no tag."""
    key, _, value = tag.partition("=")
    params = {
        "TagFilters": [{"Key": key, "Values": [value]}],
        "ResourceTypeFilters": ["cloudwatch:alarm"],
        "ResourcesPerPage": 100,
    }
    names: list[str] = []
    page: Reply = {}
    service, field = "resourcegroupstaggingapi", "PaginationToken"
    for page in pages(port, service, "GetResources", params, field=field, limit=MOST_PAGES):
        arns = (item["ResourceARN"] for item in page.get("ResourceTagMappingList", ()))
        names += [str(arn).split(":alarm:", 1)[1] for arn in arns if ":alarm:" in arn]
    if page.get("PaginationToken"):
        return None
    found: dict[str, Reply] = {}
    for start in range(0, len(names), 100):
        found |= describe(port, sorted(names[start : start + 100]))
    return found
