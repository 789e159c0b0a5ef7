"""What others do to the pipeline while a walk is under way."""

from datetime import timedelta

from mcm.aws.port import Params, Port, Reply
from mcm.core.errors import Exit
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import PIPELINE, World

INBOUND = {"stageName": "ProdUS", "transitionType": "Inbound"}


def roll_back_at_console(world: World) -> None:
    target = world.executions()[1]
    world.console("RollbackStage", stageName="ProdUS", targetPipelineExecutionId=target)


def test_a_rollback_by_others_is_adopted_and_not_doubled() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", lambda: roll_back_at_console(world), after=60)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1


def test_a_rollback_by_others_that_our_closed_transition_keeps_out_is_let_in() -> None:
    """It waits in front of the stage that mcm closed: the walk must see it there."""
    world = World(passes=False)
    plan = world.ready()
    world.when("bake_started", lambda: roll_back_at_console(world), after=60)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert world.stage_state()["latestExecution"]["type"] == "ROLLBACK"


def test_a_transition_that_others_close_before_the_entry_holds() -> None:
    """The promotion was sent, but the execution cannot enter: waiting for ever says nothing."""
    world = World()
    plan = world.ready()

    def close(_service: str, operation: str, _params: object) -> None:
        if operation == "GetPipelineState" and world.sent("EnableStageTransition") == opened + 1:
            world.console("DisableStageTransition", **INBOUND, reason="not now")

    opened = world.sent("EnableStageTransition")
    world.before = close

    ending = world.deploy(plan)

    assert ending.exit is Exit.HELD
    assert ending.gate == "conflict"
    assert plan.execution not in world.executions()


def test_guardrails_are_watched_while_the_transition_cannot_be_closed() -> None:
    """A busy pipeline is asked again with pauses; the breach does not wait for it."""
    world = World()
    plan = world.ready()
    busy = Fault(
        Effect.THROTTLE,
        operation="DisableStageTransition",
        access_key_id=user_key("alice"),
        until=world.clock.now() + timedelta(minutes=20),
    )
    world.engine.faults.add(busy)
    world.when("bake_started", world.scenario.raise_errors)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert world.kinds().count("intent") < 30


def test_an_execution_that_slips_in_before_the_write_is_kept_out() -> None:
    """AWS-RULES 11 and 12: between the last look and the write a newer one took its place."""
    world = World()
    plan = world.ready()

    def slip_in(_service: str, operation: str, _params: object) -> None:
        if operation == "EnableStageTransition":
            world.scenario.release()
            world.scenario.walk_through(["ApproveUS"])
            world.clock.pass_time(timedelta(minutes=3))

    world.before = slip_in
    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "Superseded" in ending.reason
    assert not world.stage_state()["inboundTransitionState"]["enabled"]
    assert len(world.executions()) == 2


def test_another_execution_in_the_stage_ends_the_walk_and_is_left_alone() -> None:
    """AWS-RULES 12: the way in is closed; nothing is stopped or rolled back by itself."""
    world = World()
    plan = world.ready()
    newer: list[str] = []

    def take_its_place(_service: str, operation: str, _params: object) -> None:
        if operation == "EnableStageTransition":
            newer.append(world.scenario.release())
            world.scenario.walk_through(["ApproveUS"])
            world.clock.pass_time(timedelta(minutes=3))
        elif world.sent("EnableStageTransition") == 1:
            world.clock.pass_time(timedelta(seconds=5))

    world.before = take_its_place
    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "in place of the pinned" in ending.reason
    assert plan.execution not in world.executions()
    assert world.stage_state()["latestExecution"]["pipelineExecutionId"] == newer[0]
    assert not world.stage_state()["inboundTransitionState"]["enabled"]
    assert world.sent("RollbackStage") == world.sent("StopPipelineExecution") == 0


def test_an_execution_superseded_in_front_of_the_stage_ends_the_walk() -> None:
    world = World()
    plan = world.ready()
    world.scenario.release()
    world.scenario.walk_through(["ApproveUS"])
    world.clock.pass_time(timedelta(minutes=10))

    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert "Superseded" in ending.reason
    assert world.sent("EnableStageTransition") == 0


