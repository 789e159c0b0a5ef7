"""OpsItems of the sandbox, each answer held against botocore's model."""

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
