"""A new series against a baseline: clearly worse, not clearly worse, or nobody can tell.

As in Kayenta's judge a difference must be both unlikely by chance (Mann–Whitney U) and
large enough to matter: the mean moved by a share of the baseline's, and never by less than
a floor, which alone counts where the baseline is zero. Lack of data is never a PASS: too
few points, or gaps that could hide a difference, are INCONCLUSIVE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mcm.core.judging import mann_whitney
from mcm.core.judging.criterion import Worse
from mcm.core.verdict import Kind


@dataclass(frozen=True)
class Criterion:
    """What counts as clearly worse."""

    worse: Worse
    confidence: float
    """Between 0.5 and 1: how sure it must be that there is a difference."""
    effect: float
    """Share of the baseline's mean that matters."""
    floor: float
    """What the mean must have moved at least, in the unit of the series."""
    min_points: int
    """Of each sample; at least 8, below which the test's approximation is none."""


@dataclass(frozen=True)
class Sample:
    """What is known of one side. Every value is a finite number."""

    values: Sequence[float]
    missing: int
    """Closed periods without data."""


@dataclass(frozen=True)
class Difference:
    """How two series differ, and what that amounts to."""

    kind: Kind
    reason: str
    mean: float = 0.0
    base: float = 0.0
    p: float = 1.0
    share: float = 0.5
    """Share of pairs in which the new value is the worse one."""


def compare(criterion: Criterion, new: Sample, base: Sample) -> Difference:
    """Judge `new` against `base`."""
    for name, sample in (("new", new), ("baseline", base)):
        if len(sample.values) < criterion.min_points:
            have = f"{len(sample.values)} of {criterion.min_points} points"
            return Difference(Kind.INCONCLUSIVE, f"the {name} series has {have}")
    ways = [Worse.HIGHER, Worse.LOWER] if criterion.worse is Worse.EITHER else [criterion.worse]
    alpha = (1 - criterion.confidence) / len(ways)
    found = [_one_way(criterion, way, alpha, new, base) for way in ways]
    return max(found, key=lambda each: (each.kind, -each.p))


def _one_way(
    criterion: Criterion, way: Worse, alpha: float, new: Sample, base: Sample
) -> Difference:
    sign = -1 if way is Worse.LOWER else 1
    ours, theirs = [sign * v for v in new.values], [sign * v for v in base.values]
    mean, mean_base = fmean(new.values), fmean(base.values)
    test = mann_whitney.larger(ours, theirs)
    moved = sign * (mean - mean_base)
    matters = moved > 0 and moved >= max(criterion.effect * abs(mean_base), criterion.floor)
    kind, reason = Kind.PASS, f"not clearly {way}"
    if test.p < alpha and matters:
        kind, reason = Kind.BREACH, f"clearly {way}"
    elif new.missing or base.missing:
        gaps = mann_whitney.worst(ours, theirs, new.missing, base.missing)
        if gaps.p < alpha:
            lost = f"{new.missing} new and {base.missing} baseline periods have no data"
            kind, reason = Kind.INCONCLUSIVE, f"{lost}, which could hide that it is {way}"
    return Difference(kind, reason, mean, mean_base, test.p, test.share)
