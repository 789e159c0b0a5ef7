"""The lease around a walk: taken, freed, refused; and a watch that goes on without one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from mcm.app.driving import driving
from mcm.app.runner import Ending, start_walk
from mcm.app.writer import Writer
from mcm.core.errors import Exit
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft, Entry, StoreError
from mcm.core.history.lease import DrivenError, Driver, LeaseError
from mcm.core.plans.plan import Plan
from mcm.store.lease import MemoryLeases
from mcm.store.memory import NO_CLAIMS, MemoryJournal
from tests.kit.dying import KilledError
from tests.kit.world import STAGE, World

CHANGE = "CM-0001"


def driver(world: World, pid: int = 1, who: str = "alice") -> Driver:
    return Driver(who, "mcm deploy", pid, "here", world.clock.now())


def deploy(world: World, leases: MemoryLeases, plan: Plan, pid: int = 1) -> Ending:
    """Do what `mcm deploy` does, in a process of that number."""
    goal = GoForward(plan, (STAGE,))
    writer = Writer(world.journal, CHANGE, world.listener.lost)
    with driving(leases, driver(world, pid), world.journal, CHANGE, goal.stages) as barred:
        if barred:
            writer.bar(barred)
        start_walk(writer, goal, "alice", world.clock)
        return world.runner().run(goal, writer)


def die_in_the_bake(world: World, leases: MemoryLeases, plan: Plan) -> None:
    """Let a first process promote and die ten minutes into the bake, as by kill -9."""

    def die() -> None:
        raise KilledError

    world.when("bake_started", die, after=600)
    with pytest.raises(KilledError):
        deploy(world, leases, plan)
    leases.end(1)


def test_a_second_driver_writes_and_sends_nothing() -> None:
    world, leases = World(), MemoryLeases()
    plan = world.ready()
    leases.take(CHANGE, driver(world, pid=2))

    with pytest.raises(DrivenError):
        deploy(world, leases, plan)
    assert world.entries() == []
    assert world.sent("EnableStageTransition") == 0


def test_it_is_free_again_however_the_walk_ends() -> None:
    world, leases = World(), MemoryLeases()
    plan = world.plan()

    assert deploy(world, leases, plan).exit is Exit.HELD
    assert leases.driver(CHANGE) is None


def test_the_next_one_goes_on_when_the_driver_is_dead() -> None:
    world, leases = World(), MemoryLeases()
    plan = world.ready()
    die_in_the_bake(world, leases, plan)

    assert deploy(world, leases, plan, pid=2).exit is Exit.DONE
    assert world.sent("EnableStageTransition") == 1


def test_not_knowing_who_drives_nothing_begins() -> None:
    world, leases = World(), MemoryLeases()
    plan = world.ready()
    leases.broken = "read-only file system"

    with pytest.raises(LeaseError):
        deploy(world, leases, plan)
    assert world.entries() == []


def test_not_knowing_who_drives_what_is_out_there_stays_watched() -> None:
    """It bakes to its end, and the journal has it."""
    world, leases = World(), MemoryLeases()
    plan = world.ready()
    die_in_the_bake(world, leases, plan)
    leases.broken = "read-only file system"

    assert deploy(world, leases, plan, pid=2).exit is Exit.DONE
    assert world.kinds()[-1] == "stage_ended"


def test_not_knowing_who_drives_a_breach_still_rolls_back() -> None:
    world, leases = World(), MemoryLeases()
    plan = world.ready()
    die_in_the_bake(world, leases, plan)
    leases.broken = "read-only file system"
    world.clock.at(world.clock.now() + timedelta(minutes=5), world.scenario.raise_errors)

    assert deploy(world, leases, plan, pid=2).exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


def test_a_barred_writer_promotes_nothing() -> None:
    """Even where the journal takes all: only a driver may promote."""
    world = World()
    goal = GoForward(world.ready(), (STAGE,))
    writer = Writer(world.journal, CHANGE, world.listener.lost)
    writer.bar("no lease")

    start_walk(writer, goal, "alice", world.clock)
    with pytest.raises(StoreError, match="nothing is promoted: no lease"):
        world.runner().run(goal, writer)
    assert world.sent("EnableStageTransition") == 0


class Overtaken(MemoryJournal):
    """A journal in which somebody says a word right before the first entry of others."""

    def append(
        self, change: str, drafts: Sequence[Draft], *, after: int, claims: Any = NO_CLAIMS
    ) -> tuple[Entry, ...]:
        if not self.entries(change):
            word = {"stage": STAGE, "by": "bob", "reason": "an auditor called"}
            super().append(change, (Draft("held", word, drafts[0].at),), after=0)
        return super().append(change, drafts, after=after, claims=claims)


def test_a_walk_begins_although_somebody_writes_in_that_moment() -> None:
    """It looks again: a word of somebody's must not end the watch over what is out there."""
    world = World(journal=Overtaken())
    goal = GoForward(world.ready(), (STAGE,))
    writer = Writer(world.journal, CHANGE, world.listener.lost)

    start_walk(writer, goal, "alice", world.clock)

    assert world.kinds() == ["held", "walk_started"]
