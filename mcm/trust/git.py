"""Ask git about a clone, as about something that somebody else may have prepared.

Git is started by its absolute path, with a bare environment, and told to run nothing of
the clone's own: no hooks, monitors, pagers, external diffs, signature programs or
transports. What it prints is bytes of whoever committed: clean them before you show them.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mcm.core.errors import UsageError

_PLACES = (
    Path("/usr/bin/git"),
    Path("/usr/local/bin/git"),
    Path("/opt/homebrew/bin/git"),
    Path("/bin/git"),
)
_SAFE = (
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",
    "-c",
    "core.fsmonitor=",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.allow=never",
    "-c",
    "log.showSignature=false",
    "-c",
    "core.commitGraph=false",  # a file that could tell of other parents than the commits do
)
_KEPT = ("HOME", "XDG_CONFIG_HOME")
"""Where git's own settings lie: `safe.directory` and `user.signingkey` among them."""
LOG = (
    "log",
    "-z",
    "--no-show-signature",
    "--no-patch",
    "--no-ext-diff",
    "--no-textconv",
    "--no-notes",
    "--no-color",
    "--no-decorate",
    "--no-mailmap",
    "--encoding=UTF-8",
)
"""`git log` for a program: nothing but the commits themselves decides what it prints."""
LIMIT = 1_000_000
TIMEOUT = 10.0


def find_git() -> Path:
    """Return git's absolute path; raise UsageError when there is none to be trusted.

    PATH is only asked last, and a git below the current directory is not taken.
    """
    for path in _PLACES:
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("git")
    here = Path.cwd().resolve()
    if found and Path(found).is_absolute() and here not in Path(found).resolve().parents:
        return Path(found)
    raise UsageError("git was not found", hint="Install git.")


def run_git(root: Path, arguments: Sequence[str], *, limit: int = LIMIT) -> bytes:
    """Return what git prints about the clone that `root` is in.

    Raises UsageError when git fails, takes over 10 s or prints more than `limit` bytes.
    """
    command = [str(find_git()), *_SAFE, "-C", str(root), *arguments]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment = {
        **kept,
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_GRAFT_FILE": os.devnull,  # .git/info/grafts could do the same
    }
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as process:
            return _read(process, arguments[0], limit)
    except OSError as err:
        raise UsageError(f"git cannot be run: {err.strerror}") from err


def _read(process: "subprocess.Popen[bytes]", what: str, limit: int) -> bytes:
    """Read until the end, the limit or the time is reached; the process ends in any case."""
    import threading

    watch = threading.Timer(TIMEOUT, process.kill)
    watch.start()
    try:
        assert process.stdout is not None  # it was asked for
        data = process.stdout.read(limit + 1)
        if len(data) > limit:
            raise UsageError(f"git {what} says more than {limit} bytes")
        if process.wait() != 0:
            raise UsageError(f"git {what} failed")
        return data
    finally:
        watch.cancel()
        process.kill()
