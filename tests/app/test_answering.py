"""The approver's answer to the pipeline: for the pinned execution, once, or not at all."""

from dataclasses import replace

import pytest

from mcm.app.answering import Answered, answer
from mcm.app.observing import Observer
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.aws.port import Port
from mcm.core.errors import Exit
from mcm.core.plan import Gate, Plan
from mcm.core.query import Place
from mcm.sandbox.identity import user_key
from tests.kit.world import World

DIGEST = "d" * 64


@pytest.fixture
def world() -> World:
    return World()


def say(world: World, plan: Plan, person: str = "bob") -> Answered:
    def connect(place: Place) -> Port:
        return world.port(person, place.region)

    observer = Observer([AwsSource(connect, world.clock.now)], world.clock)
    return answer(
        plan, plan.stages[0], DIGEST, observer, Performer(connect), world.journal, world.clock
    )


def test_it_answers_as_the_approver_with_the_statement_in_the_summary(world: World) -> None:
    plan = world.plan()
    found = say(world, plan)
    action = world.stage_state("ApproveUS")["actionStates"][0]["latestExecution"]

    assert found == Answered(Exit.DONE, "ApproveUS/Approve is answered in the pipeline")
    assert action["summary"] == f"mcm1 {plan.change} prod-us {DIGEST} 0:000000000000"
    assert action["lastUpdatedBy"].endswith(":user/bob")
    assert world.journal.entries(plan.change)[-1].kind == "approval_answered"


def test_it_is_answered_once(world: World) -> None:
    plan = world.plan()
    say(world, plan)
    again = say(world, plan, "carol")

    assert again.exit is Exit.DONE
    assert again.text.endswith(":user/bob")
    assert world.sent("PutApprovalResult") == 1


def test_an_approval_of_another_execution_is_left_alone(world: World) -> None:
    """What waits there is not what was signed: nothing is sent."""
    plan = replace(world.plan(), execution=world.plan().stages[0].rollback_target)
    before = world.sent("PutApprovalResult")
    found = say(world, plan)

    assert found.exit is Exit.DONE  # that one was answered in its own time
    assert world.sent("PutApprovalResult") == before


def test_one_that_is_not_open_yet_says_how_to_answer_later(world: World) -> None:
    plan = replace(world.plan(), execution=world.scenario.release())
    found = say(world, plan)

    assert "is not open yet" in found.text
    assert found.hint == (
        f"Run `mcm approve {plan.change} --stage prod-us` again once it waits there."
    )
    assert world.sent("PutApprovalResult") == 0


@pytest.mark.parametrize("fault", ["expired-credentials", "throttle"])
def test_what_cannot_be_seen_is_not_answered(world: World, fault: str) -> None:
    plan = world.plan()
    world.engine.fault(fault)
    found = say(world, plan, "alice")

    assert found.exit is Exit.BLIND
    assert world.sent("PutApprovalResult") == 0


def test_a_denied_answer_is_told_in_awss_words(world: World) -> None:
    plan = world.plan()
    world.engine.identities.deny(user_key("bob"), "PutApprovalResult")
    found = say(world, plan)

    assert found.exit is Exit.REFUSED
    assert "AccessDenied" in found.text


def test_gates_without_an_approval_of_the_approvers_need_no_answer(world: World) -> None:
    plan = world.plan()
    stage = plan.stages[0]
    for gate in (Gate(None, "ProdUS"), Gate(stage.gate.approve, "")):
        found = say(world, replace(plan, stages=(replace(stage, gate=gate),)))

        assert found.exit is Exit.DONE
    assert world.sent("PutApprovalResult") == 0
