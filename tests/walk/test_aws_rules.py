"""AWS-RULES 1 to 14, and 31, as the walk keeps them; each test names its rule.

How often a client asks (rules 1 and 2, on the wire) is tested in tests/aws/test_clients.py.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.aws.perform import Performer
from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
from mcm.core.endpoint import Expected
from mcm.core.errors import Exit
from mcm.core.history.instruction import AnswerApproval, OpenTransition, Result, RollBackStage
from mcm.core.plans.plan import Plan
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import PIPELINE, World

MINUTE = timedelta(minutes=1)
ALICE = user_key("alice")


def breach(world: World) -> None:
    world.when("bake_started", world.scenario.raise_errors)


def edit_pipeline(world: World) -> None:
    port = world.port("console")
    found = port.call("codepipeline", "GetPipeline", {"name": PIPELINE.name})["pipeline"]
    port.call("codepipeline", "UpdatePipeline", {"pipeline": found})


class Failing:
    """A port on which one operation always fails in one way, and that counts the tries."""

    def __init__(self, port: Port, operation: str, error: AwsError) -> None:
        self.port, self.operation, self.error, self.tries = port, operation, error, 0

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if operation == self.operation:
            self.tries += 1
            raise self.error
        return self.port.call(service, operation, params)


@pytest.mark.parametrize("kind", list(ErrorKind), ids=str)
def test_rule_1_a_write_is_tried_once_whatever_comes_back(kind: ErrorKind) -> None:
    world = World()
    plan = world.ready()
    port = Failing(world.port("alice"), "EnableStageTransition", AwsError(kind, "Code", "no"))
    performer = Performer(lambda _place: port, world.clock.now)

    outcome = performer.perform(OpenTransition(PIPELINE, "ProdUS", plan.execution, 4))

    assert port.tries == 1
    assert outcome.result is not Result.DONE
    assert (outcome.result is Result.IN_DOUBT) == (kind is ErrorKind.LOST)


@pytest.mark.parametrize("operation", ["EnableStageTransition", "RollbackStage"])
def test_rule_2_a_lost_reply_leads_to_one_accepted_write(operation: str) -> None:
    world = World()
    plan = world.ready()
    breach(world)
    world.engine.faults.add(
        Fault(Effect.TIMEOUT_AFTER, operation=operation, access_key_id=ALICE, times=1)
    )
    opened = world.sent("EnableStageTransition")

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert world.sent("EnableStageTransition") == opened + 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", ErrorKind.DENIED),
        ("ValidationException", ErrorKind.INVALID),
        ("PipelineExecutionOutdatedException", ErrorKind.REFUSED),
        ("PipelineExecutionNotFoundException", ErrorKind.NOT_FOUND),
    ],
)
def test_rule_3_what_aws_refuses_for_good_is_not_tried_again(code: str, kind: ErrorKind) -> None:
    world = World()
    ports: list[Failing] = []

    def failing(port: Port) -> Port:
        ports.append(Failing(port, "RollbackStage", AwsError(kind, code, "no")))
        return ports[-1]

    world.wrap = failing
    ending = world.roll_back()

    assert ending.exit is Exit.NEEDS_PERSON
    assert sum(port.tries for port in ports) == 1


@pytest.mark.parametrize("effect", [Effect.CONFLICT, Effect.THROTTLE])
def test_rule_3_a_busy_pipeline_is_tried_again_after_a_pause(effect: Effect) -> None:
    """Fault scenario 2: ConflictException four times, then accepted."""
    world = World()
    world.engine.faults.add(Fault(effect, operation="RollbackStage", access_key_id=ALICE, times=4))
    started = world.clock.now()

    assert world.roll_back().exit is Exit.DONE
    assert world.sent("RollbackStage") == 1
    assert world.clock.now() - started > timedelta(seconds=10)


def test_rule_4_each_write_has_its_intent_before_and_its_outcome_after() -> None:
    world = World()
    plan = world.ready()
    breach(world)
    noted: list[tuple[str, str]] = []

    def before(_service: str, operation: str, _params: Params) -> None:
        if not operation.startswith(("Get", "List", "Describe")):
            noted.append((operation, world.kinds()[-1]))

    world.before = before
    world.deploy(plan)

    assert [kind for _, kind in noted] == ["intent"] * len(noted)
    assert len(noted) == world.kinds().count("intent") == world.kinds().count("outcome")


def test_rule_5_a_rollback_that_never_arrives_is_sent_three_times_at_most() -> None:
    """Each is settled as not happened first: see tests/core/history/test_settle.py."""
    world = World()
    world.engine.faults.add(
        Fault(Effect.TIMEOUT_BEFORE, operation="RollbackStage", access_key_id=ALICE)
    )

    ending = world.roll_back()
    kinds = world.kinds("ROLLBACK-prod-us")

    assert ending.exit is Exit.NEEDS_PERSON
    assert kinds.count("intent") == 3
    assert kinds.count("settled") == 3


def test_rule_6_a_target_other_than_the_planned_one_voids_the_plan() -> None:
    world = World()
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], rollback_target="elsewhere"),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "rollback-target")
    assert world.sent("EnableStageTransition") == 0


def test_rule_7_a_pipeline_edited_before_the_promotion_voids_the_plan() -> None:
    world = World()
    plan = world.ready()
    edit_pipeline(world)

    ending = world.deploy(plan)

    assert ending.exit in (Exit.REFUSED, Exit.FAILED)
    assert world.sent("EnableStageTransition") == 0


def test_rule_7_a_pipeline_edited_in_the_bake_is_watched_to_the_end() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: edit_pipeline(world), after=60)

    assert world.deploy(plan).exit is Exit.DONE


def test_rule_7_a_breach_after_the_edit_needs_a_person() -> None:
    """Fault scenario 3: nothing is left to go back to, and the new code is live."""
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: edit_pipeline(world), after=30)
    breach(world)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "rollback-target")
    assert "person_needed" in world.kinds()
    assert world.sent("RollbackStage") == 0


def test_rule_8_the_order_of_a_rollback() -> None:
    world = World(update_takes=20 * MINUTE)
    plan = world.ready()
    world.engine.faults.add(
        Fault(Effect.CONFLICT, operation="DisableStageTransition", access_key_id=ALICE, times=3)
    )
    world.when("intent", world.scenario.raise_errors)
    before = len(world.engine.log.accepted())
    stages = replace(plan.stages[0], abandon=True)
    plan = replace(plan, stages=(stages,))
    world.people.statements.clear()
    world.approve(plan, answer=False)

    ending = world.deploy(plan)
    writes = [write.operation for write in world.engine.log.accepted()[before:]]

    assert ending.exit is Exit.ROLLED_BACK
    assert writes[-3:] == ["StopPipelineExecution", "StopPipelineExecution", "RollbackStage"]
    assert not world.stage_state()["inboundTransitionState"]["enabled"]


def test_rule_9_a_rollback_by_others_is_adopted() -> None:
    """Fault scenario 12: it begins seconds before ours; tests/walk/test_others.py has more."""
    world = World()
    plan = world.ready()
    breach(world)
    target = plan.stages[0].rollback_target

    def first() -> None:
        world.console("RollbackStage", stageName="ProdUS", targetPipelineExecutionId=target)

    sent: list[str] = []

    def before(_service: str, operation: str, _params: Params) -> None:
        if world.kinds() and world.kinds()[-1] == "breach" and not sent:
            sent.append(operation)
            first()

    world.before = before

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


def test_rule_9_a_rollback_that_began_before_our_write_is_not_doubled() -> None:
    """Between the last look and the write: AWS refuses ours, and theirs is followed."""
    world = World()
    target = world.executions()[1]
    theirs: list[str] = []

    def before(_service: str, operation: str, _params: Params) -> None:
        if operation == "RollbackStage" and not theirs:
            reply = world.console(
                "RollbackStage", stageName="ProdUS", targetPipelineExecutionId=target
            )
            theirs.append(reply["pipelineExecutionId"])
            world.clock.pass_time(timedelta(seconds=5))

    world.before = before
    ending = world.roll_back()

    assert ending.exit is Exit.DONE
    assert world.sent("RollbackStage") == 1
    assert world.stage_state()["latestExecution"]["pipelineExecutionId"] == theirs[0]


def test_rule_10_a_retry_is_running_again_and_no_recovery() -> None:
    world = World()
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = 1
    plan = world.ready()

    failed = world.deploy(plan)
    world.console(
        "RetryStageExecution",
        stageName="ProdUS",
        pipelineExecutionId=plan.execution,
        retryMode="FAILED_ACTIONS",
    )
    ending = world.roll_back(abandon=True)

    assert failed.exit is Exit.FAILED
    assert ending.exit is Exit.DONE
    assert world.sent("StopPipelineExecution") >= 1
    assert world.sent("RollbackStage") == 1


def test_rule_12_nothing_opens_for_another_execution_or_version() -> None:
    """What the walk does then (rule 11 too) is in tests/walk/test_others.py."""
    world = World()
    plan = world.ready()
    performer = Performer(world.connect, world.clock.now)

    other = performer.perform(OpenTransition(PIPELINE, "ProdUS", "another", 4))
    stale = performer.perform(OpenTransition(PIPELINE, "ProdUS", plan.execution, 3))

    assert other.result is stale.result is Result.NOT_SENT


def test_rule_12_no_rollback_of_another_execution_than_was_looked_at() -> None:
    world = World()
    newest, older = world.executions()[:2]

    outcome = Performer(world.connect, world.clock.now).perform(
        RollBackStage(PIPELINE, "ProdUS", older, "another")
    )

    assert outcome.result is Result.NOT_SENT
    assert world.executions()[0] == newest
    assert world.sent("RollbackStage") == 0


def test_rule_13_the_token_is_used_and_kept_nowhere() -> None:
    world = World()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    plan = world.plan()
    state = world.stage_state("ApproveUS")
    token = state["actionStates"][0]["latestExecution"]["token"]
    answer = AnswerApproval(PIPELINE, "ApproveUS", "Approve", plan.execution, 4, "signed")

    outcome = Performer(world.connect, world.clock.now).perform(answer)
    written = world.engine.log.accepted("PutApprovalResult")[-1]

    assert outcome.result is Result.DONE
    assert written.params["token"] == token
    assert token not in str(outcome)
    assert token not in str(answer)


def test_rule_13_an_answer_is_for_the_expected_execution_only() -> None:
    world = World()
    answer = AnswerApproval(PIPELINE, "ApproveUS", "Approve", "another", 4, "signed")

    outcome = Performer(world.connect, world.clock.now).perform(answer)

    assert outcome.result is Result.NOT_SENT
    assert world.sent("PutApprovalResult") == 0


def test_rule_14_an_answer_by_others_in_between_is_refused_and_looked_at_again() -> None:
    """Rejected at the console between the look and the write: nothing is promoted."""
    world = World()
    plan = world.plan()
    answer = AnswerApproval(PIPELINE, "ApproveUS", "Approve", plan.execution, 4, "signed")

    def before(_service: str, operation: str, params: Params) -> None:
        if operation == "PutApprovalResult":
            result = {"status": "Rejected", "summary": "not today"}
            world.port("carol").call("codepipeline", operation, {**params, "result": result})

    world.before = before
    outcome = Performer(world.connect, world.clock.now).perform(answer)

    assert outcome.result is Result.REFUSED
    assert outcome.code in ("ApprovalAlreadyCompletedException", "InvalidApprovalTokenException")


def with_a_strange_shadow(world: World) -> Plan:
    """Return an approved plan whose shadow will not be the one that it expects."""
    plan = world.plan()
    expected = (Expected("photo-check-us", "candidate", "photo-check-v8"),)
    plan = replace(plan, stages=(replace(plan.stages[0], expect=expected),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    return plan


def breaches(world: World) -> list[tuple[str, str]]:
    """Return each breach of the walk with what is done about it."""
    return [(e.body["check"], e.body["action"]) for e in world.entries() if e.kind == "breach"]


def test_rule_31_a_shadow_alone_stops_the_promotion_and_takes_nothing_back() -> None:
    world = World()

    ending = world.deploy(with_a_strange_shadow(world))

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "check")
    assert breaches(world) == [("sagemaker-endpoint shadow", "hold")]
    assert world.sent("RollbackStage") == 0


def test_rule_31_live_trouble_behind_a_strange_shadow_still_rolls_back() -> None:
    """While a person is waited for, and by the next run of the command as well."""
    for patience in (60 * MINUTE, 0 * MINUTE):
        world = World()
        plan = with_a_strange_shadow(world)
        world.when("breach", world.scenario.raise_errors, 60)

        ending = world.deploy(plan, patience=patience)
        if not patience:
            world.clock.pass_time(10 * MINUTE)
            ending = world.deploy(plan)

        assert ending.exit is Exit.ROLLED_BACK
        found = [("sagemaker-endpoint shadow", "hold"), ("alarms", "roll_back")]
        assert breaches(world) == found
        assert world.sent("RollbackStage") == 1
