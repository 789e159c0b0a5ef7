"""Which key signs: the one named, the sandbox person's, git's, or the agent's own.

Only the public half is needed where an agent holds the private one. Nothing is guessed:
of several keys in the agent that belong to people of the trust file, one must be named.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcm.cli.compose import Project
from mcm.core.errors import McmError, UsageError
from mcm.core.sanitize import clean
from mcm.trust.agent import agent_lines
from mcm.trust.sshsig import SshKey

KEYS = Path(".mcm-sandbox") / "keys"
_LITERAL = ("key::", "ssh-", "ecdsa-", "sk-")


@dataclass(frozen=True)
class SigningKey:
    """A key to sign with: a file, or the line of a public key whose other half an agent has."""

    public: SshKey
    path: Path | None
    line: str = ""

    def __str__(self) -> str:
        return str(self.path) if self.path else f"{self.public.fingerprint} in the agent"

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Give the file that `ssh-keygen` is told; one of our own where there is none."""
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="mcm-key-") as folder:
            path = Path(folder) / "agent.pub"
            path.write_text(self.line + "\n", encoding="ascii")
            yield path


def find_key(project: Project, named: str | None, person: str | None) -> SigningKey:
    """Return the key to sign with; raise UsageError when there is none, or no single one."""
    if named is not None:
        return _named(named)
    if project.service.sandbox:
        return _sandbox_key(project, person)
    return _git_key(project) or _agent_key(project)


def public_key(key: Path) -> SshKey:
    """Return the public half of a key file: the file itself, or the `.pub` beside it."""
    for path in (key, key.with_name(f"{key.name}.pub")):
        try:
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if "\n" not in text and text:
            return SshKey.from_line(text)
    raise UsageError(
        f"the public half of {key} is not there",
        hint=f"Write it with `ssh-keygen -y -f {key} > {key}.pub`.",
    )


def _named(text: str) -> SigningKey:
    if text.startswith("SHA256:"):
        for line in agent_lines():
            key = SshKey.from_line(line)
            if key.fingerprint == text:
                return _of_line(line)
        raise UsageError(f"no key {clean(text, 60)} in your agent", hint="See `ssh-add -l`.")
    if text.startswith(_LITERAL) and " " in text:
        return _of_line(text.removeprefix("key::"))
    path = Path(text).expanduser()
    if not path.is_file():
        raise UsageError(f"no key at {clean(text, 200)}")
    return SigningKey(public_key(path), path)


def _of_line(line: str) -> SigningKey:
    bare = " ".join(line.strip().split(" ")[:2])
    return SigningKey(SshKey.from_line(bare), None, bare)


def _sandbox_key(project: Project, person: str | None) -> SigningKey:
    if person is None:
        raise UsageError(
            "nobody to sign as: the sandbox has several people",
            hint="Name one, such as --profile bob, or a key with --key.",
        )
    path = project.root / KEYS / person
    if not path.is_file():
        known = sorted(p.name for p in (project.root / KEYS).glob("*") if not p.suffix)
        raise UsageError(f"the sandbox has no key of {person}: there are {', '.join(known)}")
    return SigningKey(public_key(path), path)


def _git_key(project: Project) -> SigningKey | None:
    """Return git's user.signingkey where it is an SSH key; OpenPGP's ids are none."""
    from mcm.git import run_git

    try:
        text = run_git(project.root, ["config", "--get", "user.signingkey"]).decode().strip()
    except (McmError, UnicodeDecodeError):
        return None
    if text.startswith(_LITERAL) or Path(text).expanduser().is_file():
        return _named(text)
    return None


def _agent_key(project: Project) -> SigningKey:
    """Return the one key in the agent that belongs to a person of the trust file."""
    trust = project.trust()
    found = [_of_line(line) for line in agent_lines()]
    known = [(key, person) for key in found if (person := trust.holder(key.public))]
    if len(known) == 1:
        return known[0][0]
    if known:
        names = ", ".join(f"{key.public.fingerprint} of {who.id}" for key, who in known)
        raise UsageError(
            f"which key to sign with? Your agent has {len(known)} of the trust file: {names}",
            hint="Name one with --key and its fingerprint.",
        )
    raise UsageError(
        "no key to sign with: git's user.signingkey names none, and your agent has none that"
        " is in the trust file",
        hint="Name your SSH key with --key, set git's user.signingkey, or `ssh-add` it.",
    )
