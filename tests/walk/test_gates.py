"""The ways in: a transition, an approval, both, or an approval inside the stage."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core.endpoint import Expected
from mcm.core.errors import Exit
from mcm.core.plans.plan import Approval, Gate, Plan
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import World

MINUTE = timedelta(minutes=1)
INBOUND = {"stageName": "ProdUS", "transitionType": "Inbound"}


def by_mcm(world: World) -> list[str]:
    """Return mcm's own accepted writes, in order."""
    return [
        write.operation
        for write in world.engine.log.accepted()
        if write.access_key_id == user_key("alice")
    ]


def through(plan: Plan, gate: Gate) -> Plan:
    return replace(plan, stages=(replace(plan.stages[0], gate=gate),))


def test_approval_and_transition_are_answered_by_the_approver_and_opened_by_mcm() -> None:
    world = World()
    plan = world.ready()

    assert world.deploy(plan).exit is Exit.DONE
    assert by_mcm(world) == ["EnableStageTransition", "DisableStageTransition"]


def test_an_approval_in_front_is_never_answered_by_mcm_when_a_transition_follows() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan, answer=False)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "execution")
    assert by_mcm(world) == []


def test_a_transition_alone_is_opened_and_closed() -> None:
    world = World()
    plan = through(world.plan(), Gate(None, "ProdUS"))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)

    assert world.deploy(plan).exit is Exit.DONE
    assert by_mcm(world) == ["EnableStageTransition", "DisableStageTransition"]


def test_an_approval_alone_is_answered_by_mcm_once_the_guard_grants() -> None:
    world = World()
    world.console("EnableStageTransition", **INBOUND)
    plan = through(world.plan(), Gate(Approval("ApproveUS", "Approve"), ""))
    world.approve(plan, answer=False)

    assert world.deploy(plan).exit is Exit.DONE
    assert by_mcm(world) == ["PutApprovalResult"]


def test_an_approval_alone_waits_for_the_guard() -> None:
    world = World()
    world.console("EnableStageTransition", **INBOUND)
    plan = through(world.plan(), Gate(Approval("ApproveUS", "Approve"), ""))
    world.request(plan)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "approval")
    assert by_mcm(world) == []


def inside() -> tuple[World, Plan]:
    """Return a world whose ProdUS begins with an approval, and an approved plan for v9."""
    world = World()
    port = world.port("console")
    pipeline = port.call("codepipeline", "GetPipeline", {"name": "ParcelPhotoCheck"})["pipeline"]
    stages = {stage["name"]: stage for stage in pipeline["stages"]}
    approve = stages["ApproveUS"]["actions"][0]
    stages["ProdUS"]["actions"] = [
        {**approve, "runOrder": 1},
        {**stages["ProdUS"]["actions"][0], "runOrder": 2},
    ]
    pipeline["stages"] = [stage for stage in pipeline["stages"] if stage["name"] != "ApproveUS"]
    world.answer_approval()
    port.call("codepipeline", "UpdatePipeline", {"pipeline": pipeline})
    world.console("EnableStageTransition", **INBOUND)
    first = world.scenario.release("v8")
    world.scenario.walk_through(["ProdUS"])
    world.clock.pass_time(15 * MINUTE)
    assert world.executions() == [first]
    world.scenario.people.stages.discard("ProdUS")
    pinned = world.scenario.release("v9")
    world.clock.pass_time(10 * MINUTE)
    plan = through(world.plan(pinned), Gate(Approval("ProdUS", "Approve"), ""))
    stage = replace(
        plan.stages[0],
        rollback_target=first,
        expect=(Expected("photo-check-us", "candidate", "photo-check-v9"),),
    )
    plan = replace(plan, stages=(stage,))
    world.approve(plan, answer=False)
    return world, plan


def test_an_approval_inside_the_stage_is_the_promoting_write() -> None:
    """The pinned execution stands in the stage before it was promoted: nobody let it in."""
    world, plan = inside()

    ending = world.deploy(plan)
    entered = next(entry for entry in world.entries() if entry.kind == "entered")

    assert ending.exit is Exit.DONE
    assert entered.body["by"] == "mcm"
    assert by_mcm(world) == ["PutApprovalResult"]


def test_an_approval_inside_the_stage_is_answered_for_the_rollback_too() -> None:
    world, plan = inside()
    world.when("bake_started", world.scenario.raise_errors)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert by_mcm(world).count("PutApprovalResult") == 2
    assert "serves its old content" in ending.reason


@pytest.mark.parametrize("passes", [True, False])
def test_a_rollback_ends_behind_a_closed_transition_either_way(passes: bool) -> None:
    """AWS does not say whether a ROLLBACK passes a disabled transition."""
    world = World(passes=passes)
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert not world.stage_state()["inboundTransitionState"]["enabled"]


def test_expired_credentials_before_the_promotion_are_blind_not_held() -> None:
    """Nothing can be known: exit 8, whatever else is closed."""
    world = World()
    plan = world.ready()
    world.engine.identities.expire(user_key("alice"))

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.BLIND, "blind")
    assert world.sent("EnableStageTransition") == 0


def test_a_way_back_that_cannot_be_proven_closes_its_gate() -> None:
    """An endpoint that cannot be read would be nothing to compare with after a rollback."""
    world = World()
    plan = world.ready()
    blind = Fault(Effect.DENIED, operation="DescribeEndpoint")
    world.engine.faults.add(blind)

    assert world.deploy(plan).exit is Exit.HELD

    gates = {e.body["gate"]: e.body["reason"] for e in world.entries() if e.kind == "gate_changed"}
    assert gates["rollback-target"].startswith(
        "the way back is not proven: what photo-check-us serves cannot be read"
    )
    assert by_mcm(world) == []
