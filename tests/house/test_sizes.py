"""Modules stay small enough to read in one sitting, functions on one screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import parsed, python_files, shown

MODULE_LINES = {"mcm": 400, "benchmarks": 400, "tests": 600}
FUNCTION_LINES = 60


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of one file."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_code_to_measure() -> None:
    """The other tests of this page would pass on nothing."""
    assert len(list(python_files("mcm"))) > 5


def test_no_module_is_too_long() -> None:
    long = {
        shown(path): lines
        for folder, most in MODULE_LINES.items()
        for path in python_files(folder)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most
    }

    assert long == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": lines
        for path in python_files("mcm")
        for node in functions(path)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }

    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        shown(path)
        for path in python_files("mcm", "tests", "benchmarks")
        if not ast.get_docstring(parsed(path))
    ]

    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
    named = [shown(path) for path in python_files("mcm", "tests") if path.stem in empty]

    assert named == []
