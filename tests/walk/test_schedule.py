"""A walk by appointment: whoever drives it keeps to it, and a rollback never asks."""

from datetime import timedelta

from mcm.core.errors import Exit
from mcm.core.history.schedule import Schedule, draft
from mcm.core.plans.plan import Plan
from tests.kit.world import STAGE, World

HOUR = timedelta(hours=1)


def scheduled(world: World, at: timedelta | None, expires: timedelta | None = None) -> Plan:
    """Return an approved plan with an appointment so far from now."""
    plan = world.ready()
    now = world.clock.now()
    start, end = (now + each if each is not None else None for each in (at, expires))
    kept = draft(STAGE, Schedule("alice", start, end, plan.digest), now)
    world.journal.append(plan.change, [kept], after=len(world.journal.entries(plan.change)))
    return plan


def test_it_waits_for_its_time_and_is_then_promoted() -> None:
    world = World()
    plan = scheduled(world, HOUR / 2)
    before = world.clock.now()

    ending = world.deploy(plan, patience=HOUR)

    assert ending.exit is Exit.DONE
    (opened,) = (e for e in world.engine.log.accepted("EnableStageTransition"))
    assert opened.at - before >= HOUR / 2


def test_without_patience_it_says_when() -> None:
    world = World()
    ending = world.deploy(scheduled(world, HOUR / 2))

    assert (ending.exit, ending.gate) == (Exit.HELD, "schedule")
    assert world.sent("EnableStageTransition") == 0


def test_what_has_expired_is_not_promoted_however_long_one_waits() -> None:
    world = World()
    plan = scheduled(world, None, HOUR / 4)
    world.clock.pass_time(HOUR / 2)

    ending = world.deploy(plan, patience=4 * HOUR)

    assert (ending.exit, ending.gate) == (Exit.HELD, "schedule")
    assert world.sent("EnableStageTransition") == 0


def test_expiring_ends_no_bake_and_keeps_no_breach_from_going_back() -> None:
    world = World()
    plan = scheduled(world, None, HOUR / 12)
    world.when("bake_started", world.scenario.raise_errors, 600)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
