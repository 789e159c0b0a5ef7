"""What holds in the simulated pipeline whatever people do to it, in whatever order."""

from collections import Counter
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.aws.port import AwsError
from tests.sandbox.pipeline_fakes import Shop, declare

STEPS = (
    "start",
    "approve",
    "reject",
    "disable",
    "enable",
    "stop",
    "abandon",
    "roll back",
    "fail next",
    "update",
    "retry",
)
OPEN = ("InProgress", "Stopping")


def newest(shop: Shop) -> str:
    return shop.pipeline.executions[-1].id if shop.pipeline.executions else "none"


def stop(shop: Shop, *, abandon: bool) -> None:
    shop.call("StopPipelineExecution", {"pipelineExecutionId": newest(shop), "abandon": abandon})


def roll_back(shop: Shop) -> None:
    targets = shop.pipeline.succeeded_in("Prod")
    shop.roll_back(targets[-1].id if targets else newest(shop))


def retry(shop: Shop) -> None:
    asked = {"stageName": "Prod", "retryMode": "FAILED_ACTIONS"}
    shop.call("RetryStageExecution", asked | {"pipelineExecutionId": newest(shop)})


def take(shop: Shop, step: str) -> None:
    """Do one thing; what the pipeline refuses changes nothing."""
    match step:
        case "start":
            shop.start()
        case "approve":
            shop.approve()
        case "reject":
            shop.approve(status="Rejected")
        case "disable":
            shop.disable()
        case "enable":
            shop.enable()
        case "stop":
            stop(shop, abandon=False)
        case "abandon":
            stop(shop, abandon=True)
        case "roll back":
            roll_back(shop)
        case "fail next":
            shop.pipeline.coming_failures["Prod", "Deploy"] = 1
        case "update":
            shop.call("UpdatePipeline", {"pipeline": declare(shop.pipeline.structure.mode)})
        case _:
            retry(shop)


def check(shop: Shop) -> None:
    executions = shop.call("ListPipelineExecutions")["pipelineExecutionSummaries"]
    status = {one["pipelineExecutionId"]: one["status"] for one in executions}
    shop.call("ListActionExecutions")
    held = Counter(one.stage for one in shop.pipeline.executions if one.stage is not None)
    assert all(count == 1 for count in held.values())
    for stage in shop.call("GetPipelineState")["stageStates"]:
        for one in stage.get("inboundExecutions", []):
            assert status[one["pipelineExecutionId"]] == "InProgress"
        latest = stage.get("latestExecution")
        if latest and latest["status"] in OPEN:
            assert status[latest["pipelineExecutionId"]] in OPEN
        for action in stage["actionStates"]:
            run = action.get("latestExecution", {})
            assert "token" not in run or run["status"] == "InProgress"
    for execution in shop.pipeline.executions:
        is_somewhere = execution.stage is not None or execution.waiting_at is not None
        assert execution.is_open == is_somewhere
        assert execution.started <= execution.updated <= shop.clock()


@settings(max_examples=60, deadline=None)
@given(
    mode=st.sampled_from(["SUPERSEDED", "QUEUED"]),
    passes_disabled=st.booleans(),
    steps=st.lists(
        st.tuples(st.sampled_from(STEPS), st.sampled_from([0.0, 0.5, 2.0, 30.0])),
        min_size=5,
        max_size=40,
    ),
)
def test_stages_hold_one_execution_and_every_open_execution_is_somewhere(
    mode: str, passes_disabled: bool, steps: list[tuple[str, float]]
) -> None:
    shop = Shop(declare(mode), passes_disabled=passes_disabled)
    for step, seconds in steps:
        with suppress(AwsError, KeyError):
            take(shop, step)
        check(shop)
        shop.clock.tick(seconds)
    check(shop)
