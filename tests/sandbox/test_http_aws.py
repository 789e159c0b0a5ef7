"""The face in front of the engine: protocols, checks, and what an AwsError becomes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.http_aws import SIGNING_NAMES, TARGETS, AwsFace
from mcm.sandbox.http_message import Answer, Request, Scope, scope_of
from mcm.sandbox.shapes import service_model

ROLLBACK = {
    "pipelineName": "ParcelPhotoCheck",
    "stageName": "ProdUS",
    "targetPipelineExecutionId": "11111111-1111-1111-1111-111111111111",
}
REPLY = {"pipelineExecutionId": "22222222-2222-2222-2222-222222222222"}
Work = Callable[[], Reply]


@dataclass
class Stub:
    """An engine that answers one thing and notes who asked for what."""

    work: Work = lambda: dict(REPLY)
    asked: list[tuple[str, str, str, str, Params]] = field(default_factory=list)

    def call(self, key: str, region: str, service: str, operation: str, params: Params) -> Reply:
        self.asked.append((key, region, service, operation, params))
        return self.work()


def ask(
    stub: Stub, *, body: bytes | None = None, signed: str = "codepipeline", **headers: str
) -> Answer:
    sent = {
        "x-amz-target": "CodePipeline_20150709.RollbackStage",
        "content-type": "application/x-amz-json-1.1",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request("POST", "/", sent, json.dumps(ROLLBACK).encode() if body is None else body)
    face = AwsFace(lambda: stub)
    answer = face.answer(request, Scope("KEY", "us-east-1", signed))
    assert bool(face.defects) == (b"sandbox defect" in answer.body)
    return answer


def code(answer: Answer) -> str:
    return str(json.loads(answer.body)["__type"])


def refuse(kind: ErrorKind, name: str) -> Work:
    def work() -> Reply:
        raise AwsError(kind, name, "no")

    return work


def test_a_call_reaches_the_engine_as_its_signer() -> None:
    stub = Stub()
    answer = ask(stub)
    assert (answer.status, json.loads(answer.body)) == (200, REPLY)
    assert stub.asked == [("KEY", "us-east-1", "codepipeline", "RollbackStage", ROLLBACK)]
    assert "x-amzn-RequestId" in dict(answer.headers)


def test_targets_and_signing_names_are_those_of_the_models() -> None:
    for prefix, service in TARGETS.items():
        model = service_model(service)
        assert model.metadata["targetPrefix"] == prefix
        assert SIGNING_NAMES[model.signing_name] == service


@pytest.mark.parametrize(
    ("work", "status", "name"),
    [
        (refuse(ErrorKind.THROTTLED, "ThrottlingException"), 400, "ThrottlingException"),
        (refuse(ErrorKind.AUTH, "ExpiredTokenException"), 403, "ExpiredTokenException"),
        (refuse(ErrorKind.DENIED, "AccessDeniedException"), 403, "AccessDeniedException"),
        (refuse(ErrorKind.CONFLICT, "ConflictException"), 409, "ConflictException"),
        (refuse(ErrorKind.INVALID, "UnsupportedOperation"), 400, "UnsupportedOperation"),
        (refuse(ErrorKind.LOST, "InternalFailure"), 500, "InternalFailure"),
        (
            refuse(ErrorKind.REFUSED, "UnableToRollbackStageException"),
            400,
            "UnableToRollbackStageException",
        ),
    ],
)
def test_errors_keep_their_code(work: Work, status: int, name: str) -> None:
    answer = ask(Stub(work))
    assert (answer.status, code(answer)) == (status, name)


def test_a_lost_reply_is_a_closed_connection() -> None:
    assert ask(Stub(refuse(ErrorKind.LOST, "ReadTimeoutError"))).hang_up


@pytest.mark.parametrize(
    "work",
    [
        dict,
        lambda: {"pipelineExecutionId": "not an id"},
        lambda: REPLY | {"mood": "good"},
        refuse(ErrorKind.REFUSED, "AlarmNotFoundException"),
    ],
)
def test_what_aws_could_not_answer_is_a_loud_defect(work: Work) -> None:
    answer = ask(Stub(work))
    assert (answer.status, code(answer)) == (500, "InternalFailure")
    assert b"sandbox defect in codepipeline RollbackStage" in answer.body


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"{", "SerializationException"),
        (b'{"pipelineName": 5}', "SerializationException"),
        (b"{}", "ValidationException"),
        (json.dumps(ROLLBACK | {"stageName": "Prod US"}).encode(), "ValidationException"),
        (json.dumps(ROLLBACK | {"force": True}).encode(), "ValidationException"),
    ],
)
def test_input_is_checked_before_the_engine_sees_it(body: bytes, name: str) -> None:
    stub = Stub()
    answer = ask(stub, body=body)
    assert (answer.status, code(answer), stub.asked) == (400, name, [])


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"x_amz_target": ""}, "UnknownOperationException"),
        ({"x_amz_target": "CodePipeline_20150709.Dance"}, "UnknownOperationException"),
        ({"x_amz_target": "SageMaker.DescribeEndpoint"}, "InvalidSignatureException"),
        ({"content_type": "application/cbor"}, "UnsupportedOperation"),
        ({"smithy_protocol": "rpc-v2-cbor", "x_amz_target": ""}, "UnsupportedOperation"),
    ],
)
def test_other_requests_are_refused_clearly(headers: dict[str, str], name: str) -> None:
    stub = Stub()
    answer = ask(stub, **headers)
    assert (code(answer), stub.asked) == (name, [])


def test_query_cloudwatch_is_refused_in_its_own_protocol() -> None:
    stub = Stub()
    answer = ask(
        stub,
        body=b"Action=DescribeAlarms&Version=2010-08-01",
        signed="monitoring",
        content_type="application/x-www-form-urlencoded; charset=utf-8",
        x_amz_target="",
    )
    assert answer.status == 400
    assert b"<Code>UnsupportedOperation</Code>" in answer.body
    assert stub.asked == []


def test_sts_speaks_query_and_xml() -> None:
    caller = {"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:user/alice"}
    stub = Stub(lambda: dict(caller))
    form: dict[str, Any] = {
        "body": b"Action=GetCallerIdentity&Version=2011-06-15",
        "signed": "sts",
        "content_type": "application/x-www-form-urlencoded",
        "x_amz_target": "",
    }
    answer = ask(stub, **form)
    assert (answer.status, answer.content_type) == (200, "text/xml")
    assert b"<Account>111111111111</Account>" in answer.body
    stub.work = refuse(ErrorKind.AUTH, "ExpiredTokenException")
    answer = ask(stub, **form)
    assert (answer.status, b"<Code>ExpiredTokenException</Code>" in answer.body) == (403, True)


@pytest.mark.parametrize(
    ("header", "scope"),
    [
        (
            "AWS4-HMAC-SHA256 Credential=K/20260318/eu-west-1/monitoring/aws4_request, Signature=0",
            Scope("K", "eu-west-1", "monitoring"),
        ),
        ("AWS4-HMAC-SHA256 Credential=K/20260318/eu-west-1/monitoring", None),
        ("Bearer x", None),
        ("", None),
    ],
)
def test_who_calls_from_where_comes_from_the_signature(header: str, scope: Scope | None) -> None:
    assert scope_of(Request("POST", "/", {"authorization": header})) == scope
