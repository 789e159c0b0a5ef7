"""The command that opens again what a rollback closed: reopen."""

import sys
from typing import Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.options import Profile
from mcm.core.errors import Exit, UsageError


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(reopen)


def reopen(
    stage: Annotated[
        str,
        typer.Option("--stage", autocompletion=stage_names, help="The stage to open again."),
    ],
    no_input: Annotated[bool, typer.Option("--no-input", help="Go at once, ask nothing.")] = False,
    pipeline: Annotated[
        str | None, typer.Option("--pipeline", help="Pipeline name, where there is no mcm.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="The pipeline's region.")] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="With --pipeline: the one that runs here.")
    ] = False,
    profile: Profile = None,
) -> int:
    """Enable a transition that mcm closed in a rollback; it lets nobody in."""
    from mcm.app.reopening import home_of
    from mcm.app.writer import Writer
    from mcm.cli.back import ground_of
    from mcm.cli.go_back import make_journal, make_runner
    from mcm.cli.lines import say
    from mcm.cli.live import LineView
    from mcm.core.history.goal import Reopen
    from mcm.core.sanitize import clean

    ground = ground_of(stage, pipeline, region, profile, sandbox=sandbox)
    back = ground.goal
    if not no_input:
        _confirm(back.stage)
    view = LineView(prefix=f"{back.stage}: ")
    runner, journal = make_runner(ground, view), make_journal(ground)
    writer = Writer(journal, home_of(back.stage, journal), view.lost)
    goal = Reopen(
        back.pipeline,
        back.pipeline_stage,
        back.stage,
        "a person asked for it",
        promotes=back.deploy_opens,
        after=writer.catch_up().last,
        settle=back.settle,
        poll=back.poll,
    )
    ending = runner.run(goal, writer)
    say(clean(f"{back.stage}: {ending.reason}", 600))
    if ending.hint:
        say(clean(ending.hint, 600))
    if ending.exit is Exit.DONE:
        say("Whatever the pipeline sends there enters by itself from now on.")
    return ending.exit


def _confirm(stage: str) -> None:
    from mcm.cli.keys import listening, pressed
    from mcm.cli.lines import DeclinedError, say

    if not sys.stdin.isatty():
        raise UsageError(
            f"{stage} is not opened: nobody at a terminal can be asked",
            hint=f"Run `mcm reopen --stage {stage} --no-input` to go at once.",
        )
    with listening():
        say(f"{stage}: what the pipeline sends there would enter again by itself.")
        say("Press o to open the way in, any other key to leave. ", end="")
        key = pressed()
    say(key)
    if key not in ("o", "O"):
        raise DeclinedError(f"{stage} is not opened: {key!r} was pressed, not o")
