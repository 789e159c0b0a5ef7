"""The checks that take their time, put together: programs, and samples sent to endpoints."""

import errno
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.errors import RefusedError
from mcm.core.query import CommandQuery, InvocationQuery

if TYPE_CHECKING:
    from mcm.app.beside import Beside
    from mcm.cli.connections import Connections
    from mcm.core.reading import Reading


MOST_SAMPLE = 25_000_000
"""What InvokeEndpoint takes of one body, in bytes."""


def read_sample(root: Path, name: str) -> bytes:
    """Return the sample `name` below `root`; OSError for what is no plain file there.

    A pipe would let a turn wait for ever, and a link may lead to what nobody meant to send.
    """
    from mcm.trust.files import read_small

    try:
        return read_small(root / name, limit=MOST_SAMPLE)
    except RefusedError as err:
        raise OSError(errno.EINVAL, str(err)) from err


def slow_checks(connect: "Connections", root: Path, now: Callable[[], datetime]) -> "Beside":
    """Return what runs beside the loop; programs start in `root`, samples lie below it."""
    from mcm.app.beside import Beside

    def run(query: CommandQuery) -> "Reading":
        from mcm.probe.command import run_command

        return run_command(query, now, os.environ, root)

    def invoke(query: InvocationQuery) -> "Reading":
        from mcm.aws.invoke import invoke

        return invoke(connect(query.place), query, lambda name: read_sample(root, name), now)

    return Beside({CommandQuery: run, InvocationQuery: invoke}, now)
