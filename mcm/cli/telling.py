"""Who is told of a walk: the terminal at once, and the service's channels beside it."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mcm.app.ports import Listener
from mcm.cli.compose import Project
from mcm.cli.lines import say
from mcm.cli.live import LineView, LiveView
from mcm.clock import SystemClock
from mcm.core.history.goal import Goal
from mcm.core.history.journal import Entry
from mcm.core.history.state import State
from mcm.core.history.turn import Turn
from mcm.core.query import Place

if TYPE_CHECKING:
    from mcm.notify.message import Message

LAST_WORDS = timedelta(seconds=5)
"""How long a command stays to send what is still queued; then it says so and leaves."""


def shown(
    goal: Goal, *, sandbox: bool, keys: bool = False, expected: timedelta | None = None
) -> LiveView | LineView:
    """Return what shows a walk: a live view at a terminal, else plain lines; both on stderr.

    `keys` says that somebody listens to the keys which a turn offers; `expected` is how
    long a rollback is likely to take.
    """
    if not sys.stderr.isatty():
        return LineView()
    from rich.console import Console

    view = LiveView(goal, Console(stderr=True), SystemClock(), sandbox=sandbox)
    view.keys, view.expected = keys, expected
    return view


class Everyone:
    """Implements the listener port by telling each of several, in order."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = listeners

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Pass on new entries."""
        for each in self._listeners:
            each.wrote(entries)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Pass on a decision."""
        for each in self._listeners:
            each.turned(turn, state, now)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Pass on what could not be stored."""
        for each in self._listeners:
            each.lost(entries, why)


@contextmanager
def telling(project: Project, goal: Goal, change: str, view: Listener) -> Iterator[Listener]:
    """Yield who is to be told: `view`, and the channels of mcm.yaml as far as it can be read.

    A channel that fails is named on stderr and stops nothing.
    """
    with notifying(project) as send:
        if send is None:
            yield view
            return
        from mcm.app.notifying import Notifying

        sandbox = project.service.sandbox
        yield Everyone([view, Notifying(goal, change, send, sandbox=sandbox)])


@contextmanager
def notifying(project: Project) -> "Iterator[Callable[[Message], None] | None]":
    """Yield what sends a message to the service's channels; None where there are none."""
    service = project.service
    if not service.notify:
        yield None
        return
    # Most services and every rollback without mcm.yaml notify nobody: they load none of it.
    from mcm.notify.notifier import Notifier

    notifier = Notifier(
        service.notify,
        lambda channel, why: say(f"warning: {channel} was not told: {why}"),
        environ=os.environ,
        publish=lambda topic, subject, text: publish(project, topic, subject, text),
    )
    try:
        yield notifier.send
    finally:
        notifier.close(LAST_WORDS)


def publish(project: Project, topic: str, subject: str, text: str) -> None:
    """Send to an SNS topic in its own region, with the pipeline's credentials.

    Raises ConnectionError for what may pass, as `mcm.notify` expects it: the port itself
    sends a write once.
    """
    from mcm.aws.port import AwsError, ErrorKind

    _, _, _, region, account, _ = topic.split(":", 5)
    port = project.connect(Place(account, region))
    try:
        port.call("sns", "Publish", {"TopicArn": topic, "Subject": subject, "Message": text})
    except AwsError as err:
        if err.kind in {ErrorKind.UNREACHABLE, ErrorKind.LOST, ErrorKind.THROTTLED}:
            raise ConnectionError(str(err)) from err
        raise
