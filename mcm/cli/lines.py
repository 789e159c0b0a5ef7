"""Talk: what a command says to the person, on stderr; stdout is data."""

import sys


def say(text: str) -> None:
    """Print one line to stderr at once."""
    print(text, file=sys.stderr, flush=True)
