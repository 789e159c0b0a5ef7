"""Two worlds, AWS and sandbox; what would mix them is refused."""

import json
import socket
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from mcm.aws.port import AwsError, ErrorKind
from mcm.aws.session import connect, refuse_redirection, require_loopback, session_name
from mcm.core.errors import RefusedError, UsageError
from tests.aws.conftest import Answer, Script, error

XML = "text/xml"
CALLER = Answer(
    body="<GetCallerIdentityResponse><GetCallerIdentityResult>"
    "<Arn>arn:aws:iam::111111111111:user/team/alice</Arn><UserId>AIDA1</UserId>"
    "<Account>111111111111</Account></GetCallerIdentityResult><ResponseMetadata>"
    "<RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
    content_type=XML,
)
ASSUMED = Answer(
    body="<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>"
    "<Arn>arn:aws:sts::444444444444:assumed-role/mcm-read/alice</Arn>"
    "<AssumedRoleId>AROA1:alice</AssumedRoleId></AssumedRoleUser><Credentials>"
    "<AccessKeyId>ASIAEXAMPLEROLE000001</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    "</AssumeRoleResult><ResponseMetadata><RequestId>2</RequestId></ResponseMetadata>"
    "</AssumeRoleResponse>",
    content_type=XML,
)
TRANSITION = {"pipelineName": "P", "stageName": "ProdUS", "transitionType": "Inbound"}
ROLE = "arn:aws:iam::444444444444:role/mcm-read"


@pytest.mark.parametrize(
    "name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_CODEPIPELINE"]
)
def test_redirected_aws_is_refused(name: str) -> None:
    """Threat 30."""
    with pytest.raises(RefusedError) as caught:
        connect("us-east-1", environ={name: "http://127.0.0.1:1"})
    assert caught.value.code == "E_ENDPOINT_OVERRIDE"
    assert name in str(caught.value)


@pytest.mark.parametrize("in_environment", [False, True])
def test_a_configured_endpoint_is_ignored(
    script: Script,
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_environment: bool,
) -> None:
    """Threat 30: a profile or a variable names the local server; the call does not go there.

    It goes to AWS's own name, through a proxy that is not there.
    """
    config = tmp_path / "config"
    config.write_text(f"[profile alice]\nendpoint_url = {script.url}\n")
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, not listening: refused
        for name, value in (
            ("AWS_CONFIG_FILE", str(config)),
            ("AWS_SHARED_CREDENTIALS_FILE", str(keys)),
            ("HTTPS_PROXY", f"http://127.0.0.1:{bound.getsockname()[1]}"),
            ("https_proxy", f"http://127.0.0.1:{bound.getsockname()[1]}"),
            ("NO_PROXY", "none"),
            ("no_proxy", "none"),
        ):
            monkeypatch.setenv(name, value)
        if in_environment:
            monkeypatch.setenv("AWS_ENDPOINT_URL", script.url)
            monkeypatch.setenv("AWS_ENDPOINT_URL_CODEPIPELINE", script.url)
        port = connect("us-east-1", profile="alice", ignore_redirection=True)
        with pytest.raises(AwsError) as caught:
            port.call("codepipeline", "EnableStageTransition", TRANSITION)
    assert (caught.value.kind, caught.value.code) == (
        ErrorKind.UNREACHABLE,
        "ProxyConnectionError",
    )
    assert script.targets == []


