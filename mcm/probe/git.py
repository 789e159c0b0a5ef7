"""The commits between two revisions, from the clone at hand: names and subjects for people.

AWS knows the head of each source and nothing in between. Whoever stands in a clone has
the rest; it is read for two seconds at most, and what the clone does not have is unknown.
No decision rests on it.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from mcm.core.errors import UsageError
from mcm.core.past import Commits, GitCommit
from mcm.core.query import CommitsQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.git import LOG, GitLateError, run_git

LONGEST = timedelta(seconds=2)
_ID = re.compile(r"[0-9a-f]{7,64}", re.ASCII)
_APART = "\x1f"


class GitSource:
    """Answers `CommitsQuery` from the repository that `folder` is in, if it is in one."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    def answers(self, query: Query) -> bool:
        """Say whether this source is the one for `query`."""
        return isinstance(query, CommitsQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Return a reading for each query; never raises."""
        limit = min(within, LONGEST)
        return {q: self._read(q, limit) for q in queries if isinstance(q, CommitsQuery)}

    def _read(self, query: CommitsQuery, within: timedelta) -> Reading:
        if not (_ID.fullmatch(query.old) and _ID.fullmatch(query.new)):
            return Unknown(Blindness.FAILED, "these are no ids of commits", self._now())
        form = f"--format=tformat:%H{_APART}%an{_APART}%s"
        asked = [*LOG, form, f"--max-count={query.most + 1}", f"{query.old}..{query.new}", "--"]
        try:
            said = run_git(self._folder, asked, within=within.total_seconds())
        except GitLateError:
            return Unknown(Blindness.LATE, "git took too long", self._now())
        except UsageError:
            return Unknown(Blindness.ABSENT, "the clone here does not have them", self._now())
        lines = said.decode("utf-8", "replace").split("\0")
        found = [GitCommit(*parts) for line in lines if len(parts := line.split(_APART, 2)) == 3]
        return Known(Commits(tuple(found[: query.most]), len(found) > query.most), self._now())
