"""Threat 31: proxies and certificates come from mcm.yaml, and a rollback is never stopped."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcm.aws.clients import BotoPort
from mcm.aws.port import AwsError
from mcm.aws.route import CERTIFICATES, PROXIES, detours, refuse_detours
from mcm.aws.session import connect
from mcm.core.errors import RefusedError
from mcm.core.network import Network

PROXY = "http://proxy.example.com:3128"
DIRECT = Network()


@pytest.mark.parametrize("name", [*PROXIES, *CERTIFICATES])
def test_threat_31_what_mcm_yaml_does_not_allow_is_refused_with_the_way_on(name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        refuse_detours({name: "http://evil.example.com:1"}, DIRECT)

    assert refused.value.code == "E_ENDPOINT_OVERRIDE"
    assert name in str(refused.value)
    assert f"unset {name}" in str(refused.value.hint)
    key = "`proxy: URL`" if name in PROXIES else "`ca_bundle: FILE`"
    assert key in str(refused.value.hint)


def test_what_mcm_yaml_says_is_no_detour() -> None:
    allowed = Network(PROXY, "/etc/company.pem")
    same = {"HTTPS_PROXY": f"{PROXY}/", "AWS_CA_BUNDLE": "/etc/company.pem"}

    assert detours(same, allowed) == []
    assert detours({**same, "https_proxy": "http://other:1"}, allowed) == ["https_proxy"]


@pytest.mark.parametrize(
    ("no_proxy", "passed_over"),
    [
        ("*", True),
        (".amazonaws.com", True),
        ("example.com, amazonaws.com", True),
        ("zonaws.com", False),
        ("evil-amazonaws.com", False),
        ("", False),
    ],
)
def test_a_proxy_that_is_for_others_is_no_detour(no_proxy: str, passed_over: bool) -> None:
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
    assert (detours(environ, DIRECT) == []) is passed_over


def test_empty_variables_and_those_that_botocore_does_not_read_say_nothing() -> None:
    environ = {"HTTPS_PROXY": "", "AWS_CA_BUNDLE": "", "SSL_CERT_FILE": "/x", "HTTP_PROXY": PROXY}
    assert detours(environ, DIRECT) == []


@pytest.fixture
def closed_port() -> Iterator[str]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, not listening: refused
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "credentials"
    found.write_text("[alice]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n")
    (tmp_path / "config").write_text("")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(found))
    return tmp_path


def how_it_ends(port: BotoPort) -> str:
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "EnableStageTransition", TRANSITION)
    return caught.value.code


TRANSITION = {"pipelineName": "P", "stageName": "S", "transitionType": "Inbound"}


def test_going_forward_takes_the_proxy_of_mcm_yaml(keys: Path, closed_port: str) -> None:
    port = connect("us-east-1", profile="alice", environ={}, network=Network(closed_port))

    assert how_it_ends(port) == "ProxyConnectionError"


def test_threat_31_going_forward_follows_no_proxy_of_the_environment(
    keys: Path, closed_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that was set after the check: clients are told that there is none."""
    monkeypatch.setenv("HTTPS_PROXY", closed_port)
    port = connect("zz-nowhere-1", profile="alice", environ={})

    assert how_it_ends(port) != "ProxyConnectionError"


def test_threat_31_certificates_of_the_profile_are_refused(keys: Path) -> None:
    (keys / "config").write_text("[profile alice]\nca_bundle = /tmp/evil.pem\n")

    with pytest.raises(RefusedError, match="E_ENDPOINT_OVERRIDE"):
        connect("us-east-1", profile="alice", environ={})
    assert connect("us-east-1", profile="alice", environ={}, ignore_redirection=True)
    allowed = Network("", "/tmp/evil.pem")
    assert connect("us-east-1", profile="alice", environ={}, network=allowed)


def test_a_rollback_follows_what_is_there(keys: Path, closed_port: str) -> None:
    """Promise 1: the environment's way may be the only one; without it mcm.yaml's."""
    network = Network(closed_port)
    port = connect(
        "us-east-1", profile="alice", environ={}, ignore_redirection=True, network=network
    )
    assert how_it_ends(port) == "ProxyConnectionError"


def test_a_rollback_prefers_the_way_of_the_machine(
    keys: Path, closed_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", closed_port)
    network = Network("http://127.0.0.1:9")
    environ = {"HTTPS_PROXY": closed_port}
    port = connect(
        "us-east-1", profile="alice", environ=environ, ignore_redirection=True, network=network
    )
    with pytest.raises(AwsError) as caught:
        port.call("codepipeline", "EnableStageTransition", TRANSITION)
    assert closed_port.rpartition(":")[2] in str(caught.value)
