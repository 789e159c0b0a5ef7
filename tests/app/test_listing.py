"""The list of changes: one line each, and nothing hidden."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mcm.app.listing import STATES, Heading, Listed, Wanted, glance, list_changes
from mcm.app.phase import Phase
from mcm.app.standing import ChangeStatus, StageStatus
from mcm.app.status import read_all, read_status
from mcm.core.errors import Exit
from mcm.core.plans.plan import Plan
from mcm.store.memory import MemoryJournal
from tests.kit.clock import START
from tests.kit.world import World

WRITTEN = datetime(2026, 3, 1, tzinfo=UTC)


def unasked(change: str) -> Heading:
    raise AssertionError(f"{change} has a plan: its change.yaml need not be read")


def listed(world: World, plan: Plan) -> Listed:
    return list_changes([read_status(plan.change, plan.to_bytes(), world.journal)], unasked)[0]


def test_an_unreadable_plan_has_no_state() -> None:
    """Its heading is still told, so that somebody knows what it is."""
    status = read_status("CM-0001", b"{", MemoryJournal())

    (found,) = list_changes([status], lambda _: Heading("A title", "alice", WRITTEN))

    assert found.state is None
    assert found.problem
    assert (found.title, found.owner, found.exit) == ("A title", "alice", Exit.REFUSED)


def test_a_draft_shows_what_its_file_says() -> None:
    status = read_status("CM-0001", None, MemoryJournal())

    (found,) = list_changes([status], lambda _: Heading("A title", "alice", WRITTEN))

    assert (found.state, found.stage, found.since) == (Phase.DRAFT, "", WRITTEN)


def test_a_draft_whose_file_is_broken_is_no_plain_draft() -> None:
    status = read_status("CM-0001", None, MemoryJournal())
    heading = Heading("A title", "alice", WRITTEN, "change.yaml:3:1: there is no key `stags`")

    (found,) = list_changes([status], lambda _: heading)

    assert (found.state, found.exit) == (None, Exit.USAGE)
    assert (found.title, found.problem) == ("A title", "change.yaml:3:1: there is no key `stags`")


def test_a_held_walk_shows_its_stage() -> None:
    world = World()
    plan = world.plan()
    world.deploy(plan)

    found = listed(world, plan)

    assert (found.state, found.stage, found.owner) == (Phase.GATES, "prod-us", "alice")
    assert found.title == plan.title


def test_a_stage_under_way_matters_more_than_one_that_is_over() -> None:
    world = World()
    plan = world.plan()
    status = read_status(plan.change, plan.to_bytes(), world.journal)
    first = replace(status.stages[0], stage="prod-eu", phase=Phase.ROLLED_BACK)
    second = replace(status.stages[0], phase=Phase.BAKING)

    def of(*stages: object) -> str:
        made = replace(status, stages=stages)  # type: ignore[arg-type]
        return list_changes([made], unasked)[0].stage

    assert of(first, second) == "prod-us"
    assert of(replace(second, phase=Phase.PLANNED), first) == "prod-eu"
    assert of(replace(first, phase=Phase.SUCCEEDED), second) == "prod-us"


def test_hundreds_of_changes_are_listed_in_their_order() -> None:
    world = World()
    plans = {
        f"CM-{number:04}": world.plan(change=f"CM-{number:04}").to_bytes() for number in range(300)
    }

    found = list_changes(read_all(plans, plans.get, world.journal), unasked)

    assert [each.change for each in found] == list(plans)
    assert {each.state for each in found} == {Phase.PLANNED}


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: Shadow the next model", "Shadow the next model"),
        ("title: 'Shadow: the next'  ", "Shadow: the next"),
        ('title: "Shadow"', "Shadow"),
        ("title: Shadow # for now", "Shadow"),
        ("title: >", ""),
        ('title: "a\\u001bb"', ""),
        ("title: 'it''s'", ""),
        ("title:", ""),
        ("  title: inside something", ""),
        ("titles: many", ""),
    ],
)
def test_a_glance_sees_plain_values_only(line: str, title: str) -> None:
    assert glance(f"id: CM-0001\n{line}\nrequester: alice\n").title == title


def test_a_glance_takes_the_first_of_two_and_the_time_it_is_given() -> None:
    found = glance("requester: alice\nrequester: bob\n", START + timedelta(hours=1))

    assert found == Heading("", "alice", START + timedelta(hours=1))


def one(change: str, state: Phase | None, minutes: float, **fields: object) -> ChangeStatus:
    """A change with one stage in a state, since so many minutes."""
    at = START - timedelta(minutes=minutes)
    phase = state or Phase.UNKNOWN
    stage = StageStatus("prod-us", phase, at, "", (), (), (), None, None, Exit.HELD)
    status = read_status(change, None, MemoryJournal())
    problem = "" if state else "torn"
    made = replace(status, stages=(stage,), requester="alice", edition=1, problem=problem)
    return replace(made, **fields)  # type: ignore[arg-type]


def ids(*statuses: ChangeStatus, **wanted: object) -> list[str]:
    found = list_changes(statuses, unasked, Wanted(**wanted))  # type: ignore[arg-type]
    return [each.change for each in found]


def test_what_is_open_comes_first_and_of_both_what_moved_last() -> None:
    old, new = one("A", Phase.BAKING, 90), one("B", Phase.GATES, 5)
    over, long_over = one("C", Phase.SUCCEEDED, 1), one("D", Phase.FAILED, 100)

    assert ids(long_over, old, over, new) == ["B", "A", "C", "D"]


def test_filters_narrow_it_down() -> None:
    baking, done = one("A", Phase.BAKING, 1), one("B", Phase.SUCCEEDED, 2)
    torn = one("C", None, 3)

    assert ids(baking, done, torn, states=frozenset({"baking", "unknown"})) == ["A", "C"]
    assert ids(baking, done, open_only=True) == ["A"]
    assert ids(baking, replace(done, requester="BOB"), owner="bob") == ["B"]
    assert ids(baking, done, stage="Prod_US") == ["A", "B"]
    assert ids(baking, done, stage="prod-eu") == []


def test_a_change_is_listed_as_it_stands_at_the_stage_that_is_asked_for() -> None:
    both = one("A", Phase.BAKING, 1)
    eu = replace(both.stages[0], stage="prod-eu", phase=Phase.SUCCEEDED)

    (found,) = list_changes(
        [replace(both, stages=(*both.stages, eu))], unasked, Wanted(stage="prod-eu")
    )

    assert (found.stage, found.state) == ("prod-eu", Phase.SUCCEEDED)


def test_every_phase_can_be_asked_for() -> None:
    assert set(STATES) == {phase.value for phase in Phase}
