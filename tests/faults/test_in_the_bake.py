"""Fault scenarios after the promotion: what the watch must not take for good, nor for bad."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mcm.core.errors import Exit
from mcm.core.plans.plan import Bake, Guardrail, Plan
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.faults.conftest import Worlds
from tests.kit.wire import WiredWorld, told

MINUTE = timedelta(minutes=1)


def watching(plan: Plan, *alarms: str) -> Plan:
    """Return the plan with these alarms as its only guardrail."""
    guardrail = Guardrail("alarms", "alarms", {"names": list(alarms), "silent_ok": []}, "roll_back")
    return replace(plan, stages=(replace(plan.stages[0], guardrails=(guardrail,)),))


def approved(world: WiredWorld, plan: Plan) -> Plan:
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    return plan


def test_scenario_03_an_edit_cancels_ours_and_its_deployment_lands_all_the_same(
    make_world: Worlds,
) -> None:
    """The plan is void, the new code serves, and nothing is left to go back to: all is said."""
    world = make_world(update_takes=4 * MINUTE)
    plan = world.ready()
    world.when("entered", world.edit_pipeline, after=30)

    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "ProdUS is Cancelled for the pinned execution" in ending.reason
    assert "photo-check-us serves the new content all the same" in ending.reason
    assert "the plan is void" in ending.reason
    assert "version 4 to 5" in ending.reason
    assert "nothing is left to roll back to" in ending.reason
    assert "`mcm log CM-0001`" in told(ending)
    assert world.served()["EndpointConfigName"] == "photo-check-us-v6-shadow-v7"
    assert world.posts("RollbackStage") == 0
    back = world.roll_back()
    assert (back.exit, back.gate) == (Exit.NEEDS_PERSON, "rollback-target")


def test_scenario_03_after_an_edit_in_the_bake_a_breach_calls_a_person(world: WiredWorld) -> None:
    """The bake goes on; its breach finds no way back and says so."""
    plan = world.ready()
    world.when("bake_started", world.edit_pipeline, after=30)
    world.when("bake_started", world.scenario.raise_errors)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "rollback-target")
    assert "in pipeline version 5" in ending.reason
    assert "photo-check-5xx" in world.bodies("breach")[0]["reason"]
    assert world.bodies("person_needed")
    assert world.posts("RollbackStage") == 0


def test_scenario_15_a_storm_on_all_reads_for_90_seconds(world: WiredWorld) -> None:
    """Unknown while it lasts, neither passed nor rolled back; then the bake goes on."""
    plan = world.ready()

    def storm() -> None:
        until = world.clock.now() + timedelta(seconds=90)
        world.engine.faults.add(
            Fault(Effect.THROTTLE, access_key_id=user_key("alice"), until=until)
        )

    world.when("bake_started", storm, after=60)

    ending = world.deploy(plan)
    sights = world.bodies("sight")
    judged = {each["verdict"] for each in world.bodies("verdict_changed")}

    assert ending.exit is Exit.DONE
    assert [each["lost"] for each in sights] == [True, False]
    assert "Throttling" in sights[0]["reason"]
    assert judged == {"PASS", "ERROR"} | (judged & {"INCONCLUSIVE"})
    assert world.posts("RollbackStage") == 0


def test_scenario_15_a_breach_in_the_storm_is_rolled_back_right_after(world: WiredWorld) -> None:
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    ends: list[Any] = []

    def storm() -> None:
        ends.append(world.clock.now() + timedelta(seconds=90))
        world.engine.faults.add(
            Fault(Effect.THROTTLE, access_key_id=user_key("alice"), until=ends[0])
        )

    world.when("bake_started", storm, after=75)
    ending = world.deploy(plan)
    first = next(e for e in world.entries() if e.kind == "rollback_started")

    assert ending.exit is Exit.ROLLED_BACK
    assert first.at <= ends[0] + 2 * MINUTE
    assert world.posts("RollbackStage") == 1


def test_scenario_15_a_rollback_does_not_wait_for_metrics(world: WiredWorld) -> None:
    """CloudWatch throttles for an hour; going back asks it nothing."""
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)

    def storm() -> None:
        until = world.clock.now() + timedelta(hours=1)
        for operation in ("DescribeAlarms", "GetMetricData", "DescribeAlarmHistory"):
            world.engine.faults.add(Fault(Effect.THROTTLE, operation=operation, until=until))

    world.when("breach", storm)
    began = world.clock.now()

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
    assert world.clock.now() - began < 15 * MINUTE


def test_scenario_16_an_alarm_that_is_renamed_in_the_bake(make_world: Worlds) -> None:
    """AWS leaves it out without a word: unknown, so it holds, and names it."""
    world = make_world(poll=2 * MINUTE)
    plan = world.plan()
    stage = replace(plan.stages[0], bake=Bake(10 * MINUTE, 100, 20 * MINUTE))
    plan = approved(world, replace(plan, stages=(stage,)))
    console = world.port("console")
    gone = {"AlarmNames": ["photo-check-5xx"]}
    world.when("bake_started", lambda: console.call("cloudwatch", "DeleteAlarms", gone))

    ending = world.deploy(plan)

    assert ending.exit is Exit.BLIND
    assert "photo-check-5xx" in ending.reason
    assert "`mcm deploy CM-0001 --stage prod-us`" in told(ending)
    assert world.posts("RollbackStage") == 0
    assert "stage_ended" not in world.kinds()


def test_scenario_16_an_alarm_that_is_misspelt_from_the_start(world: WiredWorld) -> None:
    plan = approved(world, watching(world.plan(), "photo-check-5xx", "photo-check-latencyy"))

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "check")
    assert "photo-check-latencyy" in ending.reason
    assert world.posts("EnableStageTransition") == 0


def test_scenario_17_an_alarm_is_ok_without_a_single_request(world: WiredWorld) -> None:
    """notBreaching makes it OK: the bake is extended to its limit, then a person is asked."""
    plan = watching(world.plan(), "photo-check-5xx")
    stage = replace(plan.stages[0], bake=Bake(10 * MINUTE, 100, 20 * MINUTE))
    plan = approved(world, replace(plan, stages=(stage,)))
    world.when("entered", lambda: world.scenario.world.traffic.stop("photo-check-us"))
    waited: list[str] = []

    ending = world.deploy(plan)
    waited = [getattr(turn.next, "why", "") for turn in world.listener.turns]
    baked = next(e.at for e in world.entries() if e.kind == "bake_started")

    assert (ending.exit, ending.gate) == (Exit.INCONCLUSIVE, "bake")
    assert "0 of 100 requests seen" in ending.reason
    assert any(why.startswith("bake extended: ") for why in waited)
    assert world.clock.now() >= baked + 20 * MINUTE
    assert "goes on watching" in told(ending)
    assert "`mcm rollback --stage prod-us` goes back" in told(ending)
    assert world.posts("RollbackStage") == 0


WORDS = ["EVALUATION_FAILURE", "PARTIAL_DATA", "IN_WARM_UP", "MERCURY_IN_RETROGRADE"]


@pytest.mark.parametrize("word", WORDS)
def test_scenario_18_ok_with_a_word_beside_it_holds_the_start(world: WiredWorld, word: str) -> None:
    plan = world.ready()
    say_beside(world, word)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "check")
    assert f"OK, but evaluation is {word}" in ending.reason
    assert world.posts("EnableStageTransition") == 0


@pytest.mark.parametrize("word", WORDS)
def test_scenario_18_ok_with_a_word_beside_it_never_ends_a_bake(
    make_world: Worlds, word: str
) -> None:
    """Nor does it roll anything back: a person is asked, who sees AWS's own word."""
    world = make_world(poll=2 * MINUTE)
    plan = world.ready()
    world.when("bake_started", lambda: say_beside(world, word))

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.INCONCLUSIVE, "bake")
    assert word in ending.reason
    assert any(word in line for line in world.lines())
    assert world.posts("RollbackStage") == 0


def say_beside(world: WiredWorld, word: str) -> None:
    """Let CloudWatch say OK of every alarm, and `word` beside it."""

    def say(reply: dict[str, Any]) -> None:
        for alarm in reply["MetricAlarms"]:
            alarm["EvaluationState"] = word

    world.wire.bend("DescribeAlarms", say)


def test_scenario_19_an_endpoint_goes_back_by_itself(world: WiredWorld) -> None:
    """InService with the old configuration and no reason: the waiter would call it success."""
    plan = world.ready()
    world.wire.fault("silent-rollback")

    ending = world.deploy(plan)
    served = world.served()

    assert (served["EndpointStatus"], served["EndpointConfigName"]) == (
        "InService",
        "photo-check-us-v6",
    )
    assert ending.exit is Exit.FAILED
    assert "went back by itself" in ending.reason
    assert "photo-check-us" in ending.reason
    assert world.bodies("stage_ended")[0]["outcome"] == "failed"
    assert world.posts("RollbackStage") == 0
