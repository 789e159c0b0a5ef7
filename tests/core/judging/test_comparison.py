"""New against baseline: unlikely by chance and large enough, or not, or nobody can tell."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcm.core.judging.comparison import Criterion, Difference, Sample, compare
from mcm.core.judging.criterion import Worse
from mcm.core.verdict import Kind

CRITERION = Criterion(Worse.HIGHER, 0.98, 0.25, 5.0, 15)
CHANCE = random.Random(11)
CALM = [100 + CHANCE.gauss(0, 10) for _ in range(60)]


def around(mean: float, count: int = 30, spread: float = 10) -> list[float]:
    chance = random.Random(f"{mean} {count}")
    return [mean + chance.gauss(0, spread) for _ in range(count)]


def found(
    new: list[float], base: list[float] = CALM, missing: int = 0, **changes: object
) -> Difference:
    criterion = replace(CRITERION, **changes)  # type: ignore[arg-type]
    return compare(criterion, Sample(new, missing), Sample(base, 0))


def test_clearly_worse_is_a_breach() -> None:
    assert found(around(140)).kind is Kind.BREACH


def test_as_before_passes_and_better_does_too() -> None:
    assert found(around(100)).kind is Kind.PASS
    assert found(around(50)).kind is Kind.PASS


def test_certain_but_too_small_to_matter_passes() -> None:
    tiny = found(around(112))

    assert tiny.p < 0.02
    assert tiny.kind is Kind.PASS


def test_large_but_likely_by_chance_passes() -> None:
    """One wild point moves the mean, and weighs no more than its rank."""
    wild = [*around(100, 29), 10_000.0]

    assert found(wild).kind is Kind.PASS


def test_lower_can_be_worse_and_either_way_too() -> None:
    assert found(around(50), worse=Worse.LOWER).kind is Kind.BREACH
    assert found(around(50), worse=Worse.EITHER).kind is Kind.BREACH
    assert found(around(150), worse=Worse.LOWER).kind is Kind.PASS


def test_a_baseline_of_zero_breaks_at_the_floor_only() -> None:
    """Any share of nothing is nothing: without a floor one error would be endlessly worse."""
    zero = [0.0] * 60

    assert found([2.0] * 30, zero).kind is Kind.PASS
    assert found([6.0] * 30, zero).kind is Kind.BREACH
    assert found(zero[:30], zero).kind is Kind.PASS


@pytest.mark.parametrize(("new", "base"), [(14, 60), (30, 14), (0, 60), (30, 0)])
def test_lack_of_data_is_never_a_pass(new: int, base: int) -> None:
    assert found(around(100, new), CALM[:base]).kind is Kind.INCONCLUSIVE


def test_gaps_that_could_hide_a_difference_are_inconclusive() -> None:
    few = found(around(100), missing=1)
    many = found(around(100), missing=25)

    assert few.kind is Kind.PASS
    assert many.kind is Kind.INCONCLUSIVE
    assert "have no data" in many.reason


points = st.lists(st.one_of(st.none(), st.integers(90, 160).map(float)), min_size=8, max_size=40)


def sample(series: list[float | None]) -> Sample:
    values = [value for value in series if value is not None]
    return Sample(values, len(series) - len(values))


@given(points, points, st.sampled_from(Worse), st.data())
def test_a_missing_point_never_turns_breach_or_inconclusive_into_pass(
    new: list[float | None], base: list[float | None], worse: Worse, data: st.DataObject
) -> None:
    criterion = replace(CRITERION, worse=worse, min_points=8)
    before = compare(criterion, sample(new), sample(base)).kind
    poorer = []
    for series in (new, base):
        size = len(series)
        holes = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
        poorer.append([None if hole else v for hole, v in zip(holes, series, strict=True)])

    after = compare(criterion, sample(poorer[0]), sample(poorer[1])).kind

    assert before is Kind.PASS or after is not Kind.PASS


@given(points, points, st.randoms(use_true_random=False))
def test_the_order_of_points_changes_nothing(
    new: list[float | None], base: list[float | None], chance: random.Random
) -> None:
    first = compare(replace(CRITERION, min_points=8), sample(new), sample(base))
    chance.shuffle(new)
    chance.shuffle(base)
    again = compare(replace(CRITERION, min_points=8), sample(new), sample(base))

    assert again.kind is first.kind
    assert again.p == pytest.approx(first.p)
