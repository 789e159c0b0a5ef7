"""Fault scenarios up to the promotion: no way back, others' executions, and who may say yes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.app.answering import Answered, Signed, answer, check_caller
from mcm.app.deploying import who_are_we
from mcm.app.planning import NoPlanError, plan_change
from mcm.core.endpoint import Expected
from mcm.core.errors import Exit, RefusedError
from mcm.core.plans.plan import Exemption, Plan
from mcm.core.trust.principal import parse
from mcm.trust.identity import person_of
from mcm.trust.persons import TrustFile
from tests.faults.conftest import Worlds
from tests.kit.clock import VirtualClock
from tests.kit.files import Shelf, make_files
from tests.kit.wire import WiredWorld, told
from tests.kit.world import PIPELINE

MINUTE = timedelta(minutes=1)
IAM = "arn:aws:iam::111111111111:"
STS = "arn:aws:sts::111111111111:"
ROLE = f"{IAM}role/deployer"
AHEAD = datetime(2099, 3, 18, 9, 30, tzinfo=UTC)
"""botocore compares the end of a role's session with the real time."""


def first_deployment(world: WiredWorld) -> Plan:
    """Let the pipeline be new in this version: nothing has succeeded in ProdUS yet."""
    world.edit_pipeline()
    world.answer_approval()
    world.scenario.release()
    world.clock.pass_time(10 * MINUTE)
    return world.plan()


def test_scenario_04_the_first_deployment_has_no_way_back(world: WiredWorld) -> None:
    """Known when the plan is made, and the gate is closed from the start."""
    first_deployment(world)
    planned = plan_change(make_files(world), world.runner().observer, Shelf(), world.journal)
    plan = planned.plan
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)

    ending = world.deploy(plan)

    assert plan.stages[0].rollback_target == ""
    assert "no execution to go back to" in planned.proofs[0].why_not
    assert (ending.exit, ending.gate) == (Exit.HELD, "rollback-target")
    assert "no earlier execution succeeded in ProdUS" in ending.reason
    assert "`mcm plan CM-0001`" in told(ending)
    assert world.posts("EnableStageTransition") == 0


def test_scenario_04_a_signed_exception_knows_what_a_breach_would_mean(world: WiredWorld) -> None:
    """It opens the gate; a breach then calls a person at once and sends no rollback."""
    plan = first_deployment(world)
    until = world.clock.now() + timedelta(days=1)
    exception = Exemption("rollback-target", "first deployment", until)
    shadow = (Expected("photo-check-us", "candidate", "photo-check-v8"),)
    stage = replace(plan.stages[0], rollback_target="", expect=shadow)
    plan = replace(plan, stages=(stage,), exceptions=(exception,))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    world.when("bake_started", world.scenario.raise_errors)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "rollback-target")
    assert world.bodies("person_needed")
    assert world.posts("RollbackStage") == 0


def parallel(declaration: dict[str, Any]) -> None:
    declaration["executionMode"] = "PARALLEL"


def test_scenario_05_a_parallel_pipeline_gets_no_plan(world: WiredWorld) -> None:
    world.reshape(parallel)

    with pytest.raises(NoPlanError) as caught:
        plan_change(make_files(world), world.runner().observer, Shelf(), world.journal)

    assert any("is in mode PARALLEL" in line for line in caught.value.details)
    assert "`mcm plan`" in (caught.value.hint or "")
    assert world.entries() == []


def test_scenario_05_an_empty_state_is_not_read_as_idle(world: WiredWorld) -> None:
    """PARALLEL shows no execution in any stage: neither way takes that for free."""
    plan = world.ready()
    world.reshape(parallel)

    def hide(reply: dict[str, Any]) -> None:
        for stage in reply["stageStates"]:
            for name in ("latestExecution", "inboundExecution", "inboundExecutions"):
                stage.pop(name, None)

    world.wire.bend("GetPipelineState", hide)
    forward = world.deploy(plan)
    back = world.roll_back()

    assert forward.exit in (Exit.HELD, Exit.REFUSED)
    assert forward.gate in ("predecessor", "execution", "rollback-target")
    assert (back.exit, back.gate) == (Exit.NEEDS_PERSON, "rollback-target")
    assert "PARALLEL" in back.reason
    assert world.posts("EnableStageTransition") == world.posts("RollbackStage") == 0


