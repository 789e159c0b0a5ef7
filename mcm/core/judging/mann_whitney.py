"""The Mann–Whitney U test: is one sample larger than another, by ranks?

It asks nothing of how values are spread, so one wild point weighs no more than its rank.
Normal approximation with correction for ties and continuity, as `scipy.stats.mannwhitneyu`
with `method="asymptotic"`, which the tests compare it with; fit for eight points or more.

Points that are missing are not left out when it is asked whether there *could* be a
difference: `worst` ranks them all as the largest (or, of the other sample, the smallest).
No value that they may have had makes the difference clearer than that.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt


@dataclass(frozen=True)
class Test:
    u: float
    """How many pairs have the first sample's value larger; ties count half."""
    p: float
    """Chance of a U as large or larger if both were alike (one-sided)."""
    share: float
    """U as a share of all pairs: 0.5 where both are alike, 1 where all are larger."""


def larger(first: Sequence[float], second: Sequence[float]) -> Test:
    """Test whether `first` tends to be larger than `second`; neither may be empty."""
    ties = Counter((*first, *second))
    u = _u(first, second)
    return _test(u, len(first), len(second), tuple(ties.values()))


def worst(first: Sequence[float], second: Sequence[float], lost: int, lost_second: int) -> Test:
    """Test with `lost` more points of `first` above all, `lost_second` of `second` below all.

    Their ties are counted as if they all joined the largest group, which makes the test
    as sharp as any values could.
    """
    wins = lost * (len(second) + lost_second) + lost_second * len(first)
    groups = sorted(Counter((*first, *second)).values()) or [0]
    groups[-1] += lost + lost_second
    count, count_second = len(first) + lost, len(second) + lost_second
    return _test(_u(first, second) + wins, count, count_second, tuple(groups))


def _u(first: Sequence[float], second: Sequence[float]) -> float:
    """Count by ranks: a rank is the mean of the places that equal values share."""
    ties = Counter((*first, *second))
    ranks: dict[float, float] = {}
    below = 0
    for value in sorted(ties):
        ranks[value] = below + (ties[value] + 1) / 2
        below += ties[value]
    return sum(ranks[value] for value in first) - len(first) * (len(first) + 1) / 2


def _test(u: float, count: int, other: int, ties: Sequence[int]) -> Test:
    total, pairs = count + other, count * other
    spread = total + 1 - sum(t**3 - t for t in ties) / (total * (total - 1)) if total > 1 else 0.0
    deviation = sqrt(max(0.0, pairs / 12 * spread))
    above = u - pairs / 2 - 0.5
    if deviation == 0:  # all values are the same, or could be said to be
        return Test(u, 0.0 if above > 0 else 1.0, u / pairs)
    return Test(u, 0.5 * erfc(above / deviation / sqrt(2)), u / pairs)
