"""Sending in the background: one thread and one small queue a channel.

A walk must never wait for a pager. `send` only puts the message into the queues; a full
queue, a channel that fails or hangs, is reported to a callback, and that is all.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from queue import PriorityQueue

from mcm.core.plans.service import Channel
from mcm.core.sanitize import clean
from mcm.notify.channels import NotSent, Outlets, Publish, name_of, send
from mcm.notify.message import Message

QUEUE = 64
"""Messages that may wait for one channel; a run sends a handful."""
_URGENT, _NORMAL, _LAST = 0, 1, 2

Failed = Callable[[str, str], None]
"""`failed(channel, why)`: called from a background thread; both are clean text."""
Job = tuple[int, int, Message | None]


class Notifier:
    """Sends messages over all of a service's channels, in the background.

    Urgent messages overtake the others. `environ` holds the webhooks' addresses and what
    commands are told of our environment; commands run in `folder`.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        failed: Failed,
        *,
        environ: Mapping[str, str],
        publish: Publish | None = None,
        folder: Path | None = None,
    ) -> None:
        self._failed = failed
        self._numbers = count()
        outlets = Outlets(environ, publish, folder)
        self._lanes = [_Lane(channel, outlets, self._report) for channel in channels]

    def send(self, message: Message) -> None:
        """Queue `message` for every channel and return at once. Never raises."""
        rank = _URGENT if message.urgent else _NORMAL
        for lane in self._lanes:
            lane.put((rank, next(self._numbers), message))

    def close(self, timeout: timedelta) -> bool:
        """Send what waits, for `timeout` at most; return whether all of it was tried."""
        ends = time.monotonic() + timeout.total_seconds()
        for lane in self._lanes:
            lane.put((_LAST, next(self._numbers), None))
        done = [lane.join(max(0.0, ends - time.monotonic())) for lane in self._lanes]
        for lane, ended in zip(self._lanes, done, strict=True):
            if not ended:
                self._report(lane.name, "still sending when mcm ended")
        return all(done)

    def _report(self, channel: str, why: str) -> None:
        with suppress(Exception):  # a callback that fails has nobody left to tell
            self._failed(channel, clean(why, 300))


class _Lane:
    """One channel: its queue, and the thread that empties it."""

    def __init__(
        self,
        channel: Channel,
        outlets: Outlets,
        failed: Failed,
    ) -> None:
        self.name = name_of(channel)
        self._channel = channel
        self._outlets = outlets
        self._failed = failed
        self._jobs: PriorityQueue[Job] = PriorityQueue()
        # A daemon: a channel that hangs must not keep mcm from ending.
        self._thread = threading.Thread(target=self._work, name="mcm-notify", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        message = job[2]
        if message is not None and not message.urgent and self._jobs.qsize() >= QUEUE:
            self._failed(self.name, f"{QUEUE} messages wait already: {message.event} dropped")
            return
        self._jobs.put_nowait(job)

    def join(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while True:
            message = self._jobs.get()[2]
            if message is None:
                return
            try:
                send(self._channel, message, self._outlets)
            except NotSent as err:
                self._failed(self.name, f"{message.event} not sent: {err}")
            except Exception as err:  # noqa: BLE001 - the next message still has a chance
                self._failed(self.name, f"{message.event} not sent: {type(err).__name__}")
