"""`mcm new`: a change.yaml with all that can be known, and questions for the rest."""

import os
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcm.cli.complete import stage_names, template_names
from mcm.cli.options import Json, Profile
from mcm.core.errors import Exit, McmError, UsageError

if TYPE_CHECKING:
    from mcm.app.first_change import Found
    from mcm.cli.compose import Project
    from mcm.core.plans.change import Change
    from mcm.core.plans.service import Service

_STANDARD = "standard"


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(new)


def new(
    change: Annotated[str, typer.Argument(metavar="ID", help="Such as MCM-2026-0001.")],
    template: Annotated[
        str,
        typer.Option(
            "--template",
            autocompletion=template_names,
            help="standard, shadow-model, emergency, routine, or one of the project's own.",
        ),
    ] = _STANDARD,
    title: Annotated[str, typer.Option("--title", help="What it does, in one line.")] = "",
    ticket: Annotated[str, typer.Option("--ticket", help="Ticket that it belongs to.")] = "",
    requester: Annotated[str, typer.Option("--requester", help="Person who will ask.")] = "",
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", autocompletion=stage_names, help="Stage; all production if none."),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing; leave a mark where words are missing.")
    ] = False,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Write changes/ID/change.yaml: what AWS and git tell, and what only you know."""
    from mcm.app.change_text import Draft, change_text
    from mcm.cli.compose import Project
    from mcm.cli.schema import CHANGE_HINT, write_schemas
    from mcm.config.change_file import load_change

    project = Project.here(profile=profile)
    path = _free_path(project, change)
    _check_template(project, template)
    draft = _start(project, change, template, stage or [])
    draft = _with(
        draft, title=title, ticket=ticket, requester=requester or guess_requester(project)
    )
    found = _look(project, draft)
    if found.passed and not stage:
        left = tuple(name for name in draft.stages if name not in found.passed)
        draft = replace(draft, stages=left)
    if sys.stdin.isatty() and not no_input:
        from mcm.cli.new_questions import ask_all

        draft = ask_all(project.service, draft)
    text = f"{CHANGE_HINT}\n{change_text(Draft(project.service, draft, found))}"
    shown = path.relative_to(project.root).as_posix()
    load_change(text, shown, project.service)  # raises before anything is written
    _write(path, text)
    write_schemas(project.root)
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(new_json(project.service, shown, draft, found)))
    else:
        print(shown)
    _tell(project, draft, found)
    return Exit.DONE


def _free_path(project: "Project", change: str) -> Path:
    """Return where the file will lie; raise UsageError when something lies there.

    An id that differs by case only is taken, too: on some disks both are one folder.
    """
    folder = project.folder(change).path
    path = folder / "change.yaml"
    twins = (each for each in project.change_ids() if each.lower() == change.lower())
    taken = next(twins, change if os.path.lexists(path) else "")
    if taken:
        raise UsageError(
            f"{taken} is there already, and it is not written over",
            hint=f"Give the new change another id, or look at it with `mcm lint {taken}`.",
        )
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(
            f"{folder} is in the way: it is no folder",
            hint="Give the new change another id, or move what lies there.",
        )
    return path


def _check_template(project: "Project", template: str) -> None:
    from mcm.cli.record import own_template
    from mcm.core.plans.questions import TEMPLATES

    plain = template.replace("-", "").isalnum() and template.isascii() and template.islower()
    if template in TEMPLATES or (plain and own_template(project, template) is not None):
        return
    raise UsageError(
        f"no template {template[:64]!a}",
        hint=f"mcm has {', '.join(TEMPLATES)}; a project's own lies in templates/NAME.md.j2.",
    )


def _start(project: "Project", change: str, template: str, named: list[str]) -> "Change":
    from mcm.core.naming import find_stage
    from mcm.core.plans.change import Change

    known = [each.name for each in project.service.stages]
    chosen = {find_stage(each, known) for each in named}
    chosen = chosen or {each.name for each in project.service.stages if each.production}
    return Change(
        id=change,
        title="",
        template=template,
        requester="",
        ticket="",
        execution="",
        packages=(),
        stages=tuple(name for name in known if name in chosen),
        expect={},
        answers={},
        exceptions=(),
    )


def _with(draft: "Change", *, title: str, ticket: str, requester: str) -> "Change":
    from mcm.core.plans.questions import MARK
    from mcm.core.sanitize import clean

    return replace(
        draft,
        title=unicodedata.normalize("NFC", clean(title.strip(), 200))
        or f"{MARK} (what it does, in one line)",
        ticket=unicodedata.normalize("NFC", clean(ticket.strip(), 200)),
        requester=requester or MARK,
    )


def _look(project: "Project", draft: "Change") -> "Found":
    """Find out what can be; that AWS is out of reach stops nothing."""
    from mcm.app.first_change import Found, discover
    from mcm.cli.approvers import OwnPeople
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    now = project.clock.now()
    say(f"looking at {clean(project.service.pipeline.name, 100)}")
    try:
        found = discover(project.service, draft, project.observer, OwnPeople(project), now)
    except McmError as err:
        found = Found(now, unknown=(str(err).splitlines()[0],))
    for why in found.unknown:
        say(f"warning: not found out: {clean(why, 300)}")
    return found


def guess_requester(project: "Project") -> str:
    """Return who asks: the person of git's user.email, else the only requester; or nobody."""
    from mcm.git import run_git

    try:
        trust = project.trust()
    except McmError:
        return ""
    able = [each for each in trust.persons if "requester" in each.roles]
    try:
        email = run_git(project.root, ["config", "user.email"]).decode("utf-8", "replace").strip()
    except McmError:
        email = ""
    named = [each.id for each in able if email and each.email == email]
    if len(able) == 1:
        named = named or [able[0].id]
    return named[0] if named else ""


def _write(path: Path, text: str) -> None:
    """Write the file where there is none; another one that came meanwhile stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as err:
        raise UsageError(f"cannot write {path}: {err.strerror}") from err


def new_json(service: "Service", file: str, draft: "Change", found: "Found") -> dict[str, Any]:
    """Return the document of `mcm new --json`."""
    from mcm.core.plans.questions import MARK, open_questions

    words = {"title": draft.title, "requester": draft.requester}
    answers = {**service.answers, **draft.answers}
    questions = [each.question.name for each in open_questions(draft.template, answers)]
    return {
        "version": 1,
        "change": draft.id,
        "file": file,
        "stages": list(draft.stages),
        "execution": found.execution,
        "packages": [
            {"name": each.name, "commits": None if each.unknown else each.total}
            for each in found.ranges
        ],
        "missing": [name for name, text in words.items() if text.startswith(MARK)],
        "questions": questions,
        "unknown": list(found.unknown),
    }


def _tell(project: "Project", draft: "Change", found: "Found") -> None:
    from mcm.cli.lines import say
    from mcm.core.plans.questions import open_questions
    from mcm.core.sanitize import clean

    for each in found.ranges:
        known = f"{each.total} commits" if not each.unknown else "commits unknown"
        say(f"found: {clean(each.name, 100)}, {known}")
    answers = {**project.service.answers, **draft.answers}
    left = list(open_questions(draft.template, answers))
    if left:
        say(f"{len(left)} answers are missing; open the file, or see `mcm lint {draft.id}`")
        say("What stays the same each time belongs into `answers:` of mcm.yaml.")
    else:
        say(f"Next: `mcm plan {draft.id}`, then `mcm render {draft.id}`.")
