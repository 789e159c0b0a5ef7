"""Git as a carrier: plumbing in a repository of its own, which is thrown away afterwards.

Nothing is fetched into the user's clone and nothing is checked out. From the clone come
only the settings that say how its remote is reached, as the user's own `git push` has
them; they may name programs (credential helpers, an ssh command), and no others run: see
`mcm.git`. A command has 20 s and ends with all that it started; what it may store is
bounded.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcm.core.errors import Exit, McmError, UsageError
from mcm.git import STORED, run_git, start_git

TIMEOUT = 20.0
_REACHING = re.compile(r"(?:credential|http|url|ssh)\..+|core\.sshcommand", re.IGNORECASE)
_OWN = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND")


class WireError(McmError):
    """The remote is out of reach, or git did not do what it was asked to."""

    exit_code = Exit.BLIND


@dataclass(frozen=True)
class Git:
    """One remote of the clone at `clone`, reached through a bare repository at `store`."""

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
        aws = "codecommit" in f"{self.url} {self.push_url}".lower()
        try:
            return start_git(
                [f"--git-dir={self.store}", *arguments],
                self.clone,
                _environment(self.settings, aws=aws),
                data=data,
                most=most,
                within=TIMEOUT,
                stored=self.stored,
            )
        except UsageError as err:
            raise WireError(str(err), hint=err.hint) from err


@contextmanager
def opened(clone: Path, remote: str, *, stored: int = STORED) -> Iterator[Git]:
    """Yield git for the remote of this name, over a store that is gone afterwards.

    Raises WireError when there is no such remote.
    """
    own = dict(_settings(clone))
    url = own.get(f"remote.{remote}.url", "")
    if not url:
        raise WireError(f"the clone has no remote {remote!r}")
    push_url = own.get(f"remote.{remote}.pushurl", url)
    reaching = tuple((key, value) for key, value in own.items() if _REACHING.fullmatch(key))
    with tempfile.TemporaryDirectory(prefix="mcm-wire-") as folder:
        store = Path(folder) / "store.git"
        git = Git(top_of(clone), store, url, push_url, reaching, stored)
        form = _ask(clone, ["rev-parse", "--show-object-format"]) or "sha1"
        git.run(["init", "--quiet", "--bare", "--template=", f"--object-format={form}"])
        yield git


def find_remote(clone: Path) -> str:
    """Return the remote to use: `mcm.remote` of git's settings, else origin; "" for none."""
    own = dict(_settings(clone))
    named = own.get("mcm.remote", "origin")
    return named if own.get(f"remote.{named}.url") else ""


def _settings(clone: Path) -> Iterator[tuple[str, str]]:
    """Yield the clone's own settings; the user's and the system's are found by git itself."""
    for scope in ("--global", "--local"):
        listed = _ask(clone, ["config", scope, "--includes", "--null", "--list"])
        for item in listed.split("\0"):
            key, _, value = item.partition("\n")
            if scope == "--local" or key == "mcm.remote":
                yield key, value


def top_of(clone: Path) -> Path:
    """Return where a relative address of a remote begins: at the clone's top."""
    top = _ask(clone, ["rev-parse", "--show-toplevel"]).removesuffix("\n")
    return Path(top) if top else clone


def _ask(clone: Path, arguments: Sequence[str]) -> str:
    """Return what git says about the clone, empty when it says nothing."""
    try:
        said = run_git(clone, arguments)
    except UsageError:
        return ""
    return said.decode("utf-8", "replace").removesuffix("\n")


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
    for number, (key, value) in enumerate(settings):
        kept[f"GIT_CONFIG_KEY_{number}"] = key
        kept[f"GIT_CONFIG_VALUE_{number}"] = value
    own = {
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_AUTHOR_NAME": "mcm",
        "GIT_AUTHOR_EMAIL": "mcm@localhost",
        "GIT_COMMITTER_NAME": "mcm",
        "GIT_COMMITTER_EMAIL": "mcm@localhost",
    }
    return {**kept, **own}
