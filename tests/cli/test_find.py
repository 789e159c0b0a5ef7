"""rollback from a directory with nothing in it: credentials, and the name of a stage."""

import json
import os
import shutil
from pathlib import Path

import pytest

from mcm.cli.main import run
from tests.cli.conftest import ENV, Shop
from tests.cli.conftest import Shop as Elsewhere

GO = "rollback --stage prod-us --sandbox --no-input"
CHOOSE = "any other key to leave. "
KEY = "any other key to leave. "
RUNG = "q leave): "


@pytest.fixture
def empty(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """A directory without a project, whose sandbox is the shop's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copytree(shop.root / ".mcm-sandbox", folder / ".mcm-sandbox")
    monkeypatch.chdir(folder)
    return Elsewhere(folder, shop.sandbox)


def memory() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "mcm" / "rollbacks.json"


def test_a_stage_is_found_by_its_name_alone(
    empty: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    assert empty.mcm(GO) == 0
    said = capsys.readouterr()

    assert "ProdUS of ParcelPhotoCheck in us-east-1, by http://127.0.0.1:" in said.err
    assert said.out.startswith("ROLLBACK ProdUS (ProdUS of ParcelPhotoCheck, us-east-1): done")
    assert empty.sent("RollbackStage") == 1
    assert empty.sent("ListPipelines") == 1
    assert not (empty.root / ".mcm").exists()


def test_what_was_found_is_remembered_as_names_and_used_where_somebody_looks(
    empty: Elsewhere,
) -> None:
    assert empty.mcm(GO) == 0
    assert json.loads(memory().read_text())["answers"][0]["pipeline"] == "ParcelPhotoCheck"
    before = empty.sent("ListPipelines")

    code, text = empty.type("rollback --stage prod-us --sandbox --further", "q", RUNG)

    # There is nothing further to go back to, so the ladder is shown; of what was remembered.
    assert code == 6, text
    assert "Step 1 of 9: Deploy the old revisions again" in text
    assert empty.sent("ListPipelines") == before


def test_a_memory_is_shown_as_a_guess_and_o_looks_for_another(empty: Elsewhere) -> None:
    memory().parent.mkdir(parents=True)
    answer = {
        "stage": "prod-us",
        "pipeline_stage": "ProdUS",
        "pipeline": "ParcelPhotoCheck",
        "region": "us-east-1",
        "sandbox": True,
    }
    memory().write_text(json.dumps({"version": 1, "answers": [answer]}))
    memory().chmod(0o600)

    then = [("looking for a stage", ""), (KEY, "q")]
    code, text = empty.type("rollback --stage prod-us --sandbox", "o", KEY, then)

    assert "(as last time)" in text
    assert "o for another pipeline" in text
    assert "looking for a stage prod-us" in text
    assert code == 10
    assert empty.sent("RollbackStage") == 0


def test_a_memory_of_what_is_gone_is_looked_up_and_passed_over(empty: Elsewhere) -> None:
    memory().parent.mkdir(parents=True)
    answer = {
        "stage": "prod-us",
        "pipeline_stage": "ProdUS",
        "pipeline": "NoLongerThere",
        "region": "us-east-1",
        "sandbox": True,
    }
    memory().write_text(json.dumps({"version": 1, "answers": [answer]}))
    memory().chmod(0o600)

    code, text = empty.type("rollback --stage prod-us --sandbox", "r", KEY)

    assert code == 0, text
    assert "there is no pipeline NoLongerThere in us-east-1: it is looked for elsewhere" in text
    assert empty.sent("RollbackStage") == 1


def test_a_memory_does_not_decide_for_somebody_who_does_not_look(
    empty: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    memory().parent.mkdir(parents=True)
    memory().write_text("not what it was")

    assert empty.mcm(GO) == 0
    assert empty.sent("ListPipelines") == 1
    capsys.readouterr()


def test_what_nobody_has_seen_is_not_remembered(empty: Elsewhere) -> None:
    assert empty.mcm(f"{GO} --pipeline NoSuchPipeline") == 2
    assert not memory().exists()
    empty.mcm("sandbox fault expired-credentials")
    assert empty.mcm(f"{GO} --pipeline ParcelPhotoCheck") == 8
    assert not memory().exists()


def test_what_is_said_next_names_the_pipeline_that_no_file_names(
    empty: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    empty.mcm("sandbox fault expired-credentials")
    capsys.readouterr()
    line = "rollback --stage ProdUS --pipeline ParcelPhotoCheck --region us-east-1 --sandbox"

    assert empty.mcm(f"{line} --no-input") == 8
    assert f"Somebody who may read it runs `mcm {line}`." in capsys.readouterr().err


def test_a_name_that_no_pipeline_has_says_how_far_it_looked(
    empty: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    assert empty.mcm("rollback --stage prod-moon --sandbox --no-input") == 2
    said = capsys.readouterr().err

    assert "no stage prod-moon found: none of the 1 pipelines of us-east-1 has one" in said
    assert "mcm rollback --stage prod-moon --pipeline NAME --region REGION" in said


def test_the_region_may_be_left_out_where_it_is_known(empty: Elsewhere) -> None:
    assert (
        empty.mcm("rollback --stage ProdUS --pipeline ParcelPhotoCheck --sandbox --no-input") == 0
    )


def test_without_a_stage_a_script_is_told_which_there_are(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("rollback --no-input") == 2
    said = capsys.readouterr().err

    assert "which stage is meant is not known" in said
    assert "promoted into ParcelPhotoCheck in 24 h" in said
    assert "prod-eu  promoted" in said
    assert "mcm rollback --stage prod-" in said


def test_without_a_stage_a_person_chooses_by_a_number(shop: Shop) -> None:
    code, text = shop.type("rollback", "2", CHOOSE, [(KEY, "q")])

    assert "promoted into ParcelPhotoCheck in 24 h:" in text
    assert "  1  prod-fe  promoted" in text
    assert "ROLL BACK prod-eu" in text
    assert code == 10
    assert shop.sent("RollbackStage") == 0


def test_no_region_at_all_is_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)

    assert run(["rollback", "--stage", "prod-us", "--no-input"]) == 2
    said = capsys.readouterr().err
    assert "which region the pipeline is in is not known" in said
    assert "mcm rollback --stage prod-us --region REGION" in said


def test_the_environment_is_that_of_the_tests() -> None:
    """Or a test would read what the developer's own rollbacks left."""
    assert ENV["XDG_STATE_HOME"] == os.environ["XDG_STATE_HOME"]
