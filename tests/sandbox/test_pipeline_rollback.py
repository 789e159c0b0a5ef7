"""Stage rollbacks of the simulated pipeline: what they do and when they are refused."""

from datetime import UTC, datetime

import pytest

from mcm.aws.port import AwsError, ErrorKind
from tests.sandbox.pipeline_fakes import Shop, declare

UNABLE = "UnableToRollbackStageException"


def refusal(shop: Shop, target: str, stage: str = "Prod") -> AwsError:
    with pytest.raises(AwsError) as caught:
        shop.roll_back(target, stage)
    return caught.value


def test_a_rollback_brings_back_the_targets_revision_in_a_new_execution() -> None:
    shop = Shop()
    good, bad = shop.deploy(), shop.deploy()
    started = shop.roll_back(good)
    shop.clock.tick(10)
    assert shop.status(started) == "Succeeded"
    assert shop.world.serving == {"shop": "shop-c1"}
    assert started not in (good, bad)


def test_a_rollback_says_what_it_goes_back_to_and_who_asked() -> None:
    shop = Shop()
    good = shop.deploy()
    shop.deploy()
    started = shop.roll_back(good)
    asked = {"pipelineExecutionId": started}
    shown = shop.call("GetPipelineExecution", asked)["pipelineExecution"]
    assert shown["executionType"] == "ROLLBACK"
    assert shown["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    assert shown["trigger"]["triggerType"] == "ManualRollback"
    assert shown["trigger"]["triggerDetail"].endswith(":user/carol")
    assert shown["artifactRevisions"][0]["revisionId"] == "c1"


def test_a_rollback_runs_its_stage_only() -> None:
    shop = Shop()
    good, bad = shop.deploy(), shop.deploy()
    shop.roll_back(good)
    shop.clock.tick(10)
    prod = shop.stage("Prod")["latestExecution"]
    assert prod["type"] == "ROLLBACK"
    assert shop.stage("Gate")["latestExecution"]["pipelineExecutionId"] == bad


def test_a_rollback_of_an_earlier_stage_does_not_go_on_to_the_next() -> None:
    shop = Shop()
    good, bad = shop.deploy(), shop.deploy()
    started = shop.roll_back(good, "Gate")
    shop.clock.tick(5)
    shop.approve()
    shop.clock.tick(60)
    assert shop.status(started) == "Succeeded"
    assert shop.stage("Prod")["latestExecution"]["pipelineExecutionId"] == bad


def test_a_rollback_passes_a_disabled_transition_if_the_switch_says_so() -> None:
    shop = Shop(passes_disabled=True)
    good = shop.deploy()
    shop.deploy()
    shop.disable()
    started = shop.roll_back(good)
    shop.clock.tick(10)
    assert shop.status(started) == "Succeeded"


def test_a_rollback_waits_at_a_disabled_transition_if_the_switch_says_so() -> None:
    shop = Shop(passes_disabled=False)
    good = shop.deploy()
    shop.deploy()
    shop.disable()
    started = shop.roll_back(good)
    shop.clock.tick(3600)
    assert shop.status(started) == "InProgress"
    assert shop.stage("Prod")["inboundExecution"]["pipelineExecutionId"] == started
    shop.enable()
    shop.clock.tick(10)
    assert shop.status(started) == "Succeeded"


def test_a_rollback_supersedes_nothing_that_waits() -> None:
    shop = Shop()
    good = shop.deploy()
    shop.deploy()
    shop.disable()
    waiting = shop.deploy()
    shop.roll_back(good)
    shop.clock.tick(10)
    assert shop.status(waiting) == "InProgress"
    assert shop.stage("Prod")["inboundExecution"]["pipelineExecutionId"] == waiting


def test_a_waiting_rollback_is_not_superseded() -> None:
    shop = Shop(passes_disabled=False)
    good = shop.deploy()
    shop.disable()
    started = shop.roll_back(good)
    newer = shop.deploy()
    assert shop.status(started) == shop.status(newer) == "InProgress"
    inbound = shop.stage("Prod")["inboundExecutions"]
    assert [one["pipelineExecutionId"] for one in inbound] == [started, newer]


def test_an_approval_inside_the_stage_is_asked_again() -> None:
    shop = Shop(declare(approval_in_prod=True))
    good = shop.start()
    shop.clock.tick(5)
    for stage in ("Gate", "Prod"):
        shop.approve(stage)
        shop.clock.tick(5)
    started = shop.roll_back(good)
    shop.clock.tick(3600)
    assert shop.status(started) == "InProgress"
    shop.approve("Prod")
    shop.clock.tick(5)
    assert shop.status(started) == "Succeeded"


def test_the_source_stage_cannot_be_rolled_back() -> None:
    shop = Shop()
    assert refusal(shop, shop.deploy(), "Source").code == UNABLE


def test_a_running_stage_cannot_be_rolled_back() -> None:
    shop = Shop()
    good = shop.deploy()
    shop.start()
    shop.clock.tick(5)
    shop.approve()
    shop.clock.tick(1.5)
    error = refusal(shop, good)
    assert (error.code, error.kind) == (UNABLE, ErrorKind.REFUSED)
    assert "running" in error.message


def test_an_execution_that_did_not_succeed_in_the_stage_is_no_target() -> None:
    shop = Shop()
    shop.world.failures.add("shop")
    assert refusal(shop, shop.deploy()).code == UNABLE


def test_an_execution_from_before_february_2024_is_no_target() -> None:
    shop = Shop(start=datetime(2024, 1, 31, 12, tzinfo=UTC))
    assert refusal(shop, shop.deploy()).code == UNABLE


def test_a_rollback_is_no_target() -> None:
    shop = Shop()
    good = shop.deploy()
    shop.deploy()
    started = shop.roll_back(good)
    shop.clock.tick(10)
    assert refusal(shop, started).code == UNABLE


def test_an_execution_of_an_earlier_pipeline_version_is_no_target() -> None:
    shop = Shop()
    good = shop.deploy()
    shop.call("UpdatePipeline", {"pipeline": declare()})
    assert refusal(shop, good).code == "PipelineExecutionOutdatedException"


def test_a_parallel_pipeline_cannot_be_rolled_back() -> None:
    shop = Shop(declare("PARALLEL"))
    good = shop.start()
    shop.clock.tick(5)
    assert refusal(shop, good).code == UNABLE


def test_what_is_not_there_is_not_found() -> None:
    shop = Shop()
    good = shop.deploy()
    unknown = "00000000-0000-0000-0000-000000000000"
    assert refusal(shop, unknown).code == "PipelineExecutionNotFoundException"
    assert refusal(shop, good, "Nowhere").code == "StageNotFoundException"


def test_a_second_rollback_while_one_waits_is_a_conflict() -> None:
    shop = Shop(passes_disabled=False)
    good = shop.deploy()
    shop.deploy()
    shop.disable()
    shop.roll_back(good)
    assert refusal(shop, good).kind is ErrorKind.CONFLICT


def test_a_failed_stage_rolls_back_by_itself_if_it_is_so_configured() -> None:
    shop = Shop(declare(on_failure="ROLLBACK"))
    good = shop.deploy()
    shop.pipeline.coming_failures["Prod", "Deploy"] = 1
    shop.deploy()
    shop.clock.tick(10)
    newest = shop.call("ListPipelineExecutions")["pipelineExecutionSummaries"][0]
    assert newest["trigger"]["triggerType"] == "AutomatedRollback"
    assert newest["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    assert newest["status"] == "Succeeded"
    assert shop.world.serving == {"shop": "shop-c1"}


def test_a_first_failure_has_nothing_to_roll_back_to_by_itself() -> None:
    shop = Shop(declare(on_failure="ROLLBACK"))
    shop.pipeline.coming_failures["Prod", "Deploy"] = 1
    assert shop.status(shop.deploy()) == "Failed"
    assert len(shop.call("ListPipelineExecutions")["pipelineExecutionSummaries"]) == 1
