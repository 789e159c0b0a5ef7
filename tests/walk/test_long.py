"""What takes long, or is denied for a while: somebody hears of it, and mcm tries again."""

from datetime import timedelta

from mcm.core.errors import Exit
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import World

MINUTE = timedelta(minutes=1)
CLOSE = "DisableStageTransition"


def deny_closing(world: World, until: timedelta) -> None:
    """Deny mcm to close any transition, until so long after now."""
    fault = Fault(
        Effect.DENIED,
        operation=CLOSE,
        access_key_id=user_key("alice"),
        until=world.clock.now() + until,
    )
    world.engine.faults.add(fault)


def allow_in(world: World, after: timedelta) -> None:
    world.clock.at(world.clock.now() + after, world.engine.faults.clear)


def test_a_deployment_without_an_end_calls_a_person_once_and_is_watched_on() -> None:
    world = World(update_takes=100 * MINUTE)
    plan = world.ready()

    ending = world.deploy(plan)

    calls = [e for e in world.entries() if e.kind == "person_needed"]
    assert ending.exit is Exit.DONE, ending
    assert [e.body["reason"] for e in calls] == [
        "ProdUS is InProgress for more than 1h without an end"
    ]


def test_an_hour_of_deployment_calls_nobody() -> None:
    world = World(update_takes=55 * MINUTE)
    plan = world.ready()

    assert world.deploy(plan).exit is Exit.DONE
    assert "person_needed" not in world.kinds()


def test_a_way_in_that_may_not_be_closed_is_closed_once_that_is_allowed() -> None:
    """Three refusals are no reason to leave it open for the whole bake."""
    world = World()
    plan = world.ready()
    deny_closing(world, 9 * MINUTE)

    ending = world.deploy(plan)

    assert (ending.exit, world.sent(CLOSE)) == (Exit.DONE, 1)


def test_on_the_way_back_it_is_tried_again_too() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    deny_closing(world, 600 * MINUTE)
    world.when("rollback_started", lambda: allow_in(world, MINUTE))

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert world.sent(CLOSE) == 1


def test_a_way_in_whose_closings_went_unanswered_is_closed_once_aws_answers() -> None:
    """Closing twice does no harm: lost replies are no more final than denials."""
    world = World()
    plan = world.ready()
    lost = Fault(
        Effect.TIMEOUT_BEFORE, operation=CLOSE, access_key_id=user_key("alice"), times=None
    )
    world.engine.faults.add(lost)
    world.when("bake_started", lambda: allow_in(world, 5 * MINUTE))

    ending = world.deploy(plan)

    assert (ending.exit, world.sent(CLOSE)) == (Exit.DONE, 1)
