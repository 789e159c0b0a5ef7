"""reopen at the command line."""

import pytest

from mcm.aws.session import connect
from tests.cli.conftest import Shop


def test_reopen_says_why_a_way_in_stays_closed(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example's stages are promoted by opening this very transition."""
    assert shop.mcm("rollback --stage prod-us --no-input") == 0

    capsys.readouterr()
    assert shop.mcm("reopen --stage ProdUS --no-input") == 3
    said = capsys.readouterr().err
    assert said.count("the way into ProdUS is opened for what is promoted, and only then") == 1
    assert "`mcm deploy CHANGE --stage prod-us` opens it" in said
    assert shop.sent("EnableStageTransition") == 0


def test_reopen_asks_first(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.mcm("reopen --stage prod-us") == 2
    assert "`mcm reopen --stage prod-us --no-input`" in capsys.readouterr().err

    code, text = shop.type("reopen --stage prod-us", "x", after="leave. ")
    assert code == 10
    assert "is not opened" in text


def test_reopen_works_without_any_file(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """From a directory that knows only where the sandbox is; what runs there is named."""
    names = "--pipeline ParcelPhotoCheck --region us-east-1 --sandbox"
    port = connect(
        "us-east-1",
        profile="alice",
        endpoint_url=shop.sandbox.endpoint_url,
        credentials_file=shop.sandbox.credentials_file,
    )
    where = {"pipelineName": "ParcelPhotoCheck", "stageName": "ProdUS"}
    port.call("codepipeline", "EnableStageTransition", {**where, "transitionType": "Inbound"})
    assert shop.mcm(f"rollback --stage ProdUS --no-input {names}") == 0
    before = shop.sent("EnableStageTransition")

    assert shop.mcm(f"reopen --stage ProdUS --no-input {names}") == 0
    assert "enters by itself from now on" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == before + 1
    assert shop.mcm(f"reopen --stage ProdEU --no-input {names}") == 3
    assert "closed by others" in capsys.readouterr().err
