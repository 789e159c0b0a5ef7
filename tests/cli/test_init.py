"""init from an empty directory: one file, three questions, and never over another one."""

import shutil
from pathlib import Path

import pytest

from mcm.cli.main import run
from tests.cli.conftest import Shop

LINE = "init --pipeline ParcelPhotoCheck --sandbox"


@pytest.fixture
def empty(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A directory with nothing in it, whose sandbox is the shop's."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copytree(shop.root / ".mcm-sandbox", folder / ".mcm-sandbox")
    monkeypatch.chdir(folder)
    return Shop(folder, shop.sandbox)


def test_it_writes_a_file_that_lint_takes_and_shows_the_way_back(
    empty: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert empty.mcm(f"{LINE} --no-input") == 0
    said = capsys.readouterr()

    assert "wrote mcm.yaml" in said.err
    assert "ROLLBACK" in said.out
    assert "prod-us" in said.out
    assert sorted(path.name for path in empty.root.iterdir()) == [
        ".mcm",
        ".mcm-sandbox",
        "mcm.yaml",
    ]
    assert empty.mcm("lint") == 0
    assert "no problems" in capsys.readouterr().err
    assert empty.sent("PutApprovalResult") == empty.sent("DisableStageTransition") == 0


def test_a_check_that_is_broken_is_told_before_aws_is_asked_and_nothing_is_written(
    empty: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a file that is there, the next `mcm init` would say that it is not written over."""
    (empty.root / "checks").mkdir()
    (empty.root / "checks" / "own.yaml").write_text("name: [\n")

    assert empty.mcm(f"{LINE} --no-input") == 2
    assert "checks/own.yaml:2:1: not YAML" in capsys.readouterr().err
    assert not (empty.root / "mcm.yaml").exists()
    assert empty.sent("GetPipeline") == 0


def test_no_file_is_written_over_and_aws_is_not_even_asked(
    empty: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    path = empty.root / "mcm.yaml"
    path.symlink_to(empty.root / "nowhere")

    assert empty.mcm(LINE) == 2
    assert "not written over" in capsys.readouterr().err
    assert path.is_symlink()
    assert empty.sent("GetPipeline") == 0


def test_at_a_terminal_it_asks_and_asks_again_for_what_it_cannot_use(empty: Shop) -> None:
    then = [
        ("the pipeline has", "prod-us\n"),
        ("How long shall mcm watch", "soon\n"),
        ("not a duration", "20s\n"),
    ]
    code, text = empty.type(LINE, "nowhere\n", "Which of them are production?", then)

    assert code == 0, text
    written = (empty.root / "mcm.yaml").read_text()
    assert "bake: {for: 20s}" in written
    assert written.count("pipeline_stage:") == 1
    assert "pipeline_stage: ProdUS" in written


def test_a_pipeline_that_is_not_there_is_said_and_nothing_is_written(
    empty: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "--pipeline", "Nobody", "--sandbox"]) == 2
    assert "there is no pipeline Nobody" in capsys.readouterr().err
    assert not (empty.root / "mcm.yaml").exists()
