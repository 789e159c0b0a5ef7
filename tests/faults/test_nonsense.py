"""AWS answers what its model does not have: missing fields, wrong types, words of tomorrow.

Whatever it is, it is unknown: it promotes nothing, rolls nothing back, and ends no command.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mcm.app.planning import NoPlanError, plan_change
from mcm.core.errors import Exit
from mcm.sandbox.identity import user_key
from tests.faults.conftest import Worlds
from tests.kit.files import Shelf, make_files
from tests.kit.wire import WiredWorld

MINUTE = timedelta(minutes=1)
Change = Callable[[dict[str, Any]], None]


def variant(reply: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = reply["ProductionVariants"][0]
    return found


ENDPOINTS: dict[str, tuple[str, Change]] = {
    "a model that is a number": (
        "DescribeEndpointConfig",
        lambda reply: variant(reply).update(ModelName=7),
    ),
    "no model": ("DescribeEndpointConfig", lambda reply: variant(reply).pop("ModelName")),
    "no configured variant": (
        "DescribeEndpointConfig",
        lambda reply: reply.pop("ProductionVariants"),
    ),
    "no image": ("DescribeEndpoint", lambda reply: variant(reply).pop("DeployedImages")),
    "no weight": ("DescribeEndpoint", lambda reply: variant(reply).pop("CurrentWeight")),
    "no variants": ("DescribeEndpoint", lambda reply: reply.update(ProductionVariants=[])),
    "no status": ("DescribeEndpoint", lambda reply: reply.update(EndpointStatus=[])),
    "a status of tomorrow": (
        "DescribeEndpoint",
        lambda reply: reply.update(EndpointStatus="Pondering"),
    ),
}


@pytest.mark.parametrize(("operation", "change"), ENDPOINTS.values(), ids=list(ENDPOINTS))
def test_rule_38_an_endpoint_that_cannot_be_told_is_no_breach(
    make_world: Worlds, operation: str, change: Change
) -> None:
    """Before this a model that one read did not show was rolled back as a difference.

    The configuration is read only after the update, the endpoint in each turn.
    """
    world = make_world(poll=4 * MINUTE)
    plan = world.ready()
    begins = "outcome" if operation == "DescribeEndpointConfig" else "bake_started"
    world.when(begins, lambda: world.wire.bend(operation, change))

    ending = world.deploy(plan)

    assert ending.exit in (Exit.INCONCLUSIVE, Exit.BLIND)
    assert "photo-check-us" in ending.reason
    assert world.posts("RollbackStage") == 0


@pytest.mark.parametrize("field", ["updatedBy", "status", "stageName", "actionName"])
def test_an_answer_of_the_wrong_type_opens_no_gate(world: WiredWorld, field: str) -> None:
    """Before this a list where a name is due ended the command with a defect."""
    plan = world.ready()

    def bend(reply: dict[str, Any]) -> None:
        for item in reply["actionExecutionDetails"]:
            item[field] = ["?"]

    world.wire.bend("ListActionExecutions", bend)
    ending = world.deploy(plan)

    assert ending.exit is not Exit.DONE or field == "updatedBy"
    assert world.posts("EnableStageTransition") == (1 if ending.exit is Exit.DONE else 0)


@pytest.mark.parametrize("operation", ["GetPipelineState", "ListPipelineExecutions"])
def test_a_way_back_that_cannot_be_seen_is_told_and_then_gone(
    world: WiredWorld, operation: str
) -> None:
    """The walk stays; people hear at once that nobody is rolling back yet, and why."""
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    field = "stageStates" if operation == "GetPipelineState" else "pipelineExecutionSummaries"

    def scramble() -> None:
        world.wire.bend(operation, lambda reply: reply.update({field: 7}))
        mended = world.clock.now() + 40 * MINUTE
        world.clock.at(mended, lambda: world.wire.bend(operation, lambda _reply: None))

    world.when("breach", scramble)
    ending = world.deploy(plan)
    sights = world.bodies("sight")

    assert ending.exit is Exit.ROLLED_BACK
    assert [each["lost"] for each in sights] == [True, False]
    assert "codepipeline" in sights[0]["reason"] or "past" in sights[0]["reason"]
    assert world.posts("RollbackStage") == 1


def denied(world: WiredWorld) -> None:
    world.engine.identities.deny(user_key("alice"), "GetPipeline")


def unreadable(world: WiredWorld) -> None:
    world.wire.bend("GetPipeline", lambda reply: reply["pipeline"].update(stages=[[]]))


@pytest.mark.parametrize("lose", [denied, unreadable])
def test_a_structure_that_cannot_be_read_keeps_nobody_from_going_back(
    world: WiredWorld, lose: Callable[[WiredWorld], None]
) -> None:
    """Going back needs none of it: AWS says no by itself. Before, it stood in the way."""
    lose(world)

    assert world.roll_back().exit is Exit.DONE
    assert world.posts("RollbackStage") == 1


@pytest.mark.parametrize("lose", [denied, unreadable])
def test_a_structure_that_cannot_be_read_promotes_and_plans_nothing(
    world: WiredWorld, lose: Callable[[WiredWorld], None]
) -> None:
    plan = world.ready()
    lose(world)

    ending = world.deploy(plan)
    with pytest.raises(NoPlanError) as caught:
        plan_change(make_files(world), world.runner().observer, Shelf(), world.journal)

    assert (ending.exit, ending.gate) == (Exit.HELD, "rollback-target")
    assert "GetPipeline" in ending.reason
    assert any("GetPipeline" in line for line in caught.value.details)
    assert world.posts("EnableStageTransition") == 0


def test_a_past_of_the_wrong_type_does_not_hide_the_pipeline(world: WiredWorld) -> None:
    """One query of several that cannot be read: the walk goes back to what was signed."""
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)

    def scramble() -> None:
        def bend(reply: dict[str, Any]) -> None:
            for item in reply["actionExecutionDetails"]:
                item["pipelineExecutionId"] = ["?"]

        world.wire.bend("ListActionExecutions", bend)

    world.when("breach", scramble)

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
    assert world.posts("RollbackStage") == 1
    assert world.bodies("rollback_started")[0]["target"] == plan.stages[0].rollback_target


def test_a_past_revision_of_the_wrong_type_keeps_nobody_from_going_back(world: WiredWorld) -> None:
    def bend(reply: dict[str, Any]) -> None:
        for item in reply["pipelineExecutionSummaries"]:
            item["sourceRevisions"][0]["revisionId"] = True

    world.wire.bend("ListPipelineExecutions", bend)

    assert world.roll_back().exit is Exit.DONE


def test_a_pinned_revision_of_the_wrong_type_is_not_the_planned_one(world: WiredWorld) -> None:
    plan = world.ready()

    def bend(reply: dict[str, Any]) -> None:
        reply["pipelineExecution"]["artifactRevisions"][0]["revisionId"] = True

    world.wire.bend("GetPipelineExecution", bend)
    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "execution")
    assert world.posts("EnableStageTransition") == 0
