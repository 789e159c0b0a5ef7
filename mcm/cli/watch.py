"""Looking on from another terminal: watch. It changes nothing and can be left at any time."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.looking import Pipeline, ReadRole, Region, Sandbox
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
    pipeline: Pipeline = "",
    region: Region = "",
    sandbox: Sandbox = False,
    read_role: ReadRole = "",
    bake: Annotated[
        str, typer.Option("--bake", help="With --pipeline: how long to watch, such as 30m.")
    ] = "",
    profile: Profile = None,
) -> int:
    """Show a walk that another process drives, or what others deploy; sends nothing.

    With --pipeline, or in a service of `mode: observe`, it judges the deployments of others
    and says afterwards what mcm would have done.
    """
    from mcm.app.onlooking import Onlooker, find_scene
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.cli.stand_in import stand_in
    from mcm.core import commands
    from mcm.core.history.fold import fold
    from mcm.core.naming import find_stage
    from mcm.core.sanitize import clean

    if pipeline:
        return _bystand(pipeline, region, stage, bake, profile, not no_follow, sandbox, read_role)
    project = Project.here(profile=profile)
    if change is None and _only_observes(project):
        return _bystand("", "", stage, bake, profile, not no_follow)
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


def _only_observes(project: "Project") -> bool:
    from mcm.core.errors import McmError

    try:
        return project.service.observes
    except McmError:
        return False  # its plans say what is watched then


def _bystand(
    pipeline: str,
    region: str,
    stage: str,
    bake: str,
    profile: str | None,
    follow: bool,
    sandbox: bool = False,
    read_role: str = "",
) -> int:
    from mcm.cli.bystander import watch_pipeline
    from mcm.cli.looking import look_at

    view = look_at(pipeline, region, profile, sandbox=sandbox, read_role=read_role)
    return watch_pipeline(view, stage, bake, follow=follow)


def _view(project: "Project", scene: "Scene", *, follow: bool) -> "AbstractContextManager[View]":
    from mcm.cli.watch_view import Area, Lines

    if not follow or not sys.stdout.isatty():
        return Lines()
    from rich.console import Console

    return Area(scene.goal, Console(), project.clock, sandbox=project.service.sandbox)
