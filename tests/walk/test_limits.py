"""Limits of guardrails in a walk: failures, errors and what does not tell, each by itself."""

from dataclasses import replace
from datetime import timedelta

from mcm.core.errors import Exit
from mcm.core.plans.plan import Plan
from tests.kit.world import World

MINUTE = timedelta(minutes=1)


def limited(world: World, **limits: int) -> Plan:
    """Return an approved plan whose alarms have limits of their own."""
    plan = world.plan()
    alarms, *others = plan.stages[0].guardrails
    stage = replace(plan.stages[0], guardrails=(replace(alarms, **limits), *others))
    plan = replace(plan, stages=(stage,))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    return plan


def ring_once(world: World) -> None:
    """Let an alarm ring in the bake; its next evaluation takes it back."""
    params = {
        "AlarmName": "photo-check-5xx",
        "StateValue": "ALARM",
        "StateReason": "a spike",
    }
    console = world.port("console")
    world.when("bake_started", lambda: console.call("cloudwatch", "SetAlarmState", params), 95)


def test_the_first_breach_counts_unless_the_plan_tolerates_one() -> None:
    strict = World()
    ring_once(strict)
    assert strict.deploy(limited(strict)).exit is Exit.ROLLED_BACK

    patient = World()
    ring_once(patient)
    ending = patient.deploy(limited(patient, failure_limit=1), patience=timedelta(hours=3))

    assert ending.exit is Exit.DONE
    assert patient.sent("RollbackStage") == 0


def test_a_breach_that_lasts_is_tolerated_and_never_passes() -> None:
    """The alarm stays: within its limit, but what is in ALARM ends no bake well."""
    world = World()
    world.when("bake_started", world.scenario.raise_errors)

    ending = world.deploy(limited(world, failure_limit=1), patience=timedelta(hours=5))

    assert ending.exit is Exit.INCONCLUSIVE
    assert "1 of 1 tolerated breaches" in ending.reason


def test_errors_in_a_row_call_a_person_long_before_the_bakes_own_limit() -> None:
    world = World()
    plan = limited(world, consecutive_error_limit=2)
    gone = {"AlarmNames": ["photo-check-5xx"]}
    console = world.port("console")
    world.when("bake_started", lambda: console.call("cloudwatch", "DeleteAlarms", gone))
    began = world.clock.now()

    ending = world.deploy(plan)

    assert ending.exit is Exit.BLIND
    assert "3 errors in a row, 2 allowed" in ending.reason
    assert world.clock.now() - began < plan.stages[0].bake.lasts
    assert world.sent("RollbackStage") == 0


def test_what_was_counted_survives_a_restart() -> None:
    """The tally is in the journal: whoever goes on does not begin at zero."""
    world = World()
    plan = limited(world, consecutive_error_limit=2)
    gone = {"AlarmNames": ["photo-check-5xx"]}
    console = world.port("console")
    world.when("bake_started", lambda: console.call("cloudwatch", "DeleteAlarms", gone))
    assert world.deploy(plan).exit is Exit.BLIND
    counted = [e for e in world.entries() if e.kind == "measured"]

    assert [entry.body["errors"] for entry in counted] == [1, 2, 3]
    world.clock.pass_time(MINUTE)
    assert world.deploy(plan).exit is Exit.BLIND
    newest = [e for e in world.entries() if e.kind == "measured"][-1]
    assert newest.body["errors"] == 4


def test_a_guardrail_without_limits_keeps_no_tally() -> None:
    world = World()
    plan = limited(world)

    assert world.deploy(plan, patience=timedelta(hours=3)).exit is Exit.DONE
    assert "measured" not in world.kinds()
