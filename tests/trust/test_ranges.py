"""The commits of a range by a real git: what it has, what was rewritten, what is hostile."""

import subprocess
from pathlib import Path

import pytest

from mcm.core.commits.commit_range import CommitRange
from mcm.core.plans.plan import Package
from mcm.core.revision import Revision
from mcm.trust.ranges import read_ranges
from tests.kit.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def read(repository: Repository, before: str, after: str, *revisions: Revision) -> CommitRange:
    (found,) = read_ranges(repository.root, [Package("Shop", before, after)], revisions)
    return found


def subjects(found: CommitRange) -> list[str]:
    return [commit.subject for commit in found.commits]


def test_a_range_is_its_commits_newest_first(repository: Repository) -> None:
    before = repository.commit("Begin")
    repository.commit("Add a thing\n\nbecause", "Carol")
    after = repository.commit("Go on (#4)")
    found = read(repository, before, after)

    assert subjects(found) == ["Go on (#4)", "Add a thing"]
    assert [(c.author, c.request) for c in found.commits] == [("Bob", "#4"), ("Carol", "")]
    assert (found.unknown, found.notes, found.lost) == ("", (), ())


def test_a_real_revert_of_a_revert_leaves_the_commit(repository: Repository) -> None:
    """As `git revert` writes them, on files."""
    before = repository.commit("Begin")
    (repository.root / "f").write_text("one")
    repository.git("add", "f")
    kept = repository.commit("Add f")
    repository.git(
        "-c", "user.name=B", "-c", "user.email=b@example.com", "revert", "--no-edit", kept
    )
    first = repository.git("rev-parse", "HEAD")
    repository.git(
        "-c", "user.name=B", "-c", "user.email=b@example.com", "revert", "--no-edit", first
    )
    second = repository.git("rev-parse", "HEAD")
    found = {commit.id: commit.cancels for commit in read(repository, before, second).commits}

    assert found == {kept: "", first: second, second: first}


def test_merges_are_counted_and_their_commits_listed(repository: Repository) -> None:
    before = repository.commit("Begin")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("On the side")
    repository.git("checkout", "-q", "-")
    repository.commit("On the line")
    names = ("-c", "user.name=B", "-c", "user.email=b@example.com")
    repository.git(*names, "merge", "-q", "--no-ff", "-m", "Merge pull request #9 from b/s", "side")
    found = read(repository, before, repository.git("rev-parse", "HEAD"))

    assert (found.total, found.merges) == (2, 1)
    assert {c.subject: c.request for c in found.commits} == {"On the side": "#9", "On the line": ""}


def test_a_rewritten_branch_is_said_with_what_it_loses(repository: Repository) -> None:
    repository.commit("Begin")
    before = repository.commit("Fix it at night")
    repository.git("reset", "-q", "--hard", "HEAD~1")
    after = repository.commit("Go on")
    found = read(repository, before, after)

    assert subjects(found) == ["Go on"]
    assert [commit.subject for commit in found.lost] == ["Fix it at night"]
    assert "its branch was rewritten, or another one was released" in found.notes[0]


def test_going_back_is_called_that(repository: Repository) -> None:
    after = repository.commit("Begin")
    before = repository.commit("Go on")
    found = read(repository, before, after)

    assert (found.total, found.lost_total) == (0, 1)
    assert found.notes[0].startswith("this goes back")


def test_a_revision_that_no_branch_leads_to_was_force_pushed_away(repository: Repository) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on")
    repository.git("reset", "-q", "--hard", before)
    found = read(repository, before, after)

    assert subjects(found) == ["Go on"]
    assert "no branch or tag of this clone leads to" in found.notes[0]


@pytest.mark.parametrize("revision", ["", "0" * 40, "v1.2", "--output=x"])
def test_what_the_clone_does_not_have_is_unknown(repository: Repository, revision: str) -> None:
    after = repository.commit("Begin")
    found = read(repository, revision, after)

    assert found.unknown
    assert (found.commits, found.total) == ((), 0)


