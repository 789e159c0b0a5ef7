"""Git is asked about a clone as about a thing that somebody else prepared."""

import ast
import os
import subprocess
from pathlib import Path

import pytest

from mcm.core.errors import UsageError
from mcm.git import GitError, GitLateError, find_git, run_git, start_git
from tests.house.tree import parsed, python_files, shown


def test_threat_59_git_is_found_by_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\ntouch called\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert find_git().is_absolute()
    assert find_git() != fake
    with pytest.raises(UsageError, match="git failed"):
        run_git(tmp_path, ["rev-parse", "HEAD"])
    assert not (tmp_path / "called").exists()


def test_threat_59_git_is_named_in_one_module_only() -> None:
    """Whoever starts it elsewhere starts it without what keeps a clone from running programs."""
    named = [
        shown(path)
        for path in python_files("mcm")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (node.value == "git" or node.value.endswith("bin/git"))
    ]

    assert set(named) == {"mcm/git.py"}


def test_variables_of_git_are_not_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.setenv("GIT_DIR", "/nowhere")

    assert run_git(tmp_path, ["rev-parse", "--show-prefix"]) == b"\n"
    assert "GIT_DIR" in os.environ


def test_no_answer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run_git(tmp_path / "missing", ["log"])


def test_more_than_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="more than 5 bytes"):
        run_git(tmp_path, ["version"], limit=5)


def test_an_answer_that_comes_too_late_is_none(tmp_path: Path) -> None:
    """Git waits for somebody to write into a pipe, so it is late on every machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(GitLateError):
        run_git(tmp_path, ["config", "--file", str(pipe), "--list"], within=0.2)


def test_what_git_complains_of_without_an_end_is_bounded(tmp_path: Path) -> None:
    """A remote may say as much as it likes; none of it fills the memory until the time is up."""
    endless = ["-c", "alias.x=!yes fatal: no >&2", "x"]

    with pytest.raises(GitError) as caught:
        start_git(endless, tmp_path, {"PATH": "/usr/bin:/bin"}, stored=64, within=20.0)
    assert not isinstance(caught.value, GitLateError)
