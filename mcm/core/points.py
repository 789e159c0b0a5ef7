"""Metric points: closed periods only, oldest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Points:
    """The closed periods of a series."""

    points: tuple[tuple[datetime, Decimal], ...]
    """(start of the period, value); a period without data has no point."""
    start: datetime | None = None
    """Start of the first period that was asked for; None when none has closed yet."""
    end: datetime | None = None
    """End of the last period that was asked for, exclusive."""

    def total(self) -> int:
        """Return the sum of all values, rounded down: a count of requests for `Sum`."""
        return int(sum((value for _, value in self.points), Decimal(0)))

    def values(self, period: timedelta) -> "list[Decimal | None]":
        """Return the value of every closed period, oldest first, as `by_period` has them."""
        if self.start is None or self.end is None:
            return []
        found: list[Decimal | None] = [None] * ((self.end - self.start) // period)
        for at, value in self.points:
            number, rest = divmod(at - self.start, period)
            if not rest and 0 <= number < len(found):
                found[number] = value
        return found

    def by_period(self, period: timedelta) -> "dict[datetime, Decimal | None]":
        """Return every closed period by its start, oldest first; None where there is no data."""
        if self.start is None or self.end is None:
            return {}
        known = dict(self.points)
        count = (self.end - self.start) // period
        starts = (self.start + number * period for number in range(count))
        return {start: known.get(start) for start in starts}
