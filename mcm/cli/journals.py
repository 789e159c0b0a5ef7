"""The journals of a project as its commands use them: stored, and compared with what was seen."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.cli.lines import say
from mcm.core.errors import RefusedError

if TYPE_CHECKING:
    from mcm.core.history.journal import Journal

PlanFile = Callable[[str], Path]
_LIMIT = 4_000_000


def open_journal(stored: "Journal", plan_file: PlanFile, *, going_back: bool) -> "Journal":
    """Return the journals in `stored`, compared with what this user saw of them before.

    `going_back` says that nothing may be refused, see `RememberedJournal`; everybody else is
    refused to write in the journal of a change that is closed. What was seen is
    kept when the process ends, and after each append.
    """
    import atexit

    from mcm.store.closed import ClosedJournal
    from mcm.store.heads import Heads, RememberedJournal, heads_path

    within = stored if going_back else ClosedJournal(stored)
    kept = heads_path(os.environ)
    if kept is None:
        return within
    realms = Realms(plan_file)
    found = RememberedJournal(within, Heads(kept), realms, _warn, refuses=not going_back)
    atexit.register(found.flush)
    return found


class Realms:
    """The realm of a change, as its plan names it; empty while there is no plan to read.

    Taken from the canonical bytes without reading the rest: every command asks.
    """

    def __init__(self, plan_file: PlanFile) -> None:
        self._plan_file = plan_file
        self._found: dict[str, str] = {}

    def __call__(self, change: str) -> str:
        from mcm.store.safe_file import read_plain

        if not self._found.get(change):
            try:
                data = read_plain(self._plan_file(change), _LIMIT)
            except (RefusedError, OSError):
                data = b""
            named = re.search(rb',"realm":"([^"\\]{1,200})",', data)
            self._found[change] = named[1].decode("utf-8", "replace") if named else ""
        return self._found[change]


def _warn(text: str) -> None:
    from mcm.core.sanitize import clean

    say(f"warning: {clean(text, 600)}")
