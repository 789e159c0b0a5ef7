"""The convention of the monitoring plugins: a status, a first line, performance data.

`DISK OK - free 52% | /=2643MB;5948;5958;0;5968`. See the Monitoring Plugins Development
Guidelines. What a plugin prints is foreign text: cleaned before anybody sees it.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from mcm.core.sanitize import clean

OK, WARNING, CRITICAL, UNKNOWN = range(4)
STATES = {OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}
_LONG = 300
_MOST = 50
_DATUM = re.compile(
    r"\s*(?:'(?P<quoted>(?:[^']|'')*)'|(?P<label>[^\s'=]+))=(?P<value>-?\d+(?:\.\d+)?)"
    r"(?P<unit>[^\s;\d.-][^\s;]*)?(?:;(?P<rest>\S*))?(?=\s|$)"
)


@dataclass(frozen=True)
class Datum:
    """One measured value."""

    label: str
    value: Decimal
    unit: str
    """`s`, `ms`, `%`, `B`, `c`, …; empty for a plain number."""


@dataclass(frozen=True)
class PluginView:
    """What one run said."""

    status: int
    line: str
    """The first line, without performance data."""
    data: tuple[Datum, ...]


def read_output(status: int, text: str) -> PluginView:
    """Return what a plugin said; performance data that cannot be read is left out."""
    lines = text.splitlines() or [""]
    first, _, data = lines[0].partition("|")
    tail = [part for line in lines[1:] for part in line.partition("|")[1:] if part != "|"]
    found = tuple(_data(" ".join((data, *tail))))[:_MOST]
    return PluginView(status, clean(first.strip(), _LONG), found)


def _data(text: str) -> list[Datum]:
    found = []
    for match in _DATUM.finditer(text):
        label = match["label"] or (match["quoted"] or "").replace("''", "'")
        unit = clean(match["unit"] or "", 20)
        found.append(Datum(clean(label, 100), Decimal(match["value"]), unit))
    return found
