"""From a directory to a project: where it is, which realm, which change."""

from pathlib import Path

import pytest

from mcm.app.notebook import note
from mcm.cli.compose import Connections, Project, aws_realm, find_root
from mcm.cli.folder import replace_file
from mcm.core.errors import BlindError, RefusedError, UsageError
from mcm.core.history.journal import Draft
from mcm.core.network import Network
from mcm.core.query import Place
from mcm.core.trust.statement import is_sandbox
from tests.cli.conftest import Shop


def test_the_nearest_mcm_yaml_upwards_is_the_project(tmp_path: Path) -> None:
    deep = tmp_path / "a/b"
    deep.mkdir(parents=True)
    (tmp_path / "mcm.yaml").touch()
    (tmp_path / "a/mcm.yaml").touch()

    assert find_root(deep) == tmp_path / "a"
    with pytest.raises(UsageError, match="no project here"):
        find_root(Path("/"))


def test_an_mcm_yaml_that_cannot_be_read_is_told_as_a_broken_one_is(tmp_path: Path) -> None:
    """So what is out there is watched and goes back by its plan."""
    with pytest.raises(UsageError, match=r"mcm\.yaml cannot be read: No such file"):
        Project(tmp_path).service  # noqa: B018 - it is read here


@pytest.mark.parametrize(
    ("region", "realm"),
    [
        ("us-east-1", "aws:aws:111111111111:us-east-1"),
        ("cn-north-1", "aws:aws-cn:111111111111:cn-north-1"),
        ("us-gov-west-1", "aws:aws-us-gov:111111111111:us-gov-west-1"),
    ],
)
def test_a_realm_names_partition_account_and_region(region: str, realm: str) -> None:
    assert aws_realm(Place("111111111111", region)) == realm


def test_the_sandbox_is_another_realm_each_time(shop: Shop) -> None:
    first = Project(shop.root).realm
    shop.sandbox.ask("POST", "reset")

    assert is_sandbox(first)
    assert Project(shop.root).realm != first


def test_a_project_of_the_sandbox_never_reaches_past_it(shop: Shop, tmp_path: Path) -> None:
    """Without a running sandbox there is no port at all, least of all one to AWS."""
    (tmp_path / "mcm.yaml").write_text((shop.root / "mcm.yaml").read_text())
    with pytest.raises(BlindError, match="the sandbox is not running"):
        _ = Project(tmp_path).connect


def test_redirected_calls_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    with pytest.raises(RefusedError, match="E_ENDPOINT_OVERRIDE"):
        Connections(None, {}, None)


def test_a_rollback_is_told_of_redirection_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Promise 1; its ports do not follow the variable, see tests/aws/test_session.py."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")

    connect = Connections(None, {}, None, going_back=True)

    assert "warning: AWS_ENDPOINT_URL_STS is set and not followed" in capsys.readouterr().err
    assert connect(Place("", "us-east-1")) is not None


def test_threat_31_a_proxy_is_refused_and_a_rollback_is_told_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    with pytest.raises(RefusedError, match="E_ENDPOINT_OVERRIDE"):
        Connections(None, {}, None)
    assert Connections(None, {}, None, network=Network("http://127.0.0.1:1"))
    assert Connections(None, {}, None, going_back=True)
    assert "warning: HTTPS_PROXY is set and followed" in capsys.readouterr().err


def test_a_change_that_is_over_need_not_be_named(shop: Shop) -> None:
    """Over: each stage of its newest plan has its outcome."""
    project = Project(shop.root)
    shop.mcm("plan CM-0001")
    plan = shop.plan()
    started = {"plan": plan.digest, "edition": 1, "stages": ["prod-us"], "operator": "alice"}
    note(project.journal, "CM-0001", Draft("walk_started", started, project.clock.now()))
    assert not project.is_over("CM-0001")
    ended = {"stage": "prod-us", "outcome": "succeeded", "reason": ""}
    note(project.journal, "CM-0001", Draft("stage_ended", ended, project.clock.now()))

    assert project.is_over("CM-0001")
    assert project.pick_change(None) == "CM-0002"
    shop.edit("changes/CM-0001/change.yaml", "PHOTO-417", "PHOTO-418")
    shop.mcm("plan CM-0001")
    assert not project.is_over("CM-0001")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    replace_file(target, b"one")
    replace_file(target, b"two")

    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    with pytest.raises(UsageError, match="cannot write"):
        replace_file(tmp_path / "gone" / "plan.json", b"x")
