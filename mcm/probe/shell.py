"""One shell line of a runbook, run for the person who watches it.

It gets a small environment (names for credentials, no addresses that redirect AWS), the
terminal if there is one, and a time limit. What it prints passes through to the person; a
cut tail of it is kept for the journal.
"""

import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import IO

from mcm.core.runbooks.shell import Ran

KEPT = 2000
"""Bytes of output that are kept: its end, where errors stand."""
PASSED_ON = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "TMPDIR"}
    | {"COLUMNS", "LINES", "XDG_STATE_HOME", "SSH_AUTH_SOCK", "HTTPS_PROXY", "NO_PROXY"}
    | {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"}
    | {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"}
    | {"AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"}
)
"""What a command may know of our environment."""
_GRACE = 2.0
"""Seconds between asking a command to end and making it."""


class LocalShell:
    """Runs lines with `sh -c`; `more` is added to the environment, as the sandbox needs it."""

    def __init__(
        self,
        show: Callable[[str], None],
        environ: Mapping[str, str],
        more: Mapping[str, str] | None = None,
    ) -> None:
        self._show = show
        self._env = {name: environ[name] for name in PASSED_ON if name in environ}
        # A pager would wait for a key that the runbook does not announce.
        self._env |= {"AWS_PAGER": "", "PAGER": "cat", **(more or {})}

    def run(self, command: str, within: timedelta) -> Ran:
        """Run `command`; never raises for what it does. Ctrl-C ends it, not us."""
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                env=self._env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        except OSError as err:
            return Ran(None, "", f"it could not be started: {err.strerror}")
        with process, _in_front(process.pid):
            assert process.stdout is not None
            tail, late = self._follow(process.stdout, monotonic() + within.total_seconds())
            if late:
                end_group(process)
                return Ran(None, tail, f"it took longer than {within} and was ended")
            status = process.wait()
        if status < 0:
            return Ran(None, tail, f"it was ended by signal {-status}")
        return Ran(status, tail, "" if status == 0 else f"exit status {status}")

    def _follow(self, stream: IO[bytes], until: float) -> tuple[str, bool]:
        """Return the end of what is printed, and whether the time was up before its end."""
        tail = b""
        with selectors.DefaultSelector() as ready:
            ready.register(stream, selectors.EVENT_READ)
            while (left := until - monotonic()) > 0:
                if not ready.select(left):
                    continue
                chunk = os.read(stream.fileno(), 4096)
                if not chunk:
                    return _text(tail), False
                tail = (tail + chunk)[-KEPT:]
                self._show(chunk.decode("utf-8", "replace"))
        return _text(tail), True


def _text(tail: bytes) -> str:
    return tail.decode("utf-8", "replace")


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a process that leads a group, and whatever else is in the group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)


@contextmanager
def _in_front(group: int) -> Iterator[None]:
    """Give the terminal to the process group `group` while inside, if stdin is one."""
    terminal = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
    if terminal is None:
        yield
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with suppress(OSError):
            os.tcsetpgrp(terminal, group)
            # It may have asked for a key before it was in front, and been stopped for it.
            os.killpg(group, signal.SIGCONT)
        yield
    finally:
        with suppress(OSError):
            os.tcsetpgrp(terminal, os.getpgrp())
        signal.signal(signal.SIGTTOU, before)
