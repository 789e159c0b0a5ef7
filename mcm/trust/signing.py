"""Sign statements with `ssh-keygen`, so that agents and security keys work as they do.

The program is started by its absolute path, never looked up in PATH or the current
directory, and its answer is verified before it is used. Only signing needs it; verifying
is done in process (`mcm.trust.sshsig`).
"""

import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mcm.core import canonical
from mcm.core.errors import UsageError
from mcm.core.trust.statement import Statement, namespace
from mcm.trust import sshsig
from mcm.trust.envelope import Envelope, Proof

SSH_KEYGEN: Sequence[Path] = (
    Path("/usr/bin/ssh-keygen"),
    Path("/usr/local/bin/ssh-keygen"),
    Path("/opt/homebrew/bin/ssh-keygen"),
    Path("/bin/ssh-keygen"),
)
"""Where `ssh-keygen` is looked for, in this order."""

_TIMEOUT = 120.0
# Secrets of AWS and odd library paths have no business in the child.
_KEPT = ("HOME", "LANG", "TERM", "DISPLAY", "WAYLAND_DISPLAY", "SSH_AUTH_SOCK", "SSH_ASKPASS")


def new_nonce() -> str:
    """Return 128 random bits as 32 hex digits."""
    return secrets.token_hex(16)


def find_ssh_keygen(candidates: Sequence[Path] = SSH_KEYGEN) -> Path:
    """Return the first candidate that can be run; raise UsageError if none can.

    A relative candidate is refused: it would be looked up in the current directory.
    """
    for path in candidates:
        if not path.is_absolute():
            raise UsageError(f"cannot use {str(path)!r} to sign: not an absolute path")
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise UsageError(
        "cannot sign: ssh-keygen was not found",
        hint="Install OpenSSH 8.2 or newer, or name ssh-keygen's absolute path.",
    )


def sign(statement: Statement, key: Path, *, ssh_keygen: Path | None = None) -> Envelope:
    """Return `statement` in an envelope signed with `key`.

    `key` is a private key file, or a public one whose private half an agent holds. May
    ask for a passphrase, a PIN or a touch at the terminal, up to 120 s. Raises UsageError
    if no signature was made, RefusedError if the one made does not verify (a key type
    that mcm does not accept).
    """
    program = find_ssh_keygen(SSH_KEYGEN if ssh_keygen is None else (ssh_keygen,))
    payload = canonical.encode(statement.to_value())
    space = namespace(statement.kind)
    signature = run_ssh_keygen(program, space, key, payload)
    sshsig.verify(signature, payload, space)
    return Envelope(statement.kind, payload, (Proof("ssh", signature),))


def unsigned(statement: Statement) -> Envelope:
    """Return `statement` in an envelope without a proof; it counts in the sandbox only."""
    return Envelope(statement.kind, canonical.encode(statement.to_value()), ())


def run_ssh_keygen(program: Path, space: str, key: Path, payload: bytes) -> str:
    """Return the armoured signature of `payload`; raise UsageError if there is none."""
    command = [str(program), "-q", "-Y", "sign", "-n", space, "-f", str(key.absolute())]
    # At a terminal a security key asks to be touched on stderr, so it must be seen there.
    stderr = None if os.isatty(2) else subprocess.PIPE
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            command,
            input=payload,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=env,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as err:
        raise UsageError(f"cannot sign with {key}: {type(err).__name__}") from err
    if done.returncode != 0:
        lines = (done.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        said = "".join(char for char in (lines[-1] if lines else "") if char.isprintable())
        raise UsageError(
            f"cannot sign with {key}: {said or 'ssh-keygen failed'}",
            hint=f"See whether `ssh-keygen -Y sign -n {space} -f {key}` works by hand.",
        )
    return done.stdout.decode("ascii", "replace")
