"""The first mcm.yaml, from what AWS shows and at most three answers."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.looking import ReadRole, Region, Sandbox
from mcm.cli.options import Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from mcm.app.doctor import Diagnosis
    from mcm.app.first_file import Wishes
    from mcm.core.plans.layout import Layout

_ON_AWS = "30m"
_IN_SANDBOX = "15s"


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(init)


def init(
    pipeline: Annotated[str, typer.Option("--pipeline", help="The pipeline to describe.")],
    region: Region = "",
    sandbox: Sandbox = False,
    read_role: ReadRole = "",
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing: take what looks right.")
    ] = False,
    profile: Profile = None,
) -> int:
    """Describe a service in mcm.yaml by what AWS shows; never over another one.

    The schemas for editors go into .mcm/ beside it.
    """
    from mcm.app.doctor import diagnose
    from mcm.app.first_file import first_file
    from mcm.app.own_checks import project_definitions
    from mcm.app.surveying import survey
    from mcm.cli.compose import aws_realm
    from mcm.cli.folder import CONFIG
    from mcm.cli.lines import say
    from mcm.cli.looking import look_at
    from mcm.cli.schema import SERVICE_HINT, write_schemas

    path = Path.cwd() / CONFIG
    if path.exists() or path.is_symlink():
        raise UsageError(
            f"there is an {CONFIG} here already, and it is not written over",
            hint="`mcm doctor` looks at AWS by it, `mcm lint` for mistakes in it.",
        )
    project_definitions(path.parent)  # mcm.yaml is read by them: raises for a broken one
    asks = sys.stdin.isatty() and not no_input
    view = look_at(pipeline, region, profile, sandbox=sandbox, read_role=read_role)
    now = view.clock.now()
    choose = _ask_production if asks else None
    seen = survey(view.observer, view.pipeline, now, say, choose=choose)
    if not seen.production:
        raise UsageError(
            f"{pipeline} deploys nothing, so there is nothing to describe",
            hint="Look at its stages: `mcm doctor --pipeline NAME --region REGION`.",
        )
    text = f"{SERVICE_HINT}\n{first_file(seen, _wishes(now, sandbox=sandbox, asks=asks))}"
    left = _check(text)
    _write(path, text)
    write_schemas(path.parent)
    partition = aws_realm(seen.layout.pipeline.place).split(":")[1]
    denied = {(each.service, each.operation, each.place) for each in view.denials.found}
    _tell(path, text, left)
    _show(diagnose(seen, denied, partition))
    return Exit.DONE


def _ask_production(layout: "Layout") -> "Layout":
    """Let somebody say which stages are production; Enter takes the guess."""
    from mcm.cli.lines import say
    from mcm.core.naming import find_stage
    from mcm.core.sanitize import clean

    if not layout.sites:
        return layout
    names = [site.stage for site in layout.sites]
    guess = ", ".join(site.stage for site in layout.production)
    say(clean(f"it deploys in {', '.join(names)}", 400))
    while True:
        given = _ask("Which of them are production?", clean(guess, 200))
        if not given or given == guess:
            return layout
        wanted = given.replace(",", " ").split()
        try:
            chosen = {find_stage(word, names, "the pipeline") for word in wanted}
        except UsageError as err:
            say(f"{err}")
            continue
        sites = (replace(site, is_production=site.stage in chosen) for site in layout.sites)
        return replace(layout, sites=tuple(sites))


def _wishes(now: "datetime", *, sandbox: bool, asks: bool) -> "Wishes":
    from datetime import timedelta

    from mcm.app.first_file import Pace, Wishes
    from mcm.core.duration import parse

    usual = _IN_SANDBOX if sandbox else _ON_AWS
    hour = _ask_hour() if asks and not sandbox else None
    bake = _ask_bake(usual, sandbox=sandbox) if asks else parse(usual)
    if not sandbox:
        return Wishes(Pace(sandbox=False, bake=bake), hour)
    opened = now - timedelta(hours=1)
    return Wishes(
        Pace(sandbox=True, bake=bake, poll="500ms", settle="0s", period="1s", opened=opened)
    )


def _ask_hour() -> int | None:
    from mcm.cli.lines import say

    usual = "the quietest three hours of each region"
    while True:
        given = _ask("From which hour on may a stage be promoted, local time?", usual)
        if not given or given == usual:
            return None
        hour = given.removesuffix(":00").removesuffix("h").strip()
        if hour.isascii() and hour.isdigit() and int(hour) < 24:
            return int(hour)
        say("Write an hour of the day, such as 2 or 02:00.")


def _ask_bake(usual: str, *, sandbox: bool) -> "timedelta":
    from mcm.cli.lines import say
    from mcm.config.limits import AWS, SANDBOX
    from mcm.core.duration import parse, spell

    least = (SANDBOX if sandbox else AWS).bake
    while True:
        given = _ask("How long shall mcm watch after a promotion?", usual) or usual
        try:
            found = parse(given)
        except ValueError as err:
            say(str(err))
            continue
        if found >= least:
            return found
        say(f"Write {spell(least)} or more: metrics come late.")


def _ask(question: str, default: str) -> str:
    """Ask at the terminal; return what was typed, cleaned, empty for Enter."""
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    say(f"{question} [{default}] ", end="")
    line = sys.stdin.readline()
    if not line:
        raise UsageError("no answer came", hint="With --no-input nothing is asked.")
    return clean(line.strip(), 400)


def _check(text: str) -> tuple[str, ...]:
    """Return what lint says of the text: it is told, and the file is written all the same."""
    from mcm.cli.folder import CONFIG
    from mcm.config.definitions import builtin_definitions
    from mcm.config.service_file import load_service
    from mcm.core.errors import McmError

    try:
        load_service(text, CONFIG, builtin_definitions())
    except McmError as err:
        return tuple(str(err).split("\n"))
    return ()


def _write(path: Path, text: str) -> None:
    """Write the file where there is none; another one that came meanwhile stays."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as err:
        raise UsageError(f"cannot write {path.name}: {err.strerror}") from err


def _tell(path: Path, text: str, left: tuple[str, ...]) -> None:
    from mcm.cli.lines import say
    from mcm.core.plans.questions import MARK
    from mcm.core.sanitize import clean

    todo = text.count(f"# {MARK}")
    more = f"; {todo} lines say {MARK}" if todo else ""
    say(f"wrote {path.name}{more}")
    for problem in left:
        say(f"  {clean(problem, 400)}")


def _show(found: "Diagnosis") -> None:
    from mcm.cli.doctor_text import advice_lines, readiness_table
    from mcm.cli.lines import say, show

    for line in (*readiness_table(found.survey), "", *advice_lines(found)):
        show(line)
    say("Next: read mcm.yaml, then `mcm lint`; `mcm doctor` tells more of what AWS shows.")
    say("No key and no trust file is needed until something is to be approved.")
