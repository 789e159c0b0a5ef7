"""The CodePipeline operations: what they show and what they refuse."""

from typing import Any

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params
from mcm.sandbox.identity import user_key
from tests.sandbox.pipeline_fakes import START, Shop, declare, transition


def code_of(shop: Shop, operation: str, params: Params) -> str:
    with pytest.raises(AwsError) as caught:
        shop.call(operation, params)
    return caught.value.code


def answer(shop: Shop, token: str, **changes: Any) -> Params:
    result = {"status": "Approved", "summary": ""}
    return {
        "stageName": "Gate",
        "actionName": "Approve",
        "token": token,
        "result": result,
    } | changes


def test_a_pipeline_is_listed_in_its_own_region_only() -> None:
    shop = Shop()
    shown = shop.engine.port(user_key("alice"), "us-east-1").call(
        "codepipeline", "ListPipelines", {}
    )
    assert [one["name"] for one in shown["pipelines"]] == ["Shop"]
    elsewhere = shop.engine.port(user_key("alice"), "eu-west-1")
    assert elsewhere.call("codepipeline", "ListPipelines", {})["pipelines"] == []
    with pytest.raises(AwsError) as caught:
        elsewhere.call("codepipeline", "GetPipelineState", {"name": "Shop"})
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_a_pipeline_shows_its_mode_type_version_and_arn() -> None:
    reply = Shop().call("GetPipeline")
    assert reply["pipeline"]["executionMode"] == "SUPERSEDED"
    assert reply["pipeline"]["pipelineType"] == "V2"
    assert reply["pipeline"]["version"] == 1
    assert reply["metadata"]["pipelineArn"] == "arn:aws:codepipeline:us-east-1:111111111111:Shop"


def test_an_earlier_version_can_still_be_read() -> None:
    shop = Shop()
    shop.call("UpdatePipeline", {"pipeline": declare("QUEUED")})
    assert shop.call("GetPipeline", {"version": 1})["pipeline"]["executionMode"] == "SUPERSEDED"
    assert code_of(shop, "GetPipeline", {"version": 3}) == "PipelineVersionNotFoundException"


def test_an_approval_names_its_approver_and_hides_its_token_afterwards() -> None:
    shop = Shop()
    started = shop.start()
    shop.clock.tick(5)
    shop.approve(by="bob")
    latest = shop.stage("Gate")["actionStates"][0]["latestExecution"]
    assert latest["lastUpdatedBy"] == "arn:aws:iam::111111111111:user/bob"
    assert latest["summary"] == "looked at it"
    assert "token" not in latest
    asked = {"filter": {"pipelineExecutionId": started}}
    details = shop.call("ListActionExecutions", asked)["actionExecutionDetails"]
    gate = next(one for one in details if one["stageName"] == "Gate")
    assert gate["updatedBy"] == "arn:aws:iam::111111111111:user/bob"
    assert gate["actionExecutionId"] == latest["actionExecutionId"]


def test_an_action_shows_the_previous_execution_until_the_next_one_reaches_it() -> None:
    shop = Shop()
    shop.deploy()
    before = shop.stage("Gate")["actionStates"][0]["latestExecution"]["actionExecutionId"]
    shop.start()
    assert shop.stage("Gate")["actionStates"][0]["latestExecution"]["actionExecutionId"] == before


def test_a_token_of_an_earlier_request_has_been_answered() -> None:
    shop = Shop()
    shop.start()
    shop.clock.tick(5)
    token = shop.token()
    shop.approve()
    assert code_of(shop, "PutApprovalResult", answer(shop, token)) == (
        "ApprovalAlreadyCompletedException"
    )


def test_a_token_of_no_request_is_invalid() -> None:
    shop = Shop()
    shop.start()
    shop.clock.tick(5)
    wrong = "00000000-0000-0000-0000-000000000000"
    assert code_of(shop, "PutApprovalResult", answer(shop, wrong)) == (
        "InvalidApprovalTokenException"
    )


def test_a_token_that_has_timed_out_is_invalid() -> None:
    shop = Shop()
    shop.start()
    shop.clock.tick(5)
    token = shop.token()
    shop.clock.tick(8 * 24 * 3600)
    assert code_of(shop, "PutApprovalResult", answer(shop, token)) == (
        "InvalidApprovalTokenException"
    )


def test_an_approval_of_an_action_that_is_not_there_is_not_found() -> None:
    shop = Shop()
    shop.start()
    shop.clock.tick(5)
    asked = answer(shop, shop.token(), actionName="Elsewhere")
    assert code_of(shop, "PutApprovalResult", asked) == "ActionNotFoundException"


def test_an_approval_summary_has_at_most_512_characters() -> None:
    shop = Shop()
    shop.start()
    shop.clock.tick(5)
    long = {"status": "Approved", "summary": "x" * 513}
    asked = answer(shop, shop.token(), result=long)
    assert code_of(shop, "PutApprovalResult", asked) == "ValidationException"


@pytest.mark.parametrize(
    "reason", ["MCM: hold", "a/b", "x_y", "#1", "a, b", "Grüße", "x" * 301, ""]
)
def test_a_transition_reason_outside_the_pattern_is_refused(reason: str) -> None:
    shop = Shop()
    asked = transition("Prod") | {"reason": reason}
    assert code_of(shop, "DisableStageTransition", asked) == "ValidationException"
    assert shop.stage("Prod")["inboundTransitionState"] == {"enabled": True}


