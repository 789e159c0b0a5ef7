"""The command itself: what it loads, and how errors become a line and an exit code."""

import os
import subprocess
import sys

import pytest

from mcm import __version__
from mcm.cli.main import run, tell
from mcm.core.errors import RefusedError
from tests.cli.conftest import ENV

HEAVY = ("rich", "boto3", "botocore", "yaml", "jinja2", "cryptography", "sqlite3", "moto")
HEAVY += ("decimal", "zoneinfo", "mcm.core.history.lease")
ASK = """
import sys
from mcm.cli.main import run
code = run(["{word}"])
print("LOADED", sorted(name for name in {heavy!r} if name in sys.modules), code)
"""


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_it_says_its_version_without_loading_what_commands_need(word: str) -> None:
    script = ASK.format(word=word, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", script], env=ENV, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "LOADED [] 0"
    assert done.stdout.startswith(f"mcm {__version__}" if word == "--version" else "Usage: mcm")


def test_a_command_line_that_cannot_be_read_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--wat"]) == 2
    assert capsys.readouterr().err == "error: No such option: --wat\nSee `mcm plan --help`.\n"
    assert run(["wat"]) == 2
    assert capsys.readouterr().err.endswith("See `mcm --help`.\n")


def test_without_a_project_it_says_where_to_go(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))

    assert run(["plan"]) == 2
    assert "no project here" in capsys.readouterr().err


def test_an_error_is_a_line_with_its_hint_and_its_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What others wrote cannot act on the terminal."""
    code = tell(RefusedError("E_PLAN_CHANGED", "refused: \x1b[31mred", hint="Run `mcm plan`."))

    assert code == 4
    assert capsys.readouterr().err == (
        "error: refused: \\u{1b}[31mred [E_PLAN_CHANGED]\nRun `mcm plan`.\n"
    )


@pytest.mark.parametrize("words", [[], ["sandbox"]])
def test_without_arguments_it_shows_the_help(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    said = capsys.readouterr()
    assert "Usage: mcm" in said.out + said.err
    assert "error:" not in said.err


def test_a_rollback_without_a_project_names_the_way_that_works(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)

    assert run(["rollback", "--stage", "prod-us"]) == 2
    way = "mcm rollback --stage prod-us --region REGION"
    assert f"Run `{way}`, or go to your service's directory.\n" in capsys.readouterr().err
