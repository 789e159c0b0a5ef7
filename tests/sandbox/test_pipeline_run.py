"""How executions move through the simulated pipeline."""

import pytest

from mcm.aws.port import AwsError, ErrorKind
from tests.sandbox.pipeline_fakes import START, Shop, declare


def test_an_execution_goes_from_source_to_its_approval_and_waits_there() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(3600)
    gate = shop.stage("Gate")
    assert gate["latestExecution"]["pipelineExecutionId"] == started
    assert gate["latestExecution"]["status"] == "InProgress"
    assert shop.token()


def test_an_approved_execution_deploys_and_succeeds() -> None:
    shop = Shop()
    started = shop.deploy()
    assert shop.status(started) == "Succeeded"
    assert shop.world.serving == {"shop": "shop-c1"}


def test_a_disabled_transition_holds_the_execution_as_inbound() -> None:
    shop = Shop()
    shop.disable(reason="not before Tuesday")
    started = shop.deploy()
    prod = shop.stage("Prod")
    assert prod["inboundExecution"]["pipelineExecutionId"] == started
    assert prod["inboundTransitionState"]["disabledReason"] == "not before Tuesday"
    assert "latestExecution" not in prod
    assert shop.world.moves == []


def test_enabling_a_transition_lets_the_waiting_execution_in_after_a_moment() -> None:
    shop = Shop()
    shop.disable()
    started = shop.deploy()
    shop.enable()
    assert "latestExecution" not in shop.stage("Prod")
    shop.clock.tick(1)
    assert shop.stage("Prod")["latestExecution"]["pipelineExecutionId"] == started


def test_a_newer_execution_supersedes_one_that_waits_between_stages() -> None:
    shop = Shop()
    shop.disable()
    older = shop.deploy()
    newer = shop.deploy()
    assert shop.status(older) == "Superseded"
    inbound = shop.stage("Prod")["inboundExecutions"]
    assert [one["pipelineExecutionId"] for one in inbound] == [newer]


def test_an_open_approval_holds_the_stage_and_is_not_superseded() -> None:
    shop = Shop()
    older = shop.start()
    shop.clock.tick(5)
    newer = shop.start()
    shop.clock.tick(60)
    gate = shop.stage("Gate")
    assert gate["latestExecution"]["pipelineExecutionId"] == older
    assert gate["inboundExecution"]["pipelineExecutionId"] == newer
    assert shop.status(older) == "InProgress"


def test_a_freed_stage_lets_the_next_execution_in_no_earlier_than_it_was_freed() -> None:
    shop = Shop()
    shop.start()
    shop.clock.tick(5)
    newer = shop.start()
    shop.clock.tick(60)
    freed = shop.clock()
    shop.approve()
    shop.clock.tick(1)
    run = shop.stage("Gate")
    assert run["latestExecution"]["pipelineExecutionId"] == newer
    details = shop.call("ListActionExecutions", {"filter": {"pipelineExecutionId": newer}})
    assert details["actionExecutionDetails"][0]["startTime"] >= freed


def test_queued_executions_enter_in_the_order_of_their_start() -> None:
    shop = Shop(declare("QUEUED"))
    shop.disable()
    first, second = shop.deploy(), shop.deploy()
    inbound = shop.stage("Prod")["inboundExecutions"]
    assert [one["pipelineExecutionId"] for one in inbound] == [first, second]
    shop.enable()
    shop.clock.tick(1)
    assert shop.stage("Prod")["latestExecution"]["pipelineExecutionId"] == first


def test_a_rejected_approval_fails_the_execution() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(5)
    shop.approve(status="Rejected")
    assert shop.status(started) == "Failed"
    assert shop.stage("Gate")["latestExecution"]["status"] == "Failed"


def test_an_approval_that_nobody_answers_times_out_after_seven_days() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(7 * 24 * 3600)
    assert shop.status(started) == "InProgress"
    shop.clock.tick(60)
    assert shop.status(started) == "Failed"


def test_a_failed_deployment_fails_the_stage() -> None:
    shop = Shop()
    shop.world.failures.add("shop")
    assert shop.status(shop.deploy()) == "Failed"
    assert shop.stage("Prod")["latestExecution"]["status"] == "Failed"


def test_a_silent_rollback_reports_success_while_the_endpoint_went_back() -> None:
    shop = Shop()
    shop.deploy()
    shop.world.roll_back_silently("shop")
    assert shop.status(shop.deploy()) == "Succeeded"
    assert shop.world.serving == {"shop": "shop-c1"}


