"""Threat 18: a clock that is not AWS's opens no window."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit
from mcm.core.query import Place
from tests.kit.clock import VirtualClock
from tests.kit.world import World

SECOND = timedelta(seconds=1)


class Telling:
    """A port whose replies say what time it is at AWS, as those over HTTP do."""

    def __init__(self, port: Port, clock: VirtualClock, ahead: timedelta | None) -> None:
        self._port, self._clock, self._ahead = port, clock, ahead

    @property
    def time(self) -> datetime | None:
        return None if self._ahead is None else self._clock.now() + self._ahead

    def call(self, service: str, operation: str, params: Params) -> Reply:
        return self._port.call(service, operation, params)


class Elsewhere(World):
    """A world whose AWS has another time than this machine."""

    ahead: timedelta | None = timedelta(0)

    def connect(self, place: Place) -> Port:
        return Telling(super().connect(place), self.clock, self.ahead)


@pytest.mark.parametrize("ahead", [-121 * SECOND, 121 * SECOND, timedelta(days=-400)])
def test_threat_18_a_clock_two_minutes_off_promotes_nothing(ahead: timedelta) -> None:
    world = Elsewhere()
    plan = world.ready()
    world.ahead = ahead

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "clock")
    assert "[E_CLOCK]" in ending.reason
    assert world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize("ahead", [-119 * SECOND, timedelta(0), 119 * SECOND])
def test_a_little_off_is_none(ahead: timedelta) -> None:
    world = Elsewhere()
    plan = world.ready()
    world.ahead = ahead

    assert world.deploy(plan).exit is Exit.DONE


def test_threat_18_on_aws_an_answer_without_a_time_is_no_answer() -> None:
    world = Elsewhere()
    world.ahead = None
    plan = replace(world.plan(), realm="aws:aws:111111111111:us-east-1")
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))

    world.deploy(plan)

    closed = {gate.name: gate.reason for gate in world.listener.turns[-1].gates if not gate.open}
    assert closed == {"clock": "AWS does not say what time it is"}


def test_a_rollback_asks_for_no_time() -> None:
    world = Elsewhere()
    plan = world.ready()
    assert world.deploy(plan).exit is Exit.DONE
    world.ahead = timedelta(days=3)

    assert world.roll_back().exit is Exit.DONE
