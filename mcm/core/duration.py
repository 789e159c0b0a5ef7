"""Durations as people write them: whole numbers with units, the largest unit first.

`30s`, `10m`, `2h`, `3d`, `1h30m`, `250ms`. A bare number is refused, because nobody
can tell seconds from minutes in it. `spell` writes the same form everywhere.
"""

import re
from datetime import timedelta

_FORM = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_UNITS = (
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
)
_DIGITS = 9
_HOW = "write whole numbers with units, such as 30s, 10m, 2h, 3d, 1h30m or 250ms"


def parse(text: str) -> timedelta:
    """Read a duration; `0s` is allowed, a sign, a space or a fraction is not.

    Units are d (24 hours), h, m, s and ms, each at most once, the largest first.
    Raises ValueError with a message that says what to write.
    """
    found = _FORM.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"not a duration: {text[:40]!r}: {_HOW}")
    numbers = [number or "0" for number in found.groups()]
    if any(len(number) > _DIGITS for number in numbers):
        raise ValueError(f"duration too long: {text[:40]!r}: use at most {_DIGITS} digits a unit")
    millis = sum(int(n) * size for n, (_, size) in zip(numbers, _UNITS, strict=True))
    try:
        return timedelta(milliseconds=millis)
    except OverflowError as err:
        raise ValueError(f"duration too long: {text[:40]!r}") from err


def spell(span: timedelta) -> str:
    """Write `span` exactly to the millisecond: `2m30s`, `1d2h`, `0s`, `-5m`.

    `parse` reads it back, except a negative one, which only messages show.
    What is smaller than a millisecond is dropped.
    """
    sign = "-" if span < timedelta(0) else ""
    rest = abs(span) // timedelta(milliseconds=1)
    parts = []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts) if parts else "0s"


def spell_wait(span: timedelta) -> str:
    """Write a wait for a person, rounded up so that nobody comes back too early.

    Up to the second; from 1 m on to the minute, from 1 d on to the hour.
    """
    for least, step in (
        (timedelta(days=1), timedelta(hours=1)),
        (timedelta(minutes=1), timedelta(minutes=1)),
    ):
        if span >= least:
            return spell(-(-span // step) * step)
    return spell(-(-span // timedelta(seconds=1)) * timedelta(seconds=1))
