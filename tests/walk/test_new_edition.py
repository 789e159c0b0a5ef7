"""What another edition of a plan finds in the journal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit
from mcm.core.plans.plan import Plan
from tests.kit.dying import KilledError
from tests.kit.world import World


class _DiesAfterRollback:
    """A port whose caller dies once AWS has accepted a RollbackStage."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def call(self, service: str, operation: str, params: Params) -> Reply:
        reply = self._port.call(service, operation, params)
        if operation == "RollbackStage":
            raise KilledError
        return reply


def _same(port: Port) -> Port:
    return port


def test_a_rollback_under_way_is_finished_before_another_edition_goes_forward() -> None:
    """Killed right after RollbackStage, planned anew: it is followed, not sent again."""
    world = World()
    plan = world.ready()
    world.clock.at(world.clock.now() + timedelta(minutes=4), world.scenario.raise_errors)
    world.wrap = _DiesAfterRollback
    with pytest.raises(KilledError):
        world.deploy(plan)
    world.wrap = _same

    ending = world.deploy(Plan.from_bytes(replace(plan, edition=2).to_bytes()))

    assert world.sent("RollbackStage") == 1
    ended = [e for e in world.journal.entries(plan.change) if e.kind == "rollback_ended"]
    assert [entry.body["verified"] for entry in ended] == ["yes"]
    assert ending.exit is not Exit.DONE
