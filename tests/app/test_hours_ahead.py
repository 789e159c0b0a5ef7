"""How the hours of stages look from now: files as they are, AWS where a stage asks for it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from mcm.app.hours_ahead import look_ahead
from mcm.app.local_source import no_calendars
from mcm.app.observing import Observer
from mcm.core.plans.service import Service
from mcm.core.query import Query
from mcm.core.reading import Known, Reading
from mcm.core.windows.hours import CalendarSource, ChangeCalendarView, LowTraffic
from tests.kit.clock import VirtualClock
from tests.planned import NOW, make_service

OPS = CalendarSource("ops", "change_calendar", "arn:ops", "")


class Calendars:
    """A source in which every change calendar is in one state."""

    def __init__(self, state: str) -> None:
        self.state = state

    def answers(self, query: Query) -> bool:
        return hasattr(query, "document")

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        return {query: Known(ChangeCalendarView(self.state, None), NOW) for query in queries}


def service(**window: object) -> Service:
    found = make_service(calendars=(OPS,), freezes=())
    (stage, *_) = found.stages
    assert stage.window is not None
    return replace(found, stages=(replace(stage, window=replace(stage.window, **window)),))  # type: ignore[arg-type]


def observer(state: str) -> Observer:
    return Observer([Calendars(state)], VirtualClock(NOW))


def test_written_hours_need_no_aws() -> None:
    of = service()
    (found,) = look_ahead(of, of.stages, no_calendars, None, NOW)

    assert (found.open, found.live) == (True, ())


def test_a_calendar_that_cannot_be_read_closes_the_stage() -> None:
    of = replace(
        service(deny=("days",)), calendars=(CalendarSource("days", "ics", "d.ics", "UTC"),)
    )
    (found,) = look_ahead(of, of.stages, no_calendars, None, NOW)

    assert (found.open, found.hours) == (False, None)
    assert found.openness.reason.startswith("a calendar cannot be read: ")


def test_a_change_calendar_of_aws_is_asked() -> None:
    """It lies in no file, and so the files need not be read for it."""
    of = service(deny=("ops",))
    read = lambda names, until: ()  # noqa: E731
    states = {
        state: look_ahead(of, of.stages, read, observer(state), NOW)[0]
        for state in ("OPEN", "CLOSED")
    }

    assert {state: found.open for state, found in states.items()} == {"OPEN": True, "CLOSED": False}
    assert states["CLOSED"].live[0].reason == "change calendar ops is CLOSED"


def test_what_aws_was_not_asked_for_is_closed() -> None:
    of = service(deny=("ops",), low_traffic=LowTraffic(10, timedelta(minutes=5)))
    (found,) = look_ahead(of, of.stages, lambda names, until: (), None, NOW)

    assert not found.open
    assert [gate.open for gate in found.live] == [False, False]
