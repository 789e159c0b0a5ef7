"""Commits from the clone at hand: quick, quiet, and unknown where it does not have them."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.core.past import Commits
from mcm.core.query import CommitsQuery
from mcm.core.reading import Known, Reading, Unknown
from mcm.probe.git import GitSource

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
WITHIN = timedelta(seconds=20)


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=alice", "-c", "user.email=alice@example.com")
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> tuple[Path, list[str]]:
    """A repository of four commits, and their ids, oldest first."""
    git(tmp_path, "init", "-q")
    ids = []
    for number in range(4):
        git(tmp_path, "commit", "-q", "--allow-empty", "-m", f"Change {number}\n\nbecause")
        ids.append(git(tmp_path, "rev-parse", "HEAD"))
    return tmp_path, ids


def ask(folder: Path, old: str, new: str, most: int = 10) -> Reading:
    query = CommitsQuery(old, new, most)
    return GitSource(folder, lambda: NOW).read([query], WITHIN)[query]


def test_what_came_after_the_old_one_newest_first(clone: tuple[Path, list[str]]) -> None:
    folder, ids = clone
    found = ask(folder, ids[1], ids[3])

    assert isinstance(found, Known)
    assert [(one.id, one.author, one.subject) for one in found.value.commits] == [
        (ids[3], "alice", "Change 3"),
        (ids[2], "alice", "Change 2"),
    ]


def test_too_many_are_cut_and_that_is_known(clone: tuple[Path, list[str]]) -> None:
    folder, ids = clone
    found = ask(folder, ids[0], ids[3], most=2)

    assert isinstance(found, Known)
    assert isinstance(found.value, Commits)
    assert (len(found.value.commits), found.value.more) == (2, True)


@pytest.mark.parametrize("new", ["f" * 40, "--output=/tmp/x", "v1.0", ""])
def test_what_is_not_there_or_no_commit_is_unknown(clone: tuple[Path, list[str]], new: str) -> None:
    folder, ids = clone

    assert isinstance(ask(folder, ids[0], new), Unknown)


def test_outside_a_clone_nothing_is_known(tmp_path: Path) -> None:
    assert isinstance(ask(tmp_path / "nowhere", "a" * 40, "b" * 40), Unknown)
    assert isinstance(ask(Path("/"), "a" * 40, "b" * 40), Unknown)
