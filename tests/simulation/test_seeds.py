"""The first seeds of the simulator, in chunks: a failing one is named with its whole trace."""

import pytest

from tests.simulation.draw import draw, keep
from tests.simulation.invariants import play, report, simulate
from tests.simulation.shrink import shrink
from tests.simulation.simulation import Simulation

SEEDS, CHUNK = 500, 10


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_the_invariants_hold(first: int) -> None:
    """Nothing that a seed draws makes mcm break a promise."""
    played = [simulate(seed) for seed in range(first, first + CHUNK)]

    assert [report(drawn, one) for drawn, one in played if one.problems] == []


@pytest.mark.parametrize("seed", [8620, 9940])
def test_who_died_before_the_promotion_may_hold_at_what_went_red_meanwhile(seed: int) -> None:
    """These two of the first 10,000 were once called wrong for it."""
    drawn, played = simulate(seed)

    assert played.problems == [], report(drawn, played)


def test_a_scenario_can_be_played_with_some_of_its_faults() -> None:
    """What was dropped keeps its number, so that the rest can be named again."""
    drawn = next(one for one in map(draw, range(100)) if len(one.faults) >= 3)
    small = drawn.without(1)

    assert drawn.replay == f"make simulate SEED={drawn.seed}"
    assert keep(drawn, small.replay.partition("KEEP=")[2]) == small
    assert keep(drawn, "none").kept == ()
    with pytest.raises(ValueError, match="not 99"):
        keep(drawn, "99")


def test_a_failing_scenario_loses_what_it_fails_without() -> None:
    """Here it fails in nothing that mcm does, so nothing is needed."""
    drawn = next(one for one in map(draw, range(100)) if len(one.faults) >= 2)
    played = play(drawn)
    played.problems.append("0: planted")

    small, _ = shrink(drawn, played, lambda trial: _planted(play(trial)))

    assert small.kept == ()


def _planted(simulation: Simulation) -> Simulation:
    simulation.problems.append("0: planted")
    return simulation


def test_a_seed_replays() -> None:
    """The same seed draws, and plays, the same scenario."""
    (drawn, first), (_, second) = simulate(3), simulate(3)

    assert drawn == draw(3)
    assert first.trace == second.trace
    assert len(first.trace) > 5
