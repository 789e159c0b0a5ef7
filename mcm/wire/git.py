"""Git as a carrier: plumbing in a repository of its own, which is thrown away afterwards.

Nothing is fetched into the user's clone and nothing is checked out. From the clone come
only the settings that say how its remote is reached, as the user's own `git push` has
them; they may name programs (credential helpers, an ssh command), and no others run: no
hooks, no monitors, no `ext` transport, no prompts. A command has 20 s and ends with all
that it started; what it may store is bounded.
"""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mcm.core.errors import Exit, McmError

TIMEOUT = 20.0
_SHELL = "/bin/sh"
# A pack that does not end must not fill the disk. `ulimit` bounds each file that git
# writes; a function between fork and exec would not be safe beside threads.
_BOUND = 'ulimit -f "$0" && exec "$@"'
STORED = 131_072
"""Blocks of 512 bytes that one file in the store may have: 64 MiB."""
_SAFE = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", ""),
    ("protocol.ext.allow", "never"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("push.gpgSign", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)
_REACHING = re.compile(r"(?:credential|http|url|ssh)\..+|core\.sshcommand", re.IGNORECASE)
_OWN = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND")


class WireError(McmError):
    """The remote is out of reach, or git did not do what it was asked to."""

    exit_code = Exit.BLIND


@dataclass(frozen=True)
class Git:
    """One remote of the clone at `clone`, reached through a bare repository at `store`."""

    program: Path
    clone: Path
    store: Path
    url: str
    push_url: str
    settings: tuple[tuple[str, str], ...]
    stored: int = STORED

    def run(self, arguments: Sequence[str], *, data: bytes = b"", most: int = 1_000_000) -> bytes:
        """Return what git prints; raise WireError with its last word when it fails.

        Also when it takes over 20 s, or says more than `most` bytes.
        """
        command = [str(self.program), f"--git-dir={self.store}", *arguments]
        aws = "codecommit" in f"{self.url} {self.push_url}".lower()
        return _run(command, self.clone, self.settings, data, most, self.stored, aws=aws)


@contextmanager
def opened(program: Path, clone: Path, remote: str, *, stored: int = STORED) -> Iterator[Git]:
    """Yield git for the remote of this name, over a store that is gone afterwards.

    Raises WireError when there is no such remote.
    """
    own = dict(_settings(program, clone))
    url = own.get(f"remote.{remote}.url", "")
    if not url:
        raise WireError(f"the clone has no remote {remote!r}")
    push_url = own.get(f"remote.{remote}.pushurl", url)
    reaching = tuple((key, value) for key, value in own.items() if _REACHING.fullmatch(key))
    with tempfile.TemporaryDirectory(prefix="mcm-wire-") as folder:
        store = Path(folder) / "store.git"
        git = Git(program, top_of(program, clone), store, url, push_url, reaching, stored)
        form = _ask(program, clone, ["rev-parse", "--show-object-format"]) or "sha1"
        git.run(["init", "--quiet", "--bare", "--template=", f"--object-format={form}"])
        yield git


def find_remote(program: Path, clone: Path) -> str:
    """Return the remote to use: `mcm.remote` of git's settings, else origin; "" for none."""
    own = dict(_settings(program, clone))
    named = own.get("mcm.remote", "origin")
    return named if own.get(f"remote.{named}.url") else ""


def _settings(program: Path, clone: Path) -> Iterator[tuple[str, str]]:
    """Yield the clone's own settings; the user's and the system's are found by git itself."""
    for scope in ("--global", "--local"):
        listed = _ask(program, clone, ["config", scope, "--includes", "--null", "--list"])
        for item in listed.split("\0"):
            key, _, value = item.partition("\n")
            if scope == "--local" or key == "mcm.remote":
                yield key, value


def top_of(program: Path, clone: Path) -> Path:
    """Return where a relative address of a remote begins: at the clone's top."""
    top = _ask(program, clone, ["rev-parse", "--show-toplevel"]).removesuffix("\n")
    return Path(top) if top else clone


def _ask(program: Path, clone: Path, arguments: Sequence[str]) -> str:
    """Return what git says about the clone, empty when it says nothing."""
    try:
        said = _run([str(program), *arguments], clone, (), b"", 1_000_000)
    except WireError:
        return ""
    return said.decode("utf-8", "replace").removesuffix("\n")


def _run(
    command: Sequence[str],
    folder: Path,
    settings: Sequence[tuple[str, str]],
    data: bytes,
    most: int,
    stored: int = STORED,
    *,
    aws: bool = False,
) -> bytes:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(data)
        given.seek(0)
        try:
            # A session of its own: no terminal that ssh could ask at, and one group to end.
            process = subprocess.Popen(
                [_SHELL, "-c", _BOUND, str(stored), *command],
                cwd=folder,
                env=_environment(settings, aws=aws),
                stdin=given,
                stdout=said,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as err:
            raise WireError(f"git cannot be run: {err.strerror}") from err
        try:
            _, talk = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as err:
            raise WireError(f"git took over {TIMEOUT:g} s") from err
        finally:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.returncode != 0:
            raise WireError(_last_word(talk, process.returncode))
        said.seek(0)
        found = said.read(most + 1)
        if len(found) > most:
            raise WireError(f"git says more than {most} bytes")
        return found


def _environment(settings: Sequence[tuple[str, str]], *, aws: bool) -> dict[str, str]:
    """Return the user's environment without what would send git elsewhere or make it ask.

    AWS's variables, secrets among them, are for a remote in CodeCommit only.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _OWN
        or not (name.startswith(("GIT_", "SSH_ASKPASS")) or (name.startswith("AWS_") and not aws))
    }
    given = [*settings, *_SAFE]
    for number, (key, value) in enumerate(given):
        kept[f"GIT_CONFIG_KEY_{number}"] = key
        kept[f"GIT_CONFIG_VALUE_{number}"] = value
    quiet = {
        "GIT_CONFIG_COUNT": str(len(given)),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_AUTHOR_NAME": "mcm",
        "GIT_AUTHOR_EMAIL": "mcm@localhost",
        "GIT_COMMITTER_NAME": "mcm",
        "GIT_COMMITTER_EMAIL": "mcm@localhost",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }
    return {**kept, **quiet}


def _last_word(talk: bytes, code: int) -> str:
    """Return what git complained of first; a signal is what `ulimit` sends."""
    lines = [line.strip() for line in talk[:20_000].decode("utf-8", "replace").splitlines()]
    words = [line for line in lines if line.startswith(("fatal:", "error:", "! ", "remote:"))]
    said = next(iter(words or [line for line in lines if line]), f"code {code}")
    return f"git failed: {said[:300]}"
