"""Bytes and values, both ways, in AWS JSON and in query with XML."""

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mcm.sandbox.http_wire import (
    WireError,
    error_xml,
    parse_json,
    parse_query,
    to_json,
    to_xml,
)
from mcm.sandbox.shapes import operation_model

WHEN = datetime(2026, 3, 18, 9, 2, 0, 250000, tzinfo=UTC)


def shape(service: str, operation: str) -> Any:
    model = operation_model(service, operation)
    assert model is not None
    return model.input_shape


METRICS = shape("cloudwatch", "GetMetricData")


@pytest.mark.parametrize("spelled", [1773824520.25, "2026-03-18T09:02:00.250Z"])
def test_instants_come_as_seconds_or_text(spelled: Any) -> None:
    body = json.dumps({"StartTime": spelled}).encode()
    assert parse_json(body, METRICS) == {"StartTime": WHEN}


def test_null_is_absent_and_unknown_is_kept() -> None:
    body = b'{"NextToken": null, "Mood": "good"}'
    assert parse_json(body, METRICS) == {"Mood": "good"}


def test_an_empty_body_has_no_parameters() -> None:
    assert parse_json(b"", METRICS) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"\xff",
        b'{"StartTime": "soon"}',
        b'{"StartTime": true}',
        b'{"StartTime": 1e300}',
        b'{"MaxDatapoints": "5"}',
        b'{"MaxDatapoints": true}',
        b'{"MetricDataQueries": {}}',
        b'{"NextToken": 5}',
    ],
)
def test_what_spells_no_input_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_json(body, METRICS)


def test_replies_are_spelled_with_epoch_seconds() -> None:
    reply = {"a": WHEN, "b": WHEN.replace(microsecond=0), "c": b"png"}
    assert to_json(reply) == b'{"a": 1773824520.25, "b": 1773824520, "c": "cG5n"}'


def test_query_lists_and_numbers() -> None:
    body = (
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn&RoleSessionName=al%40ice"
        b"&DurationSeconds=900&Tags.member.2.Key=b&Tags.member.2.Value=2"
        b"&Tags.member.1.Key=a&Tags.member.1.Value=1&TransitiveTagKeys.member.1=a"
    )
    assert parse_query(body, shape("sts", "AssumeRole")) == {
        "RoleArn": "arn",
        "RoleSessionName": "al@ice",
        "DurationSeconds": 900,
        "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}],
        "TransitiveTagKeys": ["a"],
    }


def test_query_keeps_what_it_does_not_know() -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15&Mood=good"
    assert parse_query(body, shape("sts", "GetCallerIdentity")) == {"Mood": "good"}


@pytest.mark.parametrize("body", [b"Action=AssumeRole&DurationSeconds=long", b"nonsense", b"\xff"])
def test_query_that_spells_no_input_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_query(body, shape("sts", "AssumeRole"))


def test_xml_escapes_its_texts() -> None:
    model = operation_model("sts", "GetCallerIdentity")
    assert model is not None
    text = to_xml("GetCallerIdentity", "urn:x", model.output_shape, {"Arn": "<a&b>"}, "1")
    found = ET.fromstring(text).find("{urn:x}GetCallerIdentityResult/{urn:x}Arn")
    assert found is not None
    assert found.text == "<a&b>"
    assert b"<Message>a &lt; b</Message>" in error_xml("Code", "a < b", "1")
