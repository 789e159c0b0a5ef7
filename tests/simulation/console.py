"""What others do at the console, whatever mcm is doing."""

from mcm.aws.port import AwsError
from mcm.sandbox.sagemaker import SageMaker
from tests.kit.world import PIPELINE, World


def console(world: World, operation: str, **params: object) -> bool:
    """Let somebody act at the console; what AWS refuses them is their affair."""
    name = "name" if operation.startswith("GetPipeline") else "pipelineName"
    try:
        world.port("console").call("codepipeline", operation, {name: PIPELINE.name, **params})
    except AwsError:
        return False
    return True


def edit_pipeline(world: World) -> None:
    port = world.port("console")
    pipeline = port.call("codepipeline", "GetPipeline", {"name": PIPELINE.name})["pipeline"]
    port.call("codepipeline", "UpdatePipeline", {"pipeline": pipeline})


def foreign_rollback(world: World) -> bool:
    found = world.port("console").call(
        "codepipeline",
        "ListPipelineExecutions",
        {
            "pipelineName": PIPELINE.name,
            "filter": {"succeededInStage": {"stageName": "ProdUS"}},
        },
    )["pipelineExecutionSummaries"]
    latest = world.stage_state()["latestExecution"]["pipelineExecutionId"]
    others = [
        one["pipelineExecutionId"]
        for one in found
        if one["pipelineExecutionId"] != latest and one.get("executionType") != "ROLLBACK"
    ]
    return bool(others) and console(
        world, "RollbackStage", stageName="ProdUS", targetPipelineExecutionId=others[0]
    )


def sagemaker(world: World) -> SageMaker:
    found = world.engine.services["sagemaker"]
    assert isinstance(found, SageMaker)
    return found
