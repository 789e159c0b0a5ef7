"""Metric points: closed periods only, oldest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Points:
    points: tuple[tuple[datetime, Decimal], ...]
    """(start of the period, value); a period without data has no point."""
    start: datetime | None = None
    """Start of the first period that was asked for; None when none has closed yet."""
    end: datetime | None = None
    """End of the last period that was asked for, exclusive."""

    def total(self) -> int:
        """Return the sum of all values, rounded down: a count of requests for `Sum`."""
        return int(sum((value for _, value in self.points), Decimal(0)))

    def by_period(self, period: timedelta) -> "dict[datetime, Decimal | None]":
        """Return every closed period by its start, oldest first; None where there is no data."""
        if self.start is None or self.end is None:
            return {}
        known = dict(self.points)
        count = (self.end - self.start) // period
        starts = (self.start + number * period for number in range(count))
        return {start: known.get(start) for start in starts}
