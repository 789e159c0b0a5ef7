"""The key that abandons: offered once the patience is over, and never before."""

from datetime import timedelta

import pytest

from mcm.app.fleet import Walk
from mcm.app.runner import Ending
from mcm.app.writer import Writer
from mcm.cli.while_going import ListeningClock, run_all_asking, run_asking
from mcm.core.errors import Exit
from mcm.core.history.goal import GoBack
from tests.kit.clock import VirtualClock
from tests.kit.world import PIPELINE, STAGE, US, World


class Keyboard:
    """A person at the terminal of a world whose clock is virtual."""

    def __init__(self, world: World, key: str, *, after: timedelta = timedelta(0)) -> None:
        self._world = world
        self._key = key
        self._from = world.clock.now() + after

    def pressed(self, within: float) -> str:
        self._world.clock.pass_time(timedelta(seconds=within))
        return self._key if self._world.clock.now() >= self._from else ""


def deploying() -> World:
    """A world in whose prod-us a deployment runs that takes twenty minutes."""
    world = World(update_takes=timedelta(minutes=20))
    world.ready()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    world.clock.pass_time(timedelta(minutes=1))
    assert world.stage_state()["latestExecution"]["status"] == "InProgress"
    return world


def roll_back(world: World, keyboard: Keyboard) -> Ending:
    return run_asking(world.runner(), goal_of(world), writer_of(world), keyboard.pressed)


def goal_of(world: World) -> GoBack:
    return GoBack(
        PIPELINE, "ProdUS", STAGE, "on-call asked", poll=world.poll, settle=world.settle,
        endpoints=((US, "photo-check-us"),),
    )  # fmt: skip


def writer_of(world: World) -> Writer:
    return Writer(world.journal, "ROLLBACK-prod-us", world.listener.lost, from_nothing=True)


def stops(world: World) -> list[bool]:
    return [write.params["abandon"] for write in world.engine.log.accepted("StopPipelineExecution")]


def test_the_key_abandons_what_did_not_stop() -> None:
    world = deploying()
    began = world.clock.now()

    assert roll_back(world, Keyboard(world, "a")).exit is Exit.DONE
    assert stops(world) == [False, True]
    hard = world.engine.log.accepted("StopPipelineExecution")[1]
    assert hard.at - began >= timedelta(minutes=2)


def test_another_key_abandons_nothing() -> None:
    world = deploying()

    assert roll_back(world, Keyboard(world, "x")).exit is Exit.DONE
    assert stops(world) == [False]


def test_of_several_each_that_offers_it_is_abandoned_by_one_key() -> None:
    """And each says so when it begins to offer it."""
    world = deploying()
    keyboard = Keyboard(world, "a")
    one = Walk(goal_of(world), writer_of(world), world.listener)
    offered: list[Walk] = []

    ended = run_all_asking(world.runner().fleet, [one], keyboard.pressed, offered.append)

    assert ended[one].exit is Exit.DONE  # type: ignore[union-attr]
    assert offered == [one]
    assert stops(world) == [False, True]


def test_until_it_is_offered_the_screen_says_when_it_will_be() -> None:
    world = deploying()
    roll_back(world, Keyboard(world, "a"))
    waits = [getattr(turn.next, "why", "") for turn in world.listener.turns]

    assert any("it may be abandoned by a person at " in why for why in waits)


def test_a_terminal_that_went_away_ends_no_wait_early() -> None:
    def gone(within: float) -> str:
        raise EOFError("the terminal is gone")

    clock = VirtualClock()
    until = clock.now() + timedelta(minutes=5)
    ListeningClock(clock, gone).sleep_until(until)

    assert clock.now() == until


@pytest.mark.parametrize("key", ["", "a"])
def test_without_an_offer_a_key_means_nothing(key: str) -> None:
    clock = VirtualClock()
    until = clock.now() + timedelta(seconds=3)

    def pressed(within: float) -> str:
        clock.pass_time(timedelta(seconds=within))
        return key

    ListeningClock(clock, pressed).sleep_until(until)

    assert clock.now() >= until
