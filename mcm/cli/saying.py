"""Who says a word beside a walk, and why: as it may stand in the journal."""

from contextlib import suppress
from typing import TYPE_CHECKING

from mcm.core.errors import McmError, UsageError

if TYPE_CHECKING:
    from mcm.cli.compose import Project


def said_by(project: "Project", profile: str | None) -> str:
    """Return who says it: the sandbox's person, else the user and machine. Nobody proves it."""
    import getpass
    import socket

    from mcm.cli.compose import OPERATOR
    from mcm.core.sanitize import clean

    # Words must reach the walk although mcm.yaml is broken; then nobody tells a sandbox.
    with suppress(McmError):
        if project.service.sandbox:
            return clean(profile or OPERATOR, 64)
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = "somebody"
    return clean(f"{user}@{socket.gethostname()}", 120)


def one_line(text: str) -> str:
    """Return a reason as it may stand in the journal: one clean line of at most 300."""
    from mcm.core.sanitize import clean

    found = clean(" ".join(text.split()), 300)
    if not found:
        raise UsageError("the reason is empty", hint="Say in one line why.")
    return found
