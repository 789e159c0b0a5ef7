"""By what a project's commands look: AWS, the files, programs and addresses, put together.

What goes back in a process where others go forward gets eyes and hands of its own towards
AWS. There is one of everything else: a program is not run twice for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mcm.app.answers import InboxWithAnswers
from mcm.app.fleet import Lane
from mcm.app.local_source import LocalSource
from mcm.app.observing import Observer
from mcm.app.ports import Source
from mcm.aws.gather import ThreadedGather
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.cli.console import ConsoleAnswers
from mcm.cli.pinned import PinnedInbox
from mcm.cli.slow import slow_checks
from mcm.probe.http import HttpSource

if TYPE_CHECKING:
    from mcm.app.beside import Beside
    from mcm.aws.port import Port
    from mcm.cli.compose import Project
    from mcm.core.query import Place


class Near(NamedTuple):
    """What answers without AWS's control planes: made once for a project."""

    inbox: PinnedInbox
    files: LocalSource
    http: HttpSource
    slow: "Beside"


def near(project: "Project") -> Near:
    """Make what looks at everything but AWS."""
    inbox = PinnedInbox(project)
    files = LocalSource(inbox, project.freezes, project.clock, project.calendars, project.others)
    slow = slow_checks(project.connect, project.root, project.clock.now)
    return Near(inbox, files, HttpSource(project.clock.now), slow)


def sources(
    project: "Project",
    around: Near,
    connect: "Callable[[Place], Port]",
    gather: ThreadedGather,
) -> list[Source]:
    """Return what answers queries, those of AWS by `connect`."""
    aws = AwsSource(connect, project.clock.now, gather)
    console = ConsoleAnswers(project, around.inbox)
    return [InboxWithAnswers(aws, around.files, console), around.files, around.http, around.slow]


def lane(project: "Project", around: Near) -> Lane:
    """Return what a rollback of this process looks and acts by: it waits for no read."""
    ahead = project.connect.ahead
    found = sources(project, around, ahead, ThreadedGather())
    return Lane(Observer(found, project.clock), Performer(ahead))
