"""What a long range costs: read, paired and folded, against `git log` over the same range."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mcm.core.plans.plan import Package
from mcm.trust.ranges import read_ranges

COMMITS = 10_000
_ROUNDS = 7


def range_read() -> tuple[float, float]:
    """Return the median seconds of reading a range of 10,000 commits, and of `git log` of it."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        before, after = _repository(root)
        package = Package("App", before, after)
        for _ in range(_ROUNDS):
            start = time.perf_counter()
            (found,) = read_ranges(root, [package], ())
            middle = time.perf_counter()
            _git(root, "log", f"{before}..{after}")
            theirs.append(time.perf_counter() - middle)
            ours.append(middle - start)
            assert found.total + found.merges == COMMITS
            assert any(commit.cancels for commit in found.commits)
    return statistics.median(ours), statistics.median(theirs)


def _repository(root: Path) -> tuple[str, str]:
    """Make one commit and 10,000 after it, each tenth a merge and each seventh a revert."""
    _git(root, "init", "-q", ".")
    stream = "\n".join(_commits()).encode() + b"\n"
    command = ["git", "-C", str(root), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, check=True, capture_output=True)
    ids = _git(root, "rev-list", "--topo-order", "--reverse", "main").split()
    return ids[0], ids[-1]


def _commits() -> Iterator[str]:
    for number in range(1, COMMITS + 2):
        subject = f"Change the way in which photo {number} is read (#{number})"
        if number % 7 == 0:
            last = number - 1
            subject = f'Revert "Change the way in which photo {last} is read (#{last})"'
        message = f"{subject}\n\nThe reader took it for another one, and nobody saw it.\n" * 2
        yield "commit refs/heads/main"
        yield f"mark :{number}"
        yield f"author Bob <bob@example.com> {1_700_000_000 + number} +0000"
        yield f"committer Bob <bob@example.com> {1_700_000_000 + number} +0000"
        yield f"data {len(message.encode())}"
        yield message
        if number > 1:
            yield f"from :{number - 1}"
        if number > 10 and number % 10 == 0:
            yield f"merge :{number - 5}"


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout
