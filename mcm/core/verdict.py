"""One reading judged: PASS, INCONCLUSIVE, ERROR or BREACH, with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Ordered by severity: together, the worst one counts (docs/design.md, Words)."""

    PASS = 0
    INCONCLUSIVE = 1
    """The answer is not in yet, or there is too little to tell. Holds."""
    ERROR = 2
    """The question could not be asked. Holds and calls a person; never a breach."""
    BREACH = 3


UNASKED = "unasked"
"""The question had no answer in time: nothing was looked at."""


@dataclass(frozen=True)
class Verdict:
    """What one guardrail says of one turn's readings."""

    check: str
    """Name of the guardrail."""
    kind: Kind
    reason: str
    """One clause for people."""
    evidence: tuple[str, ...] = ()
    code: str = ""
    """Set where the walk must tell one breach from another, e.g. `silently_rolled_back`, and
    UNASKED where an INCONCLUSIVE comes of no answer."""
    count: int = 0
    """BREACH measurements since the promotion, of a kind that sees its past; else 0."""
    newest: Kind = Kind.BREACH
    """Of a BREACH that may be over: what the newest measurement alone says."""
    note: str = ""
    """What changes no verdict, and somebody should know: an alarm that will page nobody."""

    @property
    def unasked(self) -> bool:
        """Whether there was no answer that it could rest on."""
        return self.kind is Kind.ERROR or self.code == UNASKED


def worst(verdicts: Iterable[Verdict]) -> Kind:
    """Return the most severe kind; without any verdict nothing was found wrong."""
    return max((verdict.kind for verdict in verdicts), default=Kind.PASS)
