"""Problems are gathered, ordered and told at once."""

import pytest

from mcm.config.problems import ConfigError, Problem, Problems
from mcm.core.errors import Exit

FIRST = Problem("mcm.yaml", 3, 5, "unknown key `windo`", "Did you mean `window`?")
SECOND = Problem("mcm.yaml", 12, 1, "`service` is missing")


def test_a_problem_reads_as_file_line_column_message_and_hint() -> None:
    assert str(FIRST) == "mcm.yaml:3:5: unknown key `windo`. Did you mean `window`?"
    assert str(SECOND) == "mcm.yaml:12:1: `service` is missing"


def test_no_problems_are_false_and_raise_nothing() -> None:
    problems = Problems()
    assert not problems
    problems.raise_if_any()
    assert problems.all() == ()


def test_all_problems_are_raised_at_once_from_the_top_of_each_file() -> None:
    problems = Problems()
    problems.add(SECOND, SECOND.message)
    problems.add(FIRST, FIRST.message, FIRST.hint)
    other = Problem("change.yaml", 1, 1, "nothing there")
    problems.add(other, other.message)
    with pytest.raises(ConfigError) as caught:
        problems.raise_if_any()
    assert caught.value.problems == (FIRST, SECOND, other)
    assert str(caught.value).splitlines() == [str(FIRST), str(SECOND), str(other)]
    assert caught.value.exit_code is Exit.USAGE


def test_the_same_problem_is_told_once() -> None:
    problems = Problems()
    problems.add(FIRST, "twice")
    problems.add(FIRST, "twice")
    assert len(problems) == 1


def test_a_flood_is_cut_short_but_kept_whole_in_the_error() -> None:
    many = tuple(Problem("mcm.yaml", line, 1, "a tab") for line in range(1, 61))
    error = ConfigError(many)
    assert str(error).splitlines()[-1] == "and 10 more"
    assert len(error.problems) == 60
