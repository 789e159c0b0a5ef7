"""The three standard streams: there to begin with, and no reason to stop or to fail.

A rollback must not end because nobody can read what it says (promise 1), and a command's
exit code is its own whatever became of its talk. Data that is lost is told at the end.
"""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

from mcm.core.errors import Exit


class Lossy:
    """A stream whose writes never fail; `lost` says why the first one that did was lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError as err:
            self.lost = self.lost or err
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as err:
            self.lost = self.lost or err

    def forget(self) -> bool:
        """Write out what is in the buffer; return whether anything was lost, and forget that."""
        self.flush()
        lost, self.lost = self.lost, None
        if lost is not None:
            self.drop()
        return lost is not None

    def drop(self) -> None:
        """Send what is still in the buffer nowhere.

        The interpreter flushes once more when it ends, and would end with a code of its own.
        """
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)
            self._stream.flush()


def prepare() -> None:
    """Open the standard streams that came closed, and let no write to the others fail.

    Python has None for a closed stream, and the next file opened would get its number:
    whatever is written to stderr would go into that file.
    """
    for number, mode in ((0, "r"), (1, "w"), (2, "w")):
        name = ("stdin", "stdout", "stderr")[number]
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
        if mode == "w":
            setattr(sys, name, Lossy(getattr(sys, name)))


def offer(lines: Iterable[str]) -> None:
    """Print lines that are worth having and decide nothing: on stdout, else on stderr.

    That they could not be written to stdout changes no exit code.
    """
    kept = list(lines)
    for line in kept:
        print(line)
    if isinstance(sys.stdout, Lossy) and sys.stdout.forget():
        for line in kept:
            print(line, file=sys.stderr)


def finish(code: int) -> int:
    """Write out what was printed; return `code`, or 2 when only its data was lost.

    A reader who has left, as `head` does, has lost nothing.
    """
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, Lossy)]
    for stream in streams:
        stream.flush()
        lost = stream.lost
        if lost is None:
            continue
        stream.drop()
        if stream is sys.stdout and not isinstance(lost, BrokenPipeError):
            print(f"error: cannot write: {lost.strerror or lost}", file=sys.stderr)
            code = code or Exit.USAGE
    return code
