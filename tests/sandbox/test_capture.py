"""The sandbox's data capture: what is written, where, when, and what is not."""

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from mcm.aws.port import Params
from mcm.sandbox.capture import KEPT, MOST, Asked, Capture
from mcm.sandbox.sagemaker_example import CAPTURE_BUCKETS, ExampleWorld, build_world
from mcm.sandbox.service import Caller, Stored
from tests.sandbox.asking import START

NAME, US = "photo-check-us", "us-east-1"
LIVE, CANDIDATE = f"records/{NAME}/live/", f"records/{NAME}/candidate/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world() -> ExampleWorld:
    """The example, with its shadow of v7 in US for a quarter of an hour."""
    world = build_world(START)
    world.begin(US, NAME, "photo-check-us-v6-shadow-v7", START)
    later = START + 15 * MINUTE
    world.sagemaker.advance(later)
    world.capture.due(later)
    return world


NOW = START + 20 * MINUTE


def records(objects: list[Stored], prefix: str) -> list[dict[str, Any]]:
    found = [each for each in objects if each.key.startswith(prefix)]
    return [json.loads(line) for each in found for line in each.body.splitlines()]


def reconfigure(world: ExampleWorld, **capture: Any) -> Capture:
    """Let the shadow's configuration have another data capture; return what writes then."""
    registry = world.sagemaker.registry
    caller = Caller("111111111111", US, "arn:aws:iam::111111111111:root", "1", NOW)
    found = registry.config(US, "photo-check-us-v6-shadow-v7")
    kept = {k: v for k, v in found.items() if k not in ("EndpointConfigArn", "CreationTime")}
    data: Params = {**kept["DataCaptureConfig"], **capture}
    data = {name: value for name, value in data.items() if value is not None}
    params = {**kept, "EndpointConfigName": "another", "DataCaptureConfig": data}
    registry.create_config(params, caller)
    world.begin(US, NAME, "another", NOW)
    world.sagemaker.advance(NOW + MINUTE)
    world.capture.due(NOW + MINUTE)
    return world.capture


AFTER = NOW + 5 * MINUTE


def test_objects_lie_by_endpoint_variant_and_hour(world: ExampleWorld) -> None:
    found = world.capture.due(NOW)

    assert {each.bucket for each in found} == {CAPTURE_BUCKETS[0][1]}
    hour = f"{NOW:%Y/%m/%d/%H}"
    form = re.compile(
        rf"records/{NAME}/(live|candidate)/{hour}/\d\d-\d\d-\d{{3}}-[0-9a-f-]+\.jsonl"
    )
    assert [each.key for each in found if not form.fullmatch(each.key)] == []
    assert {each.key.split("/")[2] for each in found} == {"live", "candidate"}
    assert [each.written for each in found] == sorted(each.written for each in found)


def test_a_record_has_what_aws_writes(world: ExampleWorld) -> None:
    for prefix, model in ((LIVE, "photo-check-v6"), (CANDIDATE, "photo-check-v7")):
        record = records(world.capture.due(NOW) or world.capture.due(NOW + MINUTE), prefix)[0]
        said, given = (
            record["captureData"]["endpointInput"],
            record["captureData"]["endpointOutput"],
        )
        assert (said["mode"], said["encoding"]) == ("INPUT", "BASE64")
        assert base64.b64decode(said["data"])
        assert (given["mode"], given["encoding"]) == ("OUTPUT", "JSON")
        assert json.loads(given["data"])["model"] == model
        assert set(record["eventMetadata"]) == {"eventId", "inferenceTime"}
        assert record["eventVersion"] == "0"


def test_a_shadows_record_is_of_the_same_event_as_the_live_ones(world: ExampleWorld) -> None:
    found = world.capture.due(NOW)
    live, shadow = records(found, LIVE), records(found, CANDIDATE)

    assert len(live) == len(shadow) > 0
    assert [r["eventMetadata"] for r in live] == [r["eventMetadata"] for r in shadow]


def test_each_object_is_written_once(world: ExampleWorld) -> None:
    first, again = world.capture.due(NOW), world.capture.due(NOW)
    later = world.capture.due(NOW + MINUTE)

    assert again == []
    assert not {each.key for each in first} & {each.key for each in later}


