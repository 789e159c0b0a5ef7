"""The list of commands: nothing is left out, nothing is cut, on-call finds the way back first."""

import ast
from pathlib import Path

import pytest
from typer.main import get_command

from mcm.cli import chapters
from mcm.cli.chapters import MODULES
from mcm.cli.main import build_app


def commands(word: str = "") -> set[str]:
    return set(get_command(build_app(word)).commands)  # type: ignore[attr-defined]


def help_text() -> str:
    command = get_command(build_app())
    return command.get_help(command.make_context("mcm", [], resilient_parsing=True))


def test_every_command_stands_in_one_chapter() -> None:
    named = [name for names in chapters.CHAPTERS.values() for name in names]

    assert len(named) == len(set(named))
    assert commands() == set(named)


def test_every_module_of_commands_is_known() -> None:
    """One that no chapter names would be reached by nobody."""
    here = Path(chapters.__file__)
    having = {
        path.stem
        for path in here.parent.glob("*.py")
        if path != here
        and any(
            isinstance(node, ast.FunctionDef) and node.name == "register"
            for node in ast.parse(path.read_text()).body
        )
    }

    assert set(MODULES.values()) == having


@pytest.mark.parametrize("name", MODULES)
def test_a_command_is_found_with_its_own_module_alone(name: str) -> None:
    found = commands(name)

    assert name in found
    assert len(found) < 5


@pytest.mark.parametrize("word", ["", "--help", "--debug", "rolback"])
def test_without_a_known_command_all_are_there(word: str) -> None:
    """So that help is whole, completion offers all, and a misspelt one is answered by its like."""
    assert commands(word) == set(MODULES)


def test_on_call_reads_rollback_first_and_nothing_is_cut() -> None:
    lines = help_text().splitlines()
    first = lines.index("When it goes wrong:")

    assert lines[first + 1].split()[0] == "rollback"
    assert not any(line.endswith("...") for line in lines[first:])
    assert max(map(len, lines)) <= 80
