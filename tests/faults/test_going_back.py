"""Fault scenarios on the way back: lost and refused writes, others, and a process that dies."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from mcm.app.explain import rollback_lines
from mcm.core.errors import BlindError, Exit
from mcm.core.history.goal import GoForward
from mcm.core.plans.plan import Plan
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.faults.conftest import Worlds
from tests.kit.dying import KilledError
from tests.kit.wire import WiredWorld, told
from tests.kit.world import STAGE

MINUTE = timedelta(minutes=1)
BACK = "ROLLBACK-prod-us"
INBOUND = {"stageName": "ProdUS", "transitionType": "Inbound"}


def breach(world: WiredWorld) -> None:
    world.when("bake_started", world.scenario.raise_errors)


def fault(world: WiredWorld, effect: Effect, operation: str, **more: Any) -> None:
    """Let what mcm's operator sends fail."""
    key = user_key(world.operator)
    world.engine.faults.add(Fault(effect, operation=operation, access_key_id=key, **more))


def deploying(world: WiredWorld) -> str:
    """Let the next execution be in ProdUS, its action under way; return the execution."""
    plan = world.ready()
    world.console("EnableStageTransition", **INBOUND)
    world.clock.pass_time(timedelta(seconds=40))
    return plan.execution


def latest(world: WiredWorld) -> tuple[str, str]:
    run = world.stage_state()["latestExecution"]
    return run.get("type", "STANDARD"), run["status"]


def test_scenario_01_the_reply_to_a_rollback_is_lost(world: WiredWorld) -> None:
    """It is found by looking and adopted: one request, one rollback."""
    plan = world.ready()
    breach(world)
    fault(world, Effect.TIMEOUT_AFTER, "RollbackStage", times=1)

    ending = world.deploy(plan)
    sent = next(e for e in world.bodies("outcome") if e["result"] == "in_doubt")
    settled = world.bodies("settled")

    assert ending.exit is Exit.ROLLED_BACK
    assert world.posts("RollbackStage") == world.sent("RollbackStage") == 1
    assert [(each["intent"], each["happened"]) for each in settled] == [(sent["intent"], True)]
    assert settled[0]["execution"] == world.stage_state()["latestExecution"]["pipelineExecutionId"]
    assert any("no clear reply: it may have happened" in line for line in world.lines())
    assert any("it did happen: seen in AWS" in line for line in world.lines())
    assert "photo-check-5xx" in ending.reason
    assert "`mcm log CM-0001`" in told(ending)


