"""Errors that a user can cause or mend, and the exit codes that scripts rely on.

A closed gate or a missing approval is not an error: it is a decision (see `walk`).
These exceptions are for what stops a command from going on at all. Each says what
happened, why, and in `hint` what to do next.
"""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line, from docs/design.md; each means one thing."""

    DONE = 0
    BUG = 1
    USAGE = 2
    HELD = 3
    REFUSED = 4
    ROLLED_BACK = 5
    NEEDS_PERSON = 6
    INCONCLUSIVE = 7
    BLIND = 8
    FAILED = 9
    ABORTED = 10
    INTERRUPTED = 130


SEVERITY = (
    Exit.NEEDS_PERSON,
    Exit.ROLLED_BACK,
    Exit.BLIND,
    Exit.INCONCLUSIVE,
    Exit.FAILED,
    Exit.REFUSED,
    Exit.ABORTED,
    Exit.HELD,
    Exit.USAGE,
    Exit.BUG,
    Exit.INTERRUPTED,
    Exit.DONE,
)
"""The most severe first, as docs/design.md has it."""


def most_severe(codes: Iterable[Exit]) -> Exit:
    """Return the most severe of `codes`; DONE for none."""
    return min(codes, key=SEVERITY.index, default=Exit.DONE)


class McmError(Exception):
    """Something a user can understand and mend.

    `str(error)` reads "what happened: why", lower case and without a full stop.
    `hint` is one sentence with the command that helps, or None.
    """

    exit_code: Exit = Exit.USAGE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(McmError):
    """The command, a file or a setting cannot be used as it stands."""


class RefusedError(McmError):
    """A signature, an identity or a record is not what it must be.

    `code` is an E_ name; docs/security-design.md has them in its threat table.
    """

    exit_code = Exit.REFUSED

    def __init__(self, code: str, message: str, *, hint: str | None = None) -> None:
        tag = f"[{code}]"  # a reason that was an error's text has it already
        super().__init__(message if message.endswith(tag) else f"{message} {tag}", hint=hint)
        self.code = code


class BlindError(McmError):
    """AWS or the credentials are out of reach, so nothing can be known."""

    exit_code = Exit.BLIND
