"""The way back when AWS, colleagues and time do not play along."""

from collections.abc import Callable
from datetime import timedelta

from mcm.app.runner import Ending
from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit
from mcm.core.journal import Entry
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import World

INBOUND = {"stageName": "ProdUS", "transitionType": "Inbound"}


class Bent:
    """A port whose replies pass through `bend` on their way back."""

    def __init__(self, port: Port, bend: Callable[[str, Reply], None]) -> None:
        self._port = port
        self._bend = bend

    def call(self, service: str, operation: str, params: Params) -> Reply:
        reply = self._port.call(service, operation, params)
        self._bend(operation, reply)
        return reply


def fault(world: World, effect: Effect, operation: str, times: int | None = None) -> None:
    """Let mcm's calls of `operation` fail, `times` times or for good."""
    world.engine.faults.add(
        Fault(effect, operation=operation, access_key_id=user_key("alice"), times=times)
    )


def open_the_way(world: World) -> None:
    world.console("EnableStageTransition", **INBOUND)


def said(world: World, kind: str) -> list[Entry]:
    return [entry for entry in world.listener.entries if entry.kind == kind]


def went_back(world: World, ending: Ending) -> bool:
    latest = world.stage_state()["latestExecution"]
    return ending.exit is Exit.DONE and (latest["type"], latest["status"]) == (
        "ROLLBACK",
        "Succeeded",
    )


# While something still runs in the stage


def deploying(minutes: int) -> World:
    """The next execution is in ProdUS, and its action takes that long."""
    world = World(update_takes=timedelta(minutes=minutes))
    world.approve(world.plan())
    open_the_way(world)
    world.clock.pass_time(timedelta(seconds=40))
    return world


def test_a_stop_that_is_denied_calls_a_person_once_and_rolls_back_when_the_action_ends() -> None:
    world = deploying(minutes=6)
    fault(world, Effect.DENIED, "StopPipelineExecution")

    assert went_back(world, world.roll_back())
    assert len(said(world, "person_needed")) == 1
    assert "cannot be stopped" in said(world, "person_needed")[0].body["reason"]


def test_an_action_that_outlasts_the_stop_is_waited_for_and_then_rolled_back() -> None:
    world = deploying(minutes=20)

    assert went_back(world, world.roll_back())
    assert len(said(world, "person_needed")) == 1
    assert "did not stop in 2m" in said(world, "person_needed")[0].body["reason"]


def test_a_walk_whose_breach_comes_during_the_deployment_stays_until_it_is_rolled_back() -> None:
    """Unattended: had it left at the end of its patience, the breached content would be live."""
    world = World(update_takes=timedelta(minutes=20))
    plan = world.ready()
    from_then = world.clock.now() + timedelta(minutes=3)

    def alarm(operation: str, reply: Reply) -> None:
        if operation == "DescribeAlarms" and world.clock.now() > from_then:
            reply["MetricAlarms"][0]["StateValue"] = "ALARM"

    world.wrap = lambda port: Bent(port, alarm)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert len(said(world, "person_needed")) == 1
