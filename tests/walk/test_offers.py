"""What a rollback offers to a person while it goes: nothing but what they may decide."""

from datetime import timedelta

from mcm.core.history.turn import ABANDON
from tests.kit.world import World


def test_abandoning_is_offered_once_the_stop_has_had_its_time() -> None:
    """Nobody agreed to it beforehand, so it is a person's word (docs/design.md)."""
    world = World(update_takes=timedelta(minutes=20))
    world.ready()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    world.clock.pass_time(timedelta(minutes=1))

    world.roll_back()

    offered = [ABANDON in turn.offers for turn in world.listener.turns]
    assert any(offered)
    assert not offered[0]


def test_a_policy_that_abandons_asks_nobody() -> None:
    world = World(update_takes=timedelta(minutes=20))
    world.ready()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    world.clock.pass_time(timedelta(minutes=1))

    world.roll_back(abandon=True)

    assert not any(turn.offers for turn in world.listener.turns)