def test_what_nobody_asked_for_in_long_is_written_no_more(world: ExampleWorld) -> None:
    late = NOW + timedelta(days=2)

    found = world.capture.due(late)

    assert min(each.written for each in found) > late - KEPT - MINUTE


def test_a_request_that_was_really_sent_is_recorded_for_every_variant(world: ExampleWorld) -> None:
    world.capture.asked(US, NAME, Asked(NOW - MINUTE, b'{"parcel": 7}', "application/json"))

    found = world.capture.due(NOW)

    for prefix in (LIVE, CANDIDATE):
        data = [r["captureData"]["endpointInput"]["data"] for r in records(found, prefix)]
        assert data.count('{"parcel": 7}') == 1


def test_without_requests_there_is_no_object(world: ExampleWorld) -> None:
    world.traffic.stop(NAME, at=NOW)
    world.capture.due(NOW)

    assert world.capture.due(NOW + 3 * MINUTE) == []


def test_only_the_share_that_is_wanted_is_recorded(world: ExampleWorld) -> None:
    found = reconfigure(world, InitialSamplingPercentage=50).due(AFTER)

    objects = [each for each in found if each.key.startswith(CANDIDATE)]
    assert {len(each.body.splitlines()) for each in objects} == {MOST // 2}


@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        ("Input", {"endpointInput"}),
        ("Output", {"endpointOutput"}),
        ("InputAndOutput", {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_what_is_wanted_is_recorded(world: ExampleWorld, mode: str, kept: set[str]) -> None:
    found = reconfigure(world, CaptureOptions=[{"CaptureMode": mode}]).due(AFTER)

    assert {frozenset(r["captureData"]) for r in records(found, CANDIDATE)} == {frozenset(kept)}


def test_without_known_content_types_everything_is_base64(world: ExampleWorld) -> None:
    found = reconfigure(world, CaptureContentTypeHeader=None).due(AFTER)

    parts = [r["captureData"]["endpointOutput"]["encoding"] for r in records(found, CANDIDATE)]
    assert set(parts) == {"BASE64"}


@pytest.mark.parametrize(("enabled", "writes"), [(False, False), (True, True), (None, True)])
def test_capture_is_on_unless_it_says_otherwise(
    world: ExampleWorld, enabled: bool | None, writes: bool
) -> None:
    assert bool(reconfigure(world, EnableCapture=enabled).due(AFTER)) is writes


def test_an_endpoint_without_capture_writes_nothing(world: ExampleWorld) -> None:
    assert [each for each in world.capture.due(NOW) if NAME not in each.key] == []


def test_records_may_come_late(world: ExampleWorld) -> None:
    world.capture.delay = 3 * MINUTE

    found = world.capture.due(NOW)

    assert max(each.written for each in found) <= NOW
    assert {f"{each.written - 3 * MINUTE:%M-%S-000}" for each in found} == {
        each.key.rpartition("/")[2][:9] for each in found
    }


def test_a_variant_can_stop_being_recorded(world: ExampleWorld) -> None:
    world.stop_records(NAME, "candidate", NOW - 2 * MINUTE)

    found = world.capture.due(NOW)

    assert max(e.written for e in found if e.key.startswith(CANDIDATE)) <= NOW - 2 * MINUTE
    assert max(e.written for e in found if e.key.startswith(LIVE)) == NOW


def test_a_variants_records_can_be_cut_short(world: ExampleWorld) -> None:
    world.garble_records(NAME, "candidate", NOW - 2 * MINUTE)

    found = world.capture.due(NOW)

    last = [e for e in found if e.key.startswith(CANDIDATE)][-1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(last.body.splitlines()[-1])
    assert records(found, LIVE)


def test_what_was_captured_before_an_update_is_of_the_model_that_served_then() -> None:
    world = build_world(START)
    world.begin(US, NAME, "photo-check-us-v6-shadow-v7", START + 5 * MINUTE)
    world.sagemaker.advance(START + 9 * MINUTE)

    found = world.capture.due(START + 9 * MINUTE)

    shadow = [each.written for each in found if each.key.startswith(CANDIDATE)]
    assert shadow
    assert min(shadow) > START + 5 * MINUTE
    assert min(each.written for each in found if each.key.startswith(LIVE)) < START + 5 * MINUTE
