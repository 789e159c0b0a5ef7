"""Who wrote a range of commits: authors, committers and co-authors, read from git.

Names are as git has them: a commit's author is whatever its maker wrote, so this keeps
people from approving their own work by mistake; it is no proof of who typed it. The
clone's own mailmap is not asked: whoever wrote the change could have written that too.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from mcm.core.errors import McmError
from mcm.core.plans.plan import Package
from mcm.core.sanitize import clean
from mcm.core.trust.authorship import Written
from mcm.git import LOG, run_git

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_FORMAT = (
    "tformat:%an <%ae>%x00%cn <%ce>%x00"
    "%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x00)"
)
MOST = 300
"""More people than this are no list that anybody reads."""


def who_wrote(root: Path, packages: Iterable[Package]) -> Written:
    """Return who wrote the packages' ranges `before..after`, as far as this clone has them.

    What is not in the clone, not a commit, too long or too slow is unknown, by name.
    """
    names: set[str] = set()
    unknown: list[str] = []
    for package in packages:
        try:
            names |= _names(root, package)
        except UnknownError as err:
            unknown.append(f"{clean(package.name, 60)}: {err}")
    if len(names) > MOST:
        return Written((), f"{len(names)} people wrote it, more than {MOST}")
    return Written(tuple(sorted(names)), "; ".join(unknown))


class UnknownError(Exception):
    """Nobody can tell, and why; the text holds nothing that differs from clone to clone."""


def check_range(root: Path, package: Package) -> None:
    """Raise UnknownError unless this clone has both ends of the package's range."""
    for revision in (package.before, package.after):
        if not revision:
            raise UnknownError("there is no range, for nothing was deployed before")
        if not _COMMIT.fullmatch(revision):
            raise UnknownError(f"revision {clean(revision[:12], 12)} is no commit")
        try:
            run_git(root, ["cat-file", "-e", f"{revision}^{{commit}}"])
        except McmError as err:
            raise UnknownError(f"git has no commit {revision[:12]} here") from err


def _names(root: Path, package: Package) -> set[str]:
    check_range(root, package)
    span = f"{package.before}..{package.after}"
    try:
        data = run_git(root, [*LOG, f"--format={_FORMAT}", span, "--"])
    except McmError as err:
        raise UnknownError("git could not list the range in full") from err
    found = (part.strip() for part in data.decode("utf-8", "replace").split("\0"))
    return {_spelled(part) for part in found if part}


def _spelled(text: str) -> str:
    """Return `Name <e-mail>` as a plan may hold it: one line, composed, not endless."""
    name, _, rest = unicodedata.normalize("NFC", text).partition("<")
    email = clean(rest.rstrip("> "), 120)
    return f"{clean(name.strip(), 100)} <{email}>".strip()
