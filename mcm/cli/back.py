"""The command that goes back: rollback. It works alone, and nothing but AWS can stop it."""

from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import change_ids, stage_names
from mcm.cli.options import Profile
from mcm.core.errors import UsageError

if TYPE_CHECKING:
    from mcm.cli.ground import Ground


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command()(rollback)


def rollback(
    change: Annotated[
        str | None,
        typer.Argument(metavar="[CHANGE]", autocompletion=change_ids, help="With --all: which."),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            autocompletion=stage_names,
            help="The stage to take back; without it, those of the last 24 h are offered.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every promoted stage of the change, newest first.")
    ] = False,
    further: Annotated[
        bool, typer.Option("--further", help="Go one more back after a rollback.")
    ] = False,
    to: Annotated[
        str, typer.Option("--to", metavar="ID", help="The target, when it must be this one.")
    ] = "",
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Abandon running actions that do not stop.")
    ] = False,
    rung: Annotated[
        str,
        typer.Option(
            "--rung", help="Where the pipeline cannot roll back: redeploy or endpoint; asks a key."
        ),
    ] = "",
    no_input: Annotated[bool, typer.Option("--no-input", help="Go at once, ask nothing.")] = False,
    pipeline: Annotated[
        str | None,
        typer.Option("--pipeline", help="Pipeline name; looked for where nothing says it."),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="The pipeline's region.")] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Not AWS: the sandbox that runs here.")
    ] = False,
    profile: Profile = None,
) -> int:
    """Take one stage back to its last good execution; needs no record and no approval."""
    from mcm.cli.find import Asked, find_ground, search
    from mcm.cli.go_back import Options, go_back

    options = Options(further, to, abandon, no_input, rung)
    if every:
        from mcm.cli.back_all import go_back_all

        if stage or pipeline or region or sandbox:
            raise UsageError("--all needs the change's files: name a change and no stage")
        return go_back_all(change, options, profile)
    if change:
        raise UsageError(
            f"rollback takes back stages: which of {change} is not said",
            hint=f"Name one with --stage, or run `mcm rollback {change} --all`.",
        )
    asked = Asked(stage, pipeline, region, profile, sandbox, no_input)
    return go_back(find_ground(asked), options, lambda: search(asked))


def ground_of(
    stage: str, pipeline: str | None, region: str | None, profile: str | None, *, sandbox: bool
) -> "Ground":
    """Return what a command about one stage stands on, found as a rollback finds it."""
    from mcm.cli.find import Asked, find_ground

    return find_ground(Asked(stage, pipeline, region, profile, sandbox, no_input=True))
