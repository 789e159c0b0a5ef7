"""What a package's new revision brings: the commits between it and the one that runs now.

A range is read once, when a plan is made, and is signed with it: every clone, also one
without the package's repository, then shows the same commits. All text in it was written
by others; it is cleaned when the range is built, and bounded.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mcm.core.commits.merges import brought_by, request_of
from mcm.core.commits.reverts import find_reverts
from mcm.core.sanitize import clean

SHOWN = 200
"""Commits of one range that a plan names; the rest is counted."""
_NAME, _SUBJECT = 100, 200
_LOOK = 2000
"""Characters of a text that are looked at before it is cut: one may be megabytes long."""


@dataclass(frozen=True)
class GitCommit:
    """A commit as git has it; no text is cleaned yet."""

    id: str
    parents: tuple[str, ...]
    author: str
    subject: str
    body: str


@dataclass(frozen=True)
class RangeCommit:
    """A commit that a plan names."""

    id: str
    author: str
    """Empty when only AWS names the commit, which does not say."""
    subject: str
    request: str
    """The pull or merge request that brought it, as `#12` or `!12`; empty when none is named."""
    cancels: str
    """The commit of the range that it cancels out with, by what their messages say; or empty."""
    takes_back: str
    """What it reverts that is not in the range, and so runs now; or empty."""


@dataclass(frozen=True)
class Links:
    """Where a package's commits and requests are shown; each empty when nobody knows."""

    commit: str = ""
    """An address with `{id}` in it."""
    request: str = ""
    """An address with `{number}` in it."""


@dataclass(frozen=True)
class CommitRange:
    """The commits of one package from the revision that runs now to the pinned one."""

    name: str
    commits: tuple[RangeCommit, ...]
    """Newest first and without merges, at most SHOWN."""
    total: int
    """How many there are, named or not."""
    merges: int
    """Merge commits, which are counted and not named."""
    more: bool
    """Whether git has even more than it was asked for; the counts say `at least` then."""
    lost: tuple[RangeCommit, ...]
    """What runs now and is not in the new revision, newest first, at most SHOWN."""
    lost_total: int
    links: Links
    notes: tuple[str, ...]
    """What somebody should know of the range before trusting it: rewritten, unreachable."""
    unknown: str
    """Why git could not tell; then `commits` are the heads that AWS names. Empty if it could."""


def build_range(
    name: str,
    brought: Sequence[GitCommit],
    lost: Sequence[GitCommit] = (),
    *,
    links: Links = Links(),
    notes: Sequence[str] = (),
    most: int = 10_000,
) -> CommitRange:
    """Return the range of what git says is new and what is gone, both newest first.

    Parents come after their children. Beyond `most` commits nothing is looked at.
    """
    more = len(brought) > most
    brought = brought[:most]
    own = [each for each in brought if len(each.parents) < 2]
    requests = _requests(brought)
    found = find_reverts([(each.id, each.subject, each.body) for each in own])
    commits = tuple(
        replace(
            _named(each, requests),
            cancels=found.cancels.get(each.id, ""),
            takes_back=found.takes_back.get(each.id, ""),
        )
        for each in own[:SHOWN]
    )
    gone = [each for each in lost if len(each.parents) < 2]
    return CommitRange(
        name=clean(name, _NAME),
        commits=commits,
        total=len(own),
        merges=len(brought) - len(own),
        more=more,
        lost=tuple(_named(each, {}) for each in gone[:SHOWN]),
        lost_total=len(gone),
        links=links,
        notes=tuple(clean(note, 300) for note in notes),
        unknown="",
    )


def heads_range(
    name: str, heads: Sequence[tuple[str, str]], *, links: Links, unknown: str
) -> CommitRange:
    """Return the range of a package that git cannot tell: AWS's heads, (id, message) each."""
    commits = tuple(
        RangeCommit(one_line(revision, 80), "", subject_of(message), "", "", "")
        for revision, message in heads[:SHOWN]
    )
    return CommitRange(
        name=clean(name, _NAME),
        commits=commits,
        total=len(heads),
        merges=0,
        more=False,
        lost=(),
        lost_total=0,
        links=links,
        notes=(),
        unknown=clean(unknown, 300),
    )


def keep_known(
    now: Sequence[CommitRange], frozen: Sequence[CommitRange]
) -> tuple[CommitRange, ...]:
    """Return `now`, but `frozen` for the packages of which it knows no less.

    Both are of the same revisions, and what lies between two of those never changes. What
    a clone has and AWS lists does, and a fetch must not make the signatures worthless.
    """
    had = {each.name: each for each in frozen}
    return tuple(
        was if (was := had.get(each.name)) and (each.unknown or not was.unknown) else each
        for each in now
    )


def one_line(text: str, limit: int) -> str:
    """Return foreign text as a plan may hold it: composed, on one line, not endless."""
    return clean(unicodedata.normalize("NFC", text[:_LOOK]).strip(), limit)


def subject_of(message: str) -> str:
    """Return the first line of a message, and a word where there is none."""
    lines = message[:_LOOK].strip().splitlines()
    return one_line(lines[0], _SUBJECT) if lines else "no message"


def _requests(brought: Sequence[GitCommit]) -> Mapping[str, str]:
    """Return the request of each commit: its own, else that of the merge that brought it."""
    merged = brought_by([(each.id, each.parents) for each in brought])
    own = {each.id: request_of(each.subject, each.body) for each in brought}
    return {one: named or own.get(merged.get(one, ""), "") for one, named in own.items()}


def _named(each: GitCommit, requests: Mapping[str, str]) -> RangeCommit:
    request = requests.get(each.id, "")
    author = one_line(each.author, _NAME) or "nobody"
    return RangeCommit(each.id, author, subject_of(each.subject), request, "", "")
