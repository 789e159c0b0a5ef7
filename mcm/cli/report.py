"""`mcm report`: a person says, signed, that they see a breach."""

from typing import Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Change, Key, Offline, Profile
from mcm.cli.refusals import journaled
from mcm.cli.saying import one_line
from mcm.core.errors import Exit


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(journaled(report))


def report(
    reason: Annotated[str, typer.Option("--reason", help="What you see, in one line.")],
    change: Change = None,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage", autocompletion=stage_names, help="Where; all of the change if none."
        ),
    ] = None,
    key: Key = None,
    profile: Profile = None,
    offline: Offline = False,
) -> int:
    """Report a breach that no program sees: it counts like one, and who said it is proven.

    Whoever is in the trust file may. Stages with the guardrail `person` hear it.
    """
    from mcm.app import reporting
    from mcm.cli.compose import Project
    from mcm.cli.desk import open_desk
    from mcm.cli.lines import say
    from mcm.cli.people import tool
    from mcm.cli.wired import send, wire_of
    from mcm.core import commands
    from mcm.core.naming import find_stage

    project = Project.here(profile=profile)
    name = project.pick_change(change)
    plan = project.plan(name)
    at = find_stage(stage, [each.name for each in plan.stages]) if stage else ""
    desk = open_desk(project, name, key, profile)
    now = project.clock.now()
    said = one_line(reason)
    _, file = reporting.report(project.journal, plan, at, desk, said, now, tool())
    print(file())
    heard = reporting.listeners(plan, at)
    if heard:
        say(f"{desk.person} reports a breach at {', '.join(heard)}; whoever drives it reads this")
    else:
        say(f"no guardrail `person` at {at or name}: this is filed, and nothing goes back by it")
    sent = send(wire_of(project, name, offline=offline), name)
    for each in heard or ([at] if at else [stage.name for stage in plan.stages]):
        say(f"Next: `{commands.rollback(each)}` takes it back at once, whatever is reported.")
    return Exit.DONE if sent else Exit.BLIND