def test_a_shallow_clone_says_that_it_is_one(repository: Repository, tmp_path: Path) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on")
    (tmp_path / "copies").mkdir()
    copy = tmp_path / "copies" / "copy"
    source = f"file://{repository.root}"
    subprocess.run(["git", "clone", "-q", "--depth=2", source, str(copy)], check=True)
    (found,) = read_ranges(copy, [Package("Shop", before, after)], ())

    assert "shallow" in found.notes[0]


def test_links_are_those_of_the_remote_that_has_the_commit(repository: Repository) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on")
    repository.git("remote", "add", "fork", "git@github.com:mallory/shop.git")
    repository.git("remote", "add", "origin", "https://alice:secret@github.com/alice/shop.git")
    assert read(repository, before, after).links.commit == ""
    repository.git("update-ref", "refs/remotes/origin/main", after)

    assert (
        read(repository, before, after).links.commit == "https://github.com/alice/shop/commit/{id}"
    )


def test_the_address_that_aws_has_comes_first(repository: Repository) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on")
    repository.git("remote", "add", "origin", "git@github.com:alice/shop.git")
    repository.git("update-ref", "refs/remotes/origin/main", after)
    revision = Revision("Shop", after, "", f"https://github.com/shop/app/commit/{after}")

    found = read(repository, before, after, revision)
    assert found.links.request == "https://github.com/shop/app/pull/{number}"


HOSTILE = (
    b"\x1b]0;title\x07\x1b[2J",
    "\u202egnp.exe \ufeff\u200b".encode(),
    b"caf\xe9 \xff\xfe",
    b"a" + b"\x1f" * 20 + b"\x1e",
    b"x" * 1_000_000,
    b"one\x00two\x00three\n\nThis reverts commit \x00",
    b"\n\n\n",
    b"",
    b"\r\n\r\nsubject\r",
    b"%H%x00%an{{ 7*7 }}",
)


def test_threat_57_no_message_disturbs_what_is_read_of_the_others(repository: Repository) -> None:
    before = after = repository.commit("Begin")
    for message in HOSTILE:
        after = repository.plumb(after, message=message)
    last = repository.plumb(after, message=b"End", author=b"Mal\x1b[31m\xff\x01 <m@example.com>")
    repository.git("update-ref", "refs/heads/hostile", last)
    found = read(repository, before, last)

    assert (found.unknown, found.total) == ("", len(HOSTILE) + 1)
    assert found.commits[0].subject == "End"
    assert found.commits[0].author.startswith("Mal\\u{1b}[31m")
    shown = "".join(each.subject + each.author for each in found.commits)
    assert shown.isprintable()
    assert len(shown) < 5000


def test_more_than_a_program_should_read_is_unknown(repository: Repository) -> None:
    """40 MB of messages; neither memory nor the record is flooded."""
    before = after = repository.commit("Begin")
    for number in range(40):
        after = repository.plumb(after, message=b"x" * 1_000_000 + b"%d" % number)
    assert "git could not list the range in full" in read(repository, before, after).unknown


def test_threat_59_a_clone_that_names_programs_runs_none(repository: Repository) -> None:
    before = repository.commit("Begin")
    after = repository.commit("Go on")
    repository.git("remote", "add", "origin", "ext::sh -c 'touch called'")
    repository.git("update-ref", "refs/remotes/origin/main", after)
    called = repository.set_traps()

    assert subjects(read(repository, before, after)) == ["Go on"]
    assert not called.exists()


def test_threat_10_no_file_of_the_clone_hides_a_commit(repository: Repository) -> None:
    """Neither a replacement, nor a graft, nor a mailmap."""
    before = repository.commit("Begin")
    middle = repository.commit("Add a back door")
    after = repository.commit("Go on")
    repository.git("replace", "--graft", after, before)
    (repository.root / ".git" / "info" / "grafts").write_text(f"{after} {before}\n")
    (repository.root / ".mailmap").write_text("Eve <eve@example.com> <bob@example.com>\n")
    found = read(repository, before, after)

    assert [commit.id for commit in found.commits] == [after, middle]
    assert {commit.author for commit in found.commits} == {"Bob"}
