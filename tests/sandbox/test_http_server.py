"""The port on this machine, seen by plain botocore and by whoever else comes along."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcm.aws.port import AwsError, ErrorKind
from mcm.aws.session import connect
from mcm.core.errors import RefusedError
from mcm.sandbox.engine import Engine
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.http_admin import Running
from mcm.sandbox.http_message import Answer, Request, Scope, json_answer
from mcm.sandbox.http_server import Server
from mcm.sandbox.identity import PEOPLE, user_key
from mcm.sandbox.scenario import build_example

# Ahead of every real clock: botocore compares the end of a session with its own.
NOW = datetime(2099, 3, 18, 9, 2, tzinfo=UTC)
TOKEN = "open sesame"
PIPELINE = {"name": "ParcelPhotoCheck"}


def behind(request: Request, scope: Scope) -> Answer:
    return json_answer(418, {"for": scope.service, "body": request.body.decode()})


def build() -> Engine:
    return build_example(lambda: NOW)


@pytest.fixture
def server() -> Iterator[Server]:
    uuids = iter(["first", "second"])
    running = Running(build, next(uuids), lambda: next(uuids))
    with Server(running, TOKEN, behind=behind) as server:
        yield server
    assert server.aws.defects == []


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "credentials"
    path.write_text(
        "".join(
            f"[{name}]\naws_access_key_id = {user_key(name)}\naws_secret_access_key = any\n"
            for name in PEOPLE
        )
        + "[mallory]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = any\n"
    )
    return path


def talk(
    server: Server, method: str, path: str, headers: dict[str, str], body: str = ""
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def admin(server: Server, method: str, route: str, body: str = "") -> tuple[int, Any]:
    return talk(server, method, f"/_mcm/{route}", {"x-mcm-token": TOKEN}, body)


def test_two_people_are_two_identities(server: Server, keys: Path) -> None:
    arns = {
        connect("us-east-1", profile=name, endpoint_url=server.url, credentials_file=keys).call(
            "sts", "GetCallerIdentity", {}
        )["Arn"]
        for name in ("alice", "bob")
    }
    assert arns == {f"arn:aws:iam::111111111111:user/{name}" for name in ("alice", "bob")}


def test_a_stranger_has_no_credentials_here(server: Server, keys: Path) -> None:
    port = connect("us-east-1", profile="mallory", endpoint_url=server.url, credentials_file=keys)
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "GetPipelineState", PIPELINE)
    assert caught.value.kind is ErrorKind.AUTH


def test_an_assumed_role_carries_the_name_of_the_person(server: Server, keys: Path) -> None:
    port = connect(
        "us-east-1",
        profile="alice",
        role_arn="arn:aws:iam::111111111111:role/mcm-read",
        endpoint_url=server.url,
        credentials_file=keys,
    )
    found = port.call("sts", "GetCallerIdentity", {})["Arn"]
    assert found == "arn:aws:sts::111111111111:assumed-role/mcm-read/alice"
    assert port.expires_at() == datetime(2099, 3, 18, 10, 2, tzinfo=UTC)


def test_a_lost_reply_of_a_write_comes_after_its_effect(server: Server, keys: Path) -> None:
    engine = server.admin.running.engine
    engine.faults.add(Fault(Effect.TIMEOUT_AFTER, operation="DisableStageTransition"))
    port = connect("us-east-1", profile="alice", endpoint_url=server.url, credentials_file=keys)
    stage = {
        "pipelineName": "ParcelPhotoCheck",
        "stageName": "ProdUS",
        "transitionType": "Inbound",
        "reason": "held",
    }
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "DisableStageTransition", stage)
    assert caught.value.kind is ErrorKind.LOST
    assert len(engine.log.accepted("DisableStageTransition")) == 1


def signed(key: str) -> dict[str, str]:
    scope = f"Credential={key}/20260318/us-east-1/sqs/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "X-Amz-Target": "AmazonSQS.ListQueues"}


def test_other_services_go_behind(server: Server) -> None:
    found = talk(server, "POST", "/", signed(user_key("alice")), "hello")
    assert found == (418, {"for": "sqs", "body": "hello"})


def test_a_stranger_gets_no_further(server: Server) -> None:
    """Also not to the other services: real keys must not seem to work here."""
    status, reply = talk(server, "POST", "/", signed("AKIASOMEBODYSREALKEY"))
    assert (status, reply["__type"]) == (403, "InvalidClientTokenId")


def test_an_unsigned_request_is_refused(server: Server) -> None:
    status, reply = talk(server, "POST", "/", {"X-Amz-Target": "AmazonSQS.ListQueues"})
    assert (status, reply["__type"]) == (403, "MissingAuthenticationTokenException")


@pytest.mark.parametrize("host", ["sandbox.evil", "127.0.0.1.evil", "127.0.0.1:1@evil", ""])
def test_a_page_that_resolves_to_this_machine_gets_nothing(server: Server, host: str) -> None:
    status, _ = talk(server, "GET", "/_mcm/status", {"Host": host, "x-mcm-token": TOKEN})
    assert status == 403


def test_a_body_of_unknown_length_is_refused(server: Server) -> None:
    status, _ = talk(server, "POST", "/", {"Transfer-Encoding": "chunked"})
    assert status == 411


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-mcm-token": "guess"}, {"x-mcm-token": TOKEN, "Origin": "http://127.0.0.1"}],
)
@pytest.mark.parametrize(("method", "route"), [("GET", "status"), ("POST", "reset")])
def test_admin_routes_need_the_token(
    server: Server, headers: dict[str, str], method: str, route: str
) -> None:
    assert talk(server, method, f"/_mcm/{route}", headers)[0] == 404
    assert server.admin.running.uuid == "first"


def test_status_and_clock(server: Server) -> None:
    status, found = admin(server, "GET", "status")
    assert (status, found["uuid"], found["defects"]) == (200, "first", [])
    assert {"codepipeline", "sts"} <= set(found["services"])
    assert admin(server, "GET", "clock") == (200, {"now": "2099-03-18T09:02:00.000Z"})


def test_reset_begins_again_as_another_sandbox(server: Server, keys: Path) -> None:
    port = connect("us-east-1", profile="alice", endpoint_url=server.url, credentials_file=keys)
    port.call("sts", "GetCallerIdentity", {})
    assert admin(server, "GET", "status")[1]["calls"] == {"sts:GetCallerIdentity": 1}
    status, found = admin(server, "POST", "reset")
    assert (status, found["uuid"], found["calls"]) == (200, "second", {})


def test_a_named_fault_strikes_the_next_call(server: Server, keys: Path) -> None:
    port = connect("us-east-1", profile="alice", endpoint_url=server.url, credentials_file=keys)
    status, found = admin(server, "POST", "fault", '{"name": "expired-credentials"}')
    assert (status, found["fault"]) == (200, "expired-credentials")
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "GetPipelineState", PIPELINE)
    assert (caught.value.kind, caught.value.code) == (ErrorKind.AUTH, "ExpiredTokenException")


@pytest.mark.parametrize("route", ["fault", "release"])
@pytest.mark.parametrize("body", ["{", "[]", '{"name": []}', '{"name": "no such thing"}'])
def test_unknown_faults_and_releases_are_refused(server: Server, route: str, body: str) -> None:
    assert admin(server, "POST", route, body)[0] == 400


def test_a_fault_needs_a_name(server: Server) -> None:
    assert admin(server, "POST", "fault", "{}")[0] == 400


@pytest.mark.parametrize("body", ["", '{"name": "v8"}'])
def test_a_release_starts_an_execution(server: Server, keys: Path, body: str) -> None:
    port = connect("us-east-1", profile="alice", endpoint_url=server.url, credentials_file=keys)
    status, found = admin(server, "POST", "release", body)
    assert status == 200
    listed = port.call(
        "codepipeline", "ListPipelineExecutions", {"pipelineName": "ParcelPhotoCheck"}
    )["pipelineExecutionSummaries"]
    assert listed[0]["pipelineExecutionId"] == found["execution"]


@pytest.mark.parametrize(("method", "route"), [("GET", "reset"), ("POST", "dance"), ("PUT", "")])
def test_other_admin_routes_do_not_exist(server: Server, method: str, route: str) -> None:
    assert admin(server, method, route)[0] == 404


def test_it_listens_on_this_machine_only(server: Server) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}"
    with pytest.raises(RefusedError):
        connect("us-east-1", profile="alice", endpoint_url="http://0.0.0.0:1")
