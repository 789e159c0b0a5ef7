"""The checks that take their time, put together: programs, and samples sent to endpoints."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mcm.core.query import CommandQuery, InvocationQuery

if TYPE_CHECKING:
    from mcm.app.beside import Beside
    from mcm.cli.connections import Connections
    from mcm.core.reading import Reading


def slow_checks(connect: "Connections", root: Path, now: Callable[[], datetime]) -> "Beside":
    """Return what runs beside the loop; programs start in `root`, samples lie below it."""
    from mcm.app.beside import Beside

    def run(query: CommandQuery) -> "Reading":
        from mcm.probe.command import run_command

        return run_command(query, now, os.environ, root)

    def invoke(query: InvocationQuery) -> "Reading":
        from mcm.aws.invoke import invoke

        return invoke(connect(query.place), query, lambda name: (root / name).read_bytes(), now)

    return Beside({CommandQuery: run, InvocationQuery: invoke}, now)
