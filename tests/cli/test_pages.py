"""The pages that are made from the commands are as the commands are now."""

import shlex

import pytest
from typer.main import get_command

from mcm.app.lint import RULES
from mcm.cli.examples import EXAMPLES
from mcm.cli.main import build_app
from mcm.cli.pages import FOLDER, LINT_RULES, pages
from tests.kit.world import ROOT

PAGES = pages()
LINES = [line for examples in EXAMPLES.values() for line, _ in examples]


def test_what_stands_in_docs_is_what_would_be_made() -> None:
    """After a change of a command: `make docs`."""
    stale = {
        name
        for name, text in PAGES.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != text
    }
    left = {f"{FOLDER}/{path.name}" for path in (ROOT / FOLDER).glob("*.md")} - PAGES.keys()

    assert (stale, left) == (set(), set())


def test_every_command_and_option_has_its_place() -> None:
    """A command or an option without help is one that nobody finds."""
    for name, command in get_command(build_app()).commands.items():  # type: ignore[attr-defined]
        page = PAGES[f"{FOLDER}/{name}.md"]
        for each in (command, *getattr(command, "commands", {}).values()):
            assert each.help
            for param in each.params:
                assert getattr(param, "help", None), f"{name}: {param.name}"
                assert param.param_type_name == "argument" or param.opts[0] in page


def test_every_rule_of_lint_is_explained() -> None:
    for rule in RULES:
        assert f"\n## {rule.id}\n" in PAGES[LINT_RULES]


@pytest.mark.parametrize("line", LINES)
def test_every_example_is_a_command_that_parses(line: str) -> None:
    """As the shell gives it to mcm, up to a redirection; nothing runs."""
    words = shlex.split(line.partition(" > ")[0])
    assert words.pop(0) == "mcm"
    group = get_command(build_app())
    context = group.make_context("mcm", ["--help"], resilient_parsing=True)
    while hasattr(group, "resolve_command"):
        name, command, words = group.resolve_command(context, words)
        context = command.make_context(name, list(words), parent=context)
        if not hasattr(command, "commands") or not context._protected_args + context.args:
            return
        words = [*context._protected_args, *context.args]
        group = command


def test_examples_are_of_commands_that_exist() -> None:
    assert EXAMPLES.keys() <= set(get_command(build_app()).commands)  # type: ignore[attr-defined]
