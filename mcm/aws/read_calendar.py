"""Readings of Change Calendars: whether each is open now (AWS-RULES 34)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mcm.aws.port import AwsError, Port
from mcm.aws.reading import Clock, text, unknown
from mcm.core.query import ChangeCalendarQuery, Query
from mcm.core.reading import Known, Reading
from mcm.core.sanitize import clean
from mcm.core.windows.hours import ChangeCalendarView

SERVICE = "ssm"


def read_calendars(
    port: Port, queries: Iterable[ChangeCalendarQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer calendar queries, one call each: a call for several says only whether all are open."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            reply = port.call(SERVICE, "GetCalendarState", {"CalendarNames": [query.document]})
        except AwsError as err:
            answers[query] = unknown(err, at)
            continue
        state = clean(text(reply.get("State")), 40)
        answers[query] = Known(ChangeCalendarView(state, _moment(reply)), at)
    return answers


def _moment(reply: dict[str, Any]) -> datetime | None:
    """Return when the state changes, which AWS writes as ISO 8601; it is only shown."""
    try:
        found = datetime.fromisoformat(text(reply.get("NextTransitionTime")))
    except (ValueError, TypeError):
        return None
    return found.astimezone(UTC) if found.tzinfo else None
