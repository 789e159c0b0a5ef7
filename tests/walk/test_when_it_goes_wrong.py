"""The walk when things go wrong: each case ends as its users were told it would."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.aws.port import Params
from mcm.core.errors import Exit, McmError
from mcm.core.history.journal import StoreError
from mcm.core.plans.plan import Guardrail, Plan
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from mcm.store.memory import MemoryJournal
from tests.kit.dying import KilledError
from tests.kit.world import STAGE, World

MINUTE = timedelta(minutes=1)


def break_it(world: World, **fault: object) -> None:
    """Let a fault strike mcm's own calls."""
    fault = {"access_key_id": user_key("alice"), **fault}
    world.engine.faults.add(Fault(**fault))  # type: ignore[arg-type]


def breach(world: World) -> None:
    world.when("bake_started", world.scenario.raise_errors)


class FullDisk(MemoryJournal):
    """Takes nothing more once it is full."""

    full = False

    def append(self, *args: object, **more: object) -> tuple[()]:
        if self.full:
            raise StoreError("database or disk is full")
        return super().append(*args, **more)  # type: ignore[arg-type, return-value]


def test_the_lost_reply_of_a_rollback_is_settled_by_looking() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    break_it(world, effect=Effect.TIMEOUT_AFTER, operation="RollbackStage", times=1)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert "settled" in world.kinds()


def test_a_rollback_that_never_arrived_is_sent_again_once_that_is_sure() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    break_it(world, effect=Effect.TIMEOUT_BEFORE, operation="RollbackStage", times=1)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert world.kinds().count("doubt_read") == 3


def test_a_minute_of_throttling_in_the_bake_changes_nothing() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: world.engine.fault("throttle"), after=60)

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    assert world.sent("RollbackStage") == 0
    assert "sight" in world.kinds()


def test_a_throttled_rollback_goes_on_when_the_storm_is_over() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    break_it(world, effect=Effect.THROTTLE, operation="RollbackStage", times=4)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


def watching(plan: Plan, *alarms: str) -> Plan:
    guardrail = Guardrail("alarms", "alarms", {"names": list(alarms), "silent_ok": []}, "roll_back")
    return replace(plan, stages=(replace(plan.stages[0], guardrails=(guardrail,)),))


def test_an_alarm_that_does_not_exist_keeps_the_gate_closed() -> None:
    world = World()
    plan = watching(world.plan(), "photo-check-5xx", "no-such-alarm")
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "check")
    assert "no-such-alarm" in ending.reason
    assert world.sent("EnableStageTransition") == 0


def test_an_alarm_deleted_in_the_bake_holds_it_as_blind_and_rolls_nothing_back() -> None:
    world = World()
    plan = world.ready()
    console = world.port("console")
    params: Params = {"AlarmNames": ["photo-check-5xx"]}
    world.when("bake_started", lambda: console.call("cloudwatch", "DeleteAlarms", params))

    ending = world.deploy(plan)

    assert ending.exit is Exit.BLIND
    assert world.sent("RollbackStage") == 0
    assert "stage_ended" not in world.kinds()


def test_insufficient_data_never_passes_and_never_rolls_back() -> None:
    world = World()
    port = world.port("console")
    port.call(
        "cloudwatch",
        "PutMetricAlarm",
        {
            "AlarmName": "silent",
            "Namespace": "Example",
            "MetricName": "Nothing",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    )
    plan = watching(world.plan(), "silent")
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "check")
    assert "INSUFFICIENT_DATA" in ending.reason


def test_credentials_that_expire_in_the_bake_leave_it_blind_and_resumable() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: world.engine.fault("expired-credentials"), after=60)

    blind = world.deploy(plan)
    world.engine.faults.clear()
    resumed = world.deploy(plan)

    assert blind.exit is Exit.BLIND
    assert resumed.exit is Exit.DONE
    assert world.sent("RollbackStage") == 0
    assert world.sent("EnableStageTransition") == 1


def test_a_breach_while_blind_rolls_back_once_there_is_sight() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    world.when("bake_started", lambda: world.engine.fault("expired-credentials"), after=30)

    blind = world.deploy(plan)
    world.clock.pass_time(30 * MINUTE)
    world.engine.faults.clear()
    resumed = world.deploy(plan)

    assert blind.exit is Exit.BLIND
    assert resumed.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


def test_a_window_that_closes_while_waiting_holds() -> None:
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    world.clock.pass_time(2 * MINUTE)
    world.clock.at(world.clock.now() + timedelta(hours=3), lambda: world.sign(plan) and None)

    ending = world.deploy(plan, patience=timedelta(hours=4))

    assert (ending.exit, ending.gate) == (Exit.HELD, "window")
    assert world.sent("EnableStageTransition") == 0


