"""How other changes stand, from their plans and journals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.others import read_others
from mcm.core.errors import Exit, McmError
from mcm.core.gates.others import OtherChange
from mcm.core.plans.plan import Exemption, Plan
from tests.kit.readings import PIPELINE, US
from tests.kit.world import World
from tests.planned import as_an_earlier_mcm_wrote


def seen_by(world: World, plan: Plan, change: str = "CM-0002") -> tuple[OtherChange, ...]:
    """Return what another change of the project reads."""
    plans = {plan.change: plan.to_bytes(), "CM-0002": plan.to_bytes(), "DRAFT": None}
    return read_others(change, plans, plans.get, world.journal)


def test_a_change_that_nobody_has_begun_is_in_nobodys_way() -> None:
    world = World()
    (found,) = seen_by(world, world.plan())

    assert (found.under_way, found.endpoints, found.succeeded) == ((), (), False)
    assert found.stands == "not begun"


def test_a_change_under_way_names_its_stage_and_endpoints_until_it_has_succeeded() -> None:
    world = World()
    plan = world.plan()
    assert world.deploy(plan).exit is Exit.HELD
    (waiting,) = seen_by(world, plan)
    assert waiting.under_way == ((PIPELINE, "ProdUS"),)
    assert waiting.endpoints == ((US, "photo-check-us"),)

    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))
    assert world.deploy(plan, patience=timedelta(hours=3)).exit is Exit.DONE
    (done,) = seen_by(world, plan)
    assert (done.under_way, done.succeeded) == ((), True)


def test_a_change_that_was_rolled_back_is_over_and_has_not_succeeded() -> None:
    world = World()
    plan = world.ready()
    world.clock.at(world.clock.now() + timedelta(minutes=10), world.scenario.raise_errors)
    assert world.deploy(plan, patience=timedelta(hours=2)).exit is Exit.ROLLED_BACK

    (found,) = seen_by(world, plan)

    assert (found.under_way, found.succeeded, found.stands) == ((), False, "rolled_back")


def test_a_change_is_none_of_its_own_others() -> None:
    world = World()

    assert [each.change for each in seen_by(world, world.plan(), "CM-0001")] == ["CM-0002"]


def test_the_plans_of_an_earlier_mcm_are_in_nobodys_way() -> None:
    """A project keeps its changes for years: none of them may close every gate of today."""
    world = World()
    older = Plan.from_bytes(as_an_earlier_mcm_wrote(world.plan()))
    world.approve(older)
    world.clock.pass_time(timedelta(minutes=2))
    assert world.deploy(older, patience=timedelta(hours=3)).exit is Exit.DONE

    (found,) = seen_by(world, older)
    assert (found.under_way, found.succeeded) == ((), True)


def test_one_that_cannot_be_read_is_named() -> None:
    plans = {"CM-0009": b"{"}
    with pytest.raises(McmError, match="CM-0009"):
        read_others("CM-0001", plans, plans.get, World().journal)


def test_a_conflict_holds_the_walk_and_an_exception_opens_it() -> None:
    world = World()
    plan = world.ready()
    world.people.others = (
        OtherChange("CM-0002", ((PIPELINE, "ProdUS"),), (), False, "open at prod-us"),
    )
    assert world.deploy(plan).exit is Exit.HELD
    gate = next(each for each in world.listener.turns[-1].gates if each.name == "conflict")
    assert "CM-0002 is under way at ProdUS" in gate.reason

    until = world.clock.now() + timedelta(hours=3)
    excepted = replace(plan, exceptions=(Exemption("conflict", "the fix of it", until),))
    world.approve(excepted, answer=False)
    assert world.deploy(excepted, patience=timedelta(hours=3)).exit is Exit.DONE


def test_of_two_that_wait_the_one_that_began_first_goes_first() -> None:
    """Or each would hold the other for ever."""
    world = World()
    first = world.plan()
    second = replace(first, change="CM-0002")
    for plan in (first, second):
        assert world.deploy(plan).exit is Exit.HELD
        world.clock.pass_time(timedelta(minutes=1))
    plans = {"CM-0001": first.to_bytes(), "CM-0002": second.to_bytes()}

    (earlier,) = read_others("CM-0002", plans, plans.get, world.journal)
    (later,) = read_others("CM-0001", plans, plans.get, world.journal)

    assert earlier.under_way == ((PIPELINE, "ProdUS"),)
    assert later.under_way == ()


def test_what_was_promoted_is_in_the_way_whoever_began_first() -> None:
    world = World()
    first = world.plan()
    assert world.deploy(replace(first, change="CM-0002")).exit is Exit.HELD
    world.approve(first)
    world.clock.pass_time(timedelta(minutes=2))
    world.when("bake_started", lambda: seen.append(look()), after=60)
    plans = {"CM-0001": first.to_bytes(), "CM-0002": replace(first, change="CM-0002").to_bytes()}
    seen: list[tuple[OtherChange, ...]] = []

    def look() -> tuple[OtherChange, ...]:
        return read_others("CM-0002", plans, plans.get, world.journal)

    world.deploy(first, patience=timedelta(hours=3))

    assert [each.under_way for each in seen[0]] == [((PIPELINE, "ProdUS"),)]
