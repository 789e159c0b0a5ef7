"""The list of a record's pictures, `graphs/graphs.json`: what each shows, and what is missing.

The record is rendered without AWS. So the words that stand for a picture, and whatever
could not be drawn, are kept beside the pictures when they are drawn.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from mcm.core import canonical, codec
from mcm.core.errors import RefusedError
from mcm.record.view import Drawn, Figure

FOLDER, INDEX = "graphs", "graphs.json"
GRAPH, HEAT, BACKTEST = "graph", "heat", "backtest"
LIMIT = 1_000_000
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.svg", re.ASCII)


@dataclass(frozen=True)
class Picture:
    file: str
    """Its name in the folder."""
    stage: str
    kind: str
    """`GRAPH` of a metric, `HEAT` map of the traffic, or `BACKTEST` of a guardrail."""
    about: str
    """What it shows, in words and numbers."""


@dataclass(frozen=True)
class NotDrawn:
    stage: str
    what: str
    why: str


@dataclass(frozen=True)
class Index:
    plan: str
    """Digest of the plan whose guardrails are drawn."""
    at: datetime
    """When AWS was asked."""
    pictures: tuple[Picture, ...]
    missing: tuple[NotDrawn, ...]

    def drawn(self) -> Drawn:
        """Return the pictures as a record links them, and a line for each that is missing."""
        graphs, traffic = (
            tuple(Figure(f"{FOLDER}/{p.file}", p.about) for p in self.pictures if p.kind in kinds)
            for kinds in ((GRAPH, BACKTEST), (HEAT,))
        )
        missing = (f"There is no graph of {m.what} in {m.stage}: {m.why}." for m in self.missing)
        return Drawn(graphs, traffic, tuple(missing))

    def with_backtests(self, pictures: Iterable[Picture], stages: Collection[str]) -> "Index":
        """Return the list with these back-tests in the place of those that it has of `stages`."""
        old = {each for each in self.backtests() if each.stage in stages}
        rest = tuple(each for each in self.pictures if each not in old)
        return replace(self, pictures=(*rest, *pictures))

    def backtests(self) -> tuple[Picture, ...]:
        return tuple(each for each in self.pictures if each.kind == BACKTEST)

    def to_bytes(self) -> bytes:
        """Return the list as it lies on disk."""
        return canonical.encode(codec.to_value(self)) + b"\n"

    @staticmethod
    def from_bytes(data: bytes) -> "Index":
        """Read the list; raise RefusedError(E_CANONICAL) for anything else."""
        if not data.endswith(b"\n"):
            raise RefusedError("E_CANONICAL", "the list of pictures is cut short")
        found = codec.from_value(Index, canonical.decode(data[:-1]))
        if not all(_FILE.fullmatch(each.file) for each in found.pictures):
            raise RefusedError("E_CANONICAL", "a picture's name is none that mcm gives")
        return found