def test_a_bake_goes_on_when_the_window_closes() -> None:
    world = World()
    plan = world.ready()
    world.clock.pass_time(timedelta(hours=1, minutes=46, seconds=30))

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    assert world.clock.now().hour == 12  # the window ended at 12:00 UTC


def test_without_a_rollback_target_the_gate_is_named() -> None:
    world = World()
    structure = world.port("console").call(
        "codepipeline", "GetPipeline", {"name": "ParcelPhotoCheck"}
    )
    world.port("console").call(
        "codepipeline", "UpdatePipeline", {"pipeline": structure["pipeline"]}
    )
    world.answer_approval()
    world.scenario.release()
    world.clock.pass_time(10 * MINUTE)
    plan = world.ready()

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "rollback-target")
    assert world.sent("EnableStageTransition") == 0


def test_oncall_without_a_target_is_told_that_a_person_is_needed() -> None:
    world = World()
    structure = world.port("console").call(
        "codepipeline", "GetPipeline", {"name": "ParcelPhotoCheck"}
    )
    world.port("console").call(
        "codepipeline", "UpdatePipeline", {"pipeline": structure["pipeline"]}
    )

    ending = world.roll_back()

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "rollback-target")
    assert world.sent("RollbackStage") == 0


def test_a_denied_closing_does_not_stop_a_rollback() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    break_it(world, effect=Effect.DENIED, operation="DisableStageTransition")

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


@pytest.mark.parametrize("moment", ["bake_started", "breach", "rollback_started"])
def test_a_full_disk_does_not_stop_a_rollback(moment: str) -> None:
    """What the store does not take reaches `lost`, and the pipeline goes back all the same."""
    journal = FullDisk()
    world = World(journal=journal)
    plan = world.ready()
    breach(world)
    world.listener.hooks.append(
        lambda entry: setattr(journal, "full", True) if entry.kind == moment else None
    )

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert "rollback_ended" in [entry.kind for entry in world.listener.lost_entries]


def test_a_walk_taken_up_again_with_a_full_disk_watches_and_goes_back() -> None:
    """What is out there must not stay unwatched for want of a place to write."""
    journal = FullDisk()
    world = World(journal=journal)
    plan = world.ready()
    world.when("bake_started", stop_the_process, 60)
    with pytest.raises(KilledError):
        world.deploy(plan)
    journal.full = True
    world.scenario.raise_errors()

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert world.listener.lost_entries[0].kind == "walk_started"


def stop_the_process() -> None:
    raise KilledError("in the bake")


def test_oncall_rolls_back_with_a_full_disk() -> None:
    journal = FullDisk()
    journal.full = True
    world = World(journal=journal)

    ending = world.roll_back()

    assert ending.exit is Exit.DONE
    assert world.sent("RollbackStage") == 1
    assert world.listener.lost_entries[0].kind == "rollback_started"


def test_a_full_disk_stops_a_promotion() -> None:
    journal = FullDisk()
    world = World(journal=journal)
    plan = world.ready()
    journal.full = True

    with pytest.raises(McmError):
        world.deploy(plan)

    assert world.sent("EnableStageTransition") == 0


def test_an_approval_by_the_requester_is_refused() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan, "alice", answer=False)
    world.answer_approval()
    world.clock.pass_time(2 * MINUTE)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "approval")
    assert world.sent("EnableStageTransition") == 0


def test_an_approval_of_another_plan_is_refused() -> None:
    world = World()
    plan = world.ready()
    edited = replace(plan, title="Something else")

    ending = world.deploy(edited)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "approval")
    assert world.sent("EnableStageTransition") == 0


def test_a_stuck_deployment_calls_a_person_and_is_rolled_back_once_it_ended() -> None:
    """Nobody agreed to abandon it, so mcm stays until it can go back."""
    world = World(update_takes=20 * MINUTE)
    plan = world.ready()
    world.when("intent", world.scenario.raise_errors)  # of what serves until the update is through

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert "person_needed" in world.kinds()
    assert world.sent("RollbackStage") == 1
    assert not any(w.params["abandon"] for w in world.engine.log.accepted("StopPipelineExecution"))


def test_run_again_after_the_end_says_the_same_and_does_nothing() -> None:
    world = World()
    plan = world.ready()
    breach(world)

    first = world.deploy(plan)
    writes = len(world.engine.log.accepted())
    again = world.deploy(plan)

    assert again == first
    assert len(world.engine.log.accepted()) == writes


def test_oncall_says_when_the_stage_was_rolled_back_already() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    world.deploy(plan)

    again = world.roll_back()
    further = world.roll_back(further=True)

    assert again.exit is Exit.DONE
    assert again.reason.startswith("already rolled back at")
    assert further.exit is Exit.DONE
    assert world.served()["EndpointConfigName"] == "photo-check-us-v5"
    assert STAGE == "prod-us"
