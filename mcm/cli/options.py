"""Options that several commands share, so that each is spelled and explained once."""

from typing import Annotated

import typer

from mcm.cli.complete import change_ids

Change = Annotated[
    str | None,
    typer.Argument(
        metavar="[CHANGE]",
        autocompletion=change_ids,
        help="Its id; not needed when one is open.",
    ),
]
Profile = Annotated[str | None, typer.Option("--profile", help="AWS profile to act as.")]
Json = Annotated[bool, typer.Option("--json", help="Print the canonical data instead of words.")]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="SSH key to sign with: a file, also a .pub whose other half your agent has, or the"
        " fingerprint of a key in it. Else git's user.signingkey, else the agent's own.",
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Neither fetch nor send statements.")]
Graphs = Annotated[
    bool,
    typer.Option("--graphs", help="Draw the graphs anew, by what AWS says now, into graphs/."),
]
