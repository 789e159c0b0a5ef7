"""Readings of Change Calendars over a port that answers what AWS may answer."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.aws.read_calendar import read_calendars
from mcm.core.query import ChangeCalendarQuery, Place
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.windows.hours import ChangeCalendarView

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
QUERY = ChangeCalendarQuery(Place("111111111111", "us-east-1"), "quiet")


class Answering:
    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, Params]] = []

    def call(self, service: str, operation: str, params: Params) -> Reply:
        self.asked.append((service, operation, params))
        if isinstance(self.answer, AwsError):
            raise self.answer
        return dict(self.answer)


def read(answer: Any) -> Reading:
    return read_calendars(Answering(answer), [QUERY], lambda: NOW)[QUERY]


def test_state_and_when_it_turns() -> None:
    answer = {"State": "CLOSED", "AtTime": "x", "NextTransitionTime": "2026-03-19T01:00:00Z"}

    turns = datetime(2026, 3, 19, 1, 0, tzinfo=UTC)
    assert read(answer) == Known(ChangeCalendarView("CLOSED", turns), NOW)


@pytest.mark.parametrize("told", [{}, {"NextTransitionTime": "soon"}, {"NextTransitionTime": 3}])
def test_when_it_turns_may_be_unknown(told: dict[str, object]) -> None:
    assert read({"State": "OPEN", **told}) == Known(ChangeCalendarView("OPEN", None), NOW)


def test_each_calendar_is_asked_by_itself() -> None:
    """A call for several says only whether all are open."""
    port = Answering({"State": "OPEN"})
    other = ChangeCalendarQuery(QUERY.place, "other")
    read_calendars(port, [QUERY, other], lambda: NOW)

    assert port.asked == [
        ("ssm", "GetCalendarState", {"CalendarNames": [name]}) for name in ("quiet", "other")
    ]


def test_a_refusal_is_unknown() -> None:
    error = AwsError(ErrorKind.REFUSED, "InvalidDocument", "no such document")

    found = read(error)

    assert isinstance(found, Unknown)
    assert found.why is Blindness.FAILED
