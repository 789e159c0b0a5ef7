"""When a bake counts as unwatched, and what the next process is told of a look."""

from datetime import timedelta

import pytest

from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft
from mcm.core.walking.unwatched import judge_gap, longest_gap, note_look
from tests.kit.readings import NOW, Notebook
from tests.kit.world import STAGE, World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
GOAL = GoForward(World().plan(), (STAGE,))


def baking(*looks: timedelta) -> Notebook:
    """Return a journal in which a bake began now, and was looked at so long after."""
    book = Notebook().take([Draft("bake_started", {"stage": STAGE}, NOW)])
    return book.take([Draft("watched", {"stage": STAGE}, NOW + each) for each in looks])


@pytest.mark.parametrize(
    ("poll", "longest"), [(SECOND, 5 * MINUTE), (MINUTE, 5 * MINUTE), (4 * MINUTE, 12 * MINUTE)]
)
def test_the_longest_gap_is_three_polls_and_five_minutes_at_least(
    poll: timedelta, longest: timedelta
) -> None:
    assert longest_gap(poll) == longest


def test_a_gap_counts_from_the_last_look_that_the_journal_has() -> None:
    state = baking(4 * MINUTE).state

    assert judge_gap(GOAL, state, None, NOW + 9 * MINUTE, MINUTE) == ()
    (found,) = judge_gap(GOAL, state, None, NOW + 9 * MINUTE + SECOND, MINUTE)
    assert (found.kind, found.body["stage"]) == ("unwatched", STAGE)


def test_a_gap_counts_from_the_last_look_of_this_process() -> None:
    state = baking().state
    looked = NOW + 20 * MINUTE

    assert judge_gap(GOAL, state, looked, looked + 5 * MINUTE, MINUTE) == ()
    assert judge_gap(GOAL, state, looked, looked + 6 * MINUTE, MINUTE) != ()


def test_what_does_not_bake_has_no_gap() -> None:
    before = Notebook().take([Draft("stage_started", {"stage": STAGE}, NOW)])
    over = baking().take(
        [Draft("stage_ended", {"stage": STAGE, "outcome": "succeeded", "reason": ""}, NOW)]
    )

    for book in (before, over):
        assert judge_gap(GOAL, book.state, None, NOW + 60 * MINUTE, MINUTE) == ()
        assert note_look(GOAL, book.state, NOW + MINUTE) == ()


def test_unwatched_it_bakes_from_the_start_once_it_is_looked_at() -> None:
    book = baking(MINUTE)
    gap = judge_gap(GOAL, book.state, None, NOW + 60 * MINUTE, MINUTE)

    state = book.take(gap).state
    assert state.stage(STAGE).baking_since is None
    assert judge_gap(GOAL, state, None, NOW + 99 * MINUTE, MINUTE) == ()


def test_looks_within_a_minute_are_noted_once() -> None:
    book = baking(2 * MINUTE)

    assert note_look(GOAL, book.state, NOW + 2 * MINUTE + 59 * SECOND) == ()
    assert len(note_look(GOAL, book.state, NOW + 3 * MINUTE)) == 1


def test_who_saw_nothing_did_not_look() -> None:
    blind = Draft("sight", {"stage": STAGE, "lost": True, "reason": "no reply"}, NOW)

    assert note_look(GOAL, baking().take([blind]).state, NOW + 3 * MINUTE) == ()
