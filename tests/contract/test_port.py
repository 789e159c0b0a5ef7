"""What the port promises holds for the engine in process and over HTTP alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from typing import Any

import pytest

from mcm.aws.port import AwsError, ErrorKind
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from mcm.sandbox.scenario_catalogue import PIPELINE
from tests.contract.conftest import START, Example

UNKNOWN = "00000000-0000-4000-8000-000000000000"
INBOUND = {"pipelineName": PIPELINE, "stageName": "ProdUS", "transitionType": "Inbound"}
APPROVAL = {"pipelineName": PIPELINE, "stageName": "ApproveUS", "actionName": "Approve"}


def facts(err: AwsError) -> tuple[ErrorKind, str]:
    return err.kind, err.code


def token(example: Example) -> str:
    state = example.stage("ApproveUS")["actionStates"][0]["latestExecution"]
    return str(state["token"])


def approve(example: Example, person: str = "bob", **changed: Any) -> None:
    params: dict[str, Any] = (
        APPROVAL | {"result": {"summary": "go on", "status": "Approved"}} | changed
    )
    if "token" not in params:
        params["token"] = token(example)
    example.call("codepipeline", "PutApprovalResult", person, **params)


def promote(example: Example) -> str:
    """Let the execution that waits for approval through ProdUS; return its id."""
    waiting = str(example.stage("ApproveUS")["latestExecution"]["pipelineExecutionId"])
    approve(example)
    example.tick(5)
    example.call("codepipeline", "EnableStageTransition", **INBOUND)
    example.tick(60)
    assert example.stage("ProdUS")["latestExecution"]["pipelineExecutionId"] == waiting
    assert example.stage("ProdUS")["latestExecution"]["status"] == "Succeeded"
    return waiting


def target(example: Example) -> str:
    """The newest success of ProdUS before the one that is there."""
    done = example.executions(filter={"succeededInStage": {"stageName": "ProdUS"}})
    return str(done[1]["pipelineExecutionId"])


def roll_back(example: Example, target_id: str) -> str:
    reply = example.call(
        "codepipeline",
        "RollbackStage",
        pipelineName=PIPELINE,
        stageName="ProdUS",
        targetPipelineExecutionId=target_id,
    )
    return str(reply["pipelineExecutionId"])


def names(variants: list[dict[str, Any]]) -> list[str]:
    return [variant["VariantName"] for variant in variants]


# Who calls


def test_people_are_told_apart(example: Example) -> None:
    arns = [example.call("sts", "GetCallerIdentity", name)["Arn"] for name in ("alice", "bob")]
    assert arns == [f"arn:aws:iam::111111111111:user/{name}" for name in ("alice", "bob")]


def test_an_assumed_role_has_keys_that_end(example: Example) -> None:
    reply = example.call(
        "sts",
        "AssumeRole",
        RoleArn="arn:aws:iam::111111111111:role/mcm-read",
        RoleSessionName="alice",
    )
    assert reply["AssumedRoleUser"]["Arn"].endswith(":assumed-role/mcm-read/alice")
    assert reply["Credentials"]["Expiration"] == START + timedelta(hours=1)
    assert reply["Credentials"]["AccessKeyId"].startswith("ASIA")


# Approvals


def test_an_approval_is_recorded_with_its_approver(example: Example) -> None:
    approve(example, "bob")
    state = example.stage("ApproveUS")["actionStates"][0]["latestExecution"]
    assert (state["status"], state["lastUpdatedBy"]) == (
        "Succeeded",
        "arn:aws:iam::111111111111:user/bob",
    )
    assert "token" not in state


def test_an_approval_token_is_good_once(example: Example) -> None:
    used = token(example)
    approve(example)
    err = example.refusal(
        "codepipeline",
        "PutApprovalResult",
        **APPROVAL,
        result={"summary": "again", "status": "Approved"},
        token=used,
    )
    assert err.kind is ErrorKind.REFUSED
    assert err.code in ("InvalidApprovalTokenException", "ApprovalAlreadyCompletedException")


def test_a_guessed_token_is_refused(example: Example) -> None:
    err = example.refusal(
        "codepipeline",
        "PutApprovalResult",
        **APPROVAL,
        result={"summary": "mine", "status": "Approved"},
        token=UNKNOWN,
    )
    assert facts(err) == (ErrorKind.REFUSED, "InvalidApprovalTokenException")


def test_racing_approvals_have_one_winner(example: Example) -> None:
    used = token(example)

    def answer(person: str) -> str:
        try:
            approve(example, person, token=used)
        except AwsError as err:
            return err.kind
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(answer, ["alice", "bob"] * 4))
    assert sorted(outcomes) == [*["refused"] * 7, "won"]


# Transitions


def test_a_closed_transition_holds_the_execution(example: Example) -> None:
    waiting = example.stage("ApproveUS")["latestExecution"]["pipelineExecutionId"]
    approve(example)
    example.tick(60)
    stage = example.stage("ProdUS")
    assert stage["inboundTransitionState"]["enabled"] is False
    assert stage["inboundExecution"]["pipelineExecutionId"] == waiting
    assert stage["latestExecution"]["pipelineExecutionId"] != waiting


def test_an_opened_transition_lets_it_in(example: Example) -> None:
    promote(example)
    assert example.endpoint()["EndpointConfigName"] == "photo-check-us-v6-shadow-v7"


def test_a_closing_says_who_and_why(example: Example) -> None:
    example.call("codepipeline", "EnableStageTransition", **INBOUND)
    reply = example.call(
        "codepipeline", "DisableStageTransition", "carol", **INBOUND, reason="errors rise"
    )
    assert reply == {}
    state = example.stage("ProdUS")["inboundTransitionState"]
    assert (state["enabled"], state["disabledReason"]) == (False, "errors rise")
    assert state["lastChangedBy"] == "arn:aws:iam::111111111111:user/carol"
    assert state["lastChangedAt"] == START


@pytest.mark.parametrize("reason", ["MCM: hold", "50% errors", "ä", "x" * 301])
def test_a_reason_outside_its_pattern_is_refused(example: Example, reason: str) -> None:
    """AWS-RULES 17: boto3 sends it, AWS says no."""
    err = example.refusal("codepipeline", "DisableStageTransition", **INBOUND, reason=reason)
    assert facts(err) == (ErrorKind.INVALID, "ValidationException")
    assert example.stage("ProdUS")["inboundTransitionState"]["disabledReason"] != reason


# Rollback


def test_a_rollback_serves_the_old_configuration_again(example: Example) -> None:
    promote(example)
    wanted = target(example)
    started = roll_back(example, wanted)
    example.tick(60)
    latest = example.stage("ProdUS")["latestExecution"]
    assert (latest["pipelineExecutionId"], latest["type"], latest["status"]) == (
        started,
        "ROLLBACK",
        "Succeeded",
    )
    newest = example.executions()[0]
    assert newest["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": wanted}
    assert newest["trigger"]["triggerType"] == "ManualRollback"
    assert example.endpoint()["EndpointConfigName"] == "photo-check-us-v6"


def test_a_rollback_to_an_unknown_execution_is_not_found(example: Example) -> None:
    err = example.refusal(
        "codepipeline",
        "RollbackStage",
        pipelineName=PIPELINE,
        stageName="ProdUS",
        targetPipelineExecutionId=UNKNOWN,
    )
    assert facts(err) == (ErrorKind.NOT_FOUND, "PipelineExecutionNotFoundException")


def test_a_rollback_to_what_never_got_there_is_refused(example: Example) -> None:
    waiting = example.stage("ApproveUS")["latestExecution"]["pipelineExecutionId"]
    err = example.refusal(
        "codepipeline",
        "RollbackStage",
        pipelineName=PIPELINE,
        stageName="ProdUS",
        targetPipelineExecutionId=waiting,
    )
    assert facts(err) == (ErrorKind.REFUSED, "UnableToRollbackStageException")


def test_a_lost_rollback_has_happened_once(example: Example) -> None:
    """AWS-RULES 1 and fault scenario 1: nobody below the port tries again."""
    promote(example)
    wanted = target(example)
    before = len(example.executions())
    example.engine.faults.add(Fault(Effect.TIMEOUT_AFTER, operation="RollbackStage", times=1))
    with pytest.raises(AwsError) as caught:
        roll_back(example, wanted)
    assert caught.value.may_have_happened
    assert len(example.executions()) == before + 1
    assert len(example.engine.log.accepted("RollbackStage")) == 1


# Alarms and endpoints


def test_errors_ring_their_alarm_and_only_theirs(example: Example) -> None:
    promote(example)
    assert example.alarm("photo-check-5xx")["StateValue"] == "OK"
    example.engine.fault("5xx")
    example.tick(120)
    rung = example.alarm("photo-check-5xx")
    assert rung["StateValue"] == "ALARM"
    assert START < rung["StateTransitionedTimestamp"] <= example.clock.now
    assert rung["StateTransitionedTimestamp"].tzinfo is UTC
    assert example.alarm("photo-check-latency")["StateValue"] == "OK"


def test_an_unknown_alarm_is_left_out_without_a_word(example: Example) -> None:
    """AWS-RULES 18."""
    reply = example.call("cloudwatch", "DescribeAlarms", AlarmNames=["no-such", "photo-check-5xx"])
    assert [alarm["AlarmName"] for alarm in reply["MetricAlarms"]] == ["photo-check-5xx"]


def test_too_many_names_are_refused(example: Example) -> None:
    err = example.refusal("cloudwatch", "DescribeAlarms", AlarmNames=[f"a{n}" for n in range(101)])
    assert err.kind is ErrorKind.INVALID


def test_metrics_come_with_their_times(example: Example) -> None:
    metric = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocations",
        "Dimensions": [
            {"Name": "EndpointName", "Value": "photo-check-us"},
            {"Name": "VariantName", "Value": "live"},
        ],
    }
    reply = example.call(
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[
            {"Id": "calls", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
        ],
        StartTime=START - timedelta(minutes=10),
        EndTime=START,
        ScanBy="TimestampAscending",
    )
    found = reply["MetricDataResults"][0]
    minutes = [START - timedelta(minutes=10 - n) for n in range(10)]
    assert (found["StatusCode"], found["Timestamps"]) == ("Complete", minutes)
    assert all(isinstance(value, float) for value in found["Values"])


def test_regions_are_apart(example: Example) -> None:
    err = example.refusal("sagemaker", "DescribeEndpoint", EndpointName="photo-check-eu")
    assert facts(err) == (ErrorKind.INVALID, "ValidationException")
    reply = example.call(
        "sagemaker", "DescribeEndpoint", region="eu-west-1", EndpointName="photo-check-eu"
    )
    assert reply["EndpointStatus"] == "InService"


def test_a_shadow_stands_beside_the_unchanged_live_variant(example: Example) -> None:
    before = example.endpoint()
    promote(example)
    after = example.endpoint()
    assert [variant["VariantName"] for variant in after["ShadowProductionVariants"]] == [
        "candidate"
    ]
    assert "ShadowProductionVariants" not in before
    names = [variant["VariantName"] for variant in after["ProductionVariants"]]
    assert names == [variant["VariantName"] for variant in before["ProductionVariants"]] == ["live"]
    assert after["LastModifiedTime"] > before["LastModifiedTime"]


# Paging


def test_pages_join_to_the_whole(example: Example) -> None:
    whole = example.executions()
    first = example.call(
        "codepipeline", "ListPipelineExecutions", pipelineName=PIPELINE, maxResults=1
    )
    rest = example.executions(nextToken=first["nextToken"])
    assert first["pipelineExecutionSummaries"] + rest == whole


# Errors


@pytest.mark.parametrize(
    ("effect", "kind", "code"),
    [
        (Effect.THROTTLE, ErrorKind.THROTTLED, "ThrottlingException"),
        (Effect.SERVER_ERROR, ErrorKind.LOST, "InternalFailure"),
        (Effect.DENIED, ErrorKind.DENIED, "AccessDeniedException"),
        (Effect.EXPIRED, ErrorKind.AUTH, "ExpiredTokenException"),
    ],
)
@pytest.mark.parametrize("operation", ["GetPipelineState", "DisableStageTransition"])
def test_faults_have_one_meaning(
    example: Example, effect: Effect, kind: ErrorKind, code: str, operation: str
) -> None:
    params = {"name": PIPELINE} if operation == "GetPipelineState" else INBOUND | {"reason": "r"}
    example.engine.faults.add(Fault(effect, operation=operation))
    err = example.refusal("codepipeline", operation, **params)
    assert facts(err) == (kind, code)
    assert (err.service, err.operation) == ("codepipeline", operation)


def test_a_busy_pipeline_is_a_conflict_where_aws_models_one(example: Example) -> None:
    """RollbackStage may answer ConflictException; DisableStageTransition has none."""
    example.engine.faults.add(Fault(Effect.CONFLICT, operation="RollbackStage"))
    with pytest.raises(AwsError) as caught:
        roll_back(example, UNKNOWN)
    assert facts(caught.value) == (ErrorKind.CONFLICT, "ConflictException")


@pytest.mark.parametrize("effect", [Effect.TIMEOUT_BEFORE, Effect.TIMEOUT_AFTER])
def test_no_answer_is_lost_whether_it_happened_or_not(example: Example, effect: Effect) -> None:
    example.engine.faults.add(Fault(effect, operation="EnableStageTransition"))
    err = example.refusal("codepipeline", "EnableStageTransition", **INBOUND)
    assert err.kind is ErrorKind.LOST
    happened = example.stage("ProdUS")["inboundTransitionState"]["enabled"]
    assert happened is (effect is Effect.TIMEOUT_AFTER)


def test_a_stranger_is_not_known(example: Example) -> None:
    err = example.refusal("codepipeline", "GetPipelineState", "mallory", name=PIPELINE)
    assert err.kind is ErrorKind.AUTH


def test_denied_is_denied_to_one_person(example: Example) -> None:
    example.engine.identities.deny(user_key("alice"), "DisableStageTransition")
    params = INBOUND | {"reason": "r"}
    err = example.refusal("codepipeline", "DisableStageTransition", **params)
    assert err.kind is ErrorKind.DENIED
    assert example.call("codepipeline", "DisableStageTransition", "carol", **params) == {}


@pytest.mark.parametrize(
    ("operation", "params", "kind", "code"),
    [
        ("GetPipelineState", {"name": "No"}, ErrorKind.NOT_FOUND, "PipelineNotFoundException"),
        (
            "EnableStageTransition",
            INBOUND | {"stageName": "No"},
            ErrorKind.NOT_FOUND,
            "StageNotFoundException",
        ),
        (
            "GetPipelineExecution",
            {"pipelineName": PIPELINE, "pipelineExecutionId": UNKNOWN},
            ErrorKind.NOT_FOUND,
            "PipelineExecutionNotFoundException",
        ),
        ("PutWebhook", {}, ErrorKind.INVALID, None),
        ("ListWebhooks", {}, ErrorKind.INVALID, "UnsupportedOperation"),
        ("DanceOnTheTable", {}, ErrorKind.INVALID, None),
        ("GetPipelineState", {"name": 5}, ErrorKind.INVALID, None),
    ],
)
def test_what_is_not_there_is_said_alike(
    example: Example, operation: str, params: dict[str, Any], kind: ErrorKind, code: str | None
) -> None:
    err = example.refusal("codepipeline", operation, **params)
    assert err.kind is kind
    assert code in (None, err.code)
