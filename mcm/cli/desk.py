"""One person at the desk: their key, the trust file, the inbox of one change."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from mcm.cli.compose import Project
from mcm.core.errors import RefusedError, UsageError
from mcm.core.inbox import Inbox
from mcm.core.statement import Statement, TrustRef, Verified
from mcm.trust.inbox import write_statement
from mcm.trust.signing import new_nonce, sign
from mcm.trust.sshsig import SshKey
from mcm.trust.verify import verify

KEYS = Path(".mcm-sandbox") / "keys"


class KeyDesk:
    """Implements the desk of `mcm.app.people` with an SSH key in a file."""

    def __init__(self, project: Project, change: str, key: Path) -> None:
        self._project = project
        self._change = change
        self._key = key
        self._trust = project.trust()
        public = public_key(key)
        holder = self._trust.holder(public)
        if holder is None:
            raise RefusedError(
                "E_UNKNOWN_SIGNER",
                f"key {key} refused: no person in the trust file has {public.fingerprint}",
                hint="Sign with a key of your entry in .mcm/trust.yml; name it with --key.",
            )
        self._holder = holder

    @property
    def person(self) -> str:
        return self._holder.id

    @property
    def aliases(self) -> frozenset[str]:
        return self._holder.aliases

    @property
    def trust(self) -> TrustRef:
        return self._trust.ref

    def inbox(self) -> Inbox:
        return self._project.inbox(self._change)

    def check_approver(self, stage: str) -> None:
        """Raise RefusedError when the trust file does not let this person approve `stage`.

        What verifies a signature says the same of it; this only spares its making.
        """
        who = self._holder
        if not who.is_valid(self._project.clock.now()):
            raise RefusedError("E_KEY_NOT_VALID", f"refused: {who.id} is not valid at this time")
        if "approver" not in who.roles:
            raise RefusedError("E_ROLE", f"refused: {who.id} is no approver")
        if who.stages is not None and stage not in who.stages:
            raise RefusedError("E_ROLE", f"refused: {who.id} may not approve {stage}")

    def nonce(self) -> str:
        return new_nonce()

    def sign(self, statement: Statement) -> tuple[Verified, Callable[[], str]]:
        """Sign, and verify as every reader will; nothing is filed before the caller says so."""
        envelope = sign(statement, self._key)
        now = self._project.clock.now()
        verified = verify(envelope.to_bytes(), self._trust, self._project.realm, now)
        folder = self._project.folder(self._change).statements

        def file() -> str:
            return write_statement(folder, envelope).relative_to(self._project.root).as_posix()

        return verified, file


def find_key(project: Project, named: Path | None, person: str | None) -> Path:
    """Return the key to sign with: the one named, the sandbox person's, else git's.

    Raises UsageError when there is none, or none that is a file.
    """
    if named is not None:
        if not named.is_file():
            raise UsageError(f"no key at {named}")
        return named
    if project.service.sandbox:
        if person is None:
            raise UsageError(
                "nobody to sign as: the sandbox has several people",
                hint="Name one, such as --profile bob, or a key with --key.",
            )
        path = project.root / KEYS / person
        if not path.is_file():
            known = sorted(p.name for p in (project.root / KEYS).glob("*") if not p.suffix)
            raise UsageError(f"the sandbox has no key of {person}: there are {', '.join(known)}")
        return path
    return _git_key(project.root)


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


def _git_key(root: Path) -> Path:
    done = subprocess.run(
        ["git", "-C", str(root), "config", "--get", "user.signingkey"],
        capture_output=True,
        text=True,
        check=False,
    )
    path = Path(done.stdout.strip()).expanduser()
    if done.returncode != 0 or not path.is_file():
        raise UsageError(
            "no key to sign with: git's user.signingkey names no key file",
            hint="Name your SSH key with --key, or set git's user.signingkey to its path.",
        )
    return path
