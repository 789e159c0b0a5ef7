"""One request per write whatever happens; reads repeat; only AwsError comes out."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.aws.clients import BotoPort, Limits, client_config, is_read
from mcm.aws.port import AwsError, ErrorKind, Port
from mcm.aws.session import connect
from mcm.clock import SystemClock
from tests.aws.conftest import CLOSE, STALL, Answer, Open, Script, error

ROLLBACK = {
    "pipelineName": "ParcelPhotoCheck",
    "stageName": "ProdUS",
    "targetPipelineExecutionId": "11111111-1111-1111-1111-111111111111",
}


def roll_back(port: Port) -> AwsError:
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "RollbackStage", ROLLBACK)
    return caught.value


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (CLOSE, ErrorKind.LOST),
        (error(500, "InternalFailure"), ErrorKind.LOST),
        (error(503, "ServiceUnavailable"), ErrorKind.LOST),
        (Answer(502, "<html>bad gateway</html>", "text/html", request_id=False), ErrorKind.LOST),
        (Answer(407, "<html>who are you</html>", "text/html", request_id=False), ErrorKind.LOST),
        (error(400, "ThrottlingException", "Rate exceeded"), ErrorKind.THROTTLED),
        (error(429, "Whatever"), ErrorKind.THROTTLED),
        (error(400, "ConflictException"), ErrorKind.CONFLICT),
        (error(400, "UnableToRollbackStageException"), ErrorKind.REFUSED),
        (error(400, "ExpiredTokenException"), ErrorKind.AUTH),
        (error(400, "AccessDeniedException"), ErrorKind.DENIED),
    ],
)
def test_a_write_is_sent_exactly_once(
    script: Script, port: BotoPort, answer: Answer, kind: ErrorKind
) -> None:
    """AWS-RULES 1: however the one request ends, there is no second one."""
    script.answers = [answer]
    assert roll_back(port).kind is kind
    assert script.targets == ["CodePipeline_20150709.RollbackStage"]


@pytest.mark.parametrize("environment", [{}, {"AWS_MAX_ATTEMPTS": "5", "AWS_RETRY_MODE": "legacy"}])
def test_a_write_that_nobody_answers_is_sent_once(
    script: Script,
    open_port: Open,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
) -> None:
    """Also when the environment asks for more."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    script.answers = [STALL]
    err = roll_back(open_port(0.5))
    assert (err.code, err.may_have_happened) == ("ReadTimeoutError", True)
    assert len(script.targets) == 1


def test_a_read_that_nobody_answers_is_asked_again(script: Script, open_port: Open) -> None:
    script.answers = [STALL]
    with pytest.raises(AwsError) as caught:
        open_port(0.5).call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
    assert caught.value.code == "ReadTimeoutError"
    assert len(script.targets) == 2


@pytest.mark.parametrize("first", [CLOSE, error(500, "InternalFailure")])
def test_a_read_is_repeated_below_the_port(script: Script, port: BotoPort, first: Answer) -> None:
    script.answers = [first, Answer(body='{"pipelineName": "ParcelPhotoCheck"}')]
    reply = port.call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
    assert reply == {"pipelineName": "ParcelPhotoCheck"}
    assert len(script.targets) == 2


def test_a_read_gives_up_after_its_attempts(script: Script, port: BotoPort) -> None:
    script.answers = [CLOSE]
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
    assert caught.value.kind is ErrorKind.LOST
    assert len(script.targets) == 2


def test_the_defaults_are_those_of_the_rules() -> None:
    """AWS-RULES 1: four requests at most for a read, one for a write, 3 s and 10 s."""
    reader = client_config(Limits(), read=True, local=False)
    writer = client_config(Limits(), read=False, local=False)
    assert reader.retries == {"mode": "standard", "total_max_attempts": 4}
    assert writer.retries == {"mode": "standard", "total_max_attempts": 1}
    assert {(c.connect_timeout, c.read_timeout) for c in (reader, writer)} == {(3.0, 10.0)}


