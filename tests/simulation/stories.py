"""The stories: how each world is prepared, what others do in it, and how it may end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from mcm.core.errors import Exit
from mcm.core.history.goal import GoBack
from mcm.core.plans.plan import Guardrail
from mcm.core.windows.window import Freeze
from mcm.sandbox.sagemaker_endpoint import Ending
from tests.kit.world import PIPELINE, STAGE, US, World
from tests.simulation.console import console, edit_pipeline, foreign_rollback, sagemaker
from tests.simulation.setting import Setting, nothing
from tests.simulation.signers import signers
from tests.simulation.stories_cheats import CHEATS
from tests.simulation.stories_checks import CHECKS
from tests.simulation.stories_hours import HOURS
from tests.simulation.stories_observing import OBSERVING
from tests.simulation.stories_people import PEOPLE_STORIES
from tests.simulation.stories_rare import RARE_STORIES

MINUTES = timedelta(minutes=1)
DONE, HELD, REFUSED, BACK = Exit.DONE, Exit.HELD, Exit.REFUSED, Exit.ROLLED_BACK
PERSON, BLIND, FAILED = Exit.NEEDS_PERSON, Exit.BLIND, Exit.FAILED


def delete_alarm(world: World) -> None:
    params = {"AlarmNames": ["photo-check-5xx"]}
    world.port("console").call("cloudwatch", "DeleteAlarms", params)


def release_newer(world: World) -> None:
    """Let a newer execution come, and somebody pass it through ApproveUS."""
    world.scenario.release()
    world.scenario.walk_through(["ApproveUS"])


def _plain(world: World, *exits: Exit, deed: Callable[[], object] = nothing) -> Setting:
    plan = world.plan()
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, deed, frozenset(exits))


def _after_rollback(world: World) -> Setting:
    """The stage has been rolled back before; on-call did it at the console."""
    transition = {"stageName": "ProdUS", "transitionType": "Inbound"}
    foreign_rollback(world)
    console(world, "EnableStageTransition", **transition)
    world.clock.pass_time(5 * MINUTES)
    console(world, "DisableStageTransition", **transition, reason="quiet")
    latest = world.scenario.pipeline.latest["ProdUS"]
    ran = world.scenario.pipeline.execution(latest)
    assert ran is not None
    assert ran.rollback_target
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], rollback_target=ran.rollback_target),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, frozenset({BACK}), breaks=True, broken=True)


def _no_target(world: World) -> Setting:
    edit_pipeline(world)
    world.answer_approval()  # the cancelled execution holds the stage until its action ends
    world.scenario.release()
    world.clock.pass_time(10 * MINUTES)
    plan = world.plan()
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, frozenset({HELD}))


def _alarm_missing(world: World) -> Setting:
    setting = _plain(world, HELD)
    stage = setting.plan.stages[0]
    guardrail = Guardrail("alarms", "alarms", {"names": ["no-such"], "silent_ok": []}, "roll_back")
    plan = replace(setting.plan, stages=(replace(stage, guardrails=(guardrail,)),))
    signers(world).clear()
    world.approve(plan, answer=False)
    return replace(setting, plan=plan)


def _alarm_deleted(world: World) -> Setting:
    """An alarm is deleted in a bake that may not last for long."""
    plan = world.plan()
    stage = replace(plan.stages[0], bake=replace(plan.stages[0].bake, limit=40 * MINUTES))
    plan = replace(plan, stages=(stage,))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTES)
    exits = frozenset({BLIND, HELD, DONE})
    return Setting(world, plan, lambda: delete_alarm(world), exits, at_latest="entered")


def _frozen(world: World) -> Setting:
    setting = _plain(world, HELD, DONE)
    now = world.clock.now()

    def freeze() -> None:
        start, end = now - timedelta(days=1), now + timedelta(days=1)
        world.people.freezes = (freeze_of(start.replace(tzinfo=None), end.replace(tzinfo=None)),)

    return replace(setting, deed=freeze, at_latest="start")


def freeze_of(start: object, end: object) -> Freeze:
    return Freeze("peak", start, end, "UTC", "peak season")  # type: ignore[arg-type]


def _deploy_fails(world: World) -> Setting:
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    return _plain(world, FAILED)


def _update_ends(world: World, ending: Ending, *exits: Exit) -> Setting:
    """The endpoint's next update ends badly, or only when somebody at AWS sees to it.

    What the endpoint then shows is a breach of its guardrail.
    """
    setting = _plain(world, *exits)
    place = ("us-east-1", "photo-check-us")
    sagemaker(world).end_next_update(*place, ending)
    seen_to = world.clock.now() + 40 * MINUTES
    world.clock.at(seen_to, lambda: sagemaker(world).unstick(*place, Ending.ROLLS_BACK))
    return replace(setting, breaks=True, broken=True)


def _roll_back_on_failure(world: World) -> None:
    """Let the pipeline have been made with `onFailure: ROLLBACK` in the stage."""
    structures = world.scenario.pipeline.structures
    stages = tuple(
        replace(stage, on_failure="ROLLBACK") if stage.name == "ProdUS" else stage
        for stage in structures[-1].stages
    )
    structures[-1] = replace(structures[-1], stages=stages)


def _auto_rollback(world: World) -> Setting:
    """The deployment fails, and AWS goes back by itself."""
    _roll_back_on_failure(world)
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    return _plain(world, FAILED, BACK)


def _breach_and_auto_rollback(world: World) -> Setting:
    """An alarm fires while the update fails and AWS goes back by itself."""
    _roll_back_on_failure(world)
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    setting = _plain(world, BACK, FAILED, PERSON)
    return replace(setting, deed=world.scenario.raise_errors, breaks=True, at_latest="intent")


def _stuck_breach(world: World) -> Setting:
    """The update never ends, and an alarm fires: stopping is all that can be tried."""
    setting = _update_ends(world, Ending.NEVER, PERSON, FAILED, BACK)
    return replace(setting, deed=world.scenario.raise_errors, broken=False, at_latest="intent")


def _oncall(world: World) -> Setting:
    return Setting(world, world.plan(), nothing, frozenset({DONE}), oncall=True)


def roll_back_beside(setting: Setting) -> None:
    """Let on-call roll the stage back from another terminal."""
    goal = GoBack(
        pipeline=PIPELINE,
        pipeline_stage="ProdUS",
        stage=STAGE,
        why="on-call asked",
        poll=setting.world.poll,
        settle=setting.world.settle,
        endpoints=((US, "photo-check-us"),),
    )
    promoted = setting.world.sent("EnableStageTransition")
    setting.beside(goal, setting.plan.change if promoted else "ROLLBACK-prod-us")


def prepare(story: str, world: World) -> Setting:
    """Prepare `world` for a story."""
    scenario = world.scenario
    breach = scenario.raise_errors
    special: dict[str, Callable[[], Setting]] = {
        "after_rollback": lambda: _after_rollback(world),
        "no_target": lambda: _no_target(world),
        "alarm_missing": lambda: _alarm_missing(world),
        "alarm_deleted": lambda: _alarm_deleted(world),
        "auto_rollback": lambda: _auto_rollback(world),
        "breach_and_auto_rollback": lambda: _breach_and_auto_rollback(world),
        "update_fails": lambda: _update_ends(world, Ending.ROLLS_BACK, FAILED, BACK, PERSON),
        "update_rollback_fails": lambda: _update_ends(
            world, Ending.ROLLBACK_FAILS, FAILED, BACK, PERSON
        ),
        "stuck": lambda: _update_ends(world, Ending.NEVER, FAILED, BACK, PERSON),
        "stuck_breach": lambda: _stuck_breach(world),
        "deploy_fails": lambda: _deploy_fails(world),
        "frozen": lambda: _frozen(world),
        "frozen_at_once": lambda: replace(_frozen(world), at_latest="now"),
        "oncall": lambda: _oncall(world),
    }
    told = {**PEOPLE_STORIES, **RARE_STORIES, **CHEATS, **CHECKS, **HOURS, **OBSERVING}
    if story in told:
        return told[story](world)
    if story in special:
        return special[story]()
    setting = _plain(world)
    breaking = {"breaks": True, "at_latest": "bake_started"}

    def tell(*exits: Exit, deed: Callable[[], object] = nothing, **changes: object) -> Setting:
        # The same setting, so that deeds find in it what the simulation puts there.
        setting.deed, setting.exits = deed, frozenset(exits)
        for name, value in changes.items():
            setattr(setting, name, value)
        return setting

    def breach_and_roll_back() -> None:
        breach()
        world.clock.at(world.clock.now() + 3 * MINUTES, lambda: foreign_rollback(world))

    def edit_and_break() -> None:
        breach()
        edit_pipeline(world)

    def stop() -> bool:
        return console(
            world, "StopPipelineExecution", pipelineExecutionId=setting.plan.execution, abandon=True
        )

    def move(operation: str, **params: str) -> bool:
        params = {"stageName": "ProdUS", "transitionType": "Inbound", **params}
        return console(world, operation, **params)

    def breach_and_oncall() -> None:
        breach()
        world.clock.at(world.clock.now() + 3 * MINUTES, lambda: roll_back_beside(setting))

    plain: dict[str, Callable[[], Setting]] = {
        "clean": lambda: tell(DONE),
        "breach": lambda: tell(BACK, deed=breach, **breaking),
        "late_breach": lambda: tell(BACK, DONE, deed=breach, breaks=True, at_latest="late"),
        "slow_breach": lambda: tell(BACK, deed=breach, breaks=True, at_latest="intent"),
        "silent_rollback": lambda: tell(FAILED, deed=scenario.roll_back_silently, at_latest="now"),
        "superseded": lambda: tell(DONE, FAILED, deed=lambda: release_newer(world)),
        "edited": lambda: tell(DONE, REFUSED, FAILED, deed=lambda: edit_pipeline(world)),
        "edited_breach": lambda: tell(
            PERSON, BACK, FAILED, deed=edit_and_break, breaks=True, at_latest="entered"
        ),
        "out_of_band": lambda: tell(
            DONE, BLIND, deed=lambda: move("EnableStageTransition"), at_latest="start"
        ),
        "closed_by_others": lambda: tell(
            DONE, HELD, deed=lambda: move("DisableStageTransition", reason="not now")
        ),
        "stopped_by_others": lambda: tell(DONE, FAILED, deed=stop),
        "foreign_rollback": lambda: tell(
            DONE, BACK, REFUSED, PERSON, HELD, deed=lambda: foreign_rollback(world), breaks=True
        ),
        "breach_and_foreign_rollback": lambda: tell(
            BACK, PERSON, deed=breach_and_roll_back, **breaking
        ),
        "breach_and_oncall": lambda: tell(BACK, PERSON, deed=breach_and_oncall, **breaking),
        "oncall_beside": lambda: tell(
            DONE,
            BACK,
            REFUSED,
            PERSON,
            HELD,
            FAILED,
            deed=lambda: roll_back_beside(setting),
            breaks=True,
        ),
    }
    return plain[story]()


__all__ = ["STAGE", "Setting", "prepare"]