def test_scenario_02_the_pipeline_is_busy_four_times(world: WiredWorld) -> None:
    """Each further try comes after a pause and a new look; the fifth is taken."""
    fault(world, Effect.CONFLICT, "RollbackStage", times=4)
    looks: list[int] = []

    def look(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage":
            looks.append(world.engine.log.calls[("codepipeline", "GetPipelineState")])

    world.before = look
    began = world.clock.now()
    ending = world.roll_back()
    refused = [e for e in world.bodies("outcome", BACK) if e["code"] == "ConflictException"]

    assert ending.exit is Exit.DONE
    assert (world.posts("RollbackStage"), world.sent("RollbackStage")) == (5, 1)
    assert len(refused) == 4
    assert all(later - earlier >= 2 for earlier, later in pairwise(looks))
    assert timedelta(seconds=10) < world.clock.now() - began < 10 * MINUTE


def test_scenario_11_a_stop_hangs_and_is_waited_for(make_world: Worlds) -> None:
    """Nobody agreed to abandon: a person is called with the command, once, and mcm stays."""
    world = make_world(update_takes=20 * MINUTE)
    deploying(world)

    ending = world.roll_back()
    needed = [each["reason"] for each in world.bodies("person_needed", BACK)]

    assert ending.exit is Exit.DONE
    assert len(needed) == 1
    assert "did not stop in 2m" in needed[0]
    assert "`mcm rollback --stage prod-us --abandon`" in needed[0]
    assert [w.params["abandon"] for w in world.engine.log.accepted("StopPipelineExecution")] == [
        False
    ]
    assert latest(world) == ("ROLLBACK", "Succeeded")


def test_scenario_11_what_was_abandoned_works_on_and_is_waited_for(make_world: Worlds) -> None:
    """AWS-RULES 41: the rollback is sent once the endpoint would take orders again."""
    world = make_world(update_takes=20 * MINUTE)
    deploying(world)
    served: list[str] = []

    def note(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage":
            served.append(world.served()["EndpointStatus"])

    world.before = note
    ending = world.roll_back(abandon=True)
    waits = [getattr(turn.next, "why", "") for turn in world.listener.turns]

    assert ending.exit is Exit.DONE
    assert served == ["InService"]
    assert any("photo-check-us is still Updating: the abandoned" in why for why in waits)
    assert world.posts("RollbackStage") == 1


@pytest.mark.parametrize("takes", [20, 50], ids=["unseen", "too long"])
def test_scenario_11_what_nobody_can_see_settle_is_said(make_world: Worlds, takes: int) -> None:
    """Without an endpoint to look at, or past all patience: go back all the same, and say it."""
    world = make_world(update_takes=takes * MINUTE)
    deploying(world)

    given = {"endpoints": ()} if takes == 20 else {}
    ending = world.roll_back(abandon=True, **given)

    notes = [each["text"] for each in world.bodies("rollback_note", BACK)]
    assert any("abandoned" in text and "may still work on" in text for text in notes), notes
    assert world.posts("RollbackStage") == 1
    assert ending.exit in (Exit.DONE, Exit.NEEDS_PERSON)


def test_scenario_12_aws_rolls_back_by_itself_seconds_earlier(world: WiredWorld) -> None:
    """onFailure: ROLLBACK. The walk finds it, takes it over and sends none of its own."""

    def roll_back_on_failure(declaration: dict[str, Any]) -> None:
        declaration["stages"][-1]["onFailure"] = {"result": "ROLLBACK"}

    world.reshape(roll_back_on_failure)
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    plan = world.ready()

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.posts("RollbackStage") == 0
    assert latest(world) == ("ROLLBACK", "Succeeded")
    assert "somebody else's rollback" in ending.reason


def test_scenario_12_aws_rolls_back_between_our_look_and_our_write(world: WiredWorld) -> None:
    """AWS refuses ours; theirs is adopted and followed to its end."""
    target = world.scenario.pipeline.execution(world.executions()[1])
    assert target is not None
    theirs: list[str] = []

    def first(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage" and not theirs:
            begun = world.scenario.pipeline.begin_rollback(
                "ProdUS",
                target,
                world.engine.now(),
                trigger="AutomatedRollback",
                detail="onFailure",
            )
            theirs.append(begun.id)
            world.clock.pass_time(timedelta(seconds=2))

    world.before = first
    ending = world.roll_back()
    adopted = world.bodies("rollback_adopted", BACK)

    assert ending.exit is Exit.DONE
    assert (world.posts("RollbackStage"), world.sent("RollbackStage")) == (1, 0)
    assert [each["execution"] for each in adopted] == theirs
    assert world.stage_state()["latestExecution"]["pipelineExecutionId"] == theirs[0]


def approval_inside(declaration: dict[str, Any]) -> None:
    """Put a manual approval in front of the deployment, inside ProdUS."""
    kind = {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"}
    approve = {"name": "Sure", "actionTypeId": kind, "runOrder": 1, "configuration": {}}
    actions = declaration["stages"][-1]["actions"]
    declaration["stages"][-1]["actions"] = [approve, {**actions[0], "runOrder": 2}]


def test_scenario_13_the_rollback_waits_at_an_approval_and_mcm_answers(world: WiredWorld) -> None:
    """It is no promotion: whoever rolls back answers for the ROLLBACK execution alone."""
    world.reshape(approval_inside)

    ending = world.roll_back()

    assert ending.exit is Exit.DONE
    assert world.posts("PutApprovalResult") == 1
    assert any("approve ProdUS/Sure" in line for line in world.lines(BACK))


def test_scenario_13_an_approval_that_mcm_may_not_answer_is_said_at_once(
    world: WiredWorld,
) -> None:
    """Not hanging: who must do what, with the command; then the same command goes on."""
    world.reshape(approval_inside)
    world.engine.identities.deny(user_key("alice"), "PutApprovalResult")
    began = world.clock.now()

    ending = world.roll_back()
    needed = [each["reason"] for each in world.bodies("person_needed", BACK)]

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "approval")
    assert world.clock.now() - began < MINUTE
    assert world.posts("PutApprovalResult") == 1
    assert "waits at ProdUS/Sure" in ending.reason
    assert "aws codepipeline put-approval-result" in ending.hint
    assert "--stage-name ProdUS --action-name Sure" in ending.hint
    assert "mcm rollback --stage prod-us" in ending.hint
    assert len(needed) == 1
    assert "ProdUS/Sure" in needed[0]
    assert latest(world) == ("ROLLBACK", "InProgress")

    world.operator = "carol"
    world.clock.pass_time(MINUTE)
    assert world.roll_back().exit is Exit.DONE
    assert world.posts("RollbackStage") == 1
    assert world.posts("PutApprovalResult") == 2


def test_scenario_14_the_next_execution_slips_in_behind_the_stop(make_world: Worlds) -> None:
    """Our closing was turned away until the stop had freed the stage."""
    world = make_world(update_takes=4 * MINUTE)
    stopped = deploying(world)
    world.scenario.release()
    world.scenario.walk_through(["ApproveUS"])
    fault(world, Effect.THROTTLE, "DisableStageTransition", until=world.clock.now() + 5 * MINUTE)

    ending = world.roll_back()
    newest = world.scenario.pipeline.executions[-2].id
    needed = " ".join(each["reason"] for each in world.bodies("person_needed", BACK))

    assert newest != stopped
    assert newest in needed
    assert "entered" in needed
    assert not world.stage_state()["inboundTransitionState"]["enabled"]
    assert world.posts("RollbackStage") <= 1
    assert ending.exit in (Exit.DONE, Exit.NEEDS_PERSON)


def test_scenario_14_the_way_in_is_closed_before_the_stop(make_world: Worlds) -> None:
    """With AWS-RULES 8 it does not happen: what queues behind stays where it is."""
    world = make_world(update_takes=4 * MINUTE)
    deploying(world)
    world.scenario.release()
    world.scenario.walk_through(["ApproveUS"])
    before = len(world.engine.log.accepted())

    ending = world.roll_back()
    writes = [write.operation for write in world.engine.log.accepted()[before:]]

    assert ending.exit is Exit.DONE
    assert writes == ["DisableStageTransition", "StopPipelineExecution", "RollbackStage"]
    waiting = world.stage_state()["inboundExecution"]["pipelineExecutionId"]
    assert waiting == world.scenario.pipeline.executions[-2].id


def test_scenario_20_the_session_ends_in_the_bake(world: WiredWorld) -> None:
    """Blind has its own exit code, and somebody else can go back with what it says."""
    plan = world.ready()
    world.when("bake_started", lambda: world.wire.fault("expired-credentials"), after=60)

    ending = world.deploy(plan)
    mine, *plain = rollback_lines(GoForward(plan, (STAGE,)), STAGE)

    assert ending.exit is Exit.BLIND
    assert "ExpiredToken" in ending.reason
    assert "run the same command with working credentials" in told(ending)
    assert world.posts("RollbackStage") == 0
    assert mine == "mcm rollback --stage prod-us"
    assert plan.stages[0].rollback_target in plain[-1]
    assert world.bodies("sight")[-1]["lost"] is True
    with pytest.raises(BlindError):
        world.deploy(plan)


def killed_before_the_rollback(world: WiredWorld) -> Plan:
    """Stop what runs, then die; the session ends too."""
    plan = world.ready()
    world.when("intent", world.scenario.raise_errors)

    def die(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage":
            raise KilledError

    world.before = die
    with pytest.raises(KilledError):
        world.deploy(plan)
    world.before = lambda *_: None
    world.wire.fault("expired-credentials")
    return plan


def test_scenario_20_killed_between_stop_and_rollback(make_world: Worlds) -> None:
    """Another person types the same command: it settles by looking and finishes."""
    world = make_world(update_takes=6 * MINUTE)
    plan = killed_before_the_rollback(world)
    assert world.posts("StopPipelineExecution") == 1
    with pytest.raises(BlindError):
        world.deploy(plan)
    assert world.posts("RollbackStage") == 0

    world.operator = "carol"
    ending = world.deploy(plan)
    operators = [each["operator"].rpartition("/")[2] for each in world.bodies("walk_started")]

    assert ending.exit is Exit.ROLLED_BACK
    assert operators == ["alice", "carol"]
    assert world.posts("RollbackStage") == world.posts("StopPipelineExecution") == 1
    assert [each["happened"] for each in world.bodies("settled")] == [False]
    assert world.bodies("rollback_ended")[0]["by"].endswith(":user/carol")


def test_scenario_20_oncall_killed_between_stop_and_rollback(make_world: Worlds) -> None:
    """The same of `mcm rollback`, which has no walk: the journal tells who sent it in the end."""
    world = make_world(update_takes=4 * MINUTE)
    deploying(world)

    def die(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage":
            raise KilledError

    world.before = die
    with pytest.raises(KilledError):
        world.roll_back()
    world.before = lambda *_: None
    world.wire.fault("expired-credentials")

    blind = world.roll_back()
    world.operator = "carol"
    ending = world.roll_back()

    assert (blind.exit, ending.exit) == (Exit.BLIND, Exit.DONE)
    assert world.posts("RollbackStage") == 1
    assert world.bodies("rollback_ended", BACK)[0]["by"].endswith(":user/carol")
    assert any("sent by arn:aws:iam::111111111111:user/carol" in line for line in world.lines(BACK))
