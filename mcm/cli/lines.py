"""Talk: what a command says to the person, on stderr; stdout is data."""

import sys

from mcm.core.errors import Exit, McmError


class DeclinedError(McmError):
    """A person was asked and did not say yes; nothing was done."""

    exit_code = Exit.ABORTED


def say(text: str) -> None:
    """Print one line to stderr at once."""
    print(text, file=sys.stderr, flush=True)
