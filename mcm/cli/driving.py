"""This process as the one driver of a change."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mcm.core.history.lease import Driver

if TYPE_CHECKING:
    from mcm.app.writer import Writer
    from mcm.cli.compose import Project
    from mcm.core.history.goal import GoForward


@contextmanager
def leased(project: "Project", goal: "GoForward", who: str, command: str) -> Iterator[str]:
    """Drive `goal`'s change inside, see `mcm.app.driving`; say so when there is no lease."""
    from mcm.app.driving import driving
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    me = this_process(project, who, command)
    change, stages = goal.plan.change, goal.stages
    with driving(project.leases, me, project.journal, change, stages) as barred:
        if barred:
            say(f"warning: {clean(barred, 400)}")
            say(f"{', '.join(stages)} stays watched all the same; nothing more is promoted")
        yield barred


@contextmanager
def leased_or_barred(
    project: "Project", change: str, who: str, command: str, writer: "Writer"
) -> Iterator[None]:
    """Drive `change` inside to give a walk up; without a lease too, but then only that.

    Raises DrivenError while another process drives.
    """
    from mcm.core.errors import McmError
    from mcm.core.history.lease import DrivenError

    lease = None
    try:
        lease = project.leases.take(change, this_process(project, who, command))
    except DrivenError:
        raise
    except McmError as err:
        writer.bar(str(err))
    try:
        yield
    finally:
        if lease is not None:
            lease.free()


def this_process(project: "Project", who: str, command: str) -> Driver:
    """Return how this process describes itself to whoever else wants to drive."""
    return Driver(who, command, os.getpid(), socket.gethostname(), project.clock.now())
