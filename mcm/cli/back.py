"""The command that goes back: rollback. It works alone, and nothing but AWS can stop it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names
from mcm.cli.write import Profile
from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from mcm.cli.ground import Ground


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(rollback)


def rollback(
    stage: Annotated[
        str,
        typer.Option("--stage", autocompletion=stage_names, help="The stage to take back."),
    ],
    further: Annotated[
        bool, typer.Option("--further", help="Go one more back after a rollback.")
    ] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="ID", help="The target, when it must be this one.")
    ] = "",
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Abandon running actions that do not stop.")
    ] = False,
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
    """Take one stage back to its last good execution; needs no record and no approval."""
    from mcm.cli.go_back import Options, go_back

    ground = ground_of(stage, pipeline, region, profile, sandbox=sandbox)
    return go_back(ground, Options(further, to, abandon, no_input))


def ground_of(
    stage: str, pipeline: str | None, region: str | None, profile: str | None, *, sandbox: bool
) -> "Ground":
    """Return what a command about one stage stands on: its options, else the files here."""
    from mcm.cli.ground import stand_on_files, stand_on_names

    if pipeline and region:
        return stand_on_names(pipeline, region, stage, profile, sandbox=sandbox)
    if pipeline or region:
        raise UsageError("--pipeline and --region go together: one of them is missing")
    return stand_on_files(Path.cwd(), stage, profile)
