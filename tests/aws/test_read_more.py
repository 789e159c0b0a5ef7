"""Readings of OpsItems, of captured records, and a sample sent to an endpoint."""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.aws.invoke import invoke
from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.aws.read_capture import read_captures
from mcm.aws.read_incidents import read_incidents, read_past_incidents
from mcm.core.capture import CaptureView
from mcm.core.incident import Incidents, PastIncident
from mcm.core.invocation import InvocationView
from mcm.core.query import CaptureQuery, IncidentsQuery, InvocationQuery, PastIncidentsQuery, Place
from mcm.core.reading import Blindness, Known, Reading, Unknown
from tests.aws.answering import Answering

NOW = datetime(2026, 3, 18, 10, 5, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
DENIED = AwsError(ErrorKind.DENIED, "AccessDenied", "no")


def item(name: str, hours: float) -> Reply:
    return {
        "OpsItemId": name,
        "Title": "photos are lost",
        "Severity": "1",
        "CreatedTime": NOW - timedelta(hours=hours),
    }


def test_open_incidents_are_asked_for_by_severity_newest_first() -> None:
    query = IncidentsQuery(US, ("1", "2"), "ticketing")
    port = Answering(DescribeOpsItems={"OpsItemSummaries": [item("oi-1", 5), item("oi-2", 1)]})

    found = read_incidents(port, [query], lambda: NOW)[query]

    assert isinstance(found, Known)
    assert isinstance(found.value, Incidents)
    assert [each.id for each in found.value.open] == ["oi-2", "oi-1"]
    assert not found.value.more
    filters = port.calls[0][1]["OpsItemFilters"]
    assert [(f["Key"], f["Values"]) for f in filters] == [
        ("Status", ["Open", "InProgress"]),
        ("Severity", ["1", "2"]),
        ("Source", ["ticketing"]),
    ]


def test_incidents_that_may_not_be_read_are_unknown() -> None:
    query = IncidentsQuery(US, (), "")
    found = read_incidents(Answering(DescribeOpsItems=DENIED), [query], lambda: NOW)[query]

    assert isinstance(found, Unknown)
    assert found.why is Blindness.DENIED


def test_past_incidents_last_from_what_people_said_or_from_what_was_done() -> None:
    query = PastIncidentsQuery(US, ("1",), "", NOW - timedelta(days=1))
    hour = timedelta(hours=1)
    said = {"ActualStartTime": NOW - 6 * hour, "ActualEndTime": NOW - 5 * hour}
    resolved = {"Status": "Resolved", "LastModifiedTime": NOW - hour}
    items = [
        {**item("oi-open", 1), "Status": "Open", "LastModifiedTime": NOW},
        {**item("oi-done", 3), **resolved},
        {**item("oi-said", 4), **resolved, **said},
    ]
    port = Answering(DescribeOpsItems={"OpsItemSummaries": items})
    found = read_past_incidents(port, [query], lambda: NOW)[query]

    assert isinstance(found, Known)
    assert found.value == (
        PastIncident("oi-said", NOW - 6 * hour, NOW - 5 * hour),
        PastIncident("oi-done", NOW - 3 * hour, NOW - hour),
        PastIncident("oi-open", NOW - hour, None),
    )
    since = port.calls[0][1]["OpsItemFilters"][-1]
    assert (since["Key"], since["Operator"]) == ("LastModifiedTime", "GreaterThan")


def test_past_incidents_of_which_only_a_part_was_read_are_unknown() -> None:
    query = PastIncidentsQuery(US, (), "", NOW - timedelta(days=1))
    port = Answering(DescribeOpsItems={"OpsItemSummaries": [], "NextToken": "more"})

    assert isinstance(read_past_incidents(port, [query], lambda: NOW)[query], Unknown)


CAPTURE = CaptureQuery(US, "records", "capture", "photo-check-us", "candidate")


def captured(*lines: bytes, **more: Any) -> Reading:
    port = Answering(
        ListObjectsV2={"Contents": [{"Key": "old", "LastModified": NOW - timedelta(minutes=9)}]}
        | {"Contents": [{"Key": "new.jsonl", "LastModified": NOW - timedelta(minutes=2)}]},
        GetObject={"Body": io.BytesIO(b"\n".join(lines))},
        **more,
    )
    return read_captures(port, [CAPTURE], lambda: NOW)[CAPTURE]


def test_the_last_record_of_the_newest_object_is_read() -> None:
    record = json.dumps({"captureData": {"endpointInput": {"data": "x"}}}).encode()
    found = captured(b"not this one", record, b"")

    assert isinstance(found, Known)
    assert isinstance(found.value, CaptureView)
    assert found.value.key == "new.jsonl"
    assert "captureData.endpointInput.data" in found.value.fields


@pytest.mark.parametrize("line", [b"{", b"[1]", b"\xff\xfe", b""])
def test_a_record_that_is_no_json_object_says_so(line: bytes) -> None:
    found = captured(line)

    assert isinstance(found, Known)
    assert found.value.problem


def test_records_that_may_not_be_read_are_unknown() -> None:
    for port in (
        Answering(ListObjectsV2=DENIED),
        Answering(ListObjectsV2=objects("one"), GetObject=DENIED),
    ):
        found = read_captures(port, [CAPTURE], lambda: NOW)[CAPTURE]

        assert isinstance(found, Unknown)
        assert found.why is Blindness.DENIED


def objects(*keys: str, **more: Any) -> Reply:
    """Return a page of objects, each a second younger than the one before."""
    written = ((key, NOW - timedelta(minutes=9) + timedelta(seconds=n)) for n, key in keys_of(keys))
    return {"Contents": [{"Key": key, "LastModified": at} for key, at in written], **more}


def keys_of(keys: tuple[str, ...]) -> list[tuple[int, str]]:
    return [(int(key.rpartition("-")[2]) if "-" in key else 0, key) for key in keys]


class Paged(Answering):
    """A bucket with more objects than one page holds."""

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if operation == "ListObjectsV2" and "ContinuationToken" in params:
            self.calls.append((operation, params))
            return objects("record-3")
        return super().call(service, operation, params)


def test_the_newest_record_is_found_behind_the_first_page() -> None:
    first = objects("record-1", "record-2", IsTruncated=True, NextContinuationToken="more")
    port = Paged(ListObjectsV2=first, GetObject={"Body": b"{}"})

    found = read_captures(port, [CAPTURE], lambda: NOW)[CAPTURE]

    assert isinstance(found, Known)
    assert found.value.key == "record-3"


def test_an_hour_without_end_is_unknown() -> None:
    """The newest of a part could be an old one, and no turn lists for ever."""
    port = Answering(ListObjectsV2=objects("record-1", NextContinuationToken="again"))

    found = read_captures(port, [CAPTURE], lambda: NOW)[CAPTURE]

    assert isinstance(found, Unknown)
    assert "more than 50 pages" in found.reason


def test_this_hour_is_looked_at_and_then_the_one_before() -> None:
    port = Answering(ListObjectsV2={})

    found = read_captures(port, [CAPTURE], lambda: NOW)[CAPTURE]

    assert [params["Prefix"] for _, params in port.calls] == [
        "capture/photo-check-us/candidate/2026/03/18/10/",
        "capture/photo-check-us/candidate/2026/03/18/09/",
    ]
    assert found == Known(CaptureView("", None, frozenset()), NOW)


SAMPLE = b'{"photo": "parcel"}'
DIGEST = hashlib.sha256(SAMPLE).hexdigest()


def sent(
    answer: Any, digest: str = DIGEST, sample: bytes | OSError = SAMPLE
) -> tuple[Reading, Answering]:
    def read(name: str) -> bytes:
        if isinstance(sample, OSError):
            raise sample
        return sample

    second = timedelta(seconds=1)
    query = InvocationQuery(
        US, "photo-check-us", "live", "samples/x.json", digest, "application/json", second, second
    )
    port = Answering(InvokeEndpoint=answer)
    return invoke(port, query, read, lambda: NOW), port


def test_the_signed_sample_is_sent_and_the_answer_kept() -> None:
    reading, port = sent({"Body": io.BytesIO(b'{"label"'), "InvokedProductionVariant": "live"})

    assert isinstance(reading, Known)
    assert isinstance(reading.value, InvocationView)
    assert (reading.value.answer, reading.value.variant) == ('{"label"', "live")
    assert port.calls[0][1]["TargetVariant"] == "live"


def test_another_file_than_the_signed_one_is_never_sent() -> None:
    reading, port = sent({"Body": b"x"}, digest="0" * 64)

    assert isinstance(reading, Unknown)
    assert DIGEST in reading.reason
    assert port.calls == []


def test_a_sample_that_is_gone_is_unknown() -> None:
    reading, port = sent({"Body": b"x"}, sample=FileNotFoundError(2, "No such file"))

    assert isinstance(reading, Unknown)
    assert port.calls == []


def test_a_failing_model_is_an_answer_and_a_refusal_is_none() -> None:
    failed, _ = sent(AwsError(ErrorKind.INVALID, "ModelError", "500 from the container"))
    refused, _ = sent(AwsError(ErrorKind.INVALID, "ValidationError", "no such endpoint"))

    assert isinstance(failed, Known)
    assert "500 from the container" in failed.value.failed
    assert isinstance(refused, Unknown)
