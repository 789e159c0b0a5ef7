"""drill: a rehearsal over HTTP that AWS does not notice, kept in the record."""

import json

import pytest

from tests.cli.conftest import Shop


@pytest.fixture
def patient(shop: Shop) -> Shop:
    """The project with the example's own bake, which its alarms need."""
    quick, own = "bake: {for: 1s, min_samples: 1}", "bake: {for: 15s, min_samples: 50}"
    shop.edit("mcm.yaml", quick, own)
    return shop


def test_the_rehearsal_is_shown_kept_and_put_into_the_record(
    patient: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = patient
    shop.mcm("plan CM-0001")
    capsys.readouterr()

    assert shop.mcm("drill CM-0001") == 0

    out = capsys.readouterr().out
    assert "on a twin, seed 1; nothing was sent to AWS" in out
    assert "all 7 end as they must" in out
    assert max(len(line) for line in out.splitlines()) <= 80
    writes = ("EnableStageTransition", "DisableStageTransition", "RollbackStage")
    assert {operation: shop.sent(operation) for operation in writes} == dict.fromkeys(writes, 0)
    assert shop.kinds() == ["planned", "drill"]
    assert shop.mcm("log CM-0001") == 0
    assert (
        "drill of edition 1 on a twin: 7 scenarios, all ended as they must"
        in capsys.readouterr().out
    )
    assert shop.mcm("render CM-0001") == 0
    record = (shop.root / "changes/CM-0001/record.md").read_text()
    assert "was rehearsed on a twin at" in record
    assert "Nothing of it happened on AWS" in record


def test_a_drill_is_no_step_of_the_walk(shop: Shop) -> None:
    """Approved before or after, promoted, and proven: the drill changes nothing of it."""
    shop.ready()
    shop.mcm("drill CM-0001 --seed 7")

    assert shop.mcm("deploy CM-0001 --wait=20s") == 0
    assert shop.mcm("verify CM-0001") == 0
    assert shop.mcm("drill CM-0001") == 2


def test_it_prints_json_for_scripts(patient: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop = patient
    shop.mcm("plan CM-0001")
    capsys.readouterr()

    assert shop.mcm("drill CM-0001 --stage ProdUS --json") == 0

    told = json.loads(capsys.readouterr().out)
    assert [each["stage"] for each in told["drills"]] == ["prod-us"]
    assert told["drills"][0]["on"] == "twin"


def test_without_a_plan_there_is_nothing_to_rehearse(shop: Shop) -> None:
    assert shop.mcm("drill CM-0001") == 2


def test_credentials_that_have_expired_see_no_twin(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    shop.sandbox.ask("POST", "fault", {"name": "expired-credentials"})

    assert shop.mcm("drill CM-0001") == 8
    assert shop.kinds() == ["planned"]
