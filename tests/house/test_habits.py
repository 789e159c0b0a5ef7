"""What tests may not do, and what no file of the project may hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, parsed, project_files, python_files, shown

# Each is built in two parts, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:home|Users|root|wo" + r"rk)/[\w.-]+",
    "a package index": r"--(?:extra-)?index" + r"-url[= ]|--find" + r"-links[= ]|/opt/py" + "pi",
    "an AWS access key": r"\b(?:AKIA|ASIA)(?![A-Z0-9]*(?:EXAMPLE|REALKEY))[A-Z0-9]{16}\b",
    "a private key": r"-----BEGIN (?:OPENSSH|RSA|EC|DSA) PRIVATE" + r" KEY-----",
    "a note to self": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b",
    "talk of machines that write": r"(?i)\b(?:language mo" + r"del|chat" + r"bot|co" + r"pilot)\b",
    "a conflict marker": r"(?m)^(?:<{7}|>{7}) ",
}
LOCKED = "requirements"
PATCHING = {("monkeypatch", "setattr"), ("mock", "patch"), ("time", "sleep")}
LEAVING_OUT = {("pytest", "skip"), ("pytest", "xfail"), ("pytest", "importorskip")} | {
    ("mark", name) for name in ("skip", "skipif", "xfail")
}


def texts() -> Iterator[tuple[Path, str]]:
    """Yield each file of the project that is text."""
    for path in project_files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def dotted(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield each `owner.name` in one file: the last two parts and the line."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute):
            owner = node.value
            last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            yield last, node.attr, node.lineno


def test_no_file_is_a_link() -> None:
    """A link's target is a path of one machine, and no search of texts finds it."""
    assert [shown(path) for path in project_files() if path.is_symlink()] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{shown(path)}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for path, text in texts()
        for hit in pattern.finditer(text)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /home/" + "alice/mcm"),
        ("a package index", "--extra-index" + "-url=https://example.com"),
        ("an AWS access key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("a note to self", "# TO" + "DO: later"),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)


def test_tests_patch_nothing_and_never_sleep() -> None:
    """A fake implements the port; a virtual clock passes the time."""
    found = [
        f"{shown(path)}:{line} {owner}.{name}"
        for path in python_files("tests")
        for owner, name, line in dotted(path)
        if (owner, name) in PATCHING
    ]

    assert found == []


def test_no_test_is_left_out() -> None:
    """A test that does not run proves nothing and looks as if it did."""
    found = [
        f"{shown(path)}:{line} {owner}.{name}"
        for path in python_files("tests")
        for owner, name, line in dotted(path)
        if (owner, name) in LEAVING_OUT
    ]

    assert found == []


def test_pinned_requirements_are_hashed_and_name_no_place() -> None:
    """Each pin has at least one hash, and nothing says where it was fetched."""
    for path in sorted((ROOT / LOCKED).glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        pins = [n for n, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]

        assert pins, shown(path)
        for n in pins:
            assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==", lines[n]), lines[n]
            assert "--hash=sha256:" in lines[n + 1], lines[n]
        assert not [line for line in lines if "://" in line or line.startswith("-")]
