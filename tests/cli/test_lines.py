"""Talk and data: broken between words at a terminal, one line each in a pipe."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mcm.cli.terminal import run_at_terminal
from tests.cli.conftest import ENV

LONG = "held at the gate check: " + "the metric gives no data because nobody asked " * 4
BACKTICKS = LONG + "run `mcm deploy CM-0001 --stage prod-us --wait=2h` to go on"
AWS = "or without mcm:  aws codepipeline rollback-stage --pipeline-name " + "P" * 60 + " --x y"
HINT = "Go elsewhere, or, from anywhere: mcm rollback --stage S --pipeline NAME --region REGION"
SCRIPT = "from mcm.cli.lines import say, show; {word}({text!r})"


def at_terminal(word: str, text: str, cwd: Path) -> list[str]:
    """Return the lines as they stand on a terminal of 80 columns."""
    command = [sys.executable, "-c", SCRIPT.format(word=word, text=text)]
    _, said = run_at_terminal(command, "", after="", cwd=cwd, env={**ENV, "COLUMNS": "80"})
    return said.rstrip("\n").split("\n")


@pytest.mark.parametrize("word", ["say", "show"])
def test_long_lines_are_broken_between_words(word: str, tmp_path: Path) -> None:
    lines = at_terminal(word, "  " + LONG, tmp_path)

    assert len(lines) > 2
    assert max(map(len, lines)) <= 80
    assert all(line.startswith("      the") or line[6] != " " for line in lines[1:])
    assert " ".join(line.strip() for line in lines) == LONG.strip()


@pytest.mark.parametrize("word", ["say", "show"])
@pytest.mark.parametrize(
    "text",
    [
        HINT,
        AWS,
        "  12  2026-03-18 10:00:00Z  " + LONG.strip() + ": mcm hold CM-1 --reason 'no no'",
        "to take it back: mcm rollback --stage " + "s" * 64,
    ],
)
def test_the_command_that_a_line_ends_in_can_be_copied(
    word: str, text: str, tmp_path: Path
) -> None:
    """It begins a line of its own, and what is said before it is broken between words."""
    talk, mark, command = text.partition(" aws " if "aws" in text else " mcm ")
    lines = at_terminal(word, text, tmp_path)
    first = next(n for n, line in enumerate(lines) if line.lstrip().startswith(mark.lstrip()))

    assert " ".join(line.strip() for line in lines[:first]) == talk.strip()
    copied = shlex.split("\n".join(lines[first:]).replace("\\\n", " "))
    assert copied == shlex.split(mark + command)
    assert max(map(len, lines)) <= 80


def test_a_command_that_is_all_of_a_line_stays_whole(tmp_path: Path) -> None:
    text = "  mcm rollback --stage " + "s" * 64
    assert at_terminal("show", text, tmp_path) == [text]


def test_prose_about_mcm_is_prose(tmp_path: Path) -> None:
    lines = at_terminal("say", LONG + ": mcm holds what it cannot see, and aws says more", tmp_path)

    assert "\\" not in "".join(lines)
    assert max(map(len, lines)) <= 80


def test_a_command_within_a_sentence_stays_whole(tmp_path: Path) -> None:
    lines = at_terminal("say", BACKTICKS, tmp_path)

    assert any("`mcm deploy CM-0001 --stage prod-us --wait=2h`" in line for line in lines)


def test_a_long_command_is_folded_so_that_a_shell_reads_it_as_one(tmp_path: Path) -> None:
    command = "aws codepipeline rollback-stage --pipeline-name P --reason 'back it all' " * 2
    text = command.strip()
    script = f"from mcm.cli.lines import say_command; say_command({text!r}, 2)"
    env = {**ENV, "COLUMNS": "80"}
    line = [sys.executable, "-c", script]
    _, said = run_at_terminal(line, "", after="", cwd=tmp_path, env=env)

    assert max(map(len, said.splitlines())) <= 80
    assert said.startswith("  aws codepipeline")
    assert shlex.split(said.replace("\\\n", " ")) == shlex.split(text)
    piped = subprocess.run(line, env=env, capture_output=True, text=True, check=True)
    assert piped.stderr == f"  {text}\n"


@pytest.mark.parametrize("word", ["say", "show"])
def test_in_a_pipe_a_line_is_a_line(word: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(word=word, text=LONG)],
        env={**ENV, "COLUMNS": "40"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout + done.stderr == LONG + "\n"


def test_who_reads_through_a_pipe_gets_broken_lines_too(tmp_path: Path) -> None:
    """As with `2>&1 | tee`; in a file lines stay whole."""
    line = SCRIPT.format(word="say", text=LONG)
    shell = f'{sys.executable} -c "$SAYS" 2>&1 | cat; {sys.executable} -c "$SAYS" 2>log'
    env = {**ENV, "COLUMNS": "80", "SAYS": line}
    _, said = run_at_terminal(["sh", "-c", shell], "", after="", cwd=tmp_path, env=env)

    assert max(map(len, said.rstrip("\n").split("\n"))) <= 80
    assert (tmp_path / "log").read_text() == LONG + "\n"
