"""`mcm sandbox`: the local AWS of this directory, up, down, and told to misbehave."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.sandbox.process import Sandbox


def register(app: typer.Typer) -> None:
    """Add the group of this module's commands to `app`."""
    group = typer.Typer(
        help="Run a local AWS in this directory; no account is needed.", no_args_is_help=True
    )
    for command in (up, down, status, env, fault, release, reset):
        group.command()(command)
    app.add_typer(group, name="sandbox")


def up(
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 0,
    no_example: Annotated[
        bool,
        typer.Option("--no-example", help="Write people and keys only, to try `mcm init`."),
    ] = False,
) -> int:
    """Start the sandbox; in an empty directory, write the example project first."""
    from mcm.cli.example import set_up
    from mcm.cli.lines import say
    from mcm.sandbox import process

    here = Path.cwd()
    written = set_up(here, example=not no_example)
    running = process.up(here, port=port)
    print(running.endpoint_url)
    say(f"SANDBOX is up at {running.endpoint_url}, realm sandbox:{running.uuid}")
    if written and no_example:
        say(f"wrote the people of the example: {', '.join(written)}")
        say("Next: mcm init --pipeline ParcelPhotoCheck --sandbox")
    elif written:
        say(f"wrote the example project: {', '.join(written)}")
        say("Next: mcm plan CM-0001")
        say("      mcm request CM-0001")
        say("      mcm approve CM-0001 --profile bob")
        say("      mcm deploy CM-0001 --stage prod-us")
        say("Then: mcm sandbox release, mcm plan CM-0002 and so on; mcm sandbox fault 5xx")
        say("      in its bake; mcm rollback --stage prod-us; mcm sandbox down")
    return Exit.DONE


def down() -> int:
    """Stop the sandbox of this directory; its project stays."""
    from mcm.cli.lines import say
    from mcm.sandbox import process

    say("SANDBOX is down" if process.down(Path.cwd()) else "no SANDBOX was running here")
    return Exit.DONE


def status() -> int:
    """Show whether the sandbox runs and what it has been asked."""
    from mcm.cli.lines import say
    from mcm.sandbox import process

    running = process.status(Path.cwd())
    if running is None:
        say("no SANDBOX runs here")
        return Exit.DONE
    said = running.ask("GET", "status")
    print(f"endpoint  {running.endpoint_url}")
    print(f"realm     sandbox:{running.uuid}")
    print(f"process   {running.pid}")
    print(f"faults    {', '.join(said['faults'])}")
    for call, count in said["calls"].items():
        print(f"calls     {count:>5} {call}")
    for defect in said["defects"]:
        print(f"defect    {defect}")
    return Exit.DONE


def env(
    person: Annotated[str, typer.Option("--profile", help="Who the shell speaks as.")] = "alice",
) -> int:
    """Print export lines for `eval`, after which the aws command talks to the sandbox."""
    from mcm.sandbox import process

    for line in process.env(_running(), person):
        print(line)
    return Exit.DONE


def fault(name: Annotated[str, typer.Argument(help="As `mcm sandbox status` lists them.")]) -> int:
    """Let something go wrong in the sandbox."""
    from mcm.cli.lines import say

    said = _running().ask("POST", "fault", {"name": name})
    say(f"SANDBOX: {said['description']}")
    return Exit.DONE


def release(
    name: Annotated[str | None, typer.Argument(help="By default the next one.")] = None,
) -> int:
    """Let a release start its execution in the sandbox's pipeline."""
    from mcm.cli.lines import say

    said = _running().ask("POST", "release", {"name": name} if name else {})
    print(said["execution"])
    say(f"SANDBOX: execution {said['execution']} is on its way through the pipeline")
    return Exit.DONE


def reset() -> int:
    """Put the sandbox back to its beginning; plans and approvals of before are void."""
    from mcm.cli.lines import say

    said = _running().ask("POST", "reset")
    say(f"SANDBOX: began again as realm sandbox:{said['uuid']}")
    return Exit.DONE


def _running() -> "Sandbox":
    from mcm.cli.compose import find_root
    from mcm.sandbox import process

    here = Path.cwd()
    running = process.status(here)
    if running is None:
        try:
            running = process.status(find_root(here))
        except UsageError:
            running = None
    if running is None:
        raise UsageError("no sandbox runs here", hint="Run `mcm sandbox up`.")
    return running
