"""What a runbook is followed with: a terminal, a shell, and stderr for a lost journal."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.cli import keys
from mcm.cli.lines import say
from mcm.cli.runbook_text import step_lines
from mcm.core.errors import McmError
from mcm.core.runbooks.runbook import Rendered, Step

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.history.journal import Entry
    from mcm.core.runbooks.runbook_facts import Value
    from mcm.probe.shell import LocalShell

_LEFT_OUT = frozenset({"AWS_PROFILE", "AWS_SESSION_TOKEN"})
"""What would send a command past the sandbox to AWS."""


class Terminal:
    """The person at this terminal; `notes` are lines about steps, by number, as things stand."""

    def __init__(self, book: Rendered, notes: Mapping[int, Sequence[str]] | None = None) -> None:
        self._book = book
        self._notes = notes or {}

    def begin(self) -> None:
        """Say what is followed."""
        say(f"{self._book.title}: {self._book.when}")
        say("Each step takes one key. Every command and answer is journaled.")

    def show(self, step: Step, of: int, before: str) -> None:
        """See `Person.show`."""
        for line in step_lines(step, of, before):
            say(line)
        for line in self._notes.get(step.number, ()):
            say(line)

    def ask(self, choices: Mapping[str, str]) -> str:
        """See `Person.ask`."""
        offered = ", ".join(f"{key} {meaning}" for key, meaning in choices.items())
        with keys.listening():
            # From here on only: a key that was pressed before the question answers nothing.
            say(f"Press a key ({offered}): ", end="")
            while True:
                try:
                    key = keys.pressed().lower()
                except EOFError:
                    key = "q"
                if key in choices:
                    say(key)
                    return key

    def tell(self, text: str) -> None:
        """See `Person.tell`."""
        say(text)


def lost(entries: "Sequence[Entry]", why: str) -> None:
    """Tell of entries that no journal took; they are the only copy."""
    from mcm.core.history.journal import to_line

    if why:
        say(f"warning: the journal cannot be written: {why}")
        say("what is done here is printed instead; keep these lines")
    for entry in entries:
        say(to_line(entry).decode().rstrip())


def make_shell(
    project: "Project | None", facts: "Mapping[str, Value]", profile: str | None
) -> "LocalShell":
    """Return the shell that steps run in: of the sandbox, if the project is there."""
    from mcm.probe.shell import LocalShell

    more = _more(project, facts, profile)
    mine = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return LocalShell(_show, mine if "AWS_ENDPOINT_URL" in more else os.environ, more)


def _show(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _more(
    project: "Project | None", facts: "Mapping[str, Value]", profile: str | None
) -> dict[str, str]:
    # mcm itself must be found, also where it is run by its path.
    more = {"PATH": f"{os.environ.get('PATH', os.defpath)}:{Path(sys.executable).parent}"}
    if profile:
        more["AWS_PROFILE"] = profile
    try:
        sandbox = project.sandbox if project is not None else None
    except McmError as err:
        say(f"warning: {err}")
        return more
    if sandbox is None:
        return more
    from mcm.cli.compose import OPERATOR
    from mcm.sandbox.process import env_values

    region = str(facts.get("region", "us-east-1"))
    more.pop("AWS_PROFILE", None)
    return {**more, **env_values(sandbox, profile or OPERATOR, region)}
