"""A clock that moves only when somebody sleeps."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
"""A Wednesday, 02:30 in Los Angeles: half an hour into the example's window."""


class VirtualClock:
    """Implements the clock port; `sleep_until` is the only thing that passes time."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def sleep_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)

    def pass_time(self, span: timedelta) -> None:
        self._now += span
