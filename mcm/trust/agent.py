"""The keys of the running ssh-agent: what a person can sign with besides key files.

Only listing is done here; `ssh-keygen -Y sign` itself asks the agent when it is given a
public key. Without an agent, or with one that does not answer, there are none.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mcm.core.errors import McmError
from mcm.trust.signing import find_ssh_keygen
from mcm.trust.sshsig import SshKey

_TIMEOUT = 10.0
_MOST = 100


def agent_lines(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return `TYPE BASE64 [COMMENT]` of each key in the agent that mcm accepts.

    Keys of other types are passed over: they can sign nothing here.
    """
    seen = os.environ if environment is None else environment
    socket = seen.get("SSH_AUTH_SOCK", "")
    if not socket:
        return ()
    try:
        program: Path = find_ssh_keygen().with_name("ssh-add")
        done = subprocess.run(
            [str(program), "-L"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"SSH_AUTH_SOCK": socket},
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, McmError):
        return ()
    if done.returncode != 0:
        return ()
    lines = done.stdout.decode("utf-8", "replace").splitlines()[:_MOST]
    return tuple(line for line in lines if _is_accepted(line))


def _is_accepted(line: str) -> bool:
    try:
        SshKey.from_line(line)
    except McmError:
        return False
    return True
