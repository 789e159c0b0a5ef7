"""A guardrail that nobody could ask for most of a bake has not watched it (ADR 0020)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.core.errors import Exit
from mcm.core.plans.plan import Plan
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import World

MINUTE = timedelta(minutes=1)


def unreadable(world: World, operation: str, after: float, lasts: float) -> None:
    """Let one read fail for so many minutes, so many after the first bake's begin."""

    def fail() -> None:
        until = world.clock.now() + lasts * MINUTE
        key = user_key("alice")
        fault = Fault(Effect.SERVER_ERROR, operation=operation, access_key_id=key, until=until)
        world.engine.faults.add(fault)

    world.when("bake_started", fail, after * 60)


def with_limit(world: World, minutes: int) -> Plan:
    plan = world.plan()
    bake = replace(plan.stages[0].bake, limit=minutes * MINUTE)
    plan = replace(plan, stages=(replace(plan.stages[0], bake=bake),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    return plan


def bakes(world: World) -> list[datetime]:
    return [entry.at for entry in world.entries() if entry.kind == "bake_started"]


def test_an_endpoint_that_was_unreadable_for_most_of_a_bake_bakes_anew() -> None:
    """Nobody knows what it served meanwhile, however well it looks at the end."""
    world = World()
    plan = world.ready()
    unreadable(world, "DescribeEndpoint", after=2, lasts=25)

    ending = world.deploy(plan)

    gaps = {entry.body["check"] for entry in world.entries() if entry.kind == "unwatched"}
    assert ending.exit is Exit.DONE
    assert "sagemaker-endpoint" in gaps
    assert "alarms" not in gaps
    assert len(bakes(world)) == 2
    ended = next(entry.at for entry in world.entries() if entry.kind == "stage_ended")
    assert ended - bakes(world)[-1] >= plan.stages[0].bake.lasts


@pytest.mark.parametrize(
    ("operation", "after", "lasts"),
    [
        pytest.param("DescribeEndpoint", 2, 4, id="a few minutes without an answer"),
        pytest.param("DescribeAlarms", 2, 25, id="an alarm, which is judged by its history"),
        pytest.param("DescribeEndpoint", 0, 4, id="from before the bake, counted from its begin"),
    ],
)
def test_what_costs_the_bake_nothing(operation: str, after: int, lasts: int) -> None:
    world = World()
    plan = world.ready()
    unreadable(world, operation, after=after, lasts=lasts)

    assert world.deploy(plan).exit is Exit.DONE
    assert len(bakes(world)) == 1


def test_bakes_that_begin_anew_again_and_again_call_a_person_at_the_limit() -> None:
    """The limit counts from the first of them, or nobody would ever hear of it."""
    world = World()
    plan = with_limit(world, 60)
    for start in range(2, 200, 10):
        unreadable(world, "DescribeEndpoint", after=start, lasts=8)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.BLIND, "bake")
    assert world.clock.now() - bakes(world)[0] < 75 * MINUTE


def test_the_command_again_bakes_from_the_start_with_a_limit_of_its_own() -> None:
    world = World()
    plan = with_limit(world, 45)
    unreadable(world, "DescribeEndpoint", after=2, lasts=50)
    assert world.deploy(plan).exit is Exit.BLIND

    world.clock.pass_time(10 * MINUTE)

    assert world.deploy(plan).exit is Exit.DONE
