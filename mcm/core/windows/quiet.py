"""The quietest hours of a day, from requests counted by the hour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.core.windows.zone import find_zone

LASTS = 3
"""Hours of the window that is looked for."""
_LEAST_HOURS = 48
"""Fewer hours with data say too little about a day."""
_USUAL = 2


@dataclass(frozen=True)
class Quiet:
    start: int
    """Local hour at which it begins."""
    requests: float | None
    """Requests an hour in it, on the average; None when that is not known."""


def find_quiet(hours: Sequence[tuple[datetime, float]], timezone: str) -> Quiet:
    """Return the three hours of the local day with the fewest requests.

    An hour without any point had none: a metric of requests has no point then. Too little
    data gives 02:00, when most people sleep.
    """
    if len(hours) < _LEAST_HOURS:
        return Quiet(_USUAL, None)
    mean = _by_hour(hours, timezone)
    sums = [_span(mean, start) for start in range(24)]
    # Of several that are alike, the one nearest to the middle of the night.
    best = min(range(24), key=lambda start: (sums[start], (start - _USUAL) % 24))
    return Quiet(best, sums[best] / LASTS)


def at_hour(hours: Sequence[tuple[datetime, float]], timezone: str, start: int) -> Quiet:
    """Return what the three hours from `start` on see."""
    if len(hours) < _LEAST_HOURS:
        return Quiet(start, None)
    return Quiet(start, _span(_by_hour(hours, timezone), start) / LASTS)


def _by_hour(hours: Sequence[tuple[datetime, float]], timezone: str) -> list[float]:
    """Return the mean of each local hour between the first point and the last."""
    zone = find_zone(timezone)
    totals, passed = [0.0] * 24, [0] * 24
    for at, requests in hours:
        totals[at.astimezone(zone).hour] += requests
    at = hours[0][0]
    while at <= hours[-1][0]:
        passed[at.astimezone(zone).hour] += 1
        at += timedelta(hours=1)
    return [total / max(count, 1) for total, count in zip(totals, passed, strict=True)]


def _span(mean: Sequence[float], start: int) -> float:
    return sum(mean[(start + more) % 24] for more in range(LASTS))
