"""Talk: what a command says to the person, on stderr; stdout is data."""

import sys
from contextlib import suppress

from mcm.core.errors import Exit, McmError


class DeclinedError(McmError):
    """A person was asked and did not say yes; nothing was done."""

    exit_code = Exit.ABORTED


def show(line: str, indent: int = 13) -> None:
    """Print one line of data; at a terminal broken between words, `indent` columns deep.

    Piped away it stays one line: whoever reads it then is a program.
    """
    if not sys.stdout.isatty():
        print(line)
        return
    import shutil
    import textwrap

    width = max(shutil.get_terminal_size().columns, 40)
    deep = " " * indent
    print(textwrap.fill(line, width, subsequent_indent=deep, break_on_hyphens=False))


def say(text: str, end: str = "\n") -> None:
    """Print one line to stderr at once; that nobody can read it stops no command."""
    if sys.stderr is not None:  # None when it came closed; `print` would take stdout then
        with suppress(OSError, ValueError):
            print(text, end=end, file=sys.stderr, flush=True)