def test_models_from_elsewhere_are_ignored(
    script: Script, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file under AWS_DATA_PATH could compute other endpoints or leave operations out."""
    folder = tmp_path / "codepipeline" / "2015-07-09"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text('{"metadata": {}, "operations": {}, "shapes": {}}')
    (folder / "endpoint-rule-set-1.json").write_text("{}")
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    port = connect("us-east-1", profile="alice", endpoint_url=script.url, credentials_file=keys)
    port.call("codepipeline", "GetPipelineState", {"name": "P"})
    assert script.targets == ["CodePipeline_20150709.GetPipelineState"]


def test_a_profile_that_is_not_there_is_a_lack_of_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    port = connect("us-east-1", profile="nobody", environ={})
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "EnableStageTransition", TRANSITION)
    assert (caught.value.kind, caught.value.code) == (ErrorKind.AUTH, "ProfileNotFound")


def test_an_environment_without_redirection_is_fine() -> None:
    refuse_redirection({"AWS_PROFILE": "prod", "AWS_REGION": "us-east-1"})


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:4566",
        "http://localhost:4566",
        "http://localhost.evil:4566",
        "http://127.0.0.1.evil:4566",
        "http://127.0.0.1@evil:4566",
        "http://user@127.0.0.1:4566",
        "http://127.0.0.1",
        "http://127.0.0.1:port",
        "http://127.0.0.1:4566/path",
        "http://10.0.0.1:4566",
        "http://0.0.0.0:4566",
        "http://[::2]:4566",
        "http://[::1",
        "",
    ],
)
def test_a_sandbox_elsewhere_is_refused(url: str, keys: Path) -> None:
    """Threat 33."""
    with pytest.raises(RefusedError) as caught:
        connect("us-east-1", profile="alice", endpoint_url=url, credentials_file=keys)
    assert caught.value.code == "E_REALM"


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://[::1]:4566"])
def test_this_machine_is_fine(url: str) -> None:
    require_loopback(url)


@pytest.mark.parametrize("profile", [None, "bob"])
def test_the_sandbox_needs_a_profile_that_its_file_has(profile: str | None, keys: Path) -> None:
    with pytest.raises(UsageError):
        connect(
            "us-east-1", profile=profile, endpoint_url="http://127.0.0.1:1", credentials_file=keys
        )


@pytest.mark.parametrize("missing", [None, "nowhere/credentials"])
def test_the_sandbox_needs_its_file(missing: str | None) -> None:
    with pytest.raises(UsageError):
        connect(
            "us-east-1",
            profile="alice",
            endpoint_url="http://127.0.0.1:1",
            credentials_file=missing,
        )


def test_sandbox_credentials_do_not_come_from_the_environment(
    script: Script, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIAREALKEYREALKEY00"),
        ("AWS_SECRET_ACCESS_KEY", "real"),
        ("AWS_SESSION_TOKEN", "real"),
        ("AWS_PROFILE", "nobody-has-this-profile"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
        ("NO_PROXY", "none"),
        ("no_proxy", "none"),
    ):
        monkeypatch.setenv(name, value)
    port = connect("us-east-1", profile="alice", endpoint_url=script.url, credentials_file=keys)
    port.call("codepipeline", "GetPipelineState", {"name": "P"})
    assert "Credential=AKIAEXAMPLEALICE0001/" in script.authorizations[0]


def test_a_role_is_assumed_under_the_callers_name(script: Script, keys: Path) -> None:
    """AWS-RULES 4: botocore's own session name would name nobody."""
    script.answers = [CALLER, ASSUMED, Answer(body=json.dumps({"pipelineName": "P"}))]
    port = connect(
        "us-east-1",
        profile="alice",
        role_arn=ROLE,
        endpoint_url=script.url,
        credentials_file=keys,
    )
    assert port.call("codepipeline", "GetPipelineState", {"name": "P"}) == {"pipelineName": "P"}
    asked = parse_qs(script.bodies[1])
    assert (asked["Action"], asked["RoleArn"], asked["RoleSessionName"]) == (
        ["AssumeRole"],
        [ROLE],
        ["alice"],
    )
    assert "Credential=ASIAEXAMPLEROLE000001/" in script.authorizations[2]
    expires = port.expires_at()
    assert expires is not None
    assert expires.isoformat() == "2099-01-01T00:00:00+00:00"


def test_a_role_that_may_not_be_assumed_leaves_us_without_credentials(
    script: Script, keys: Path
) -> None:
    denied = Answer(
        403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
        "<Message>no</Message></Error><RequestId>3</RequestId></ErrorResponse>",
        XML,
    )
    script.answers = [CALLER, denied]
    port = connect(
        "us-east-1",
        profile="alice",
        role_arn=ROLE,
        endpoint_url=script.url,
        credentials_file=keys,
    )
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "DisableStageTransition", {})
    assert (caught.value.kind, caught.value.code) == (ErrorKind.AUTH, "AccessDenied")
    assert not any(script.targets)


def test_no_call_is_made_by_connecting(script: Script, keys: Path) -> None:
    script.answers = [error(500, "InternalFailure")]
    connect(
        "us-east-1",
        profile="alice",
        role_arn=ROLE,
        endpoint_url=script.url,
        credentials_file=keys,
    )
    assert script.targets == []


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111111111111:user/team/alice", "alice"),
        ("arn:aws:sts::111111111111:assumed-role/Dev/bob@example.com", "bob@example.com"),
        ("arn:aws:iam::111111111111:root", "root"),
        ("arn:aws:iam::111111111111:user/x", "x-"),
        ("arn:aws:iam::111111111111:user/a b", "a-b"),
        ("arn:aws:iam::111111111111:user/" + "n" * 64 + "more", "n" * 64),
    ],
)
def test_session_names(arn: str, name: str) -> None:
    assert session_name(arn) == name
