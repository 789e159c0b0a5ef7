"""A comparison over history: as if a change had been promoted again and again.

One bake follows the other; within each the judge looks as a walk would, at all that is
new since its beginning against the baseline. What comes out is a series of its own: how
far the mean moved in the bad direction, as a share of the baseline's, wherever chance does
not explain it. So a bound on it is the criterion's `effect`, and can be suggested.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import isfinite

from mcm.core.judging.comparison import Criterion, Difference, Sample, compare
from mcm.core.judging.criterion import Worse
from mcm.core.judging.threshold import Value
from mcm.core.verdict import Kind

TURNS = 60
"""A bake is looked at so often at most: a day of minutes need not be judged each minute."""
FARTHEST = 1000.0
"""Share that stands for any move away from a baseline of zero."""
BaseOf = Callable[[int, int], Sequence[Value]]
"""Baseline of a bake that began at the first index, looked at before the second."""


@dataclass(frozen=True)
class Bakes:
    """The bakes that are tried, in periods of the series."""

    first: int
    """Index at which the first one begins."""
    turn: int
    """Between two looks."""
    lasts: int
    """A multiple of `turn`."""


@dataclass(frozen=True)
class Replayed:
    """One entry for each turn, the first of which ends `turn` periods after `first`."""

    moved: tuple[Value, ...]
    """Share of the baseline's mean; 0 by chance, None where gaps hide it."""
    breaches: tuple[int, ...]
    """Indices of turns at which the judge says BREACH."""


def bakes(first: int, lasts: int) -> Bakes:
    """Return bakes of at least so many periods, looked at `TURNS` times or at each period."""
    turn = -(-lasts // TURNS)
    return Bakes(first, turn, -(-lasts // turn) * turn)


def replay_comparison(
    criterion: Criterion, series: Sequence[Value], base_of: BaseOf, tried: Bakes
) -> Replayed:
    """Judge each turn of each bake, in order; of the last bake as much as there is."""
    found = list(_differences(criterion, series, base_of, tried))
    breaches = (i for i, each in enumerate(found) if each and each.kind is Kind.BREACH)
    return Replayed(tuple(_moved(criterion, each) for each in found), tuple(breaches))


def _differences(
    criterion: Criterion, series: Sequence[Value], base_of: BaseOf, tried: Bakes
) -> Iterator[Difference | None]:
    """Yield what the judge finds; None while a bake is too young for it."""
    for start in range(tried.first, len(series), tried.lasts):
        ends = range(start + tried.turn, min(start + tried.lasts, len(series)) + 1, tried.turn)
        for end in ends:
            young = end - start < criterion.min_points
            if young:
                yield None
            else:
                yield compare(criterion, sample(series[start:end]), sample(base_of(start, end)))


def sample(values: Sequence[Value]) -> Sample:
    """Return closed periods as one side of a comparison."""
    finite = [float(value) for value in values if value is not None and value.is_finite()]
    return Sample(finite, len(values) - len(finite))


def _moved(criterion: Criterion, found: Difference | None) -> Value:
    if found is None:
        return Decimal(0)
    if found.kind is Kind.INCONCLUSIVE:
        return None
    ways = 2 if criterion.worse is Worse.EITHER else 1
    moved = abs(found.mean - found.base)
    if found.p >= (1 - criterion.confidence) / ways or moved < criterion.floor or not moved:
        return Decimal(0)
    share = moved / abs(found.base) if found.base else FARTHEST
    return Decimal(f"{min(share, FARTHEST) if isfinite(share) else FARTHEST:.6g}")


def scaled(criterion: Criterion, factor: int) -> Criterion:
    """Return the criterion for sums over periods so many times as long."""
    return replace(criterion, floor=criterion.floor * factor)
