"""The inbox and the freezes as readings: what cannot be read is unknown, never empty."""

from datetime import datetime, timedelta

import pytest

from mcm.app.local_source import LocalSource
from mcm.core.errors import McmError, RefusedError
from mcm.core.query import CalendarsQuery, FreezesQuery, IdentityQuery, InboxQuery, Place
from mcm.core.reading import Blindness, Known, Unknown
from mcm.core.trust.inbox import Inbox
from mcm.core.windows.hours import Calendar
from tests.kit.clock import START, VirtualClock

SECOND = timedelta(seconds=1)
LOCAL = datetime.fromisoformat("2028-01-01")


def test_each_read_asks_anew() -> None:
    asked: list[str] = []

    def inbox(change: str) -> Inbox:
        asked.append(change)
        return Inbox((), ())

    source = LocalSource(inbox, lambda: (), VirtualClock())
    query = InboxQuery("CM-1")

    for _ in range(2):
        assert source.read([query], SECOND) == {query: Known(Inbox((), ()), START)}
    assert asked == ["CM-1", "CM-1"]
    assert source.read([FreezesQuery("s")], SECOND) == {FreezesQuery("s"): Known((), START)}


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("E_TRUST_SYNTAX", "no trust file"),
        McmError("mcm.yaml:1:1: unknown key\nmcm.yaml:2:1: another"),
        OSError("disk"),
        ValueError("no"),
    ],
)
def test_what_cannot_be_read_is_unknown(error: Exception) -> None:
    """One line of the reason; a gate that rests on it closes."""

    def fail(*_: object) -> tuple[()]:
        raise error

    source = LocalSource(fail, fail, VirtualClock(), fail)  # type: ignore[arg-type]
    for query in (InboxQuery("CM-1"), FreezesQuery("s"), CalendarsQuery(("days",), LOCAL)):
        found = source.read([query], SECOND)[query]

        assert isinstance(found, Unknown)
        assert found == Unknown(Blindness.FAILED, str(error).splitlines()[0], START)


def test_calendars_are_read_by_name_up_to_a_time() -> None:
    def read(names: tuple[str, ...], until: datetime) -> tuple[Calendar, ...]:
        return tuple(Calendar(name, "ics", "c.ics", "UTC", (), until) for name in names)

    source = LocalSource(lambda _: Inbox((), ()), lambda: (), VirtualClock(), read)
    query = CalendarsQuery(("days",), LOCAL)

    assert source.answers(query)
    expected = (Calendar("days", "ics", "c.ics", "UTC", (), LOCAL),)
    assert source.read([query], SECOND) == {query: Known(expected, START)}


def test_who_reads_no_calendars_knows_none() -> None:
    source = LocalSource(lambda _: Inbox((), ()), lambda: (), VirtualClock())
    query = CalendarsQuery(("days",), LOCAL)

    assert isinstance(source.read([query], SECOND)[query], Unknown)


def test_what_aws_knows_is_not_its_business() -> None:
    source = LocalSource(lambda _: Inbox((), ()), lambda: (), VirtualClock())

    assert not source.answers(IdentityQuery(Place("1", "us-east-1")))
    assert source.answers(InboxQuery("CM-1"))
