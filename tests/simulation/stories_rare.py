"""The stories of rare hours: hardly any requests, a way back that changes nothing, and what
others do in the moment between mcm's look and its act."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from mcm.core.errors import Exit
from mcm.core.plans.plan import Exemption
from mcm.sandbox.faults import Effect
from mcm.sandbox.sagemaker_endpoint import Ending
from mcm.sandbox.sagemaker_example import ExampleWorld
from tests.kit.world import World
from tests.simulation.conditions import LocalClock
from tests.simulation.console import edit_pipeline, foreign_rollback, sagemaker
from tests.simulation.faults import Jump, NoLease, Passing, Trouble, When
from tests.simulation.setting import Setting, nothing
from tests.simulation.stories_people import say, signed

MINUTES = timedelta(minutes=1)
DONE, HELD, FAILED = Exit.DONE, Exit.HELD, Exit.FAILED
BACK, PERSON = Exit.ROLLED_BACK, Exit.NEEDS_PERSON
ENDPOINT = "photo-check-us"
AT_ONCE = When("start", timedelta(0))
MANY = 40_000
"""More requests than come in half an hour."""


def begin(world: World, fault: Passing) -> None:
    """Let a fault of a story begin, as those that are drawn do."""
    assert isinstance(world.local, LocalClock)
    assert world.local.conditions is not None
    world.local.conditions.begin(fault)


def _few_requests(world: World) -> Setting:
    """The bake asks for more requests than half an hour brings."""
    plan = world.plan()
    bake = replace(plan.stages[0].bake, min_samples=MANY, limit=70 * MINUTES)
    plan = replace(plan, stages=(replace(plan.stages[0], bake=bake),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, frozenset({DONE, Exit.INCONCLUSIVE}))


def _no_requests(world: World) -> Setting:
    """The requests dry up in the bake, and an alarm that needs them says nothing any more."""
    setting = _few_requests(world)

    def dry_up() -> None:
        assert isinstance(world.scenario.world, ExampleWorld)
        world.scenario.world.traffic.stop(ENDPOINT)

    return replace(setting, deed=dry_up, at_latest="bake_started")


def _unreadable(world: World, operation: str, for_minutes: int = 40) -> Setting:
    """One kind of reading fails in the bake, for nearly as long as that may last."""
    plan = world.plan()
    bake = replace(plan.stages[0].bake, limit=45 * MINUTES)
    plan = replace(plan, stages=(replace(plan.stages[0], bake=bake),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)

    def fail() -> None:
        lasts = for_minutes * MINUTES
        begin(world, Trouble(AT_ONCE, lasts, Effect.SERVER_ERROR, operation, None))

    exits = frozenset({DONE, HELD, Exit.BLIND, Exit.INCONCLUSIVE})
    return Setting(world, plan, fail, exits, at_latest="bake_started")


def _content_stays(world: World) -> Setting:
    """A breach; the rollback succeeds in the pipeline, and the endpoint takes it back."""
    setting = signed(world, PERSON)

    def both() -> None:
        world.scenario.raise_errors()
        sagemaker(world).end_next_update("us-east-1", ENDPOINT, Ending.ROLLS_BACK_SILENTLY)

    return replace(setting, deed=both, breaks=True, at_latest="bake_started")


def _edited_and_retried(world: World) -> Setting:
    """The deployment fails, the pipeline is edited, and somebody wants it tried again."""
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    setting = signed(world, FAILED, Exit.REFUSED)

    def ask() -> bool:
        edit_pipeline(world)
        return say(setting, "retry_asked")

    setting.afterwards = ask
    return setting


def _superseded_between(world: World) -> Setting:
    """A newer execution takes the place of ours after the gates have seen ours there.

    It has been in the stage before, which an exception of the plan allows.
    """
    until = world.clock.now() + timedelta(hours=6)
    plan = replace(
        world.plan(), exceptions=(Exemption("predecessor", "the next one is there", until),)
    )
    world.approve(plan)
    world.scenario.release()
    world.clock.pass_time(12 * MINUTES)

    def overtake() -> None:
        world.answer_approval()
        world.clock.pass_time(timedelta(seconds=4))

    return Setting(world, plan, nothing, frozenset({HELD, FAILED}), between=overtake)


def _overtaken(world: World) -> Setting:
    """The same a moment later, between the last look and the write: the newer one enters."""
    setting = _superseded_between(world)
    return replace(setting, between=None, overtaken=setting.between, exits=frozenset({FAILED}))


def _red_at_start(world: World) -> Setting:
    """An alarm rings before anything was promoted."""
    setting = signed(world, HELD)
    world.scenario.raise_errors()
    world.clock.pass_time(5 * MINUTES)
    return setting


def _blip(world: World) -> Setting:
    """An alarm rings for a few minutes in which nobody can read alarms."""
    setting = _unreadable(world, "DescribeAlarms", for_minutes=12)
    fail = setting.deed

    def blip() -> None:
        fail()
        assert isinstance(world.scenario.world, ExampleWorld)
        traffic = world.scenario.world.traffic
        now = world.clock.now()
        traffic.set_error_share(ENDPOINT, "live", 0.5, at=now)
        traffic.set_error_share(ENDPOINT, "live", 0, at=now + 4 * MINUTES)

    return replace(setting, deed=blip, breaks=True, exits=frozenset({BACK}))


def _lease_unknown(world: World) -> Setting:
    """Nobody can tell whether the change is driven when the walk is to begin."""
    setting = signed(world, DONE)
    deed = partial(begin, world, NoLease(AT_ONCE, 5 * MINUTES))
    return replace(setting, deed=deed, at_latest="now")


def _rolled_back_between(world: World) -> Setting:
    """On-call's command has looked, and somebody at the console is a moment earlier."""
    exits = frozenset({DONE, PERSON})

    def earlier() -> None:
        foreign_rollback(world)
        world.clock.pass_time(timedelta(seconds=2))

    return Setting(world, world.plan(), nothing, exits, oncall=True, between=earlier)


def _clock_off(world: World) -> Setting:
    """The clock of mcm's machine is wrong by more than two minutes when the walk begins."""
    setting = signed(world, DONE, HELD, Exit.REFUSED)

    def jump() -> None:
        begin(world, Jump(AT_ONCE, 15 * MINUTES, 4 * MINUTES))

    return replace(setting, deed=jump, at_latest="now")


RARE_STORIES: Mapping[str, Callable[[World], Setting]] = {
    "few_requests": _few_requests,
    "no_requests": _no_requests,
    "uncounted": lambda world: _unreadable(world, "GetMetricData"),
    "alarms_unreadable": lambda world: _unreadable(world, "DescribeAlarms"),
    "endpoint_unreadable": lambda world: _unreadable(world, "DescribeEndpoint"),
    "content_stays": _content_stays,
    "clock_off": _clock_off,
    "edited_and_retried": _edited_and_retried,
    "superseded_between": _superseded_between,
    "overtaken": _overtaken,
    "red_at_start": _red_at_start,
    "blip": _blip,
    "lease_unknown": _lease_unknown,
    "rolled_back_between": _rolled_back_between,
}
