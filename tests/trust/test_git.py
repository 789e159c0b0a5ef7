"""Git is asked about a clone as about a thing that somebody else prepared."""

import os
import subprocess
from pathlib import Path

import pytest

from mcm.core.errors import UsageError
from mcm.trust.git import find_git, run_git


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
    with pytest.raises(UsageError, match="git rev-parse failed"):
        run_git(tmp_path, ["rev-parse", "HEAD"])
    assert not (tmp_path / "called").exists()


def test_threat_59_the_clone_runs_nothing(tmp_path: Path) -> None:
    """Its settings may name programs for monitors and pagers; they are not started."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "gpg.program", "diff.external"):
        subprocess.run(["git", "-C", str(tmp_path), "config", name, str(trap)], check=True)
    run_git(tmp_path, ["status", "--porcelain"])

    assert not (tmp_path / "called").exists()


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
