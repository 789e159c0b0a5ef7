"""What `settle` is for: reads that lag less than that mislead nobody, and what lies beyond it."""

from datetime import datetime, timedelta

import pytest

from mcm.app.runner import Ending
from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit
from mcm.sandbox.faults import Effect, Fault
from tests.kit.world import World

MINUTE = timedelta(minutes=1)
_LAGGING = ("GetPipelineState", "ListPipelineExecutions", "ListActionExecutions")


class Late:
    """Shows, from the rollback on, what was there `lag` ago."""

    def __init__(self, world: World, lag: timedelta) -> None:
        self._world = world
        self._lag = lag
        self._seen: dict[str, list[tuple[datetime, Reply]]] = {}

    def port(self, port: Port) -> Port:
        return _LatePort(port, self)

    def call(self, port: Port, service: str, operation: str, params: Params) -> Reply:
        reply = port.call(service, operation, params)
        now = self._world.clock.now()
        seen = self._seen.setdefault(f"{operation} {params}", [])
        seen.append((now, reply))
        if operation not in _LAGGING or not self._world.sent("RollbackStage"):
            return reply
        old = [one for at, one in seen if now - at >= self._lag]
        return old[-1] if old else seen[0][1]


class _LatePort:
    def __init__(self, port: Port, late: Late) -> None:
        self._port = port
        self._late = late

    def call(self, service: str, operation: str, params: Params) -> Reply:
        return self._late.call(self._port, service, operation, params)


def breach_with(lag: timedelta) -> tuple[World, Ending]:
    """Let a breach be rolled back, the reply be lost, and everything be shown late."""
    world = World(settle=MINUTE)
    plan = world.ready()
    world.engine.faults.add(Fault(Effect.TIMEOUT_AFTER, operation="RollbackStage", times=1))
    world.when("bake_started", world.scenario.raise_errors, 60)
    world.wrap = Late(world, lag).port
    return world, world.deploy(plan)


@pytest.mark.parametrize("seconds", [0, 20, 45])
def test_below_settle_a_lost_reply_is_found_and_nothing_is_sent_twice(seconds: int) -> None:
    world, ending = breach_with(timedelta(seconds=seconds))

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


def test_above_settle_a_second_rollback_may_be_sent() -> None:
    """Nothing in AWS tells the two apart then, so `settle` must be longer than any lag."""
    world, ending = breach_with(4 * MINUTE)

    assert ending.exit in (Exit.ROLLED_BACK, Exit.NEEDS_PERSON)
    assert world.sent("RollbackStage") == 2
