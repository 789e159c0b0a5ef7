"""A clock that moves only when somebody sleeps: for drills, the simulator and tests."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta


class VirtualClock:
    """Implements the clock port; `sleep_until` is the only thing that passes time.

    `at` puts off a call until a moment that somebody sleeps past: what others do
    meanwhile. It is made at its own time, in order; what it sleeps itself counts too.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now

    def at(self, moment: datetime, call: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (moment, self._count, call))

    def sleep_until(self, moment: datetime) -> None:
        while self._due and self._due[0][0] <= max(moment, self._now):
            due, _, call = heapq.heappop(self._due)
            self._now = max(self._now, due)
            call()
        self._now = max(self._now, moment)

    def pass_time(self, span: timedelta) -> None:
        self.sleep_until(self._now + span)
