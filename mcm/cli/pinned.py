"""The pin of a project's trust file: where it lies, under what name, and who asks for it."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import McmError

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.inbox import Inbox
    from mcm.trust.pins import Pins


def pins_of(project: "Project") -> "Pins":
    """Return the user's pins; those of a sandbox lie in the sandbox and end with it."""
    from mcm.sandbox.folder import FOLDER
    from mcm.trust.pins import Pins, default_path

    if project.service.sandbox:
        return Pins(project.root / FOLDER / "pins.json")
    return Pins(default_path(os.environ, Path.home()))


def pin_name(project: "Project") -> str:
    """Return what a project is called in the pins: its remote, else its directory.

    A clone somewhere else of the same remote is the same project.
    """
    from mcm.trust.git import run_git

    try:
        remote = run_git(project.root, ["config", "--get", "remote.origin.url"]).decode().strip()
        inner = run_git(project.root, ["rev-parse", "--show-prefix"]).decode().strip()
    except (McmError, UnicodeDecodeError):
        remote = inner = ""
    if not remote:
        return str(project.root.resolve())
    return re.sub(r"//[^@/]*@", "//", remote) + (f"#{inner}" if inner else "")


def check_trust(project: "Project") -> None:
    """Go on only by the trust file that this user has seen; say so when it is the first.

    Raises RefusedError: E_TRUST_PIN with the difference, E_TRUST_CHAIN for an older one.
    """
    from mcm.cli.lines import say
    from mcm.trust.pins import check_pin

    trust = project.trust()
    if check_pin(pins_of(project), pin_name(project), trust):
        say(
            f"trust file version {trust.version} ({trust.digest[:12]}) seen here for the first time"
        )
        say("and pinned; compare it with a colleague's: `mcm trust list`")


class PinnedInbox:
    """Reads the inbox of a walk: each time, and under the pinned trust file only."""

    def __init__(self, project: "Project") -> None:
        self._project = project
        self._name = ""

    def __call__(self, change: str) -> "Inbox":
        """Return the statements about `change`; raise as `check_trust` does."""
        from mcm.trust.pins import check_pin

        self._name = self._name or pin_name(self._project)
        trust = self._project.trust()
        check_pin(pins_of(self._project), self._name, trust)
        return self._project.inbox(change, trust)
