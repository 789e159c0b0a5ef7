"""Attempts to put another AWS in the place of AWS: endpoints, realms, proxies, moto.

moto checks no signature until it is told to. The tests about it have that on, and one
shows that it is: before, a wrong secret passes.
"""

import re
from collections.abc import Iterator

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from mcm.aws.session import connect, require_loopback
from mcm.clock import SystemClock
from mcm.core.errors import Exit, RefusedError
from mcm.core.trust.principal import find
from mcm.sandbox.example import example_files
from tests.threats.ground import CHANGE, STAGE, Ground

HOST = "sts.us-east-1.amazonaws.com"
FORM = "application/x-www-form-urlencoded"


class Moto:
    """moto's own server, in this process."""

    def __init__(self) -> None:
        self._client = Client(DomainDispatcherApplication(create_backend_app))

    def check_from(self, request: str) -> None:
        """Check signatures from this request on: `0` for all, `inf` for none, as at first."""
        done = self._client.post("/moto-api/reset-auth", data=request, content_type="text/plain")
        assert done.status_code == 200

    def ask(self, key: str, secret: str, *, action: str = "GetCallerIdentity") -> tuple[int, str]:
        """Send a signed request to STS or IAM and return status and text."""
        service = "sts" if action == "GetCallerIdentity" else "iam"
        host = HOST if service == "sts" else "iam.amazonaws.com"
        version = "2011-06-15" if service == "sts" else "2010-05-08"
        body = f"Action={action}&Version={version}&UserName=carol"
        request = AWSRequest("POST", f"https://{host}/", {"Content-Type": FORM}, body)
        SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
        done = self._client.post(
            "/", base_url=f"https://{host}", data=body, headers=dict(request.headers.items())
        )
        return done.status_code, done.get_data(as_text=True)


@pytest.fixture
def moto() -> Iterator[Moto]:
    """moto with its signature checks on."""
    found = Moto()
    found.check_from("0")
    yield found
    found.check_from("inf")


def keys_of_carol(moto: Moto) -> tuple[str, str]:
    """Make a user with a key; moto lets the first ones in unchecked, or nobody could."""
    moto.check_from("inf")
    moto.ask("AKIAEXAMPLEADMIN", "x", action="CreateUser")
    _, text = moto.ask("AKIAEXAMPLEADMIN", "x", action="CreateAccessKey")
    moto.check_from("0")
    found = [
        re.search(f"<{name}>(.*?)</{name}>", text) for name in ("AccessKeyId", "SecretAccessKey")
    ]
    key, secret = (match[1] for match in found if match)
    return key, secret


def test_threat_07_threat_35_motos_checks_of_signatures_are_on(moto: Moto) -> None:
    """The right secret is heard, a wrong one is not; switched off, it would be."""
    key, secret = keys_of_carol(moto)

    status, text = moto.ask(key, secret)
    assert (status, ":user/carol</Arn>" in text) == (200, True), text
    assert moto.ask(key, "not-the-secret")[0] == 403
    moto.check_from("inf")
    assert moto.ask(key, "not-the-secret")[0] == 200


def test_threat_07_whom_moto_makes_up_for_an_unknown_key_is_nobody(moto: Moto) -> None:
    """With the checks on it makes nobody up; what it says without them names no person."""
    stranger = ("AKIAEXAMPLEUNKNOWN", "x")
    assert moto.ask(*stranger)[0] == 403

    moto.check_from("inf")
    _, text = moto.ask(*stranger)
    arn = re.search("<Arn>(.*?)</Arn>", text)
    assert arn is not None
    assert arn[1].endswith(":user/moto")
    assert find(arn[1]) is None


def for_a_real_account(ground: Ground) -> None:
    """Make mcm.yaml one of a real account, with times that such a one may have."""
    text = example_files(SystemClock().now())["mcm.yaml"]
    text = re.sub(r"defaults:.*?\n\n", "", text.replace("realm: sandbox\n", ""), flags=re.DOTALL)
    (ground.root / "mcm.yaml").write_text(text.replace("period: 1s", "period: 1m"))


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "aws_endpoint_url"])
def test_threat_30_a_variable_points_at_a_fake_aws(
    ground: Ground,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    for_a_real_account(ground)
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert ground.shop.mcm(f"plan {CHANGE} --profile alice") == 4
    assert "[E_ENDPOINT_OVERRIDE]" in capsys.readouterr().err
    (entry,) = ground.shop.entries(CHANGE)
    assert (entry.kind, entry.body["code"]) == ("refused", "E_ENDPOINT_OVERRIDE")


def test_threat_30_configuration_that_points_there_is_not_followed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ground.root.parent / "aws-config"
    config.write_text(
        "[default]\nservices = fake\nendpoint_url = http://127.0.0.1:9\n"
        "[services fake]\ncodepipeline =\n  endpoint_url = http://127.0.0.1:9\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    address = connect("us-east-1").address("codepipeline")
    config.unlink()
    assert address == "https://codepipeline.us-east-1.amazonaws.com"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_threat_31_the_sandbox_is_reached_past_any_proxy(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Nothing listens there: whatever went by it would fail."""
    for each in (name, name.lower()):
        monkeypatch.setenv(each, "http://127.0.0.1:9")
    for each in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(each, "/nowhere.pem")

    ground.requested()


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost.evil:80",
        "http://localhost:80",
        "https://127.0.0.1:80",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1.evil.example:80",
        "http://0.0.0.0:80",
        "http://127.0.0.1:80/?a",
    ],
)
def test_threat_33_a_sandbox_elsewhere(address: str) -> None:
    with pytest.raises(RefusedError) as caught:
        connect("us-east-1", profile="alice", endpoint_url=address, credentials_file="none")
    assert (caught.value.code, caught.value.exit_code) == ("E_REALM", Exit.REFUSED)
    with pytest.raises(RefusedError):
        require_loopback(address)


def test_threat_45_a_rollback_used_to_deploy(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """To another place than where a rollback goes takes an approval, so it is refused."""
    ground.must(f"plan {CHANGE}")
    newest = ground.shop.plan().execution
    capsys.readouterr()

    assert ground.shop.mcm(f"rollback --stage {STAGE} --no-input --to {newest}") == 4
    assert "[E_ROLLBACK_TARGET]" in capsys.readouterr().err
    assert ground.shop.sent("RollbackStage") == 0
    kinds = [e for change in (CHANGE, f"ROLLBACK-{STAGE}") for e in ground.shop.entries(change)]
    refused = [entry.body["code"] for entry in kinds if entry.kind == "refused"]
    assert refused == ["E_ROLLBACK_TARGET"]


def test_threat_45_a_tampered_plan_does_not_name_the_target(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is passed over with a word, and the rollback goes where the rule says."""
    ground.must(f"plan {CHANGE}")
    plan = ground.shop.plan()
    target = plan.stages[0].rollback_target
    ground.plan_file.write_bytes(
        ground.plan_file.read_bytes().replace(target.encode(), plan.execution.encode()) + b" "
    )
    capsys.readouterr()

    assert ground.shop.mcm(f"rollback --stage {STAGE} --no-input") == 0
    assert "warning" in capsys.readouterr().err
    entries = ground.shop.entries(f"ROLLBACK-{STAGE}") or ground.shop.entries(CHANGE)
    started = next(entry for entry in entries if entry.kind == "rollback_started")
    assert started.body["target"] != plan.execution
