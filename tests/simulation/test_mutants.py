"""The simulator sees bugs: each planted one is found by the seed that found it before."""

from pathlib import Path

import pytest

from tests.simulation.invariants import simulate
from tests.simulation.mutate import PAGE, Mutant, found, mutants, plant, play, table

MUTANTS = mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant, tmp_path: Path) -> None:
    """By its seed, which has nothing to say about the product as it is."""
    find = found()[mutant.name]
    plant(mutant, tmp_path)

    assert play(tmp_path, find.seed, 1) is not None
    assert simulate(find.seed)[1].problems == []


def test_there_are_many_of_them_and_each_says_what_it_breaks() -> None:
    assert len(MUTANTS) >= 20
    assert all(mutant.what and not mutant.what.startswith("diff") for mutant in MUTANTS)
    assert set(found()) == {mutant.name for mutant in MUTANTS}


def test_the_page_lists_them_with_what_found_them() -> None:
    """After a hunt `make mutants` has written it."""
    assert PAGE.read_text(encoding="utf-8").endswith("".join(table(found())))
