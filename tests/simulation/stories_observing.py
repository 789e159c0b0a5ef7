"""The stories in which mcm only observes: others deploy, and it must not touch anything."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mcm.core.checks.kinds import HEALTH
from mcm.core.errors import Exit
from mcm.core.history.goal import Observe
from mcm.core.plans.plan import Bake, Gate, Guardrail
from tests.kit.world import World
from tests.simulation.console import console, foreign_rollback
from tests.simulation.setting import Setting, nothing
from tests.simulation.stories_rare import ENDPOINT, MINUTES

TOLD = frozenset({Exit.DONE, Exit.BLIND})


def _observed(world: World, *, tells: str = "") -> Setting:
    """Others let the execution in, three minutes from now, and close the way in behind it."""
    plan = world.plan()
    alarms = plan.stages[0].guardrails[0]
    health = Guardrail("endpoint", HEALTH, {"endpoint": ENDPOINT}, "roll_back")
    watched = replace(
        plan.stages[0],
        gate=Gate(None, "ProdUS"),
        window=None,
        bake=Bake(30 * MINUTES, 0, 90 * MINUTES),
        guardrails=(alarms, health),
        endpoints=(),
        expect=(),
        predecessor="",
        rollback_target="",
    )
    goal = Observe(replace(plan, execution="", stages=(watched,)))
    world.answer_approval()
    way = {"stageName": "ProdUS", "transitionType": "Inbound"}
    _later(world, 3, lambda: console(world, "EnableStageTransition", **way))
    _later(world, 5, lambda: console(world, "DisableStageTransition", **way, reason="behind it"))
    return Setting(world, plan, nothing, TOLD, at_latest="now", observes=goal, tells=tells)


def _later(world: World, minutes: int, deed: Callable[[], object]) -> None:
    world.clock.at(world.clock.now() + minutes * MINUTES, lambda: deed() and None)


def _breach(world: World, *, back: bool) -> Setting:
    """It breaches, and others take it back sooner or later, or leave it there."""
    setting = _observed(world, tells="would")
    _later(world, 12, world.scenario.raise_errors)
    if back:
        _later(world, 30, lambda: foreign_rollback(world))
    return setting


def _quick(world: World) -> Setting:
    """Others take it back before anything shows."""
    setting = _observed(world)
    _later(world, 10, lambda: foreign_rollback(world))
    return setting


OBSERVING: Mapping[str, Callable[[World], Setting]] = {
    "observed": lambda world: _observed(world, tells="stage_ended"),
    "observed_breach": lambda world: _breach(world, back=False),
    "observed_back": lambda world: _breach(world, back=True),
    "observed_quick": _quick,
}
