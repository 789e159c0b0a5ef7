"""Looking on from another terminal: watch. It changes nothing and can be left at any time."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Profile
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from mcm.app.onlooking import Scene, View
    from mcm.cli.compose import Project


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(watch)


def watch(
    change: Change = None,
    stage: Annotated[
        str,
        typer.Option("--stage", autocompletion=stage_names, help="The stage, of several."),
    ] = "",
    no_follow: Annotated[
        bool, typer.Option("--no-follow", help="Look once, print lines, and leave.")
    ] = False,
    profile: Profile = None,
) -> int:
    """Show a walk that another process drives, until it ends; writes and sends nothing."""
    from mcm.app.onlooking import Onlooker, find_scene
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.cli.stand_in import stand_in
    from mcm.core import commands
    from mcm.core.fold import fold
    from mcm.core.naming import find_stage
    from mcm.core.sanitize import clean

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    plan = project.plan(name)
    named = find_stage(stage, [each.name for each in plan.stages]) if stage else ""
    scene = find_scene(plan, fold(project.journal.entries(name)), named)
    if scene is None:
        say(f"no walk of {name} was begun; `{commands.about('deploy', name)}` begins one")
        return Exit.DONE
    stand_in(project, lambda: [plan])  # it says SANDBOX, above the area that is redrawn
    with _view(project, scene, follow=not no_follow) as view:
        onlooker = Onlooker(
            name, scene, project.observer, project.journal, project.leases, project.clock, view
        )
        last = onlooker.follow(once=no_follow)
    if last:
        say(clean(f"the walk has ended: {last}", 600))
        say(f"Next: `{commands.about('log', name)}` tells how.")
    return Exit.DONE


def _view(project: "Project", scene: "Scene", *, follow: bool) -> "AbstractContextManager[View]":
    from mcm.cli.watch_view import Area, Lines

    if not follow or not sys.stdout.isatty():
        return Lines()
    from rich.console import Console

    return Area(scene.goal, Console(), project.clock, sandbox=project.service.sandbox)
