"""What a person says beside a walk: hold, resume, abort. One line each, and no AWS needed."""

from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Key, Profile
from mcm.cli.refusals import journaled
from mcm.cli.saying import one_line, said_by
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.plans.plan import Plan, StagePlan

Stage = Annotated[
    str | None,
    typer.Option(
        "--stage", autocompletion=stage_names, help="Only this stage; all of the change if none."
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one line: others will read it.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command()(journaled(hold))
    app.command()(journaled(resume))
    app.command()(abort)


def hold(
    reason: Reason,
    change: Change = None,
    stage: Stage = None,
    key: Key = None,
    profile: Profile = None,
) -> int:
    """Let nothing more be promoted until somebody resumes.

    After a breach, while a rollback counts down, it vetoes the rollback: that needs a key.
    """
    from mcm.app import halting
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.core import commands

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    why = one_line(reason)
    if _vetoes(project, name, stage, key, profile, why):
        return Exit.DONE
    held = _stage(project, name, stage)
    halting.hold(project.journal, name, held, said_by(project, profile), why, project.clock.now())
    say(f"{held or name} is held: nothing is promoted; a bake or a rollback under way goes on")
    for late in halting.too_late(project.journal, name, held):
        say(f"too late for a veto: the rollback of {late} has begun, and nothing stops it")
    say(f"Next: `{commands.resume(name, held)}` lets it go on.")
    return Exit.DONE


def resume(
    change: Change = None,
    stage: Stage = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, in one line.")] = "",
    profile: Profile = None,
) -> int:
    """Open again what hold closed; whoever drives the walk goes on by itself."""
    from mcm.app import halting
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.core import commands

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    held = _stage(project, name, stage)
    by, now = said_by(project, profile), project.clock.now()
    halting.resume(project.journal, name, held, by, one_line(reason) if reason else "", now)
    say(f"{held or name} is not held any more")
    say(f"Next: `{commands.about('status', name)}` shows what it waits for.")
    return Exit.DONE


def abort(
    reason: Reason,
    change: Change = None,
    stage: Stage = None,
    profile: Profile = None,
) -> int:
    """Give a walk up where it stands; what was promoted stays, and nobody watches it."""
    from mcm.app import halting
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.core import commands

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    plan = project.plan(name)
    named = _stage(project, name, stage)
    by, why, now = said_by(project, profile), one_line(reason), project.clock.now()
    given_up = []
    for each in plan.stages:
        if named in ("", each.name):
            refused = halting.abort(project.journal, plan, each, by, why, now)
            say(refused or f"{each.name} is given up")
            given_up += [] if refused else [each]
    code = Exit.DONE if given_up else Exit.USAGE
    for each in given_up:
        code = max(code, _end(project, plan, each), key=_severity)
    say(f"Next: `{commands.about('log', name)}` shows where it stands.")
    return code


def _severity(code: Exit) -> int:
    return 0 if code is Exit.DONE else 1


def _end(project: "Project", plan: "Plan", stage: "StagePlan") -> Exit:
    """Turn the loop until the stage has ended: the way in may have to be closed.

    Whoever drives the walk does that: they read the abort in their next turn.
    """
    from mcm.app.runner import start_walk
    from mcm.app.writer import Writer
    from mcm.cli.driving import leased_or_barred
    from mcm.cli.lines import say
    from mcm.cli.live import LineView
    from mcm.cli.stand_in import stand_in
    from mcm.core import commands
    from mcm.core.history.fold import fold
    from mcm.core.history.goal import GoForward
    from mcm.core.history.lease import DrivenError

    state = fold(project.journal.entries(plan.change))
    known = state.stage(stage.name)
    promoted = known.entered_at is not None or bool(known.baseline_execution)
    goal, view = GoForward(plan, (stage.name,)), LineView()
    writer = Writer(project.journal, plan.change, view.lost)
    by = said_by(project, None)
    ending = None
    try:
        with leased_or_barred(project, plan.change, by, "mcm abort", writer):
            broken = stand_in(project, lambda: [plan])
            if broken is not None:
                writer.bar(str(broken))
            if state.plan != plan.digest:
                start_walk(writer, goal, by, project.clock)
            ending = project.runner(view).run(goal, writer)
    except DrivenError as err:
        say(f"{stage.name} is ended by the process that drives it, {err.driver.text()}")
        say(f"Next: `{commands.about('watch', plan.change)}` shows whether it does.")
    if ending is not None and ending.exit is not Exit.ABORTED:
        say(f"{stage.name}: {ending.reason}")
        return ending.exit
    if promoted:
        say(f"{stage.name} keeps what was promoted, unwatched;")
        say(f"`{commands.rollback(stage.name)}` takes it back.")
    return Exit.DONE


def _vetoes(
    project: "Project",
    change: str,
    stage: str | None,
    key: "Key",
    profile: str | None,
    reason: str,
) -> bool:
    """Veto the rollback that counts down, if one does where the person holds."""
    from mcm.app import halting
    from mcm.cli.desk import open_desk
    from mcm.cli.lines import say
    from mcm.core import commands

    if project.folder(change).read_plan() is None:
        return False
    plan = project.plan(change)
    found = halting.counting_down(project.journal, plan)
    if found is None or (stage and _stage(project, change, stage) != found.name):
        return False
    say(f"{found.name} is about to be rolled back: to hold it now is a veto, and that is signed")
    desk = open_desk(project, change, key, profile)
    now = project.clock.now()
    print(halting.sign_veto(project.journal, plan, found, desk, reason, now))
    say(f"{desk.person} vetoes the rollback of {found.name}: the breach holds it instead")
    say(f"Next: `{commands.rollback(found.name)}` takes it back all the same.")
    return True


def _stage(project: "Project", change: str, named: str | None) -> str:
    """Return the full name of a stage of the plan, or of mcm.yaml before there is one."""
    from mcm.core.naming import find_stage

    if not named:
        return ""
    if project.folder(change).read_plan() is not None:
        return find_stage(named, [each.name for each in project.plan(change).stages])
    return find_stage(named, [each.name for each in project.service.stages])
