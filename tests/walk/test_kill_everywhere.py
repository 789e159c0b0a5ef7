"""The process dies at every boundary in turn; the same command finishes the job."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mcm.app.runner import Ending
from mcm.core.errors import Exit
from mcm.core.history.journal import verify
from mcm.store.memory import MemoryJournal
from tests.kit.dying import Boundaries, KilledError, MortalJournal, MortalPort
from tests.kit.world import World

MOST = 48
"""More boundaries than any of these walks has; the tests say how many there are."""


class Life:
    """One story, played over and over with a death at another boundary each time."""

    def __init__(self, deadly: int, *, passes: bool, approved: bool = True) -> None:
        self.store = MemoryJournal()
        self.boundaries = Boundaries({deadly})
        self.world = World(passes=passes)
        self.plan = self.world.ready() if approved else self.world.plan()
        self.world.journal = MortalJournal(self.store, self.boundaries)
        self.world.wrap = lambda port: MortalPort(port, self.boundaries)
        self.died = False

    def run(self, command: Callable[[], Ending]) -> Ending:
        try:
            return command()
        except KilledError:
            self.died = True
            return command()

    def explained(self, change: str) -> None:
        """Every intent has an outcome or was settled, and the chain holds."""
        entries = self.store.entries(change)
        intents = {entry.seq for entry in entries if entry.kind == "intent"}
        known = {
            entry.body["intent"]
            for entry in entries
            if entry.kind == "settled"
            or (entry.kind == "outcome" and entry.body["result"] != "in_doubt")
        }
        assert intents == known
        assert verify(entries) == ()


def boundaries(play: Callable[[int], Life]) -> int:
    """Return how many boundaries a story passes when nobody dies."""
    return len(play(-1).boundaries.seen)


def promote(deadly: int) -> Life:
    life = Life(deadly, passes=True)
    ending = life.run(lambda: life.world.deploy(life.plan))

    assert ending.exit is Exit.DONE
    return life


def break_and_roll_back(deadly: int, *, passes: bool = True) -> Life:
    life = Life(deadly, passes=passes)
    clock = life.world.clock
    clock.at(clock.now() + timedelta(minutes=4), life.world.scenario.raise_errors)
    ending = life.run(lambda: life.world.deploy(life.plan))

    assert ending.exit is Exit.ROLLED_BACK
    return life


def shut_out(deadly: int) -> Life:
    return break_and_roll_back(deadly, passes=False)


def oncall(deadly: int) -> Life:
    life = Life(deadly, passes=False, approved=False)
    ending = life.run(life.world.roll_back)

    assert ending.exit is Exit.DONE
    return life


@pytest.mark.parametrize("deadly", range(MOST))
def test_one_promotion_whenever_it_dies(deadly: int) -> None:
    life = promote(deadly)

    assert life.died == (deadly < len(PROMOTED.boundaries.seen))
    assert life.world.sent("EnableStageTransition") == PROMOTED.world.sent("EnableStageTransition")
    assert life.world.sent("RollbackStage") == 0
    assert life.world.executions()[0] == life.plan.execution
    assert not life.world.stage_state()["inboundTransitionState"]["enabled"]
    life.explained("CM-0001")


@pytest.mark.parametrize("play", [break_and_roll_back, shut_out], ids=["passes", "shut out"])
@pytest.mark.parametrize("deadly", range(MOST))
def test_one_rollback_whenever_it_dies(play: Callable[[int], Life], deadly: int) -> None:
    """Both answers to whether a ROLLBACK passes a disabled transition."""
    life = play(deadly)

    assert life.world.sent("RollbackStage") == 1
    assert life.world.stage_state()["latestExecution"]["type"] == "ROLLBACK"
    assert life.world.served()["EndpointConfigName"] == "photo-check-us-v6"
    assert not life.world.stage_state()["inboundTransitionState"]["enabled"]
    life.explained("CM-0001")


@pytest.mark.parametrize("deadly", range(MOST))
def test_one_rollback_by_oncall_whenever_it_dies(deadly: int) -> None:
    life = oncall(deadly)

    assert life.world.sent("RollbackStage") == 1
    assert life.world.served()["EndpointConfigName"] == "photo-check-us-v5"
    life.explained("ROLLBACK-prod-us")


@pytest.mark.parametrize("play", [promote, break_and_roll_back, shut_out, oncall])
def test_every_boundary_is_tried(play: Callable[[int], Life]) -> None:
    assert 8 < boundaries(play) <= MOST


PROMOTED = promote(-1)