@pytest.mark.parametrize(
    ("operation", "read"),
    [
        ("GetPipelineState", True),
        ("ListPipelineExecutions", True),
        ("DescribeAlarms", True),
        ("RollbackStage", False),
        ("PutApprovalResult", False),
        ("AssumeRole", False),
    ],
)
def test_reads_are_told_by_their_names(operation: str, read: bool) -> None:
    assert is_read(operation) is read


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body="<html>sign in to the guest network</html>"),
        Answer(body='{"pipelineExecutionId": "1"}', request_id=False),
        Answer(body="{}"),
    ],
)
def test_a_success_that_aws_did_not_write_is_no_success(
    script: Script, port: BotoPort, answer: Answer
) -> None:
    """botocore reads any text of a 200 as an empty reply; a rollback must not be believed so."""
    script.answers = [answer]
    err = roll_back(port)
    assert (err.kind, err.code) == (ErrorKind.LOST, "MalformedReply")


def test_nobody_listening_means_not_sent(keys: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, not listening: refused
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        port = connect("us-east-1", profile="alice", endpoint_url=url, credentials_file=keys)
        err = roll_back(port)
    assert (err.kind, err.may_have_happened) == (ErrorKind.UNREACHABLE, False)


def test_bad_parameters_are_refused_before_sending(script: Script, port: BotoPort) -> None:
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "RollbackStage", {"pipelineName": 1})
    assert (caught.value.kind, caught.value.code) == (ErrorKind.INVALID, "ParamValidationError")
    assert script.targets == []


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("codepipeline", "RollBackEverything", "UnknownOperation"),
        ("codepipelin", "GetPipelineState", "UnknownServiceError"),
    ],
)
def test_unknown_names_are_invalid(
    script: Script, port: BotoPort, service: str, operation: str, code: str
) -> None:
    with pytest.raises(AwsError) as caught:
        port.call(service, operation, {})
    assert (caught.value.kind, caught.value.code) == (ErrorKind.INVALID, code)
    assert script.targets == []


def test_threat_61_an_error_carries_its_call_and_no_token(script: Script, port: BotoPort) -> None:
    """AWS-RULES 13: AWS quotes what it was sent; an approval token is never printed."""
    token = "deadbeef-0000-4000-8000-00000000cafe"
    script.answers = [error(400, "InvalidApprovalTokenException", f"bad token {token}")]
    with pytest.raises(AwsError) as caught:
        port.call(
            "codepipeline",
            "PutApprovalResult",
            {
                "pipelineName": "ParcelPhotoCheck",
                "stageName": "ApproveUS",
                "actionName": "Approve",
                "result": {"summary": "fine", "status": "Approved"},
                "token": token,
            },
        )
    err = caught.value
    assert (err.kind, err.service, err.operation) == (
        ErrorKind.REFUSED,
        "codepipeline",
        "PutApprovalResult",
    )
    assert str(err) == "InvalidApprovalTokenException: bad token [cut]"


def test_instants_come_back_in_utc(
    script: Script, port: BotoPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.answers = [Answer(body='{"pipelineName": "P", "created": 1773824520.25}')]
    reply = port.call("codepipeline", "GetPipelineState", {"name": "P"})
    assert reply["created"] == datetime(2026, 3, 18, 9, 2, 0, 250000, tzinfo=UTC)
    assert reply["created"].tzinfo is UTC


def test_reply_has_no_transport_details(script: Script, port: BotoPort) -> None:
    script.answers = [Answer(body=json.dumps({"pipelineExecutionId": "1"}))]
    assert port.call("codepipeline", "RollbackStage", ROLLBACK) == {"pipelineExecutionId": "1"}


def test_static_keys_have_no_known_end(port: BotoPort) -> None:
    assert port.expires_at() is None


def test_threat_18_the_time_of_the_newest_answer_is_kept(script: Script, port: BotoPort) -> None:
    assert port.time is None
    port.call("codepipeline", "GetPipelineState", {"name": "P"})

    now = SystemClock().now()
    assert port.time is not None
    assert abs(port.time - now) < timedelta(seconds=60)