def test_scenario_06_a_newer_commit_supersedes_ours_before_the_window(
    make_world: Worlds,
) -> None:
    """The walk waits for the night; at dusk a colleague's commit takes the place of ours."""
    dusk = VirtualClock(datetime(2026, 3, 18, 13, 0, tzinfo=UTC))
    world = make_world(clock=dusk, poll=30 * MINUTE)
    plan = world.ready()
    newer: list[str] = []

    def commit() -> None:
        world.scenario.walk_through(["ApproveUS"])
        newer.append(world.scenario.release())

    world.clock.at(world.clock.now() + timedelta(hours=2), commit)
    ending = world.deploy(plan, patience=timedelta(hours=30))
    world.clock.pass_time(timedelta(days=1))

    assert ending.exit is Exit.FAILED
    assert "the pinned execution is Superseded" in ending.reason
    assert "release the change again, then `mcm plan CM-0001`" in told(ending)
    assert world.posts("EnableStageTransition") == 0
    assert newer[0] not in world.executions()
    assert "intent" not in world.kinds()


def test_scenario_07_an_approval_times_out_over_a_weekend(make_world: Worlds) -> None:
    """Nobody answered: that is what is said on Monday, and it is no breach."""
    world = make_world(clock=VirtualClock(datetime(2026, 3, 20, 17, 0, tzinfo=UTC)))

    def two_days(declaration: dict[str, Any]) -> None:
        stage = next(s for s in declaration["stages"] if s["name"] == "ApproveUS")
        stage["actions"][0]["timeoutInMinutes"] = 2 * 24 * 60

    world.reshape(two_days)
    world.answer_approval("carol")  # of the execution that waits since before that
    newest = world.scenario.release()
    world.clock.pass_time(10 * MINUTE)
    plan = world.plan(newest)
    world.request(plan)

    friday = world.deploy(plan)
    world.clock.pass_time(timedelta(days=2, hours=16))
    monday = world.deploy(plan)

    assert friday.exit is Exit.HELD
    assert (monday.exit, monday.gate) == (Exit.FAILED, "execution")
    assert "ApproveUS/Approve was not answered in time" in monday.reason
    assert "release the change again, then `mcm plan CM-0001`" in told(monday)
    assert "breach" not in world.kinds()
    assert world.posts("EnableStageTransition") == world.posts("RollbackStage") == 0


def test_scenario_07_a_rejected_approval_is_told_apart(world: WiredWorld) -> None:
    """The same Failed, but a person said no: who and why."""
    plan = world.plan()
    world.request(plan)
    world.sign(plan)
    action = world.stage_state("ApproveUS")["actionStates"][0]
    world.port("carol").call(
        "codepipeline",
        "PutApprovalResult",
        {
            "pipelineName": PIPELINE.name,
            "stageName": "ApproveUS",
            "actionName": "Approve",
            "token": action["latestExecution"]["token"],
            "result": {"status": "Rejected", "summary": "not on a Friday"},
        },
    )
    world.clock.pass_time(MINUTE)

    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "rejected by" in ending.reason
    assert "user/carol" in ending.reason
    assert "not on a Friday" in ending.reason


BOB = parse(f"{IAM}user/bob")
SIGNED = Signed("bob", "0" * 64, frozenset({"bob"}), {BOB: "bob"})


def say(world: WiredWorld, plan: Plan, signed: Signed = SIGNED) -> Answered:
    """Answer the pipeline's approval as `mcm approve` does."""
    runner = world.runner()
    return answer(
        plan, plan.stages[0], signed, runner.observer, runner.performer, world.journal, world.clock
    )


def reject_and_retry(world: WiredWorld, execution: str) -> None:
    """Somebody rejects at the console and lets the stage try again: another token."""
    action = world.stage_state("ApproveUS")["actionStates"][0]
    world.console(
        "PutApprovalResult",
        stageName="ApproveUS",
        actionName="Approve",
        token=action["latestExecution"]["token"],
        result={"status": "Rejected", "summary": "wait"},
    )
    world.console(
        "RetryStageExecution",
        stageName="ApproveUS",
        pipelineExecutionId=execution,
        retryMode="FAILED_ACTIONS",
    )


def test_scenario_08_the_token_changes_between_question_and_answer(world: WiredWorld) -> None:
    """AWS refuses the old token; asked again, mcm reads the new one."""
    plan = world.plan()
    world.operator = "bob"
    meddled: list[str] = []

    def meddle(_service: str, operation: str, params: dict[str, Any]) -> None:
        if operation == "PutApprovalResult" and not meddled:
            meddled.append(params["token"])
            reject_and_retry(world, plan.execution)

    world.before = meddle
    first = say(world, plan)
    again = say(world, plan)

    assert first.exit is Exit.REFUSED
    assert "ApprovalAlreadyCompleted" in first.text or "InvalidApprovalToken" in first.text
    assert "`mcm approve CM-0001 --stage prod-us`" in first.hint
    assert again.exit is Exit.DONE
    assert meddled[0] not in f"{first}{again}{world.lines()}"
    answers = [e.params["result"]["status"] for e in world.engine.log.accepted("PutApprovalResult")]
    assert answers == ["Rejected", "Approved"]


