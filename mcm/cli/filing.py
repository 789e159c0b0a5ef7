"""Statements of others on their way into a project's inbox, and out of it as text to paste.

Whatever brought them, each is verified before it is filed, and what is not taken is told.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.cli.lines import say
from mcm.core.errors import RefusedError
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.cli.compose import Project
    from mcm.core.trust.statement import Rejected, Verified


def file_statements(
    project: "Project", change: str, files: Mapping[str, bytes]
) -> "tuple[list[Verified], list[Rejected]]":
    """Verify each file and put it into the inbox; return all that verify, and what does not.

    Says what is new here.
    """
    from mcm.core.trust.statement import Rejected
    from mcm.trust.envelope import Envelope
    from mcm.trust.inbox import write_statement
    from mcm.trust.verify import verify

    inbox = project.folder(change).statements
    here = set(read_statements(inbox).values())
    trust, now = project.trust(), project.clock.now()
    filed: list[Verified] = []
    refused: list[Rejected] = []
    for name, data in sorted(files.items()):
        try:
            found = verify(data, trust, project.realm, now)
            if found.statement.change != change:
                what = f"it is about {found.statement.change}"
                raise RefusedError("E_REQUEST_MISMATCH", f"statement refused: {what}")
            write_statement(inbox, Envelope.from_bytes(data))
        except RefusedError as err:
            refused.append(Rejected(name, err.code, f"{name}: {err}"))
            say(f"warning: not taken: {clean(f'{name}: {err}', 400)}")
            continue
        filed.append(found)
        if data not in here:
            said = found.statement
            say(f"arrived: {said.kind} by {found.person}{f' for {said.stage}' * bool(said.stage)}")
    return filed, refused


def note(
    project: "Project", change: str, filed: "Sequence[Verified]", refused: "Sequence[Rejected]"
) -> None:
    """Note in the journal what arrived, where this clone keeps it."""
    from mcm.app.arrivals import note_arrivals, note_refusals

    if project.stored.keeps(change):
        now = project.clock.now()
        note_arrivals(project.journal, change, filed, now)
        note_refusals(project.journal, change, refused, now)


def print_blocks(project: "Project", change: str, digests: set[str]) -> None:
    """Print the statements with these digests as text to paste, and what to do with it."""
    from mcm.core import canonical
    from mcm.trust.envelope import Envelope
    from mcm.wire.paste import to_block

    for data in read_statements(project.folder(change).statements).values():
        if canonical.digest_bytes(Envelope.from_bytes(data).payload) in digests:
            print(to_block(change, data))
    say("Paste it anywhere; in the other clone `mcm inbox add` reads it from stdin.")


def read_statements(inbox: Path) -> dict[str, bytes]:
    """Return the files of an inbox that have a statement's shape, whoever put them there."""
    from mcm.trust.envelope import LIMIT, Envelope
    from mcm.trust.files import open_directory, read_small

    found: dict[str, bytes] = {}
    try:
        with open_directory(inbox) as dir_fd:
            for name in sorted(os.listdir(dir_fd)):  # noqa: PTH208 - Path lists no descriptor
                with suppress(RefusedError, FileNotFoundError):
                    data = read_small(name, limit=LIMIT, dir_fd=dir_fd)
                    Envelope.from_bytes(data)
                    found[name] = data
    except FileNotFoundError:
        return {}
    return found
