"""A bound on a series: M of any N consecutive periods beyond it make a breach.

Three-valued, so that a gap never looks like health: a period without data may have been
beyond the bound or not. What is a breach whatever the gaps hold is a BREACH, what could
be one is INCONCLUSIVE, and only what cannot be one is a PASS (AWS-RULES 25). It follows
that taking a point away never makes a series look better.

All periods since the promotion count, not only the newest: a process that slept through
a breach sees it when it wakes. A back-test asks the same function.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from mcm.core.verdict import Kind

Value = Decimal | None


@dataclass(frozen=True)
class Bound:
    """Beyond it is worse; both may be given. In the unit of the series."""

    above: Decimal | None
    below: Decimal | None

    def is_crossed(self, value: Decimal) -> bool:
        """Say whether `value` lies beyond; what is no number does."""
        if not value.is_finite():
            return True
        too_high = self.above is not None and value > self.above
        return too_high or (self.below is not None and value < self.below)


@dataclass(frozen=True)
class Rule:
    """A bound, and how many periods beyond it make a breach."""

    bound: Bound
    breach: int
    """M, at least 1."""
    of: int
    """N, at least M."""


@dataclass(frozen=True)
class Finding:
    """What a rule says of a series."""

    kind: Kind
    first: int
    """Index of the first period of the window that decided; of the newest for a PASS."""
    crossed: int
    """Periods beyond the bound in it."""
    missing: int
    """Periods of it without data, or that have not closed yet."""
    breaches: int = 0
    """How many windows are in breach, each period's end one measurement."""
    newest: Kind = Kind.PASS
    """What the newest window alone says."""


def judge_values(rule: Rule, values: Sequence[Value]) -> Finding:
    """Judge consecutive closed periods, oldest first; None is a period without data.

    Fewer than N are judged as if the rest had no data yet.
    """
    short = max(0, rule.of - len(values))
    beyond = _sums([value is not None and rule.bound.is_crossed(value) for value in values])
    gaps = _sums([value is None for value in values])
    windows = []
    for start in range(max(1, len(values) - rule.of + 1)):
        end = min(start + rule.of, len(values))
        found, lacking = beyond[end] - beyond[start], gaps[end] - gaps[start] + short
        windows.append((_kind(rule, found, lacking), start, found, lacking))
    breaches = [window for window in windows if window[0] is Kind.BREACH]
    doubts = [window for window in windows if window[0] is Kind.INCONCLUSIVE]
    decided = breaches[0] if breaches else (doubts or windows)[-1]
    return Finding(*decided, len(breaches), windows[-1][0])


def _kind(rule: Rule, crossed: int, missing: int) -> Kind:
    if crossed >= rule.breach:
        return Kind.BREACH
    return Kind.INCONCLUSIVE if crossed + missing >= rule.breach else Kind.PASS


def _sums(marks: Sequence[bool]) -> list[int]:
    """Return running totals, so that a window of any length costs two look-ups."""
    return [0, *accumulate(int(mark) for mark in marks)]
