"""What AWS could not say or would not take is named, member by member."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mcm.sandbox.shapes import input_errors, may_raise, shape_errors

NOW = datetime(2026, 3, 18, 9, 2, tzinfo=UTC)
ENDPOINT = {
    "EndpointName": "photo-check-us",
    "EndpointArn": "arn:aws:sagemaker:us-east-1:111111111111:endpoint/photo-check-us",
    "EndpointStatus": "InService",
    "CreationTime": NOW,
    "LastModifiedTime": NOW,
}


def test_a_reply_that_aws_could_send_has_no_errors() -> None:
    assert shape_errors("sagemaker", "DescribeEndpoint", ENDPOINT) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"EndpointStatus": "Fine"}, ".EndpointStatus: 'Fine' is not one of"),
        ({"EndpointName": "-no"}, ".EndpointName: '-no' does not match"),
        ({"EndpointArn": "arn"}, ".EndpointArn: length 3 is below 20"),
        ({"Mood": "good"}, ".Mood: is not a member of DescribeEndpointOutput"),
        ({"CreationTime": "2026-03-18T09:02:00Z"}, ".CreationTime: str where timestamp is due"),
        ({"CreationTime": NOW.replace(tzinfo=None)}, ".CreationTime: a timestamp without a zone"),
        ({"FailureReason": None}, ".FailureReason: NoneType where string is due"),
        ({"FailureReason": "x" * 1025}, ".FailureReason: length 1025 is above 1024"),
        ({"ProductionVariants": [{}]}, ".ProductionVariants[0].VariantName: is required"),
        ({"ProductionVariants": []}, ".ProductionVariants: length 0 is below 1"),
        (
            {"ProductionVariants": [{"VariantName": "live", "CurrentInstanceCount": True}]},
            ".ProductionVariants[0].CurrentInstanceCount: bool where integer is due",
        ),
    ],
)
def test_each_fault_of_a_reply_is_named(change: dict[str, Any], error: str) -> None:
    found = shape_errors("sagemaker", "DescribeEndpoint", ENDPOINT | change)
    assert [line for line in found if line.startswith(error)] != []


def test_a_missing_member_is_named() -> None:
    reply = {name: value for name, value in ENDPOINT.items() if name != "EndpointStatus"}
    found = shape_errors("sagemaker", "DescribeEndpoint", reply)
    assert found == [".EndpointStatus: is required and missing"]


def test_an_operation_without_output_returns_nothing() -> None:
    assert shape_errors("codepipeline", "DisableStageTransition", {}) == []
    assert shape_errors("codepipeline", "DisableStageTransition", {"done": True}) != []


def test_unknown_operations_are_errors() -> None:
    assert shape_errors("codepipeline", "RollBackEverything", {}) != []
    assert input_errors("codepipeline", "RollBackEverything", {}) != []


def test_the_transition_reason_has_a_pattern_that_boto3_does_not_check() -> None:
    """AWS-RULES 17."""
    params = {
        "pipelineName": "ParcelPhotoCheck",
        "stageName": "ProdUS",
        "transitionType": "Inbound",
        "reason": "held by mcm",
    }
    assert input_errors("codepipeline", "DisableStageTransition", params) == []
    found = input_errors("codepipeline", "DisableStageTransition", params | {"reason": "MCM: 1/2"})
    assert [line.split(":")[0] for line in found] == [".reason"]


@pytest.mark.parametrize(
    ("code", "fine"),
    [
        ("UnableToRollbackStageException", True),
        ("ThrottlingException", True),
        ("UnsupportedOperation", True),
        ("AlarmNotFoundException", False),
        ("", False),
    ],
)
def test_only_modelled_and_common_errors_may_be_raised(code: str, fine: bool) -> None:
    assert may_raise("codepipeline", "RollbackStage", code) is fine


def test_a_modelled_error_may_be_named_by_its_code_on_the_wire() -> None:
    assert may_raise("cloudwatch", "DescribeAlarms", "InvalidNextToken")
    assert may_raise("cloudwatch", "PutMetricAlarm", "LimitExceeded")
