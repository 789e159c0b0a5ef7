"""InvokeEndpoint of the sandbox, held against botocore's model, and its REST face."""

import json
from datetime import timedelta

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.http_message import HANG_UP, Request, Scope
from mcm.sandbox.http_runtime import endpoint_of, invoke
from mcm.sandbox.runtime import Runtime
from mcm.sandbox.sagemaker_example import build_world
from tests.sandbox.asking import START, Asker

NAME = "photo-check-us"
SCOPE = Scope("KEY", "us-east-1", "sagemaker")


@pytest.fixture
def ask() -> Asker:
    world = build_world(START)
    asker = Asker("sagemaker-runtime", Runtime(world.sagemaker, world.traffic))
    asker.region = "us-east-1"
    asker.now = START + timedelta(minutes=5)
    asker.world = world  # type: ignore[attr-defined]
    return asker


def test_the_variant_that_serves_answers(ask: Asker) -> None:
    reply = ask("InvokeEndpoint", EndpointName=NAME, Body=b"{}", ContentType="application/json")

    assert reply["InvokedProductionVariant"] == "live"
    assert json.loads(reply["Body"])["label"] == "parcel"


@pytest.mark.parametrize(
    "params", [{"EndpointName": "no-such"}, {"EndpointName": NAME, "TargetVariant": "candidate"}]
)
def test_what_is_not_there_is_refused(ask: Asker, params: dict[str, str]) -> None:
    """A shadow variant cannot be asked: its replies go to nobody."""
    assert ask.code("InvokeEndpoint", Body=b"{}", **params) == "ValidationError"


def test_a_variant_that_fails_is_a_model_error(ask: Asker) -> None:
    world = ask.world  # type: ignore[attr-defined]
    world.raise_errors(NAME, "live")
    ask.pass_time(minutes=1)

    assert ask.code("InvokeEndpoint", EndpointName=NAME, Body=b"{}") == "ModelError"


def request(path: str = f"/endpoints/{NAME}/invocations", method: str = "POST") -> Request:
    headers = {"content-type": "image/jpeg", "x-amzn-sagemaker-target-variant": "live"}
    return Request(method, path, headers, b"\xff\xd8")


def test_rest_carries_the_body_as_it_is_and_headers_as_parameters() -> None:
    asked: list[Params] = []

    def call(key: str, region: str, service: str, operation: str, params: Params) -> Reply:
        asked.append(params)
        return {"Body": b"x", "ContentType": "text/plain", "InvokedProductionVariant": "live"}

    answer = invoke(call, request(), SCOPE)

    assert asked == [
        {
            "EndpointName": NAME,
            "Body": b"\xff\xd8",
            "ContentType": "image/jpeg",
            "TargetVariant": "live",
        }
    ]
    assert (answer.status, answer.body, answer.content_type) == (200, b"x", "text/plain")
    assert ("x-Amzn-Invoked-Production-Variant", "live") in answer.headers


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (ErrorKind.INVALID, "ModelError", 424),
        (ErrorKind.INVALID, "ValidationError", 400),
        (ErrorKind.LOST, "InternalFailure", 500),
    ],
)
def test_rest_names_what_went_wrong(kind: ErrorKind, code: str, status: int) -> None:
    def call(*_: object) -> Reply:
        raise AwsError(kind, code, "because")

    answer = invoke(call, request(), SCOPE)

    assert answer.status == status
    assert ("x-amzn-ErrorType", code) in answer.headers


def test_a_lost_reply_hangs_up_and_bad_input_is_refused() -> None:
    def call(*_: object) -> Reply:
        raise AwsError(ErrorKind.LOST, "RequestTimeout", "gone")

    assert invoke(call, request(), SCOPE) is HANG_UP
    assert invoke(call, request("/endpoints/-/invocations"), SCOPE).status == 400


def test_only_an_invocation_is_one() -> None:
    assert endpoint_of(request()) == NAME
    assert endpoint_of(request(method="GET")) == ""
    assert endpoint_of(request("/endpoints/x")) == ""
