"""What people were told is told once, whatever process goes on."""

from mcm.app.notifying import Notifying
from mcm.app.told import note_told, told_before
from mcm.core.history.goal import GoForward
from mcm.notify.message import Message
from tests.app.test_ticking import Cron
from tests.kit.world import STAGE, World

CHANGE = "CM-0001"


def tick_and_tell(cron: Cron) -> list[Message]:
    """Tick as `mcm tick` does where mcm.yaml has channels; return what was sent."""
    sent: list[Message] = []
    world = cron.world
    goal = GoForward(cron.plan, (STAGE,))
    told = told_before(world.journal.entries(CHANGE), STAGE)
    listener = Notifying(goal, CHANGE, sent.append, told=told)
    cron.tick(listener)
    note_told(world.journal, CHANGE, STAGE, listener.told_now, world.clock.now())
    return sent


def unapproved() -> Cron:
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    cron = Cron(world, plan)
    cron.begin()
    return cron


def test_a_gate_that_stays_closed_calls_once() -> None:
    cron = unapproved()

    events = [[m.event for m in tick_and_tell(cron)] for _ in range(3)]
    assert events == [["approval wanted"], [], []]


def test_a_walk_started_again_calls_again() -> None:
    cron = unapproved()
    tick_and_tell(cron)
    cron.begin()

    assert [m.event for m in tick_and_tell(cron)] == ["approval wanted"]


def test_nothing_told_is_nothing_noted() -> None:
    world = World()
    note_told(world.journal, CHANGE, STAGE, (), world.clock.now())

    assert world.entries() == []
