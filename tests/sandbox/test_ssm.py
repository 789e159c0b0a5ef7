"""OpsItems and Change Calendars of the sandbox, each answer held against botocore's model."""

import pytest

from mcm.sandbox.ssm import Ssm
from tests.sandbox.asking import Asker


@pytest.fixture
def ask() -> Asker:
    return Asker("ssm", Ssm())


def create(ask: Asker, title: str, severity: str = "1", source: str = "ticketing") -> str:
    reply = ask("CreateOpsItem", Title=title, Description="-", Source=source, Severity=severity)
    return str(reply["OpsItemId"])


def titles(ask: Asker, *filters: tuple[str, str], **more: int) -> list[str]:
    wanted = [{"Key": key, "Values": [value], "Operator": "Equal"} for key, value in filters]
    reply = ask("DescribeOpsItems", OpsItemFilters=wanted, **more)
    return [item["Title"] for item in reply["OpsItemSummaries"]]


def test_an_item_is_open_until_somebody_resolves_it(ask: Asker) -> None:
    name = create(ask, "photos are lost")
    assert titles(ask, ("Status", "Open")) == ["photos are lost"]

    ask("UpdateOpsItem", OpsItemId=name, Status="Resolved")

    assert titles(ask, ("Status", "Open")) == []


def test_filters_are_joined_and_regions_apart(ask: Asker) -> None:
    create(ask, "one")
    create(ask, "two", severity="3")
    create(ask, "three", source="others")

    assert titles(ask, ("Severity", "1"), ("Source", "ticketing")) == ["one"]
    ask.region = "us-east-1"
    assert titles(ask) == []


def test_pages_have_a_token_until_the_last(ask: Asker) -> None:
    for number in range(3):
        create(ask, str(number))
    first = ask("DescribeOpsItems", MaxResults=2)
    rest = ask("DescribeOpsItems", MaxResults=2, NextToken=first["NextToken"])

    assert len(first["OpsItemSummaries"]) == 2
    assert [item["Title"] for item in rest["OpsItemSummaries"]] == ["2"]
    assert "NextToken" not in rest


def test_what_is_not_there_or_not_emulated_is_refused(ask: Asker) -> None:
    assert ask.code("UpdateOpsItem", OpsItemId="oi-000000000000") == "OpsItemNotFoundException"
    later = {"Key": "CreatedTime", "Values": ["x"], "Operator": "GreaterThan"}
    assert ask.code("DescribeOpsItems", OpsItemFilters=[later]) == "InternalServerError"


def calendar(kind: str, *events: str) -> str:
    inner = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nX-CALENDAR-TYPE:{kind}\r\n{inner}END:VCALENDAR\r\n"


NIGHT = "DTSTART:20260318T020000Z\r\nDTEND:20260318T050000Z"


def put(ask: Asker, content: str, operation: str = "CreateDocument") -> None:
    more = {"DocumentType": "ChangeCalendar"} if operation == "CreateDocument" else {}
    ask(operation, Name="quiet", Content=content, DocumentFormat="TEXT", **more)


@pytest.mark.parametrize(
    ("kind", "at", "state", "turns"),
    [
        ("DEFAULT_CLOSED", "2026-03-18T01:59:59Z", "CLOSED", "2026-03-18T02:00:00Z"),
        ("DEFAULT_CLOSED", "2026-03-18T02:00:00Z", "OPEN", "2026-03-18T05:00:00Z"),
        ("DEFAULT_OPEN", "2026-03-18T04:59:59Z", "CLOSED", "2026-03-18T05:00:00Z"),
        ("DEFAULT_OPEN", "2026-03-18T05:00:00Z", "OPEN", None),
    ],
)
def test_an_event_turns_a_calendar_around(
    ask: Asker, kind: str, at: str, state: str, turns: str | None
) -> None:
    put(ask, calendar(kind, NIGHT))
    reply = ask("GetCalendarState", CalendarNames=["quiet"], AtTime=at)

    assert (reply["State"], reply.get("NextTransitionTime")) == (state, turns)


def test_several_calendars_are_open_when_all_are_and_an_arn_names_one(ask: Asker) -> None:
    put(ask, calendar("DEFAULT_OPEN"))
    arn = "arn:aws:ssm:eu-west-1:111111111111:document/quiet"
    assert ask("GetCalendarState", CalendarNames=["quiet", arn])["State"] == "OPEN"

    put(ask, calendar("DEFAULT_CLOSED"), "UpdateDocument")

    assert ask("GetCalendarState", CalendarNames=[arn])["State"] == "CLOSED"


def test_calendars_that_are_not_there_or_not_emulated_are_refused(ask: Asker) -> None:
    assert ask.code("GetCalendarState", CalendarNames=["gone"]) == "InvalidDocument"
    weekly = calendar("DEFAULT_OPEN", f"{NIGHT}\r\nRRULE:FREQ=WEEKLY")
    for content in (weekly, "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"):
        code = ask.code(
            "CreateDocument", Name="other", Content=content, DocumentType="ChangeCalendar"
        )
        assert code == "InvalidDocumentContent"
