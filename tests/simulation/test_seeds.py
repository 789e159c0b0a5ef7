"""The first seeds of the simulator, in chunks: a failing one is named with its whole trace."""

import pytest

from tests.simulation.draw import draw
from tests.simulation.invariants import report, simulate
from tests.simulation.shrink import keep, parts, shrink

SEEDS, CHUNK = 500, 10


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_the_invariants_hold(first: int) -> None:
    """Nothing that a seed draws makes mcm break a promise."""
    played = [simulate(seed) for seed in range(first, first + CHUNK)]

    assert [report(drawn, one) for drawn, one in played if one.problems] == []


def test_a_failing_scenario_is_made_small_by_leaving_parts_out() -> None:
    """Whatever is kept is a scenario like any other, and can be named."""
    drawn = next(one for one in map(draw, range(100)) if len(parts(one)) >= 3)
    first, *rest = parts(drawn)

    assert parts(keep(drawn, [])) == []
    assert keep(drawn, parts(drawn)) == drawn
    assert len(parts(keep(drawn, rest))) == len(rest)
    with pytest.raises(ValueError, match="has no part t9"):
        keep(drawn, [first, "t9"])
    assert shrink(drawn) == []  # it fails in nothing, so nothing is needed


def test_a_seed_replays() -> None:
    """The same seed draws, and plays, the same scenario."""
    (drawn, first), (_, second) = simulate(3), simulate(3)

    assert drawn == draw(3)
    assert first.trace == second.trace
    assert len(first.trace) > 5
