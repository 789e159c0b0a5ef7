"""The commits of each package's range, read from the clone at hand by git's safe flags.

What the clone does not have is unknown, and why is said. What was force-pushed shows in
two ways: the new revision lacks commits that run now, or no branch leads to it any more.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from mcm.core.commits.commit_link import links_of_remote, links_of_revisions
from mcm.core.commits.commit_range import CommitRange, GitCommit, Links, build_range, heads_range
from mcm.core.errors import McmError
from mcm.core.plans.plan import Package
from mcm.core.revision import Revision
from mcm.git import LOG, run_git
from mcm.trust.authors import UnknownError, check_range

READ = 10_000
"""Commits that are read of one range."""
_MOST_BYTES = 32_000_000
_FIELDS = "%H%x00%P%x00%an%x00%s%x00%b"
_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_REMOTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", re.ASCII)
_MOST_REMOTES = 5


def read_ranges(
    root: Path, packages: Iterable[Package], revisions: Sequence[Revision]
) -> tuple[CommitRange, ...]:
    """Return the range of each package, from git as far as the clone at `root` has it.

    `revisions` are those of the pinned execution; their addresses tell where commits are shown.
    """
    return tuple(_range(root, package, revisions) for package in packages)


def _range(root: Path, package: Package, revisions: Sequence[Revision]) -> CommitRange:
    links = links_of_revisions(package.name, revisions)
    try:
        check_range(root, package)
        brought = _log(root, package.before, package.after)
        lost = _log(root, package.after, package.before)
        notes = _notes(root, package, brought, lost)
    except UnknownError as err:
        return heads_range(package.name, (), links=links, unknown=str(err))
    except McmError:  # what git says itself may differ from clone to clone
        unknown = "git could not tell where the range belongs"
        return heads_range(package.name, (), links=links, unknown=unknown)
    if not links.request:
        links = _remote_links(root, package.after) or links
    return build_range(package.name, brought, lost, links=links, notes=notes, most=READ)


def _log(root: Path, old: str, new: str) -> list[GitCommit]:
    """Return the commits in `new` and not in `old`, newest first: one more than READ at most."""
    arguments = [*LOG, "--topo-order", f"--max-count={READ + 1}", f"--format=tformat:{_FIELDS}"]
    try:
        data = run_git(root, [*arguments, f"{old}..{new}", "--"], limit=_MOST_BYTES)
    except McmError as err:
        raise UnknownError("git could not list the range in full") from err
    return parse_log(data)


def parse_log(data: bytes) -> list[GitCommit]:
    """Return the commits of `git log` in the form that is asked for here.

    Raises UnknownError for anything else: no row may be taken for another.
    """
    parts = data.split(b"\0")
    width = _FIELDS.count("%x00") + 1
    if len(parts) % width != 1 or parts.pop():
        raise UnknownError("what git says of the range cannot be told apart")
    rows = zip(*(parts[start::width] for start in range(width)), strict=True)
    return [_commit(row) for row in rows]


def _commit(row: tuple[bytes, ...]) -> GitCommit:
    if not _ID.fullmatch(row[0]):
        raise UnknownError("what git says of the range cannot be told apart")
    commit, parents, author, subject, body = (part.decode("utf-8", "replace") for part in row)
    return GitCommit(commit, tuple(parents.split()), author, subject, body)


def _notes(
    root: Path, package: Package, brought: Sequence[GitCommit], lost: Sequence[GitCommit]
) -> list[str]:
    notes: list[str] = []
    old, new = package.before[:12], package.after[:12]
    if run_git(root, ["rev-parse", "--is-shallow-repository"]).strip() == b"true":
        notes.append("this was read in a shallow clone: there may be more commits, or fewer")
    if lost and not brought:
        notes.append(f"this goes back: {new} is older than {old}, which runs now")
    elif lost:
        notes.append(
            f"{old}, which runs now, is not part of {new}:"
            " its branch was rewritten, or another one was released"
        )
    places = ["--branches", "--remotes", "--tags"]
    if not _leads_to(root, package.after, places):
        notes.append(
            f"no branch or tag of this clone leads to {new}: it was force-pushed"
            " away, or its branch has not been fetched"
        )
    return notes


def _leads_to(root: Path, commit: str, places: Sequence[str]) -> bool:
    """Say whether one of the references leads to `commit`."""
    return not run_git(root, ["rev-list", "--max-count=1", commit, "--not", *places, "--"])


def _remote_links(root: Path, commit: str) -> Links | None:
    """Return the links of the remote that has `commit`, as far as this clone knows."""
    try:
        names = run_git(root, ["remote"]).decode("utf-8", "replace").split("\n")
        for name in [name for name in names if _REMOTE.fullmatch(name)][:_MOST_REMOTES]:
            if _leads_to(root, commit, [f"--remotes={name}"]):
                address = run_git(root, ["ls-remote", "--get-url", name])
                found = links_of_remote(address.decode("utf-8", "replace").strip())
                return found if found.commit else None
    except McmError:
        return None
    return None
