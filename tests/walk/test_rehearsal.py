"""What was proven before a promotion is what a rollback then does, step by step."""

from datetime import timedelta

from mcm.core.errors import Exit
from mcm.core.plans.plan import Plan
from mcm.core.rollback import rehearsal
from mcm.core.rollback.rehearsal import Proof
from tests.kit.world import World

MINUTE = timedelta(minutes=1)


def prove(world: World, plan: Plan) -> Proof:
    stage = plan.stages[0]
    readings = world.runner().observer.observe(rehearsal.queries(plan, stage), world.poll)
    return rehearsal.prove(plan, stage, readings, world.clock.now())


def sent(world: World, change: str) -> list[str]:
    """Return what the way back sent, in its order, by the names that the proof has for it."""
    return [
        str(entry.body["instruction"]["op"])
        for entry in world.entries(change)
        if entry.kind == "intent" and entry.body["purpose"] == "roll_back"
    ]


def test_a_rollback_in_the_middle_of_a_deployment_takes_every_step() -> None:
    world = World(update_takes=10 * MINUTE)
    plan = world.ready()
    proof = prove(world, plan)
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")
    world.clock.pass_time(2 * MINUTE)
    assert world.stage_state()["latestExecution"]["status"] == "InProgress"

    assert world.roll_back(stop_wait=15 * MINUTE).exit is Exit.DONE

    assert proof.is_proven
    assert [*sent(world, "ROLLBACK-prod-us"), "verify"] == [step.op for step in proof.steps]
    back = world.stage_state()["latestExecution"]["pipelineExecutionId"]
    run = world.port("console").call(
        "codepipeline",
        "GetPipelineExecution",
        {"pipelineName": "ParcelPhotoCheck", "pipelineExecutionId": back},
    )["pipelineExecution"]
    assert run["rollbackMetadata"]["rollbackTargetPipelineExecutionId"] == proof.target


def test_a_breach_in_the_bake_leaves_out_what_is_done_already() -> None:
    """The way in is closed and nothing runs: what is left has the proven order."""
    world = World()
    plan = world.ready()
    proof = prove(world, plan)
    world.when("bake_started", world.scenario.raise_errors)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK

    assert sent(world, plan.change) == ["roll_back_stage"]
    ended = next(e for e in world.entries() if e.kind == "rollback_ended")
    assert ended.body["verified"] == "yes"
    assert proof.steps[-1].op == "verify"
    started = next(e for e in world.entries() if e.kind == "rollback_started")
    assert started.body["target"] == proof.target
