"""How busy an endpoint is at a given time, and chance that depends on nothing but its seed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import cos, floor, pi
from zoneinfo import ZoneInfo

_HOUR = 3600
_SCRAMBLE = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Shape:
    """How busy an endpoint is in the course of a day and a week."""

    zone: str
    """IANA zone of the people who use it; the quietest hour is 04:00 there."""
    peak: float = 60.0
    """Requests a second at 16:00 on a weekday."""
    night: float = 0.25
    """Share of the peak at the quietest hour."""
    weekend: float = 0.6
    """Factor on Saturdays and Sundays."""
    error_share: float = 0.0002
    """Share of requests answered with 5xx when all is well."""
    latency: float = 120_000.0
    """Mean model latency in microseconds."""


def rate_of(shape: Shape) -> Callable[[float], float]:
    """Return requests a second as a function of seconds since the epoch, before chance."""
    zone = ZoneInfo(shape.zone)
    offsets: dict[int, float] = {}

    def rate(second: float) -> float:
        hour = floor(second / _HOUR)
        if hour not in offsets:
            moment = datetime.fromtimestamp(hour * _HOUR, tz=UTC)
            offsets[hour] = (moment.astimezone(zone).utcoffset() or timedelta()).total_seconds()
        local = second + offsets[hour]
        wave = 0.5 - 0.5 * cos(2 * pi * (local / _HOUR - 4) / 24)
        day = shape.night + (1 - shape.night) * float(wave**1.5)
        # The epoch was a Thursday, so days 2 and 3 of each week from it are the weekend.
        weekend = floor(local / 86400) % 7 in (2, 3)
        return shape.peak * day * (shape.weekend if weekend else 1.0)

    return rate


def drawn(expected: float, spread: float, chance: int) -> int:
    """Draw a whole number with this mean and spread (unbiased for small means too)."""
    if expected >= 10:
        expected += spread * bell(chance)
    return max(0, floor(expected + (chance >> 48) / 65536))


def bell(chance: int) -> float:
    """Return a number around 0 with deviation 1, within ±3: the sum of three even ones."""
    parts = (chance & 0xFFFF) + (chance >> 16 & 0xFFFF) + (chance >> 32 & 0xFFFF)
    return (parts / 65536 - 1.5) * 2


def mix(state: int) -> int:
    """Return 64 well-mixed bits of a number: chance that depends on nothing else."""
    state = (state + _SCRAMBLE) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def salt_of(seed: int, text: str) -> int:
    """Return 64 bits that stand for a text under a seed."""
    salt = mix(seed)
    for byte in text.encode():
        salt = mix(salt ^ byte)
    return salt
