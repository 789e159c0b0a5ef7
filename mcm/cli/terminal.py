"""A pseudo-terminal, for what must be typed by a person: the demo is that person."""

import os
import pty
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from mcm.cli.keys import readable

_CHUNK = 4096


def run_at_terminal(
    command: Sequence[str],
    typed: str,
    *,
    after: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    then: Sequence[tuple[str, str]] = (),
    show: Callable[[str], None] | None = None,
    within: float = 60.0,
) -> tuple[int, str]:
    r"""Run `command` at a pseudo-terminal; type `typed` once `after` has been printed.

    `then` are pairs of what is printed next and what is typed to that, in order.
    Returns its exit code and everything it printed, with `\n` line ends; `show` gets the
    text as it comes. Raises TimeoutExpired when nothing is printed for `within` seconds.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=env, close_fds=True
    ) as process:
        os.close(theirs)
        with os.fdopen(ours, "r+b", buffering=0) as terminal:
            try:
                steps = [(after, typed)] if typed else []
                text = _converse(terminal, [*steps, *then], show, within, process)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return process.wait(), text


def _converse(
    terminal: BinaryIO,
    steps: list[tuple[str, str]],
    show: Callable[[str], None] | None,
    within: float,
    process: "subprocess.Popen[bytes]",
) -> str:
    seen = b""
    told = 0
    while chunk := _read(terminal, within, process):
        seen += chunk
        if show is not None:
            show(chunk.decode("utf-8", "replace").replace("\r\n", "\n"))
        if steps and (place := seen.find(steps[0][0].encode(), told)) >= 0:
            told = place + len(steps[0][0].encode())
            terminal.write(steps.pop(0)[1].encode())
    return seen.decode("utf-8", "replace").replace("\r\n", "\n")


def _read(terminal: BinaryIO, within: float, process: "subprocess.Popen[bytes]") -> bytes:
    """Return what comes next; empty when the other end has closed the terminal."""
    if not readable(terminal.fileno(), within):
        raise subprocess.TimeoutExpired(process.args, within)
    try:
        return os.read(terminal.fileno(), _CHUNK)
    except OSError:  # EIO: on Linux the last one to leave closes the line
        return b""
