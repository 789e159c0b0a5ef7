"""The list of commands: nothing is left out, nothing is cut, on-call finds the way back first."""

from typer.main import get_command

from mcm.cli.chapters import CHAPTERS, OTHER
from mcm.cli.main import app


def help_text() -> str:
    command = get_command(app)
    return command.get_help(command.make_context("mcm", [], resilient_parsing=True))


def test_every_command_stands_in_one_chapter() -> None:
    placed = [name for names in CHAPTERS.values() for name in names]
    commands = get_command(app).commands  # type: ignore[attr-defined]

    assert len(placed) == len(set(placed))
    assert set(commands) <= set(placed)
    assert f"\n{OTHER}:" not in help_text()


def test_on_call_reads_rollback_first_and_nothing_is_cut() -> None:
    lines = help_text().splitlines()
    first = lines.index("When it goes wrong:")

    assert lines[first + 1].split()[0] == "rollback"
    assert not any(line.endswith("...") for line in lines[first:])
    assert max(map(len, lines)) <= 80
