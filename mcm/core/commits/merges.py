"""Which merge brought a commit, and which pull request a message names. Pure."""

import re
from collections.abc import Mapping, Sequence

_REQUEST = (
    re.compile(r"Merge pull request (#\d{1,9}) from ", re.ASCII),  # GitHub, a merge
    re.compile(r".{0,500}\((?:pull request )?([#!]\d{1,9})\)\s*$", re.ASCII),  # squashed; Bitbucket
    re.compile(r"Merged PR (\d{1,9}): ", re.ASCII),  # Azure DevOps
)
"""How a subject names its request, each from its beginning."""
_TRAILER = re.compile(r"^See merge request \S{0,300}?(!\d{1,9})$", re.ASCII | re.MULTILINE)
"""How GitLab names it, in the body of its merges."""
_LOOK = 2000


def request_of(subject: str, body: str) -> str:
    """Return the request that a commit names, as `#12` or `!12`; empty when it names none."""
    for pattern in _REQUEST:
        if found := pattern.match(subject[:_LOOK]):
            number = found.group(1)
            return number if number[0] in "#!" else f"#{number}"
    found = _TRAILER.search(body[-_LOOK:]) if "See merge request" in body[-_LOOK:] else None
    return found.group(1) if found else ""


def brought_by(commits: Sequence[tuple[str, Sequence[str]]]) -> Mapping[str, str]:
    """Return for each commit that came by a merge the id of that merge.

    `commits` are (id, parents), newest first, no parent before its child. The first
    parents of the newest are the line that others were merged into; a commit that two
    merges of it reach came by the older one.
    """
    parents = dict(commits)
    line: list[str] = []
    taken: set[str] = set()
    at = commits[0][0] if commits else ""
    while at in parents and at not in taken:  # no git has a circle, but bytes may say so
        line.append(at)
        taken.add(at)
        at = parents[at][0] if parents[at] else ""
    found: dict[str, str] = {}
    for merge in reversed(line):
        left = list(parents[merge][1:])
        while left:
            one = left.pop()
            if one in parents and one not in taken:
                taken.add(one)
                found[one] = merge
                left += parents[one]
    return found
