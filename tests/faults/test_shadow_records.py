"""`shadow-traffic` over HTTP, from a request's copy to the record in S3 and its verdict."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mcm.core.errors import Exit
from mcm.core.plans.guardrails import name_guardrails
from mcm.core.plans.plan import Plan
from mcm.core.plans.service import CheckUse
from mcm.sandbox.sagemaker_example import CAPTURE_BUCKETS
from tests.kit.wire import WiredWorld

MINUTE = timedelta(minutes=1)
BUCKET = CAPTURE_BUCKETS[0][1]
RECORDS = f"s3://{BUCKET}/records"


def watched(world: WiredWorld, records: str = RECORDS, *fields: str) -> Plan:
    """Return an approved plan with the one guardrail `shadow-traffic`, ready to go."""
    params: dict[str, Any] = {
        "endpoint": "photo-check-us",
        "live": "live",
        "shadow": "candidate",
        "at_least": Decimal("0.8"),
        "at_most": Decimal("1.2"),
        "min_samples": 100,
        "period": MINUTE,
        "over": 10 * MINUTE,
        "records": records,
        "record_within": 5 * MINUTE,
        "fields": ["captureData.endpointInput.data", "captureData.endpointOutput.data", *fields],
    }
    use = CheckUse("shadow-traffic", params, "hold")
    guardrails = name_guardrails((use,), {"shadow-traffic": {"kind": "shadow-traffic"}})
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], guardrails=guardrails),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    return plan


def verdicts(world: WiredWorld) -> list[str]:
    return [turn.verdicts[0].kind.name for turn in world.listener.turns if turn.verdicts]


def test_a_bucket_that_is_not_there_holds_before_anything_moves(world: WiredWorld) -> None:
    ending = world.deploy(watched(world, "s3://no-such-bucket/records"))

    assert (ending.exit, ending.gate) == (Exit.HELD, "check")
    assert "records cannot be read" in ending.reason
    assert "NoSuchBucket" in ending.reason
    assert world.posts("EnableStageTransition") == 0


def test_a_bucket_that_is_lost_in_the_bake_never_passes(world: WiredWorld) -> None:
    plan = watched(world)

    def lose() -> None:
        port = world.port("console")
        listed = port.call("s3", "ListObjectsV2", {"Bucket": BUCKET})["Contents"]
        for each in listed:
            port.call("s3", "DeleteObject", {"Bucket": BUCKET, "Key": each["Key"]})
        port.call("s3", "DeleteBucket", {"Bucket": BUCKET})

    world.when("bake_started", lose, 60)
    ending = world.deploy(plan)

    assert ending.exit in (Exit.BLIND, Exit.INCONCLUSIVE)
    assert "records cannot be read" in ending.reason
    assert verdicts(world)[-1] == "ERROR"
    assert world.posts("RollbackStage") == 0


def test_records_that_arrive_and_parse_let_the_bake_pass(world: WiredWorld) -> None:
    ending = world.deploy(watched(world))

    assert ending.exit is Exit.DONE
    said = world.listener.turns[-2].verdicts[0]
    assert "a record with the expected fields" in "; ".join(said.evidence)
    assert "/candidate/" in "; ".join(said.evidence)


def test_the_record_is_the_request_that_was_sent(world: WiredWorld) -> None:
    """The whole way: InvokeEndpoint, a copy to the shadow, an object in S3."""
    port = world.port("alice")
    sent = {"EndpointName": "photo-check-us", "ContentType": "application/json"}
    assert world.deploy(watched(world)).exit is Exit.DONE
    port.call("sagemaker-runtime", "InvokeEndpoint", {**sent, "Body": b'{"parcel": 4711}'})
    world.clock.pass_time(2 * MINUTE)

    prefix = "records/photo-check-us/candidate/"
    listed = port.call("s3", "ListObjectsV2", {"Bucket": BUCKET, "Prefix": prefix})["Contents"]
    newest = sorted(listed, key=lambda each: each["LastModified"])[-2:]
    lines: list[dict[str, Any]] = []
    for each in newest:
        body = port.call("s3", "GetObject", {"Bucket": BUCKET, "Key": each["Key"]})["Body"]
        data = body if isinstance(body, bytes) else body.read()
        lines += [json.loads(line) for line in data.splitlines()]
    asked = [line["captureData"]["endpointInput"]["data"] for line in lines]
    assert asked.count('{"parcel": 4711}') == 1
    assert all(each["LastModified"] <= world.clock.now() for each in listed)


def test_a_field_that_no_record_has_is_a_breach_that_only_holds(world: WiredWorld) -> None:
    ending = world.deploy(watched(world, RECORDS, "captureData.inferenceTrace"))

    assert ending.exit is Exit.NEEDS_PERSON
    assert "the newest record has no captureData.inferenceTrace" in ending.reason
    assert world.posts("RollbackStage") == 0


def test_records_that_are_late_are_waited_for(world: WiredWorld) -> None:
    plan = watched(world)
    world.scenario.world.capture.delay = 3 * MINUTE  # type: ignore[attr-defined]

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    assert "INCONCLUSIVE" in verdicts(world)


def test_records_that_never_come_are_a_breach_once_they_were_due(world: WiredWorld) -> None:
    """Empty: the place can be read, and nothing is there."""
    ending = world.deploy(watched(world, f"s3://{BUCKET}/elsewhere"))

    assert ending.exit is Exit.NEEDS_PERSON
    assert "no record was written in the last hour" in ending.reason
    assert "INCONCLUSIVE" in verdicts(world)


def test_named_fault_records_stop(world: WiredWorld) -> None:
    plan = watched(world)
    world.when("bake_started", lambda: world.wire.fault("records-stop"), 600)

    ending = world.deploy(plan)

    assert ending.exit is Exit.NEEDS_PERSON
    assert "no record was written since" in ending.reason
    assert "PASS" in verdicts(world)
    assert world.posts("RollbackStage") == 0


def test_named_fault_records_broken(world: WiredWorld) -> None:
    plan = watched(world)
    world.when("bake_started", lambda: world.wire.fault("records-broken"), 600)

    ending = world.deploy(plan)

    assert ending.exit is Exit.NEEDS_PERSON
    assert "the newest record is not JSON" in ending.reason
    assert world.posts("RollbackStage") == 0
