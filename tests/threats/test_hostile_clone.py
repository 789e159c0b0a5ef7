"""A clone whose settings and hooks name programs: whatever mcm asks git, none of them runs."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.core.errors import McmError
from mcm.core.plans.plan import Package
from mcm.core.query import CommitsQuery
from mcm.git import run_git
from mcm.probe.git import GitSource
from mcm.trust.authors import who_wrote
from mcm.trust.ranges import read_ranges
from mcm.trust.tags import put_tag, read_tag
from mcm.wire.git import find_remote, opened
from mcm.wire.parcel import Parcel
from mcm.wire.refs import names, push
from tests.kit.repository import Repository

Ask = Callable[[Path, str, str], object]
"""Asked of a clone, with a commit that it has and one that it lacks."""


def commits(root: Path, old: str, new: str) -> object:
    source = GitSource(root, lambda: datetime(2026, 3, 18, tzinfo=UTC))
    return source.read([CommitsQuery(old, new, 10)], timedelta(seconds=20))


def carry(root: Path, old: str, new: str) -> object:
    """Statements go to a remote that is a folder: no program has to reach it."""
    with opened(root, "origin") as git:
        push(git, "CM-1", lambda _: Parcel(plan=old.encode()))
        return names(git)


ASKED: dict[str, Ask] = {
    "authors": lambda root, old, new: who_wrote(root, [Package("app", old, new)]),
    "ranges": lambda root, old, new: read_ranges(root, [Package("app", old, new)], ()),
    "tag-read": lambda root, old, new: read_tag(root, "CM-1"),
    "tag-put": lambda root, old, new: put_tag(root, "CM-1", "head 1"),
    "settings": lambda root, old, new: run_git(root, ["config", "--get", "user.email"]),
    "transport": lambda root, old, new: run_git(root, ["ls-remote", "promisor"]),
    "monitor": lambda root, old, new: run_git(root, ["status", "--porcelain"]),
    "commits": commits,
    "remote": lambda root, old, new: find_remote(root),
    "carry": carry,
}


@pytest.mark.parametrize("lost_at", ["ssh://example.com/lost", "ext::{trap}"])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("asked", ASKED)
def test_threat_59_a_clone_runs_nothing(
    tmp_path: Path, asked: str, whole: bool, lost_at: str
) -> None:
    """Not even to get what the clone lacks from where its settings say that it is."""
    root, remote = tmp_path / "clone", tmp_path / "remote"
    for folder in (root, remote):
        folder.mkdir()
    repository = Repository(root)
    Repository(remote)
    old = repository.commit("first")
    new = repository.commit("second")
    repository.git("config", "user.email", "alice@example.com")
    repository.git("config", "user.name", "alice")
    repository.git("remote", "add", "origin", str(remote))
    called = repository.set_traps(lost_at)

    with suppress(McmError):
        ASKED[asked](root, old if whole else "f" * 40, new)

    assert not called.exists()


@pytest.mark.parametrize("asked", ASKED)
def test_threat_59_git_comes_from_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    repository = Repository(tmp_path)
    old, new = repository.commit("first"), repository.commit("second")
    repository.git("remote", "add", "origin", str(tmp_path))
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    with suppress(McmError):
        ASKED[asked](tmp_path, old, new)

    assert not (tmp_path / "called").exists()
