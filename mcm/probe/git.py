"""The commits between two revisions, from the clone at hand: names and subjects for people.

AWS knows the head of each source and nothing in between. Whoever stands in a clone has
the rest; it is read without the network, hooks or a pager, for two seconds at most, and
what the clone does not have is unknown. No decision rests on it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from mcm.core.past import Commits, GitCommit
from mcm.core.query import CommitsQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown

LONGEST = timedelta(seconds=2)
_ID = re.compile(r"[0-9a-f]{7,64}", re.ASCII)
_APART = "\x1f"
_CAREFUL = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "--no-pager")


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
        git = shutil.which("git")
        if git is None or not (_ID.fullmatch(query.old) and _ID.fullmatch(query.new)):
            why = "there is no git" if git is None else "these are no ids of commits"
            return Unknown(Blindness.FAILED, why, self._now())
        form = f"--format=%H{_APART}%an{_APART}%s"
        command = [git, *_CAREFUL, "log", form, f"--max-count={query.most + 1}", "--no-color"]
        try:
            done = subprocess.run(
                [*command, f"{query.old}..{query.new}", "--"],
                cwd=self._folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=within.total_seconds(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Unknown(Blindness.LATE, "git took too long", self._now())
        except OSError as err:
            return Unknown(Blindness.FAILED, f"git cannot be run: {err.strerror}", self._now())
        if done.returncode != 0:
            return Unknown(Blindness.ABSENT, "the clone here does not have them", self._now())
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        found = [GitCommit(*parts) for line in lines if len(parts := line.split(_APART, 2)) == 3]
        return Known(Commits(tuple(found[: query.most]), len(found) > query.most), self._now())


def _environment() -> dict[str, str]:
    """Return an environment in which git neither asks, writes nor fetches."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    quiet = {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C.UTF-8",
    }
    return {**kept, **quiet}
