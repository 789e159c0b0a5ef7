"""The approver's answer to the pipeline: for the pinned execution, once, or not at all."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mcm.app.answering import Answered, Signed, answer, check_caller
from mcm.app.observing import Observer
from mcm.app.planning import PATIENCE
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.aws.port import AwsError, ErrorKind, Params, Port
from mcm.core.errors import Exit, RefusedError
from mcm.core.plans.plan import Gate, Plan
from mcm.core.query import IdentityQuery, Place
from mcm.core.trust.principal import parse
from mcm.sandbox.identity import ACCOUNT, user_key
from tests.kit.world import US, Counted, World

DIGEST = "d" * 64


@pytest.fixture
def world() -> World:
    return World()


def user(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


NAMED = {parse(user(name)): name for name in ("alice", "bob", "carol")}
BOB = Signed("bob", DIGEST, frozenset({"bob"}), NAMED)


def observer(world: World, person: str) -> Observer:
    return Observer([AwsSource(connection(world, person), world.clock.now)], world.clock)


def connection(world: World, person: str) -> Callable[[Place], Port]:
    def connect(place: Place) -> Port:
        return Counted(world.port(person, place.region), world.before)

    return connect


def nobody_knows_who(service: str, operation: str, params: Params) -> None:
    del service, params
    if operation == "GetCallerIdentity":
        raise AwsError(ErrorKind.LOST, "ReadTimeoutError", "no reply")


def say(world: World, plan: Plan, person: str = "bob", signed: Signed = BOB) -> Answered:
    return answer(
        plan,
        plan.stages[0],
        signed,
        observer(world, person),
        Performer(connection(world, person)),
        world.journal,
        world.clock,
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
    again = say(world, plan, "carol", Signed("carol", DIGEST, frozenset({"bob", "carol"}), NAMED))

    assert again.exit is Exit.DONE
    assert again.text.endswith(":user/bob")
    assert world.sent("PutApprovalResult") == 1


def test_an_approval_of_another_execution_is_left_alone(world: World) -> None:
    """What waits there is not what was signed: nothing is sent."""
    plan = replace(world.plan(), execution=world.plan().stages[0].rollback_target)
    before = world.sent("PutApprovalResult")
    found = say(world, plan)

    assert found.exit is Exit.REFUSED  # that one was answered in its own time, by others
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


@pytest.mark.parametrize("person", ["alice", "console"])
def test_anothers_credentials_answer_nothing(world: World, person: str) -> None:
    """AWS takes one answer: one that cannot count would leave the execution dead."""
    plan = world.plan()
    found = say(world, plan, person)

    assert found.exit is Exit.REFUSED
    assert user(person) in found.text
    assert "[E_NOT_THE_SIGNER]" in found.text
    assert f"`mcm approve {plan.change} --stage prod-us --profile NAME`" in found.hint
    assert world.sent("PutApprovalResult") == 0
    assert world.entries() == []


def test_threat_06_a_session_that_anybody_may_name_signs_and_answers_nothing(
    world: World,
) -> None:
    """Named as the signer, but by whoever opened it."""
    plan = world.plan()
    role = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/deployer", "RoleSessionName": "bob"}
    key = world.port("alice").call("sts", "AssumeRole", role)["Credentials"]["AccessKeyId"]
    seen = Observer(
        [AwsSource(lambda place: world.engine.port(key, place.region), world.clock.now)],
        world.clock,
    )

    with pytest.raises(RefusedError, match="nothing signed") as caught:
        check_caller(plan, plan.stages[0], BOB, seen)
    assert caught.value.code == "E_SESSION_UNTRUSTED"


def test_credentials_that_cannot_be_known_answer_nothing(world: World) -> None:
    plan = world.plan()
    world.before = nobody_knows_who
    found = say(world, plan)

    assert found.exit is Exit.BLIND
    assert world.sent("PutApprovalResult") == 0


@pytest.mark.parametrize(("person", "sent"), [("console", 1), ("alice", 0)])
def test_a_signer_whom_the_trust_file_ties_to_no_caller(
    world: World, person: str, sent: int
) -> None:
    """Whoever no entry names may be the signer; who is known to be another person is not."""
    say(world, world.plan(), person, Signed("dora", DIGEST, frozenset({"dora"}), NAMED))

    assert world.sent("PutApprovalResult") == sent


def test_an_answer_by_somebody_else_says_what_to_do(world: World) -> None:
    """It counts for nobody and AWS takes no other: only a new execution helps."""
    plan = world.plan()
    world.answer_approval("alice")
    found = say(world, plan)

    assert found.exit is Exit.REFUSED
    assert f"answered by {user('alice')}, who is not who signed for it" in found.text
    assert found.hint == f"Next: release the change again, then `mcm plan {plan.change}`."


def test_the_wrong_credentials_are_found_before_anything_is_signed(world: World) -> None:
    plan = world.plan()
    check_caller(plan, plan.stages[0], BOB, observer(world, "bob"))

    with pytest.raises(RefusedError, match=r"nothing signed: .*of alice") as caught:
        check_caller(plan, plan.stages[0], BOB, observer(world, "alice"))
    assert caught.value.code == "E_NOT_THE_SIGNER"


def test_an_answer_by_somebody_else_is_found_before_anything_is_signed(world: World) -> None:
    plan = world.plan()
    world.answer_approval("alice")

    with pytest.raises(RefusedError, match=r"nothing signed: .*answered by .*alice") as caught:
        check_caller(plan, plan.stages[0], BOB, observer(world, "bob"))
    assert caught.value.hint == f"Next: release the change again, then `mcm plan {plan.change}`."


def test_an_answer_by_an_approver_lets_the_next_one_sign(world: World) -> None:
    plan = world.plan()
    world.answer_approval("bob")

    check_caller(plan, plan.stages[0], BOB, observer(world, "bob"))
    assert world.sent("PutApprovalResult") == 1


def test_signing_needs_no_aws(world: World) -> None:
    """Credentials that nobody can look up hinder the answer, not the signature."""
    plan = world.plan()
    world.before = nobody_knows_who
    asked = observer(world, "alice")

    check_caller(plan, plan.stages[0], BOB, asked)
    assert asked.observe([IdentityQuery(US)], PATIENCE).why_unknown(IdentityQuery(US))


def test_gates_without_an_approval_of_the_approvers_need_no_answer(world: World) -> None:
    plan = world.plan()
    stage = plan.stages[0]
    for gate in (Gate(None, "ProdUS"), Gate(stage.gate.approve, "")):
        found = say(world, replace(plan, stages=(replace(stage, gate=gate),)))

        assert found.exit is Exit.DONE
    assert world.sent("PutApprovalResult") == 0
