"""The pin of a project's trust file: where it lies, under what name, and who asks for it."""

import os
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import McmError

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.history.glass_told import Glass
    from mcm.core.trust.inbox import Inbox
    from mcm.trust.persons import TrustFile
    from mcm.trust.pins import Pins


SOON = timedelta(days=30)
"""How long before its end a trust file is warned of."""


_ONE_TURN = timedelta(seconds=1)


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
    from mcm.git import run_git

    try:
        remote = run_git(project.root, ["config", "--get", "remote.origin.url"]).decode().strip()
        inner = run_git(project.root, ["rev-parse", "--show-prefix"]).decode().strip()
    except (McmError, UnicodeDecodeError):
        remote = inner = ""
    if not remote:
        return str(project.root.resolve())
    return re.sub(r"//[^@/]*@", "//", remote) + (f"#{inner}" if inner else "")


def signatures(project: "Project") -> Path:
    """Return the folder of the signed versions of a strict trust file."""
    from mcm.cli.folder import STATE
    from mcm.trust.chain import FOLDER

    return project.root / STATE / FOLDER


def check_trust(project: "Project") -> None:
    """Go on only by the trust file that this user has seen; say so when it is the first.

    Raises RefusedError: E_TRUST_PIN with the difference, E_TRUST_CHAIN for an older one.
    """
    from mcm.cli.lines import say
    from mcm.trust.pins import check_pin

    trust, now = project.trust(), project.clock.now()
    told = check_pin(pins_of(project), pin_name(project), trust, signatures(project), now)
    if told:
        say(f"the trust file is version {trust.version} now, signed by its roots:")
        for line in told:
            say(f"  {line}")
    if trust.expires is not None and trust.expires - now < SOON:
        days = max((trust.expires - now).days, 0)
        say(f"warning: the trust file expires in {days} days; then nothing is approved any more")
    if told is None:
        say(
            f"trust file version {trust.version} ({trust.digest[:12]}) seen here for the first time"
        )
        say("and pinned; compare it with a colleague's: `mcm trust list`")


def glasses_of(project: "Project", trust: "TrustFile | None" = None) -> "tuple[Glass, ...]":
    """Return every glass that was broken in the service, and who reviewed it.

    Raises what its journals and inboxes raise: who cannot look does not know of any.
    """
    from mcm.app.glasses import find_glasses
    from mcm.cli.folder import CHANGES, is_change_id

    files = (project.root / CHANGES).glob("*/statements/breakglass-*.json")
    names = {path.parent.parent.name for path in files}
    filed = [name for name in names if is_change_id(name)]
    return find_glasses(project.journal, filed, lambda change: project.inbox(change, trust))


class PinnedInbox:
    """Reads the inbox of a walk: each time, and under the pinned trust file only."""

    def __init__(self, project: "Project") -> None:
        self._project = project
        self._name = ""
        self.trust: TrustFile | None = None
        """The trust file of the last reading; None when it was refused."""
        self._glasses: tuple[datetime, tuple[Glass, ...]] | None = None

    def __call__(self, change: str) -> "Inbox":
        """Return the statements about `change`; raise as `check_trust` does."""
        from mcm.trust.pins import check_pin

        self._name = self._name or pin_name(self._project)
        self.trust = None
        trust = self._project.trust()
        folder, now = signatures(self._project), self._project.clock.now()
        check_pin(pins_of(self._project), self._name, trust, folder, now)
        self.trust = trust
        found = self._project.inbox(change, trust)
        return replace(found, glasses=self._glasses_under(trust, now))

    def _glasses_under(self, trust: "TrustFile", now: datetime) -> "tuple[Glass, ...]":
        """Return the glasses of the service; one look serves all walks of a turn."""
        if self._glasses is None or not timedelta(0) <= now - self._glasses[0] < _ONE_TURN:
            self._glasses = now, glasses_of(self._project, trust)
        return self._glasses[1]