def test_a_transition_says_who_changed_it_and_when() -> None:
    shop = Shop()
    shop.disable(reason="quiet hour 02.00 - 05.00")
    state = shop.stage("Prod")["inboundTransitionState"]
    assert state["lastChangedBy"] == "arn:aws:iam::111111111111:user/alice"
    assert state["lastChangedAt"] == START
    assert state["disabledReason"] == "quiet hour 02.00 - 05.00"


def test_a_transition_of_a_stage_that_is_not_there_is_not_found() -> None:
    assert code_of(Shop(), "EnableStageTransition", transition("Nowhere")) == (
        "StageNotFoundException"
    )


def test_the_successes_of_a_stage_are_listed_newest_first_in_the_current_version_only() -> None:
    shop = Shop()
    asked = {"filter": {"succeededInStage": {"stageName": "Prod"}}}
    first, second = shop.deploy(), shop.deploy()
    shop.world.failures.add("shop")
    shop.deploy()
    shown = shop.call("ListPipelineExecutions", asked)["pipelineExecutionSummaries"]
    assert [one["pipelineExecutionId"] for one in shown] == [second, first]
    shop.call("UpdatePipeline", {"pipeline": declare()})
    assert shop.call("ListPipelineExecutions", asked)["pipelineExecutionSummaries"] == []


def test_executions_are_listed_in_pages() -> None:
    shop = Shop()
    started = [shop.deploy() for _ in range(5)]
    found: list[str] = []
    asked: Params = {"maxResults": 2}
    while True:
        reply = shop.call("ListPipelineExecutions", asked)
        page = [one["pipelineExecutionId"] for one in reply["pipelineExecutionSummaries"]]
        assert len(page) <= 2
        found += page
        if "nextToken" not in reply:
            break
        asked = {"maxResults": 2, "nextToken": reply["nextToken"]}
    assert found == started[::-1]


def test_a_new_execution_between_two_pages_moves_nothing() -> None:
    shop = Shop()
    started = [shop.deploy() for _ in range(3)]
    first = shop.call("ListPipelineExecutions", {"maxResults": 2})
    shop.deploy()
    asked = {"maxResults": 2, "nextToken": first["nextToken"]}
    second = shop.call("ListPipelineExecutions", asked)["pipelineExecutionSummaries"]
    assert [one["pipelineExecutionId"] for one in second] == [started[0]]


@pytest.mark.parametrize("token", ["???", "bm9uZQ=="])
def test_a_token_that_was_never_given_is_refused(token: str) -> None:
    shop = Shop()
    shop.deploy()
    assert code_of(shop, "ListPipelineExecutions", {"nextToken": token}) == (
        "InvalidNextTokenException"
    )


def test_an_execution_shows_its_commit_and_its_stop_reason() -> None:
    shop = Shop()
    started = shop.start()
    asked = {"pipelineExecutionId": started, "reason": "wrong commit", "abandon": True}
    shop.call("StopPipelineExecution", asked)
    shown = shop.call("ListPipelineExecutions")["pipelineExecutionSummaries"][0]
    assert shown["sourceRevisions"] == [
        {
            "actionName": "App",
            "revisionId": "c1",
            "revisionSummary": "commit 1",
            "revisionUrl": "https://c/1",
        }
    ]
    assert shown["stopTrigger"] == {"reason": "wrong commit"}


def test_actions_are_listed_of_one_execution_newest_first() -> None:
    shop = Shop()
    started = shop.deploy()
    shop.deploy()
    latest = {"pipelineExecutionId": started, "startTimeRange": "Latest"}
    for wanted in ({"pipelineExecutionId": started}, {"latestInPipelineExecution": latest}):
        shown = shop.call("ListActionExecutions", {"filter": wanted})["actionExecutionDetails"]
        assert {one["pipelineExecutionId"] for one in shown} == {started}
        assert [one["stageName"] for one in shown] == ["Prod", "Gate", "Source"]


def test_the_same_request_token_starts_one_execution() -> None:
    shop = Shop()
    asked = {"clientRequestToken": "once"}
    first = shop.call("StartPipelineExecution", asked)
    assert shop.call("StartPipelineExecution", asked) == first
    assert len(shop.call("ListPipelineExecutions")["pipelineExecutionSummaries"]) == 1


def test_a_start_with_source_revisions_runs_those() -> None:
    shop = Shop()
    shop.deploy()
    shop.deploy()
    override = {"actionName": "App", "revisionType": "COMMIT_ID", "revisionValue": "c1"}
    reply = shop.call("StartPipelineExecution", {"sourceRevisions": [override]})
    shown = shop.call("GetPipelineExecution", reply)["pipelineExecution"]
    assert shown["artifactRevisions"][0]["revisionId"] == "c1"


def test_more_than_fifty_open_executions_are_refused_in_queued_mode() -> None:
    shop = Shop(declare("QUEUED"))
    for _ in range(50):
        shop.start()
    assert code_of(shop, "StartPipelineExecution", {}) == (
        "ConcurrentPipelineExecutionsLimitExceededException"
    )


def test_only_the_latest_execution_of_a_failed_stage_can_be_retried() -> None:
    shop = Shop()
    older, newer = shop.deploy(), shop.deploy()
    asked = {"stageName": "Prod", "retryMode": "ALL_ACTIONS"}
    retry = "RetryStageExecution"
    assert code_of(shop, retry, asked | {"pipelineExecutionId": older}) == (
        "NotLatestPipelineExecutionException"
    )
    assert code_of(shop, retry, asked | {"pipelineExecutionId": newer}) == (
        "StageNotRetryableException"
    )
