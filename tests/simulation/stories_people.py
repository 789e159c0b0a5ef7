"""The stories of people: who signs, what, how late and how often; and their words beside a walk."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from mcm.app.notebook import head_seen, note
from mcm.core.errors import Exit
from mcm.core.history.journal import Draft, StoreError
from mcm.core.plans.plan import Plan
from tests.kit.world import STAGE, World
from tests.simulation.faults import When
from tests.simulation.setting import Setting, nothing

MINUTES = timedelta(minutes=1)
HELD, REFUSED, DONE = Exit.HELD, Exit.REFUSED, Exit.DONE
FOR_NOBODY = frozenset({HELD, REFUSED})


def requested(world: World, plan: Plan | None = None, *exits: Exit, by: str = "bob") -> Setting:
    """The pipeline's own approval is answered, and nobody has signed for mcm."""
    plan = plan or world.plan()
    world.request(plan)
    world.answer_approval(by)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, frozenset(exits), at_latest="start")


def signed(world: World, *exits: Exit) -> Setting:
    """Everything is as it should be."""
    plan = world.ready()
    return Setting(world, plan, nothing, frozenset(exits))


def say(setting: Setting, kind: str, **more: str) -> bool:
    """Let bob say a word beside the walk, as its commands journal it; False on a full disk."""
    world, body = setting.world, {"stage": STAGE, "by": "bob", "reason": "an auditor called"}
    at = world.clock.now()
    try:
        note(world.plain_journal, setting.plan.change, Draft(kind, {**body, **more}, at))
    except StoreError:
        return False
    return True


def _self_approval(world: World) -> Setting:
    setting = requested(world, None, *FOR_NOBODY, by="alice")
    world.sign(setting.plan, "alice")
    return setting


def _window_closing(world: World) -> Setting:
    setting = requested(world, None, HELD, DONE)
    at = world.clock.now() + timedelta(hours=2)
    world.clock.at(at, lambda: world.sign(setting.plan) and None)
    return setting


def _window_over(world: World) -> Setting:
    """Everybody signed in time, and the walk begins after the window."""
    setting = signed(world, HELD)
    world.clock.pass_time(timedelta(hours=3))
    return setting


def _late(world: World) -> Setting:
    setting = requested(world, None, HELD, DONE)
    return replace(setting, deed=lambda: world.sign(setting.plan))


def _twice(world: World) -> Setting:
    """Two approvals are needed, and one person gives both."""
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], approvals=2),))
    setting = requested(world, plan, *FOR_NOBODY)
    world.sign(plan)
    return replace(setting, deed=lambda: world.sign(plan))


def _second_person(world: World) -> Setting:
    """Two approvals are needed; the second comes late."""
    setting = replace(_twice(world), exits=frozenset({HELD, DONE}))
    return replace(setting, deed=lambda: world.sign(setting.plan, "carol"))


def _another_plan(world: World) -> Setting:
    plan = world.plan()
    setting = requested(world, plan, *FOR_NOBODY)
    world.sign(replace(plan, title="Something else"))
    return setting


def _expired(world: World) -> Setting:
    """The approval ends a moment before the walk begins, or right after."""
    setting = requested(world, None, HELD, REFUSED, DONE)
    world.sign(setting.plan, expires=world.clock.now() + timedelta(seconds=20))
    return setting


def _rejected(world: World) -> Setting:
    setting = signed(world, REFUSED)
    world.reject(setting.plan)
    return setting


def _rejected_late(world: World) -> Setting:
    setting = signed(world, REFUSED, DONE)
    return replace(setting, deed=lambda: world.reject(setting.plan))


def _held(world: World) -> Setting:
    setting = signed(world, HELD, DONE)
    return replace(setting, deed=lambda: say(setting, "held"))


def _held_for_a_while(world: World) -> Setting:
    setting = signed(world, HELD, DONE)

    def hold() -> None:
        say(setting, "held")
        world.clock.at(world.clock.now() + 15 * MINUTES, lambda: say(setting, "resumed") and None)

    return replace(setting, deed=hold, at_latest="start")


def _aborted(world: World) -> Setting:
    setting = signed(world, Exit.ABORTED, DONE)
    return replace(setting, deed=lambda: say(setting, "abort_asked", plan=setting.plan.digest))


def _breach_and_abort(world: World) -> Setting:
    """A breach comes, and somebody gives the walk up a moment later: it still goes back."""
    setting = signed(world, Exit.ROLLED_BACK, Exit.ABORTED)

    def both() -> None:
        world.scenario.raise_errors()
        at = world.clock.now() + 3 * MINUTES
        world.clock.at(at, lambda: say(setting, "abort_asked", plan=setting.plan.digest) and None)

    return replace(setting, deed=both, breaks=True, stops=True, at_latest="bake_started")


def _no_veto(world: World) -> Setting:
    """A breach counts down, and nobody says anything."""
    setting = _breach_and_veto(world)
    setting.then.clear()
    return replace(setting, exits=frozenset({Exit.ROLLED_BACK}), stops=False)


def _breach_and_veto(world: World) -> Setting:
    """A breach counts down, and bob signs that it is a false alarm."""
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], veto=2 * MINUTES),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    exits = frozenset({Exit.NEEDS_PERSON, HELD, Exit.ROLLED_BACK})
    setting = Setting(world, plan, world.scenario.raise_errors, exits)

    def veto() -> None:
        head = head_seen(world.plain_journal, plan.change)
        world.veto(plan, head)

    setting.then.append((When("breach", timedelta(seconds=20)), veto))
    return replace(setting, breaks=True, stops=True, at_latest="bake_started")


def _retried(world: World) -> Setting:
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    setting = signed(world, Exit.FAILED, DONE)
    setting.afterwards = lambda: say(setting, "retry_asked")
    return setting


PEOPLE_STORIES: Mapping[str, Callable[[World], Setting]] = {
    "no_approval": lambda world: requested(world, None, HELD),
    "self_approval": _self_approval,
    "window_closing": _window_closing,
    "window_over": _window_over,
    "late_approval": _late,
    "approved_twice": _twice,
    "second_person": _second_person,
    "approved_another_plan": _another_plan,
    "approval_expires": _expired,
    "rejected": _rejected,
    "rejected_late": _rejected_late,
    "held": _held,
    "held_for_a_while": _held_for_a_while,
    "aborted": _aborted,
    "breach_and_abort": _breach_and_abort,
    "breach_and_veto": _breach_and_veto,
    "no_veto": _no_veto,
    "retried": _retried,
}
