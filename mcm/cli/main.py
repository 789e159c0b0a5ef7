"""`mcm`: the Typer app, and the one place where an error becomes a line and an exit code.

Nothing but Typer is imported here before a command is known; `mcm --version` must not
wait for AWS's models or for cryptography. Each command imports what it needs.
"""

import os
import sys
from typing import Annotated

import typer

from mcm import __version__
from mcm.cli import streams
from mcm.cli.chapters import Chapters, register
from mcm.cli.lines import say
from mcm.core.errors import Exit, McmError

INTERRUPTED = "interrupted; run the same command to go on"


def build_app(word: str = "") -> typer.Typer:
    """Return the command line with one command, or with all of them (see `register`)."""
    app = typer.Typer(
        name="mcm",
        cls=Chapters,
        help="Change records, two people and guardrails for production deployments on AWS.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=True,
        no_args_is_help=True,
    )
    app.callback(invoke_without_command=True)(_root)
    register(app, word)
    return app


def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback when mcm itself fails.")
    ] = False,
) -> None:
    del debug  # read by `main`, which must know it even when parsing fails
    if version:
        print(f"mcm {__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    streams.prepare()
    code = streams.finish(run(given))
    # All is said and stored. Taking the interpreter down would wait for a read that hangs,
    # and costs a tenth of what a quick command takes.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code after saying on stderr what went wrong."""
    # `--wait` takes its time with `=` only, so that alone it can mean "as long as it takes".
    words = ["--wait=forever" if word == "--wait" else word for word in arguments]
    word = words[0] if words else ""
    try:
        code = int(build_app(word)(words, prog_name="mcm", standalone_mode=False) or 0)
    except McmError as err:
        return tell(err)
    except (KeyboardInterrupt, typer.Abort):
        code = Exit.INTERRUPTED
    except Exception as err:  # noqa: BLE001 - the last line of defence: one line, exit 1
        return _other(err, debug="--debug" in words)
    if code == Exit.INTERRUPTED:  # Typer may turn the signal into its code by itself
        say(INTERRUPTED)
    return code


def tell(err: McmError) -> int:
    """Say what happened, why, and what to do next; return the exit code."""
    from mcm.core.sanitize import clean

    lines = str(err).split("\n")
    say(f"error: {clean(lines[0], 2000)}")
    for line in (*lines[1:], *getattr(err, "details", ())):
        say(f"  {clean(line, 2000)}")
    if err.hint:
        say(clean(err.hint, 2000))
    return int(err.exit_code)


def _other(err: Exception, *, debug: bool) -> int:
    show = getattr(err, "format_message", None)
    if show is not None:  # Typer's own: the command line cannot be parsed
        if type(err).__name__ == "NoArgsIsHelpError":  # its message is the help itself
            say(show())
            return Exit.USAGE
        say(f"error: {show()}")
        context = getattr(err, "ctx", None)  # the command that was meant, when it is known
        say(f"See `{context.command_path if context else 'mcm'} --help`.")
        return Exit.USAGE
    if debug:
        import traceback

        say(traceback.format_exc().rstrip())
    text = " ".join(str(err).split())[:300]
    say(f"bug in mcm: {type(err).__name__}: {text} (see it with --debug)")
    return Exit.BUG


if __name__ == "__main__":
    main()
