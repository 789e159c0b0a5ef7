"""One key at a terminal, without Enter; and the terminal as it was, whatever happens."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listening() -> Iterator[None]:
    """Take keys one by one, unseen, while inside; stdin must be a terminal.

    What was typed before, or is left at the end, is thrown away: it answered nothing. Ctrl-C
    still interrupts.
    """
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        # The rest of an arrow key, or of impatience, must not reach the shell behind.
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)


def pressed(within: float | None = None) -> str:
    """Return the key that was pressed; empty when none was in `within` seconds.

    A terminal that went away is no key either, and says so by `EOFError`.
    """
    import os

    number = sys.stdin.fileno()
    if not readable(number, within):
        return ""
    # Past the stream's own buffer, which `select` knows nothing of.
    data = os.read(number, 1)
    if not data:
        raise EOFError("the terminal is gone")
    return data.decode("latin-1")


def readable(number: int, within: float | None = None) -> bool:
    """Say whether a descriptor can be read within some seconds; None waits for ever.

    By `poll`: `select` takes no number above 1023.
    """
    import select

    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(None if within is None else within * 1000))
