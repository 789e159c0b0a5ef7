"""What people say beside a walk: hold, resume, abort, retry, and the veto of a rollback."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app import halting
from mcm.app.notebook import head_seen, note
from mcm.core.errors import Exit
from mcm.core.history.fold import fold
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState
from mcm.core.plans.plan import Plan
from mcm.core.query import InboxQuery, Query
from mcm.core.reading import Blindness, Reading, Unknown
from mcm.core.trust.statement import JournalHead, Verified
from mcm.sandbox.faults import Effect, Fault
from tests.kit.world import STAGE, World

MINUTE = timedelta(minutes=1)


def say(world: World, kind: str, stage: str = STAGE, **more: str) -> None:
    body = {"stage": stage, "by": "bob", "reason": "an auditor called", **more}
    note(world.journal, "CM-0001", Draft(kind, body, world.clock.now()))


def stage_of(world: World) -> StageState:
    return fold(world.entries()).stage(STAGE)


def with_veto(world: World, span: timedelta = MINUTE) -> Plan:
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], veto=span),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    return plan


def veto(world: World, plan: Plan, *, seen: JournalHead | None = None, **more: object) -> Verified:
    """Let bob sign a veto of what he sees in the journal now."""
    return world.say(
        plan,
        "veto",
        "bob",
        stage=STAGE,
        approver="bob",
        decision="veto",
        reason="a false alarm",
        journal=seen or head_seen(world.journal, plan.change),
        **more,
    )


# Hold and resume


@pytest.mark.parametrize("held", [STAGE, ""])
def test_a_held_stage_is_not_promoted(held: str) -> None:
    """A hold of the stage, or of the whole change, closes the gate `person`."""
    world = World()
    plan = world.ready()
    say(world, "held", held)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "person")
    assert "bob" in ending.reason
    assert "an auditor called" in ending.reason
    assert world.sent("EnableStageTransition") == 0


def test_a_hold_of_another_stage_closes_nothing_here() -> None:
    world = World()
    plan = world.ready()
    say(world, "held", "prod-eu")

    assert world.deploy(plan).exit is Exit.DONE


def test_a_hold_that_comes_while_the_walk_waits_is_met_and_resumed() -> None:
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    world.clock.pass_time(2 * MINUTE)
    world.clock.at(world.clock.now() + 2 * MINUTE, lambda: say(world, "held"))
    world.clock.at(world.clock.now() + 3 * MINUTE, lambda: world.sign(plan) and None)
    world.clock.at(world.clock.now() + 20 * MINUTE, lambda: say(world, "resumed"))
    began = world.clock.now()

    ending = world.deploy(plan, patience=timedelta(hours=1))

    sent = next(e.at for e in world.entries() if e.kind == "intent")
    assert ending.exit is Exit.DONE
    assert sent - began >= 20 * MINUTE


def test_resuming_a_stage_leaves_the_hold_of_the_change() -> None:
    world = World()
    plan = world.ready()
    say(world, "held", "")
    say(world, "held")
    say(world, "resumed")

    assert world.deploy(plan).gate == "person"

    say(world, "resumed", "")
    assert world.deploy(plan).exit is Exit.DONE


def test_a_hold_in_the_bake_ends_no_bake_and_blocks_no_rollback() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: say(world, "held", ""), 30)
    world.when("bake_started", world.scenario.raise_errors, 60)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK


# Abort


def test_an_abort_before_the_promotion_ends_the_stage() -> None:
    world = World()
    plan = world.ready()
    say(world, "abort_asked", plan=plan.digest)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ABORTED
    assert "an auditor called" in ending.reason
    assert world.sent("EnableStageTransition") == 0
    assert world.deploy(plan).exit is Exit.ABORTED


def test_an_abort_needs_no_aws() -> None:
    """Who gives up is not made to wait for a pipeline that cannot be read."""
    world = World()
    plan = world.ready()
    say(world, "abort_asked", plan=plan.digest)
    world.people.answers = lambda query: False  # type: ignore[method-assign]

    assert world.deploy(plan).exit is Exit.ABORTED


@pytest.mark.parametrize("moment", ["intent", "entered", "bake_started"])
def test_an_abort_after_the_promotion_closes_the_way_in(moment: str) -> None:
    """Whatever is under way runs on; the next execution must not walk in behind it."""
    world = World()
    plan = world.ready()
    world.when(moment, lambda: say(world, "abort_asked", plan=plan.digest), 1)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ABORTED
    assert world.stage_state()["inboundTransitionState"]["enabled"] is False
    assert world.sent("RollbackStage") == 0


def test_an_abort_of_a_promoted_stage_waits_until_its_way_in_can_be_seen() -> None:
    """Found by seed 5620: it ended blind, and the next execution could have walked in."""
    world = World()
    plan = world.ready()

    def abort_blind() -> None:
        world.engine.faults.add(Fault(Effect.EXPIRED))
        say(world, "abort_asked", plan=plan.digest)

    world.when("outcome", abort_blind, 1)
    blind = world.deploy(plan)
    assert blind.exit is Exit.BLIND
    assert "bob's abort ends it once the way into ProdUS is seen closed" in blind.reason

    world.engine.faults.clear()
    assert world.deploy(plan).exit is Exit.ABORTED
    assert world.stage_state()["inboundTransitionState"]["enabled"] is False


def test_an_abort_in_a_rollback_stops_no_rollback() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors, 60)
    world.when("rollback_started", lambda: say(world, "abort_asked", plan=plan.digest), 1)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK


def test_an_abort_ends_a_breach_that_only_holds() -> None:
    world = World()
    plan = world.plan()
    held = replace(plan.stages[0].guardrails[0], on_breach="hold")
    rest = plan.stages[0].guardrails[1:]
    plan = replace(plan, stages=(replace(plan.stages[0], guardrails=(held, *rest)),))
    world.approve(plan)
    world.clock.pass_time(2 * MINUTE)
    world.when("bake_started", world.scenario.raise_errors, 60)
    assert world.deploy(plan).exit is Exit.NEEDS_PERSON

    say(world, "abort_asked", plan=plan.digest)

    assert world.deploy(plan).exit is Exit.ABORTED


def test_an_abort_of_one_plan_is_none_of_the_next() -> None:
    """A new edition is a new question."""
    world = World()
    plan = world.ready()
    say(world, "abort_asked", plan="0" * 64)

    assert world.deploy(plan).exit is Exit.DONE


# Retry


def failed(world: World, times: int = 1) -> Plan:
    plan = world.ready()
    world.scenario.pipeline.coming_failures["ProdUS", "Deploy"] = times
    assert world.deploy(plan).exit is Exit.FAILED
    return plan


def test_a_failed_stage_is_tried_again_with_the_same_execution() -> None:
    world = World()
    plan = failed(world)
    say(world, "retry_asked")

    ending = world.deploy(plan)

    assert ending.exit is Exit.DONE
    assert world.sent("RetryStageExecution") == 1
    assert world.sent("EnableStageTransition") == 1
    assert world.stage_state()["latestExecution"]["pipelineExecutionId"] == plan.execution


def test_a_retry_reads_every_gate_again() -> None:
    world = World()
    plan = failed(world)
    say(world, "retry_asked")
    world.clock.pass_time(timedelta(hours=4))

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) in {(Exit.HELD, "window"), (Exit.REFUSED, "approval")}
    assert world.sent("RetryStageExecution") == 0


def test_a_retry_that_fails_again_is_failed_again() -> None:
    world = World()
    plan = failed(world, 2)
    say(world, "retry_asked")

    assert world.deploy(plan).exit is Exit.FAILED
    assert world.sent("RetryStageExecution") == 1


def test_a_retry_whose_reply_was_lost_is_sent_once() -> None:
    """A newer run of the stage's action, by AWS's own clock, shows that it happened."""
    world = World()
    plan = failed(world)
    say(world, "retry_asked")
    world.engine.faults.add(Fault(Effect.TIMEOUT_AFTER, operation="RetryStageExecution", times=1))

    assert world.deploy(plan).exit is Exit.DONE
    assert world.sent("RetryStageExecution") == 1


def test_a_retry_that_never_arrived_is_sent_again() -> None:
    world = World()
    plan = failed(world)
    say(world, "retry_asked")
    world.engine.faults.add(Fault(Effect.TIMEOUT_BEFORE, operation="RetryStageExecution", times=1))

    assert world.deploy(plan).exit is Exit.DONE
    assert world.sent("RetryStageExecution") == 1


def test_only_what_failed_is_tried_again() -> None:
    """After somebody retried it at the console, there is nothing to retry any more."""
    world = World()
    plan = failed(world)
    world.console(
        "RetryStageExecution",
        stageName="ProdUS",
        pipelineExecutionId=plan.execution,
        retryMode="FAILED_ACTIONS",
    )
    world.clock.pass_time(5 * MINUTE)
    say(world, "retry_asked")

    world.deploy(plan)

    assert world.sent("RetryStageExecution") == 1
    assert stage_of(world).entered_by == "others"


def test_a_breach_after_a_retry_goes_back_to_before_the_change() -> None:
    world = World()
    before = world.served()["EndpointConfigName"]
    plan = failed(world)
    say(world, "retry_asked")
    world.listener.hooks.clear()
    world.when("bake_started", world.scenario.raise_errors, 60)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.served()["EndpointConfigName"] == before


def test_asking_for_a_retry_of_what_did_not_fail_changes_nothing() -> None:
    world = World()
    plan = world.ready()
    assert world.deploy(plan).exit is Exit.DONE
    say(world, "retry_asked")

    assert world.deploy(plan).exit is Exit.DONE
    assert world.sent("RetryStageExecution") == 0


# Veto


def test_a_breach_waits_for_a_veto_and_rolls_back_without_one() -> None:
    """The breach is written before the countdown; no answer means it rolls back."""
    world = World()
    plan = with_veto(world)
    world.when("bake_started", world.scenario.raise_errors, 60)

    ending = world.deploy(plan)

    at = {entry.kind: entry.at for entry in world.entries()}
    assert ending.exit is Exit.ROLLED_BACK
    assert MINUTE <= at["rollback_started"] - at["breach"] <= 2 * MINUTE
    assert halting.too_late(world.journal, plan.change, "") == (STAGE,)
    assert halting.too_late(world.journal, plan.change, "another") == ()


def test_a_named_person_vetoes_a_rollback() -> None:
    world = World()
    plan = with_veto(world)
    world.when("bake_started", world.scenario.raise_errors, 60)
    world.when("breach", lambda: veto(world, plan), 10)

    ending = world.deploy(plan)

    said = next(e for e in world.entries() if e.kind == "vetoed")
    assert ending.exit is Exit.NEEDS_PERSON
    assert (said.body["by"], said.body["reason"]) == ("bob", "a false alarm")
    assert "bob vetoed its rollback at " in ending.reason
    assert ending.reason.endswith(": a false alarm")
    assert world.sent("RollbackStage") == 0


def test_a_veto_of_before_the_breach_vetoes_nothing() -> None:
    """Nobody can sign away a rollback before there is a reason for it."""
    world = World()
    plan = with_veto(world)
    veto(world, plan)
    world.when("bake_started", world.scenario.raise_errors, 60)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK


@pytest.mark.parametrize(
    "wrong",
    [{"execution": "another"}, {"plan": "0" * 64}, {"stage": "prod-eu"}, {"change": "CM-0002"}],
)
def test_a_veto_of_something_else_vetoes_nothing(wrong: dict[str, str]) -> None:
    world = World()
    plan = with_veto(world)
    world.when("bake_started", world.scenario.raise_errors, 60)

    def sign() -> None:
        said = veto(world, plan)
        world.people.statements[-1] = replace(said, statement=replace(said.statement, **wrong))  # type: ignore[arg-type]

    world.when("breach", sign, 10)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK


def test_an_inbox_that_cannot_be_read_vetoes_nothing() -> None:
    world = World()
    plan = with_veto(world)
    world.when("bake_started", world.scenario.raise_errors, 60)
    world.when("breach", lambda: veto(world, plan), 10)
    world.when("breach", lambda: deaf(world))

    assert world.deploy(plan).exit is Exit.ROLLED_BACK


def deaf(world: World) -> None:
    """Let the inbox be unreadable from now on."""
    read = world.people.read

    def unreadable(queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        found = read(queries, within)
        lost = Unknown(Blindness.FAILED, "the inbox is gone", world.clock.now())
        return {q: lost if isinstance(q, InboxQuery) else r for q, r in found.items()}

    world.people.read = unreadable  # type: ignore[method-assign]


def test_on_call_need_not_wait_for_the_countdown() -> None:
    world = World()
    plan = with_veto(world, 10 * MINUTE)
    world.when("bake_started", world.scenario.raise_errors, 60)
    world.when("breach", world.roll_back, 20)

    ending = world.deploy(plan)

    at = {entry.kind: entry.at for entry in world.entries()}
    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert at["stage_ended"] - at["breach"] < 15 * MINUTE


def test_another_breach_after_a_veto_counts_down_anew() -> None:
    """What was vetoed is one check's breach, not every rollback of the stage."""
    world = World()
    plan = with_veto(world)
    world.when("bake_started", world.scenario.raise_errors, 60)
    world.when("breach", lambda: veto(world, plan), 10)
    world.when("vetoed", lambda: change_endpoint(world), 60)

    ending = world.deploy(plan, patience=timedelta(hours=1))

    breaches = [e.body["check"] for e in world.entries() if e.kind == "breach"]
    assert breaches == ["alarms", "sagemaker-endpoint"]
    assert ending.exit is Exit.ROLLED_BACK


def change_endpoint(world: World) -> None:
    port = world.port("console")
    port.call(
        "sagemaker",
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "odd",
            "ProductionVariants": [
                {
                    "VariantName": "other",
                    "ModelName": "photo-check-v6",
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1.0,
                }
            ],
        },
    )
    port.call(
        "sagemaker",
        "UpdateEndpoint",
        {"EndpointName": "photo-check-us", "EndpointConfigName": "odd"},
    )