def test_stopping_waits_for_the_action_in_progress() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(5)
    shop.call("StopPipelineExecution", {"pipelineExecutionId": started, "reason": "enough"})
    assert shop.status(started) == "Stopping"
    shop.approve()
    assert shop.status(started) == "Stopped"
    assert "inboundExecution" not in shop.stage("Prod")


def test_abandoning_ends_the_execution_at_once_while_its_provider_works_on() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(5)
    shop.approve()
    shop.clock.tick(1.5)
    shop.call("StopPipelineExecution", {"pipelineExecutionId": started, "abandon": True})
    assert shop.status(started) == "Stopped"
    assert shop.stage("Prod")["actionStates"][0]["latestExecution"]["status"] == "Abandoned"
    assert shop.world.serving == {"shop": "shop-c1"}


def test_a_waiting_execution_is_stopped_at_once() -> None:
    shop = Shop()
    shop.disable()
    started = shop.deploy()
    shop.call("StopPipelineExecution", {"pipelineExecutionId": started})
    assert shop.status(started) == "Stopped"


def test_a_second_stop_is_a_duplicate_unless_it_abandons() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(5)
    asked = {"pipelineExecutionId": started}
    shop.call("StopPipelineExecution", asked)
    with pytest.raises(AwsError) as caught:
        shop.call("StopPipelineExecution", asked)
    assert caught.value.code == "DuplicatedStopRequestException"
    shop.call("StopPipelineExecution", asked | {"abandon": True})
    with pytest.raises(AwsError) as caught:
        shop.call("StopPipelineExecution", asked)
    assert caught.value.code == "PipelineExecutionNotStoppableException"
    assert caught.value.kind is ErrorKind.REFUSED


def test_updating_the_pipeline_cancels_what_waits_now_and_what_runs_after_its_action() -> None:
    shop = Shop()
    shop.disable()
    waiting = shop.deploy()
    running = shop.start()
    shop.clock.tick(5)
    shop.call("UpdatePipeline", {"pipeline": declare()})
    assert shop.call("GetPipelineState")["pipelineVersion"] == 2
    assert shop.status(waiting) == "Cancelled"
    assert shop.status(running) == "InProgress"
    shop.approve()
    assert shop.status(running) == "Cancelled"


def test_a_deployment_under_way_still_lands_when_the_pipeline_is_updated() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(5)
    shop.approve()
    shop.clock.tick(1.5)
    shop.call("UpdatePipeline", {"pipeline": declare()})
    shop.clock.tick(5)
    assert shop.status(started) == "Cancelled"
    assert shop.world.serving == {"shop": "shop-c1"}


def test_parallel_executions_do_not_wait_for_each_other_and_show_no_state() -> None:
    shop = Shop(declare("PARALLEL"))
    first, second = shop.start(), shop.start()
    shop.clock.tick(5)
    for execution_id in (first, second):
        asked = {"filter": {"pipelineExecutionId": execution_id}}
        details = shop.call("ListActionExecutions", asked)["actionExecutionDetails"]
        assert details[0]["stageName"] == "Gate"
        assert details[0]["output"]["executionResult"]["externalExecutionId"]
    assert all("latestExecution" not in one for one in shop.call("GetPipelineState")["stageStates"])


def test_a_failed_stage_is_retried_by_the_same_execution() -> None:
    shop = Shop()
    shop.pipeline.coming_failures["Prod", "Deploy"] = 1
    started = shop.deploy()
    assert shop.status(started) == "Failed"
    asked = {"stageName": "Prod", "pipelineExecutionId": started, "retryMode": "FAILED_ACTIONS"}
    shop.call("RetryStageExecution", asked)
    assert shop.status(started) == "InProgress"
    shop.clock.tick(5)
    assert shop.status(started) == "Succeeded"
    details = shop.call("ListActionExecutions", {"filter": {"pipelineExecutionId": started}})
    prod = [one for one in details["actionExecutionDetails"] if one["stageName"] == "Prod"]
    assert [one["status"] for one in prod] == ["Succeeded", "Failed"]


def test_the_same_seed_gives_the_same_ids() -> None:
    assert Shop().deploy() == Shop().deploy()


def test_times_are_those_of_the_events_not_of_the_calls() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(3600)
    asked = {"filter": {"pipelineExecutionId": started}}
    source = shop.call("ListActionExecutions", asked)["actionExecutionDetails"][-1]
    assert source["stageName"] == "Source"
    assert (source["lastUpdateTime"] - START).total_seconds() == 1
