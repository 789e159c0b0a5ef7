"""The first seeds of the simulator, in chunks: a failing one is named with its whole trace."""

import pytest

from tests.simulation.draw import draw
from tests.simulation.invariants import report, simulate

SEEDS, CHUNK = 50, 5


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_the_invariants_hold(first: int) -> None:
    """Nothing that a seed draws makes mcm break a promise."""
    played = [simulate(seed) for seed in range(first, first + CHUNK)]

    assert [report(drawn, one) for drawn, one in played if one.problems] == []


def test_a_seed_replays() -> None:
    """The same seed draws, and plays, the same scenario."""
    (drawn, first), (_, second) = simulate(3), simulate(3)

    assert drawn == draw(3)
    assert first.trace == second.trace
    assert len(first.trace) > 5
