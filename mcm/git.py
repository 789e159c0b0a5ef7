"""Git is started here and nowhere else, as in a clone that somebody else may have prepared.

It is started by its absolute path and told to run nothing of the clone's own: no hooks,
monitors, pagers, aliases, signature programs. `run_git` asks about a clone, in a bare
environment and without any transport; `start_git` is what carries, too, see `mcm.wire.git`.
What git prints is bytes of whoever committed: clean them before you show them.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mcm.core.errors import UsageError

_PLACES = (
    Path("/usr/bin/git"),
    Path("/usr/local/bin/git"),
    Path("/opt/homebrew/bin/git"),
    Path("/bin/git"),
)
_SAFE = (
    ("core.fsmonitor", ""),
    ("core.hooksPath", "/dev/null"),
    ("core.commitGraph", "false"),  # a file that could tell of other parents than the commits do
    ("log.showSignature", "false"),
    ("tag.gpgSign", "false"),
    ("tag.forceSignAnnotated", "false"),
    ("push.gpgSign", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("protocol.ext.allow", "never"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)
_QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,  # .git/info/grafts could hide commits, as replacements could
}
_KEPT = ("HOME", "XDG_CONFIG_HOME")
"""Where git's own settings lie: `safe.directory` and `user.signingkey` among them."""
_SHELL = "/bin/sh"
# What does not end must not fill the disk. `ulimit` bounds each file that git writes; a
# function between fork and exec would not be safe beside threads.
_BOUND = 'ulimit -f "$0" && exec "$@"'
STORED = 131_072
"""Blocks of 512 bytes that one file that git writes may have: 64 MiB."""
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
_TALK = 20_000
TIMEOUT = 10.0


class GitError(UsageError):
    """Git cannot be run, failed, or said more than was asked for."""


class GitLateError(GitError):
    """Git took longer than it had."""


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


def run_git(
    root: Path, arguments: Sequence[str], *, limit: int = LIMIT, within: float = TIMEOUT
) -> bytes:
    """Return what git prints about the clone that `root` is in.

    Raises GitError when git fails, takes over `within` seconds or prints more than `limit`
    bytes, and UsageError where there is no git.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # The variable, for a clone's settings could allow each protocol by name.
    alone = {"PATH": "/usr/bin:/bin", "GIT_ALLOW_PROTOCOL": ""}
    return start_git(arguments, root, {**kept, **alone}, most=limit, within=within)


def start_git(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    data: bytes = b"",
    most: int = LIMIT,
    within: float = TIMEOUT,
    stored: int = STORED,
) -> bytes:
    """Return what git prints in `folder`, given `data`; the settings here come after all others.

    `environment` is all that git gets, but for what keeps it quiet. When it ends, or after
    `within` seconds, all that it started ends with it. Raises as `run_git` does.
    """
    safe = [word for key, value in _SAFE for word in ("-c", f"{key}={value}")]
    bound = [_SHELL, "-c", _BOUND, str(stored)]
    file = tempfile.TemporaryFile
    # Files, not pipes: what git writes into them is bounded, complaints included.
    with file() as given, file() as said, file() as talk:
        given.write(data)
        given.seek(0)
        command = [*bound, str(find_git()), "--no-pager", *safe, *arguments]
        try:
            # A session of its own: no terminal that ssh could ask at, and one group to end.
            started = subprocess.Popen(
                command,
                cwd=folder,
                env={**environment, **_QUIET},
                stdin=given,
                stdout=said,
                stderr=talk,
                start_new_session=True,
            )
        except OSError as err:
            raise GitError(f"git cannot be run: {err.strerror}") from err
        with started as process:
            try:
                process.wait(timeout=within)
            except subprocess.TimeoutExpired as err:
                raise GitLateError(f"git took over {within:g} s") from err
            finally:
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
        if process.returncode != 0:
            talk.seek(0)
            raise GitError(_first_word(talk.read(_TALK), process.returncode))
        said.seek(0)
        found = said.read(most + 1)
        if len(found) > most:
            raise GitError(f"git says more than {most} bytes")
        return found


def _first_word(talk: bytes, code: int) -> str:
    """Return what git complained of first; a signal is what `ulimit` sends."""
    lines = [line.strip() for line in talk.decode("utf-8", "replace").splitlines()]
    words = [line for line in lines if line.startswith(("fatal:", "error:", "! ", "remote:"))]
    said = next(iter(words or [line for line in lines if line]), f"code {code}")
    return f"git failed: {said[:300]}"
