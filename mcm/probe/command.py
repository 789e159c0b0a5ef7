"""One run of a check's program: no shell, a clean environment, a deadline for all of it.

Its process group is ended with it, so that nothing it started outlives it. Only its
standard output is read, and of that the beginning.
"""

import os
import selectors
import subprocess
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO

from mcm.core.duration import spell
from mcm.core.judging.plugin import read_output
from mcm.core.query import CommandQuery
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.sanitize import clean
from mcm.probe.shell import end_group

MOST_BYTES = 65_536
GIVEN = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Variables that every program gets, as far as we have them."""


def run_command(
    query: CommandQuery, now: Callable[[], datetime], environ: Mapping[str, str], folder: Path
) -> Reading:
    """Run the program in `folder` and return what it said, as of its end. Never raises."""
    names = (*GIVEN, *query.environment)
    env = {name: environ[name] for name in names if name in environ}
    try:
        process = subprocess.Popen(
            list(query.argv),
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
    except (OSError, ValueError) as err:
        why = getattr(err, "strerror", None) or str(err)
        said = clean(f"{query.argv[0]} cannot be started: {why}", 200)
        return Unknown(Blindness.FAILED, said, now())
    with process:
        assert process.stdout is not None
        text, status = _follow(process, process.stdout, monotonic() + query.within.total_seconds())
        end_group(process)
    if status is None:
        return Unknown(Blindness.LATE, f"no end within {spell(query.within)}", now())
    if status < 0:
        said = f"{clean(query.argv[0], 100)} was ended by signal {-status}"
        return Unknown(Blindness.FAILED, said, now())
    return Known(read_output(status, text), now())


def _follow(
    process: "subprocess.Popen[bytes]", stream: IO[bytes], until: float
) -> tuple[str, int | None]:
    """Return what is printed and the exit status; None when the time was up before.

    A child that it left behind may hold the stream open: once the program has ended, what
    is there counts.
    """
    kept = b""
    with selectors.DefaultSelector() as ready:
        ready.register(stream, selectors.EVENT_READ)
        while monotonic() < until:
            if ready.select(min(0.05, max(0.0, until - monotonic()))):
                chunk = os.read(stream.fileno(), 4096)
                kept = (kept + chunk)[:MOST_BYTES]
                if not chunk:
                    break
            elif process.poll() is not None:
                break
        try:
            status = process.wait(max(0.0, until - monotonic()))
        except subprocess.TimeoutExpired:
            return "", None
    return kept.decode("utf-8", "replace"), status
