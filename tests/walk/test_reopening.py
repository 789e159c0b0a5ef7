"""Opening again what a rollback closed: by hand, or as the first instruction of a promotion."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.runner import Ending
from mcm.app.writer import Writer
from mcm.core.errors import Exit
from mcm.core.history.goal import Reopen
from mcm.core.plans.plan import Approval, Gate, Plan
from mcm.sandbox.faults import Effect, Fault
from tests.kit.world import PIPELINE, STAGE, World

MINUTE = timedelta(minutes=1)


def reopen(world: World, *, promotes: bool = False) -> Ending:
    writer = Writer(world.journal, "ROLLBACK-prod-us", world.listener.lost)
    goal = Reopen(
        PIPELINE,
        "ProdUS",
        STAGE,
        "a person asked for it",
        promotes=promotes,
        after=writer.catch_up().last,
        settle=world.settle,
        poll=world.poll,
    )
    return world.runner().run(goal, writer)


def is_open(world: World) -> bool:
    return bool(world.stage_state()["inboundTransitionState"]["enabled"])


def rolled_back() -> World:
    """A world in which prod-us was open to the pipeline, and mcm has rolled it back."""
    world = World()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    assert world.roll_back().exit is Exit.DONE
    assert not is_open(world)
    return world


def test_what_a_rollback_closed_is_opened_again() -> None:
    world = rolled_back()

    ending = reopen(world)

    assert (ending.exit, is_open(world)) == (Exit.DONE, True)
    assert world.kinds("ROLLBACK-prod-us")[-2:] == ["intent", "outcome"]
    assert reopen(world).exit is Exit.DONE
    assert world.sent("EnableStageTransition") == 2  # the console's and ours


def test_a_waiting_execution_is_not_let_in() -> None:
    """That would be a promotion that nobody signed and no gate was asked for."""
    world = rolled_back()
    world.answer_approval()
    world.clock.pass_time(2 * MINUTE)

    ending = reopen(world)

    assert (ending.exit, is_open(world)) == (Exit.HELD, False)
    assert "to let it in is a promotion" in ending.reason


def test_what_others_closed_stays_closed() -> None:
    world = rolled_back()
    world.console(
        "DisableStageTransition", stageName="ProdUS", transitionType="Inbound", reason="do not"
    )

    ending = reopen(world)

    assert (ending.exit, is_open(world)) == (Exit.HELD, False)
    assert "closed by others: do not" in ending.reason


def test_the_door_that_deploy_opens_stays_closed() -> None:
    world = rolled_back()

    assert reopen(world, promotes=True).exit is Exit.HELD
    assert not is_open(world)


def test_a_pipeline_that_cannot_be_read_opens_nothing() -> None:
    world = rolled_back()
    world.engine.faults.add(Fault(Effect.SERVER_ERROR, operation="GetPipelineState"))

    assert reopen(world).exit is Exit.BLIND
    assert world.sent("EnableStageTransition") == 1


@pytest.mark.parametrize("effect", [Effect.TIMEOUT_AFTER, Effect.TIMEOUT_BEFORE, Effect.THROTTLE])
def test_a_lost_reply_is_settled_by_looking(effect: Effect) -> None:
    world = rolled_back()
    world.engine.faults.add(Fault(effect, operation="EnableStageTransition", times=1))

    assert (reopen(world).exit, is_open(world)) == (Exit.DONE, True)
    assert world.sent("EnableStageTransition") == 2


# The next promotion, where mcm only answers an approval


def answered_by_mcm(world: World) -> Plan:
    """A plan whose promoting write is the answer to ApproveUS; the way in is not its gate."""
    plan = world.plan()
    gate = Gate(Approval("ApproveUS", "Approve"), "")
    plan = replace(plan, stages=(replace(plan.stages[0], gate=gate),))
    world.approve(plan, answer=False)
    return plan


def test_an_approved_promotion_opens_what_mcm_closed_first() -> None:
    world = rolled_back()
    latest = world.scenario.pipeline.execution(world.scenario.pipeline.latest["ProdUS"])
    assert latest is not None
    plan = world.plan()
    gate = Gate(Approval("ApproveUS", "Approve"), "")
    stage = replace(plan.stages[0], gate=gate, rollback_target=latest.rollback_target)
    plan = replace(plan, stages=(stage,))
    world.approve(plan, answer=False)

    world.deploy(plan)

    ops = [e.body["instruction"]["op"] for e in world.entries() if e.kind == "intent"]
    assert ops[:2] == ["open_transition", "answer_approval"]
    assert "entered" in world.kinds()


def test_an_approved_promotion_does_not_open_what_others_closed() -> None:
    world = World()
    plan = answered_by_mcm(world)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "execution")
    assert "closed by others" in ending.reason
    assert world.sent("PutApprovalResult") == 0


def test_without_a_quorum_nothing_is_opened() -> None:
    world = rolled_back()
    latest = world.scenario.pipeline.execution(world.scenario.pipeline.latest["ProdUS"])
    assert latest is not None
    plan = world.plan()
    gate = Gate(Approval("ApproveUS", "Approve"), "")
    stage = replace(plan.stages[0], gate=gate, rollback_target=latest.rollback_target)
    world.request(replace(plan, stages=(stage,)))

    assert world.deploy(replace(plan, stages=(stage,))).gate == "approval"
    assert not is_open(world)
