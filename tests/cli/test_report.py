"""report: a person's signed word that they see a breach, heard by the guardrail `person`."""

import pytest

from tests.cli.conftest import Shop


@pytest.fixture
def heard(shop: Shop) -> Shop:
    """The project whose prod-us listens to people, with a bake that takes its time."""
    watched = "      - {use: sagemaker-endpoint, with: {endpoint: photo-check-us}}\n"
    shop.edit("mcm.yaml", watched, watched + "      - {use: person}\n")
    return shop


def test_a_report_in_the_bake_takes_the_stage_back(
    heard: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = heard
    shop.edit("mcm.yaml", "bake: {for: 1s, min_samples: 1}", "bake: {for: 20s, min_samples: 1}")
    shop.ready()
    walk = shop.start("deploy CM-0001 --stage prod-us --no-input")
    shop.wait_for("bake_started")

    said = "report CM-0001 --stage prod-us --reason the-auditors-see-wrong-answers --profile carol"
    assert shop.mcm(f"{said} --offline") == 0

    assert "carol reports a breach at prod-us" in capsys.readouterr().err
    out, err = walk.communicate(timeout=120)
    assert walk.returncode == 5, out + err
    breach = next(entry for entry in shop.entries() if entry.kind == "breach")
    assert "carol reports at" in breach.body["reason"]
    assert "the-auditors-see-wrong-answers" in breach.body["reason"]


def test_where_nobody_listens_that_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.mcm("plan CM-0001")
    capsys.readouterr()

    assert shop.mcm("report CM-0001 --reason wrong-answers --profile carol --offline") == 0

    err = capsys.readouterr().err
    assert "no guardrail `person` at CM-0001" in err
    assert "`mcm rollback --stage prod-us`" in err
