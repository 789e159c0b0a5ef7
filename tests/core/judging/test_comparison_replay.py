"""A comparison over history: the judge's own verdicts, turn by turn, as a share that moved."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.judging.comparison import Criterion, compare
from mcm.core.judging.comparison_replay import Replayed, bakes, replay_comparison, sample
from mcm.core.judging.criterion import Worse
from mcm.core.judging.threshold import Value
from mcm.core.verdict import Kind

CRITERION = Criterion(Worse.HIGHER, 0.98, 0.25, 1.0, 8)
LASTS, REACH = 10, 20


def replayed(series: list[Value], criterion: Criterion = CRITERION) -> Replayed:
    """Against the 20 periods before each bake of 10."""
    return replay_comparison(
        criterion, series, lambda start, _: series[start - REACH : start], bakes(REACH, LASTS)
    )


def steps(*levels: int) -> list[Value]:
    """Ten periods at each level, alternating a little around it."""
    return [Decimal(level) + n % 3 for level in levels for n in range(10)]


def test_a_step_breaches_once_there_are_enough_points() -> None:
    found = replayed(steps(100, 100, 150, 150))

    assert found.breaches[0] == 7
    assert found.moved[6] == 0
    assert Decimal("0.4") < (found.moved[9] or 0) < Decimal("0.6")


def test_a_calm_series_never_breaches() -> None:
    assert replayed(steps(100, 100, 100, 100)).breaches == ()


def test_a_baseline_of_zero_counts_by_the_floor_alone() -> None:
    zeros: list[Value] = [Decimal(0)] * 20

    assert replayed([*zeros, *[Decimal(3)] * 10]).moved[9] == 1000
    assert replayed([*zeros, *[Decimal(3)] * 10], replace(CRITERION, floor=5.0)).breaches == ()


def test_gaps_that_could_hide_a_difference_are_no_zero() -> None:
    found = replayed([*steps(100, 100), *[None] * 10])

    assert found.moved[9] is None
    assert found.breaches == ()


def test_a_long_bake_is_looked_at_sixty_times() -> None:
    day = bakes(0, 1440)

    assert (day.turn, day.lasts) == (24, 1440)
    assert (bakes(0, 61).turn, bakes(0, 61).lasts) == (2, 62)


@given(st.lists(st.one_of(st.none(), st.integers(0, 40).map(Decimal)), min_size=40, max_size=40))
@settings(max_examples=60)
def test_each_turn_is_what_the_judge_says(series: list[Value]) -> None:
    found = replayed(series)
    turns = [(start, end) for start in (20, 30) for end in range(start + 1, start + 11)]

    for index, (start, end) in enumerate(turns):
        kind = compare(
            CRITERION, sample(series[start:end]), sample(series[start - REACH : start])
        ).kind
        assert (index in found.breaches) is (kind is Kind.BREACH)
