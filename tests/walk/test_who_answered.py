"""AWS-RULES 14: who answered the pipeline's approval must be who signed for it."""

from dataclasses import replace
from datetime import timedelta

from mcm.core.errors import Exit
from mcm.core.trust.principal import find
from mcm.sandbox.identity import user_key
from tests.kit.world import World


def _signed_by_bob(world: World, arn: str) -> None:
    """Say that the trust file ties bob to the AWS caller `arn`."""
    caller = find(arn)
    assert caller is not None
    world.people.statements = [
        replace(each, principals=frozenset({caller})) if each.person == "bob" else each
        for each in world.people.statements
    ]


def test_another_persons_answer_stops_the_promotion() -> None:
    """Bob signed, but somebody at the console answered in his place."""
    world = World()
    plan = world.plan()
    world.approve(plan, answer=False)
    world.answer_approval("console")
    world.clock.pass_time(timedelta(minutes=2))
    _signed_by_bob(world, "arn:aws:iam::111111111111:user/bob")

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "answer")
    assert ending.reason.endswith("who is not who signed for it [E_NOT_THE_SIGNER]")
    assert world.sent("EnableStageTransition") == 0


def test_the_approvers_own_answer_opens_the_gate() -> None:
    """Bob signed and answered with his own credentials."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))
    _signed_by_bob(world, "arn:aws:iam::111111111111:user/bob")

    assert world.deploy(plan).exit is Exit.DONE


def test_an_answer_that_no_trust_entry_ties_to_a_person_is_shown() -> None:
    """Without an entry the signature alone is the proof, and the evidence says so."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))

    assert world.deploy(plan).exit is Exit.DONE
    evidence = next(entry for entry in world.listener.entries if entry.kind == "gates_open")
    reasons = {gate["gate"]: gate["reason"] for gate in evidence.body["gates"]}
    assert "no trust entry names" in reasons["answer"]


def test_an_answer_that_cannot_be_read_is_no_answer() -> None:
    """Unknown is closed, and says that it is unknown, not that nobody answered."""
    world = World()
    plan = world.ready()
    world.engine.identities.deny(user_key("alice"), "ListActionExecutions")

    ending = world.deploy(plan)

    assert ending.exit is not Exit.DONE
    assert world.sent("EnableStageTransition") == 0
    closed = {gate.name: gate.reason for gate in world.listener.turns[-1].gates if not gate.open}
    assert "cannot be read" in closed["answer"]
