"""Commands for prose after the plan was signed: note, and close at the very end."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.options import Change, Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.app.closing import Closed
    from mcm.cli.compose import Project
    from mcm.core.history.closing import Matter
    from mcm.core.history.journal import Entry
    from mcm.core.history.state import State


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command()(note)
    app.command()(close)


def note(
    change: Annotated[str, typer.Argument(metavar="CHANGE", help="Its id.")],
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What to add; - reads it from stdin.")
    ],
    profile: Profile = None,
) -> int:
    """Add prose to the record of a change, outside what was signed; it stays for good."""
    from mcm.app.closing import note_prose
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.cli.saying import said_by
    from mcm.core import commands

    project = Project.here(profile=profile)
    name = _own(project, project.pick_change(change), "note")
    words = sys.stdin.read(100_000) if text == "-" else text
    entry = note_prose(project.journal, name, said_by(project, profile), words, project.clock.now())
    print(f"entry {entry.seq}")
    say(f"Next: `{commands.about('render', name)}` shows it in the record.")
    return Exit.DONE


def close(
    change: Change = None,
    outcome: Annotated[str, typer.Option("--outcome", help="How it ended, in your words.")] = "",
    lessons: Annotated[
        str, typer.Option("--lessons", help="What to do otherwise next time; may be `none`.")
    ] = "",
    no_input: Annotated[bool, typer.Option("--no-input", help="Ask nothing.")] = False,
    profile: Profile = None,
) -> int:
    """Freeze the record of a change that is over, with its evidence beside it, for good.

    Nothing may be open any more. Run it again if it was cut off: it finishes.
    """
    from mcm.app.closing import Words, close_change
    from mcm.cli.closing_shelf import ClosingShelf
    from mcm.cli.compose import Project
    from mcm.cli.driving import this_process
    from mcm.cli.record import render_change
    from mcm.cli.saying import said_by

    project = Project.here(profile=profile)
    name = _own(project, _pick(project, change), "close")
    by, asks = said_by(project, profile), not no_input and sys.stdin.isatty()

    def words() -> Words:
        said = (("outcome", outcome), ("lessons", lessons))
        return Words(by, *(_said(what, given, asks=asks) for what, given in said))

    lease = project.leases.take(name, this_process(project, by, "mcm close"))
    try:
        done = close_change(
            project.journal,
            name,
            lambda entries, state: _open(project, name, entries, state),
            words,
            ClosingShelf(project, name),
            lambda entries, made: render_change(project, name, entries, made).encode(),
            project.clock.now(),
        )
        pages = _renew_page(project, name)
    finally:
        lease.free()
    return _tell(name, done, ("record.md", *pages, "evidence"))


_ASKED = {
    "outcome": "How did it end, in your words? ",
    "lessons": "What should be done otherwise next time (or: none)? ",
}


def _said(what: str, given: str, *, asks: bool) -> str:
    from mcm.cli.lines import say
    from mcm.core.history.closing import prose

    if not given and asks:
        say(_ASKED[what], end="")
        given = sys.stdin.readline()
    if not given.strip():
        raise UsageError(
            f"the {what} of the change is not said", hint=f"Say it with `--{what} TEXT`."
        )
    return prose(given, what)


def _pick(project: "Project", change: str | None) -> str:
    """Return the change named, else the only one with a plan that is not closed yet."""
    from mcm.core.history.fold import fold

    if change:
        return project.pick_change(change)
    found = [
        name
        for name in project.change_ids()
        if (entries := project.journal.entries(name)) and fold(entries).closing is None
    ]
    if len(found) != 1:
        shown = ", ".join(found) or "none"
        raise UsageError(
            f"{len(found)} changes wait for their closing: {shown}", hint="Name one of them."
        )
    return found[0]


def _own(project: "Project", change: str, verb: str) -> str:
    """Refuse to write in the journal of another clone's change."""
    if project.stored.is_copy(change):
        raise UsageError(
            f"the journal of {change} is kept by another clone, and this one has a copy",
            hint=f"Run `mcm {verb} {change}` in the clone that planned it.",
        )
    return change


def _open(
    project: "Project", change: str, entries: "Sequence[Entry]", state: "State"
) -> "Sequence[Matter]":
    from mcm.app.closing import find_open
    from mcm.cli.pinned import glasses_of
    from mcm.core.history.glass_told import told
    from mcm.core.trust.glass import KIND

    has_plan = project.folder(change).read_plan() is not None
    broken = told(entries, change) or any(project.folder(change).statements.glob(f"{KIND}-*.json"))
    glasses = [each for each in glasses_of(project) if each.change == change] if broken else []
    return find_open(change, project.plan(change) if has_plan else None, state, glasses)


def _renew_page(project: "Project", change: str) -> tuple[str, ...]:
    """Make record.html anew where one lies beside the record; return its name, if so."""
    from mcm.cli.folder import replace_file
    from mcm.cli.record import Page, current_record

    page = project.folder(change).record_file.with_suffix(".html")
    if not os.path.lexists(page):
        return ()
    path, data = Page(project, change, current_record(project, change)).html()
    replace_file(path, data)
    return (page.name,)


def _tell(change: str, done: "Closed", files: Sequence[str]) -> int:
    from mcm.cli.folder import CHANGES
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    made = done.closing
    for name in files:
        print(f"{CHANGES}/{change}/{name}")
    when = f"by {made.by} at {made.at:%Y-%m-%d %H:%M:%S}Z, entry {made.seq}"
    say(f"{change} {'is' if done.is_new else 'was'} closed {clean(when, 200)}")
    if done.untagged:
        say(f"warning: git keeps no head of the journal: {clean(done.untagged, 300)}")
        say(f"Next: mend that, commit {CHANGES}/{change}, then `mcm close {change}` tags it.")
        return Exit.DONE
    say(f"tagged as mcm/{change}, which anchors the journal once others have it")
    say(f"Next: commit {CHANGES}/{change}, then `git push origin HEAD mcm/{change}`.")
    return Exit.DONE
