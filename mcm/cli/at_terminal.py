"""Words that only a person can type: refused where nobody sits at a terminal."""

import sys

from mcm.core.errors import RefusedError


def require_terminal(what: str, command: str) -> None:
    """Refuse `what`, with E_NOT_A_TTY, unless stdin is a terminal; `command` is what to run."""
    if not sys.stdin.isatty():
        raise RefusedError(
            "E_NOT_A_TTY",
            f"{what} refused: a person must type it, and stdin is not a terminal",
            hint=f"Run `{command}` at a terminal; nothing stands in for the person.",
        )