def test_scenario_08_another_execution_waits_at_the_approval(world: WiredWorld) -> None:
    """The answer was for the pinned one: nothing is sent, and who waits there is shown."""
    plan = world.plan()
    world.operator = "bob"
    newer: list[str] = []

    def overtake(_service: str, operation: str, _params: object) -> None:
        if operation == "GetCallerIdentity" and not newer:
            action = world.stage_state("ApproveUS")["actionStates"][0]
            world.console(
                "PutApprovalResult",
                stageName="ApproveUS",
                actionName="Approve",
                token=action["latestExecution"]["token"],
                result={"status": "Rejected", "summary": "wait"},
            )
            newer.append(world.scenario.release())
            world.clock.pass_time(10 * MINUTE)

    world.before = overtake
    found = say(world, plan)

    assert found.exit is not Exit.DONE
    assert newer[0] in f"{found.text} {found.hint}"
    assert world.posts("PutApprovalResult") == 1


def trust() -> TrustFile:
    """alice has a user and a role of her own; bob has a user."""
    second = {"arn": f"{STS}assumed-role/deployer/alice", "session_name": "enforced"}
    persons = [
        {"id": "alice", "aws": [f"{IAM}user/alice", second]},
        {"id": "bob", "aws": [f"{IAM}user/bob"]},
    ]
    return TrustFile.from_value({"version": 1, "persons": persons}, sandbox=True)


def in_second_role(world: WiredWorld) -> None:
    """Let mcm call as alice in her second role."""
    world.wrap = lambda _port: world.wire.port("alice", "us-east-1", ROLE)


def test_scenario_09_the_requester_comes_back_in_a_second_role(make_world: Worlds) -> None:
    """One human under two ARNs counts once: her approval is refused."""
    world = make_world(clock=VirtualClock(AHEAD))
    plan = world.plan()
    in_second_role(world)
    arn = who_are_we(plan, world.runner().observer)
    again = person_of(trust(), arn).id
    world.approve(plan, again, answer=False)
    world.answer_approval("alice")
    world.clock.pass_time(2 * MINUTE)
    world.wrap = lambda port: port

    ending = world.deploy(plan)

    assert arn.endswith("assumed-role/deployer/alice")
    assert (ending.exit, ending.gate) == (Exit.REFUSED, "approval")
    assert "alice" in ending.reason
    assert "second person" in told(ending)
    assert world.posts("EnableStageTransition") == 0


def test_scenario_09_her_second_role_answers_for_nobody_else(make_world: Worlds) -> None:
    """bob's key in her hands: the AWS credentials say whose they are, before anything is sent."""
    world = make_world(clock=VirtualClock(AHEAD))
    plan = world.plan()
    in_second_role(world)
    holders = {c.principal: person.id for person in trust().persons for c in person.aws}
    signed = Signed("bob", "0" * 64, frozenset({"bob"}), holders)

    found = say(world, plan, signed)

    assert found.exit is Exit.REFUSED
    assert "the AWS credentials are of alice" in found.text
    assert world.posts("PutApprovalResult") == 0


NOBODIES = {
    "a program's session": f"{STS}assumed-role/deployer/botocore-session-1700000000",
    "root": f"{IAM}root",
}


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("arn", NOBODIES.values(), ids=list(NOBODIES))
def test_scenario_10_whoever_can_be_nobody_answers_nothing(
    world: WiredWorld, arn: str, tied: bool
) -> None:
    """Whether or not the trust file ties bob to a caller; and it says how to call as a person."""
    plan = world.plan()
    world.wire.say_arn(arn)
    signed = SIGNED if tied else Signed("bob", "0" * 64, frozenset({"bob"}))

    found = say(world, plan, signed)
    with pytest.raises(RefusedError) as caught:
        check_caller(plan, plan.stages[0], signed, world.runner().observer)

    assert found.exit is Exit.REFUSED
    assert arn in found.text
    assert "--profile NAME" in found.hint
    assert "--profile NAME" in (caught.value.hint or "")
    assert world.posts("PutApprovalResult") == 0


@pytest.mark.parametrize("arn", NOBODIES.values(), ids=list(NOBODIES))
def test_scenario_10_an_answer_by_nobody_opens_no_gate(world: WiredWorld, arn: str) -> None:
    """bob signed, but root (or a program) answered in the pipeline: that is no second human."""
    plan = world.ready()

    def answered_by(reply: dict[str, Any]) -> None:
        for item in reply["actionExecutionDetails"]:
            if item["stageName"] == "ApproveUS":
                item["updatedBy"] = arn

    world.wire.bend("ListActionExecutions", answered_by)
    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "answer")
    assert arn in ending.reason
    assert world.posts("EnableStageTransition") == 0
