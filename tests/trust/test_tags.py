"""The tag of a closed change, by a real git."""

import os
import subprocess
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError, UsageError
from mcm.core.history.anchor import read_tag as read_head
from mcm.core.history.anchor import tag_message
from mcm.core.history.journal import Head
from mcm.trust.tags import put_tag, read_tag

MESSAGE = tag_message("CM-1", Head(7, "ab" * 32))


def git(root: Path, *words: str) -> str:
    person = {f"GIT_{r}_{k}": "x" for r in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
    env = {**os.environ, **person, "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = subprocess.run(["git", *words], cwd=root, env=env, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "Begin")
    return tmp_path


def test_the_head_is_kept_in_an_annotated_tag(clone: Path) -> None:
    put_tag(clone, "CM-1", MESSAGE)
    kept = read_tag(clone, "CM-1")

    assert git(clone, "cat-file", "-t", "mcm/CM-1") == "tag"
    assert kept == MESSAGE.strip()
    head = read_head(kept or "", "CM-1")
    assert head is not None
    assert (head.seq, head.hash, head.where) == (7, "ab" * 32, "the tag mcm/CM-1 in git")


def test_the_same_again_is_fine_and_another_one_is_not_overwritten(clone: Path) -> None:
    put_tag(clone, "CM-1", MESSAGE)
    first = git(clone, "rev-parse", "mcm/CM-1")
    put_tag(clone, "CM-1", MESSAGE)
    with pytest.raises(UsageError, match="says something else"):
        put_tag(clone, "CM-1", tag_message("CM-1", Head(8, "cd" * 32)))

    assert git(clone, "rev-parse", "mcm/CM-1") == first


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tag.gpgSign": "true", "gpg.program": "{here}/touched.sh"},
        {"core.editor": "{here}/touched.sh", "core.hooksPath": "{here}/hooks"},
    ],
)
def test_no_program_of_the_clone_runs(clone: Path, settings: dict[str, str]) -> None:
    script = "#!/bin/sh\ntouch {here}/ran\nexit 1\n".replace("{here}", str(clone))
    (clone / "hooks").mkdir()
    for name in ("touched.sh", "hooks/reference-transaction"):
        (clone / name).write_text(script)
        (clone / name).chmod(0o755)
    for key, value in settings.items():
        git(clone, "config", key, value.replace("{here}", str(clone)))
    put_tag(clone, "CM-1", MESSAGE)

    assert not (clone / "ran").exists()
    assert read_tag(clone, "CM-1") == MESSAGE.strip()


@pytest.mark.parametrize("who", ["alice", ""])
def test_the_tag_is_made_also_where_git_knows_no_name(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    git(clone, "config", "user.useConfigOnly", "true")
    for key in ("user.name", "user.email") if who else ():
        git(clone, "config", key, f"{who}@example.com")
    put_tag(clone, "CM-1", MESSAGE)

    name = git(clone, "for-each-ref", "--format=%(taggername)", "refs/tags")
    assert name == (f"{who}@example.com" if who else "mcm")


def test_without_clone_commit_or_tag_there_is_nothing(tmp_path: Path) -> None:
    assert read_tag(tmp_path, "CM-1") is None
    with pytest.raises(UsageError, match="no git commit"):
        put_tag(tmp_path, "CM-1", MESSAGE)
    git(tmp_path, "init", "-q", ".")
    with pytest.raises(UsageError, match="no git commit"):
        put_tag(tmp_path, "CM-1", MESSAGE)

    assert read_tag(tmp_path, "CM-1") is None


@pytest.mark.parametrize("change", ["../x", "a b", "--delete", "a\n"])
def test_an_id_that_is_none_reaches_no_git(clone: Path, change: str) -> None:
    with pytest.raises(RefusedError):
        put_tag(clone, change, MESSAGE)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "CM-2 is closed\n\njournal: entry 7, " + "ab" * 32,
        "CM-1 is closed\n\njournal: entry 7, ab",
    ],
)
def test_a_message_of_another_form_is_no_head(message: str) -> None:
    assert read_head(message, "CM-1") is None
