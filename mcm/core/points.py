"""Metric points: closed periods only, oldest first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Points:
    points: tuple[tuple[datetime, Decimal], ...]
    """(start of the period, value); a period without data has no point."""

    def total(self) -> int:
        """Return the sum of all values, rounded down: a count of requests for `Sum`."""
        return int(sum((value for _, value in self.points), Decimal(0)))
