"""`mcm runbook`: list, show and follow the steps that are for people."""

from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import change_ids, stage_names
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit, McmError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mcm.cli.compose import Project
    from mcm.core.runbooks.runbook_facts import Value


def _names(incomplete: str) -> list[str]:
    from mcm.app.runbook import names

    return [name for name in names(_own(_project(None))) if name.startswith(incomplete)]


Name = Annotated[str, typer.Argument(metavar="NAME", autocompletion=_names, help="The runbook.")]
Change = Annotated[
    str | None,
    typer.Argument(
        metavar="[CHANGE]", autocompletion=change_ids, help="The change whose facts are filled in."
    ),
]
Stage = Annotated[
    str | None,
    typer.Option("--stage", autocompletion=stage_names, help="The stage it is about."),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--fact", metavar="NAME=VALUE", help="A fact that the files do not say."),
]


def register(app: typer.Typer) -> None:
    """Add the group of this module's commands to `app`."""
    group = typer.Typer(
        help="Steps for people: list them, show them, follow them one key at a time.",
        no_args_is_help=True,
    )
    group.command("list")(list_books)
    group.command()(show)
    group.command()(run)
    app.add_typer(group, name="runbook")


def list_books(json: Json = False) -> int:
    """Show which runbooks there are and when each one helps."""
    from mcm.app.runbook import load, names, own_names
    from mcm.cli.lines import say
    from mcm.cli.lines import show as print_line
    from mcm.cli.runbook_text import list_lines, list_value

    own = _own(_project(None))
    books = []
    for name in names(own):
        try:
            books.append(load(name, own))
        except McmError as err:  # of this project: it hides no other
            say(f"warning: {err}")
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(list_value(books, own_names(own))))
        return Exit.DONE
    for line in list_lines(books, own_names(own)):
        print_line(line, 4)
    return Exit.DONE


def show(
    name: Name,
    change: Change = None,
    stage: Stage = None,
    fact: Given = None,
    json: Json = False,
) -> int:
    """Print a runbook with the facts that are known; the others stand in CAPITALS."""
    from mcm.app.runbook import load
    from mcm.cli.lines import say
    from mcm.cli.runbook_text import book_lines, book_value
    from mcm.core.runbooks.runbook_facts import placeholders
    from mcm.record.runbook import render_runbook

    project = _project(None)
    book = load(name, _own(project))
    facts = _facts(project, change, stage, fact)
    unknown = tuple(each for each in book.needs if each not in facts)
    rendered = render_runbook(book, {**placeholders(unknown), **facts})
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(book_value(rendered, facts, unknown)))
        return Exit.DONE
    for line in book_lines(rendered):
        print(line)
    if unknown:
        say(f"not known here: {', '.join(unknown)}; name a CHANGE, --stage or --fact NAME=VALUE")
    return Exit.DONE


def run(
    name: Name,
    change: Change = None,
    stage: Stage = None,
    fact: Given = None,
    profile: Profile = None,
) -> int:
    """Follow a runbook at a terminal, one key a step; the same command goes on where it stopped."""
    import sys

    from mcm.app.runbook import Following, Notebook, load, own_journal
    from mcm.cli.follow import Terminal, lost, make_shell
    from mcm.cli.lines import say
    from mcm.clock import SystemClock
    from mcm.record.runbook import render_runbook

    project = _project(profile)
    book = load(name, _own(project))
    if not sys.stdin.isatty():
        raise UsageError(
            f"the runbook {name} is not followed: nobody at a terminal can be asked",
            hint=f"Run it at a terminal, or read it: `mcm runbook show {name}`.",
        )
    facts = _facts(project, change, stage, fact)
    rendered = render_runbook(book, facts)
    where = change or own_journal(name)
    journal = project.journal if project is not None else None
    notebook = Notebook(journal, where, SystemClock(), lost)
    needed = {each: facts[each] for each in book.needs}
    at = str(facts.get("stage", ""))
    by = said_by_whom(project, profile)
    person = Terminal(rendered)
    person.begin()
    followed = Following(
        rendered, needed, at, by, notebook, make_shell(project, facts, profile), person
    ).follow()
    say(f"{name}: {followed.reason}")
    if followed.exit is not Exit.DONE:
        say("Next: the same command goes on at the first step that is not done.")
    return followed.exit


def _project(profile: str | None) -> "Project | None":
    """Return the project of this directory, as a rollback takes it; None where there is none."""
    from pathlib import Path

    from mcm.cli.compose import Project, find_root

    try:
        return Project(find_root(Path.cwd()), profile=profile, going_back=True)
    except UsageError:
        return None


def _own(project: "Project | None") -> "Path | None":
    """Return the folder of the project's own runbooks."""
    from mcm.app.runbook import FOLDER

    return project.root / FOLDER if project is not None else None


def _facts(
    project: "Project | None",
    change: str | None,
    stage: str | None,
    given: list[str] | None,
) -> "dict[str, Value]":
    """Return what the files and the command line say; what cannot be read is told."""
    from mcm.cli.lines import say

    by_hand = _by_hand(given or [])
    found: dict[str, Value] = {}
    if project is not None:
        try:
            found = _of_files(project, change, stage)
        except McmError as err:
            if change or (stage and not by_hand):
                raise
            say(f"warning: the files here say nothing: {str(err).splitlines()[0]}")
    elif change:
        raise UsageError(f"no project here that could have the change {change}")
    if stage:
        found.setdefault("stage", stage)
        found.setdefault("rollback_line", _rollback_line(stage))
    return {**found, **by_hand}


def _rollback_line(stage: str) -> str:
    from mcm.core import commands

    return commands.rollback(stage)


def _of_files(project: "Project", change: str | None, stage: str | None) -> "dict[str, Value]":
    from mcm.core.naming import find_stage
    from mcm.core.runbooks.runbook_facts import build_facts

    service = project.service
    plan = None
    if change:
        project.pick_change(change)  # raises for one that does not exist
        plan = project.plan(change) if project.folder(change).read_plan() is not None else None
    names = [each.name for each in service.stages]
    if stage:
        wanted: str | None = find_stage(stage, names)
    else:
        among = list(project.read_change(change).stages) if change else names
        wanted = among[0] if len(among) == 1 else None
    found = next((each for each in service.stages if each.name == wanted), None)
    return build_facts(service, found, plan, change or "")


def _by_hand(given: list[str]) -> "dict[str, Value]":
    import unicodedata

    from mcm.core.runbooks.runbook_facts import FACTS

    found: dict[str, Value] = {}
    for each in given:
        name, has_value, value = each.partition("=")
        if name not in FACTS or not has_value or not value:
            raise UsageError(
                f"--fact {each[:64]!a} is no fact",
                hint=f"Write --fact NAME=VALUE; the names are {', '.join(FACTS)}.",
            )
        if FACTS[name].kind == "line":
            raise UsageError(f"--fact {name}: a whole command cannot be given by hand")
        text = unicodedata.normalize("NFC", value)
        found[name] = tuple(text.split(",")) if FACTS[name].kind == "list" else text
    return found


def said_by_whom(project: "Project | None", profile: str | None) -> str:
    """Return who follows a runbook, in a project or without one. Nobody proves it."""
    from mcm.cli.saying import said_by

    if project is None:
        import getpass

        return getpass.getuser()
    try:
        return said_by(project, profile)
    except McmError:
        return profile or "somebody"
