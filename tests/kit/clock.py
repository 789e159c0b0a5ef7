"""The virtual clock, set to the time of the example."""

from datetime import UTC, datetime

from mcm.sandbox import virtual_clock

START = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
"""A Wednesday, 02:30 in Los Angeles: half an hour into the example's window."""


class VirtualClock(virtual_clock.VirtualClock):
    """The product's virtual clock, which starts at `START` unless told otherwise."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(start)
