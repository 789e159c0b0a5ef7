"""`mcm inbox`: statements that came by another way, and sending what could not be sent."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import change_ids
from mcm.core.errors import Exit, RefusedError, UsageError

if TYPE_CHECKING:
    from mcm.cli.compose import Project

_MOST = 4_000_000


def register(app: typer.Typer) -> None:
    """Add the group of this module's commands to `app`."""
    group = typer.Typer(
        help="Signed words of others: put in what was pasted or mailed, fetch and send the rest.",
        no_args_is_help=True,
    )
    group.command()(add)
    group.command()(sync)
    app.add_typer(group, name="inbox")


def add(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="A file with pasted text; `-` is stdin.")
    ] = "-",
) -> int:
    """Verify the statements in pasted text and put them where they count.

    Takes what `--paste` printed, with whatever a chat put around it.
    """
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.wire.paste import find_blocks

    project = Project.here()
    found = find_blocks(_read(file))
    if not found.blocks and not found.broken:
        raise UsageError(
            "there is no statement in it", hint="Copy it with its first and last line."
        )
    taken = [_take(project, block.change, block.data) for block in found.blocks]
    for reason in found.broken:
        say(f"warning: not taken: {reason}")
    if found.broken or not all(taken):
        raise RefusedError(
            "E_ENVELOPE", f"{taken.count(False) + len(found.broken)} statements were not taken"
        )
    return Exit.DONE


def sync(
    change: Annotated[
        str, typer.Argument(metavar="CHANGE", autocompletion=change_ids, help="Its id.")
    ],
) -> int:
    """Fetch what others said about a change, and send what was said here."""
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.cli.wired import wire_of

    wire = wire_of(Project.here(), change)
    if wire is None:
        raise UsageError(
            "there is no remote to fetch from",
            hint="`git remote add origin …`, or `git config mcm.remote NAME`.",
        )
    wire.exchange()
    say(f"{change} is the same here and on {wire.remote}")
    return Exit.DONE


def _take(project: "Project", change: str, data: bytes) -> bool:
    """File one statement; say that it is there already, or why it is not taken."""
    from mcm.cli.filing import file_statements, note
    from mcm.cli.lines import say

    if not project.folder(change).plan_file.exists():
        say(f"warning: not taken: this clone has no plan of {change}")
        say(f"`mcm inbox sync {change}` fetches it, or take changes/{change} from its branch.")
        return False
    filed, refused = file_statements(project, change, {"pasted.json": data})
    note(project, change, filed, refused)
    for each in filed:
        print(f"{each.statement.kind} by {each.person} is in the inbox of {change}")
    return not refused


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read(_MOST) if file == "-" else Path(file).read_bytes()[:_MOST]
    except OSError as err:
        raise UsageError(f"cannot read {file}: {err.strerror}") from err
    return data.decode("utf-8", "replace")