def test_the_pinned_execution_let_in_by_others_is_watched_all_the_same() -> None:
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    world.clock.pass_time(timedelta(minutes=2))
    world.console("EnableStageTransition", **INBOUND)
    world.clock.pass_time(timedelta(minutes=5))

    ending = world.deploy(plan)
    entered = next(entry for entry in world.entries() if entry.kind == "entered")

    assert entered.body["by"] == "others"
    assert ending.exit is Exit.BLIND
    assert "no snapshot" in ending.reason


def test_a_late_read_of_an_old_rollback_takes_nothing_back() -> None:
    """The stage had been rolled back; then others promoted ours, and a read lags behind."""
    world = World()
    roll_back_at_console(world)
    world.clock.pass_time(timedelta(minutes=5))
    old = world.port("console").call("codepipeline", "GetPipelineState", {"name": PIPELINE.name})
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    world.clock.pass_time(timedelta(minutes=2))
    world.console("EnableStageTransition", **INBOUND)
    world.clock.pass_time(timedelta(minutes=5))
    world.wrap = lambda port: LateOnce(port, world, old)

    world.deploy(plan)

    assert "entered" in world.kinds()
    assert world.sent("RollbackStage") == 1  # the one at the console
    assert all(
        entry.body["check"] != "rollback" for entry in world.entries() if entry.kind == "breach"
    )


class LateOnce:
    """Shows an old state in the first read after the pinned execution was seen."""

    def __init__(self, port: Port, world: World, old: Reply) -> None:
        self.port, self.world, self.old = port, world, old

    def call(self, service: str, operation: str, params: Params) -> Reply:
        reply = self.port.call(service, operation, params)
        kinds = self.world.kinds()
        is_late = operation == "GetPipelineState" and kinds and kinds[-1] == "entered"
        return self.old if is_late and len(self.world.listener.turns) == 2 else reply


def test_a_strangers_rollback_that_was_stopped_calls_a_person_and_sends_none_of_ours() -> None:
    """Nothing was breached, so mcm has no reason of its own to go back."""
    world = World()
    plan = world.ready()

    def start_and_stop() -> None:
        roll_back_at_console(world)
        world.clock.pass_time(timedelta(seconds=5))
        begun = world.stage_state()["latestExecution"]["pipelineExecutionId"]
        world.console("StopPipelineExecution", pipelineExecutionId=begun, abandon=True)

    world.when("bake_started", start_and_stop, after=60)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "rollback")
    assert world.sent("RollbackStage") == 1


def test_a_walk_that_was_taken_back_afterwards_does_not_say_succeeded() -> None:
    """On-call took the stage back after its success: a job that asks again must hear it."""
    world = World()
    plan = world.ready()
    assert world.deploy(plan).exit is Exit.DONE
    assert world.roll_back(plan.change).exit is Exit.DONE

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert "on-call asked" in ending.reason


def test_what_anothers_execution_serves_is_no_breach_of_ours() -> None:
    """It entered while mcm was dead: the walk failed, and nobody's release is rolled back."""
    world = World()
    plan = world.ready()

    def enter_instead() -> None:
        world.console("EnableStageTransition", **INBOUND)
        world.scenario.release()
        world.scenario.walk_through(["ApproveUS"])
        world.clock.pass_time(timedelta(minutes=20))

    world.when("bake_started", enter_instead, after=60)

    ending = world.deploy(plan)

    assert ending.exit is Exit.FAILED
    assert world.sent("RollbackStage") == 0


def test_an_execution_that_others_let_through_and_took_back_is_not_waited_for() -> None:
    """It has come to its end; nothing that this walk waits for can happen any more."""
    world = World()
    plan = world.ready()
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    world.clock.pass_time(timedelta(minutes=5))
    assert world.roll_back().exit is Exit.DONE

    ending = world.deploy(plan, patience=timedelta(hours=1))

    assert (ending.exit, ending.gate) == (Exit.FAILED, "execution")
    assert "nothing waits any more" in ending.reason
