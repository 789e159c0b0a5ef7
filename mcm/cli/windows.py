"""`mcm windows`: when a stage may be promoted, why not now, and the coming two weeks."""

from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Json, Profile
from mcm.cli.windows_suggest import suggest
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from datetime import datetime

    from mcm.app.hours_ahead import Ahead
    from mcm.cli.compose import Project


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    group = typer.Typer(help="When stages may be promoted.", invoke_without_command=True)
    group.callback()(windows)
    group.command()(suggest)
    app.add_typer(group, name="windows")


def windows(
    context: typer.Context,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage", autocompletion=stage_names, help="One stage, with a picture of two weeks."
        ),
    ] = None,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Say when stages may be promoted: why not now, when next and until when."""
    from mcm.cli.compose import Project
    from mcm.cli.lines import show
    from mcm.cli.windows_text import stage_lines, summary_lines

    if context.invoked_subcommand is not None:
        return Exit.DONE
    project = Project.here(profile=profile)
    now = project.clock.now()
    found = _look(project, stage, now)
    if json:
        from mcm.cli.show_json import to_json
        from mcm.cli.windows_text import windows_json

        print(to_json(windows_json(found, now)))
        return Exit.DONE
    for line in stage_lines(found[0], now) if stage else summary_lines(found, now):
        show(line)
    return Exit.DONE


def _look(project: "Project", named: str | None, now: "datetime") -> "tuple[Ahead, ...]":
    from mcm.app.hours_ahead import live_queries, look_ahead
    from mcm.cli.lines import say
    from mcm.core.errors import McmError
    from mcm.core.naming import find_stage

    service = project.service
    names = [each.name for each in service.stages]
    chosen = find_stage(named, names) if named else ""
    stages = [each for each in service.stages if chosen in ("", each.name)]
    observer = None
    if any(live_queries(service, each) for each in stages):
        try:
            observer = project.observer
        except McmError as err:
            say(f"warning: AWS cannot be asked, which counts as closed: {err}")
    return look_ahead(service, stages, project.calendars, observer, now)
