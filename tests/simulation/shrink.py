"""Making a failing scenario small: faults are dropped as long as it fails in the same way."""

from collections.abc import Callable

from tests.simulation.draw import Drawn
from tests.simulation.invariants import play
from tests.simulation.simulation import Simulation


def shrink(
    drawn: Drawn, failed: Simulation, play: Callable[[Drawn], Simulation] = play
) -> tuple[Drawn, Simulation]:
    """Return the smallest scenario found that breaks the invariant that `failed` broke first."""
    number = invariant(failed)
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for one in drawn.kept:
            trial = drawn.without(one)
            played = play(trial)
            if played.problems and invariant(played) == number:
                drawn, failed, is_smaller = trial, played, True
    return drawn, failed


def invariant(simulation: Simulation) -> str:
    """Return the number of the invariant that was broken first, or the bug's name."""
    return simulation.problems[0].partition(":")[0]
