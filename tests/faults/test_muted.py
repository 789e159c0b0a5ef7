"""Muted alarms over HTTP: told before the promotion, judged as ever (AWS-RULES 23)."""

from collections.abc import Sequence
from datetime import timedelta

from mcm.app.planning import plan_change
from mcm.core.errors import Exit
from mcm.core.history.turn import GateView
from mcm.sandbox.faults import Effect, Fault
from tests.kit.files import Shelf, make_files
from tests.kit.wire import WiredWorld

HOUR = timedelta(hours=1)


def mute(world: WiredWorld) -> None:
    """Let somebody mute an alarm for the next two weeks."""
    schedule = {"Expression": f"at({world.clock.now():%Y-%m-%dT%H:%M})", "Duration": "P14D"}
    params = {
        "Name": "quiet-please",
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": ["photo-check-5xx"]},
    }
    world.port("console").call("cloudwatch", "PutAlarmMuteRule", params)


def deny(world: WiredWorld) -> None:
    world.engine.faults.add(Fault(Effect.DENIED, operation="ListAlarmMuteRules"))


def check_gate(world: WiredWorld) -> GateView:
    gates: Sequence[GateView] = next(t.gates for t in world.listener.turns if t.gates)
    return next(gate for gate in gates if gate.name == "check")


def test_rule_23_mute_rules_that_may_not_be_read_are_told_and_hold_nothing(
    world: WiredWorld,
) -> None:
    plan = world.ready()
    deny(world)

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    assert "whether alarms are muted cannot be told" in check_gate(world).reason


def test_rule_23_a_muted_alarm_is_named_at_the_gate(world: WiredWorld) -> None:
    plan = world.ready()
    mute(world)

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    told = "alarms: photo-check-5xx will not page: muted by quiet-please"
    assert told in check_gate(world).reason
    assert told in " ".join(world.lines())


def test_rule_23_a_muted_alarm_that_rings_rolls_back_all_the_same(world: WiredWorld) -> None:
    plan = world.ready()
    mute(world)
    world.when("bake_started", world.scenario.raise_errors)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.posts("RollbackStage") == 1


def test_rule_23_a_muted_alarm_that_rings_before_keeps_the_gate_closed(
    world: WiredWorld,
) -> None:
    plan = world.ready()
    mute(world)
    world.scenario.raise_errors()
    world.clock.pass_time(HOUR / 4)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "check")
    assert world.posts("EnableStageTransition") == 0


def test_rule_23_the_plan_warns_of_what_is_muted_or_cannot_be_told(world: WiredWorld) -> None:
    mute(world)
    planned = plan_change(make_files(world), world.runner().observer, Shelf(), world.journal)
    deny(world)
    again = plan_change(make_files(world), world.runner().observer, Shelf(), world.journal)

    named = "stage prod-us, alarms: photo-check-5xx will not page: muted by quiet-please"
    assert named in planned.warnings
    assert any("whether alarms are muted cannot be told" in each for each in again.warnings)
