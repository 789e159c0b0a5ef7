"""Tab: the stages and changes of the files here, and nothing where there are none."""

import subprocess
import sys
from pathlib import Path

import pytest

from mcm.cli.complete import change_ids, stage_names
from mcm.cli.example import set_up
from tests.cli.conftest import ENV


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's files, and a directory within them to stand in."""
    set_up(tmp_path)
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    return tmp_path


def test_stages_are_those_of_the_service(project: Path) -> None:
    assert stage_names("") == ["prod-eu", "prod-fe", "prod-us"]
    assert stage_names("prod-u") == ["prod-us"]
    assert stage_names("prod-us-") == []


def test_changes_are_those_with_a_change_file(project: Path) -> None:
    (project / "changes/CM-0003").mkdir()

    assert change_ids("") == ["CM-0001", "CM-0002"]
    assert change_ids("CM-0002") == ["CM-0002"]


def test_a_config_with_mistakes_still_names_its_stages(project: Path) -> None:
    """A rollback works with it too."""
    path = project / "mcm.yaml"
    path.write_text("colour: red\n" + path.read_text())

    assert "prod-us" in stage_names("")


@pytest.mark.parametrize("text", ["a: [", "- 1", "stages: 7", "stages: [{name: 'a; b'}]", "\x00"])
def test_what_cannot_be_read_offers_nothing(
    project: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Least of all a message in the middle of somebody's command line."""
    (project / "mcm.yaml").write_text(text)

    assert stage_names("") == []
    assert capfd.readouterr() == ("", "")


def test_without_a_project_there_is_nothing_to_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert (stage_names(""), change_ids("")) == ([], [])


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mcm rollback --stage prod-u", ["prod-us"]),
        ("mcm deploy CM-0001 --stage prod-f", ["prod-fe"]),
        ("mcm approve CM-0002", ["CM-0002"]),
        ("mcm plan CM", ["CM-0001", "CM-0002"]),
        ("mcm rollb", ["rollback"]),
    ],
)
def test_a_shell_gets_them(project: Path, line: str, offered: list[str]) -> None:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(
        [sys.executable, "-m", "mcm.cli.main"],
        env={**ENV, **words, "_MCM_COMPLETE": "complete_bash"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert (done.stdout.split(), done.stderr) == (offered, "")
