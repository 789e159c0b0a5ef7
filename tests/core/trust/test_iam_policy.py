"""The IAM policies: each call that mcm makes, on the resource that AWS knows it by, no other."""

import ast
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import Loader

import mcm
from mcm.core.errors import UsageError
from mcm.core.plans.plan import Approval, Gate
from mcm.core.plans.service import Access, Channel, CheckUse, Service, StageConfig
from mcm.core.query import Place
from mcm.core.trust.iam_policy import CALLS, DENIED, LIMIT, ROLES, Document, documents
from mcm.core.windows.hours import CalendarSource
from tests.kit.files import example_service

PREFIXES = {
    "codepipeline": "codepipeline",
    "cloudwatch": "cloudwatch",  # its endpoint is called `monitoring`, IAM's prefix is not
    "sagemaker": "sagemaker",
    "sagemaker-runtime": "sagemaker",
    "s3": "s3",
    "resourcegroupstaggingapi": "tag",
    "sns": "sns",
    "ssm": "ssm",
    "sts": "sts",
}
"""botocore's name of a service, and the prefix in AWS's Service Authorization Reference."""
PIPELINE = "arn:aws:codepipeline:us-east-1:111111111111:ParcelPhotoCheck"
WRITES = {
    "Put",
    "Enable",
    "Disable",
    "Retry",
    "Rollback",
    "Stop",
    "Publish",
    "Assume",
    "Start",
    "Update",
}


def service(**changes: object) -> Service:
    return replace(example_service(), **changes)  # type: ignore[arg-type]


def policy(role: str, found: Service, stages: tuple[StageConfig, ...] | None = None) -> Document:
    made = documents(found, role, "aws", found.stages if stages is None else stages)
    return made[found.pipeline.place.account]


def granted(document: Document, effect: str = "Allow") -> dict[str, list[str]]:
    """Return action → resources."""
    return {
        action: statement["Resource"]
        for statement in document["Statement"]
        if statement["Effect"] == effect
        for action in statement["Action"]
    }


@cache
def operations(name: str) -> frozenset[str]:
    """Return the operations in botocore's own model of a service."""
    return frozenset(Loader().load_service_model(name, "service-2")["operations"])


def called() -> set[tuple[str, str]]:
    """Return every (service, operation) whose name the program passes to a call."""
    # SageMaker has pipelines of its own, whose names mcm uses for CodePipeline's only.
    names = {op: service for service in reversed(PREFIXES) for op in operations(service)}
    found = set()
    for path in Path(mcm.__file__).parent.rglob("*.py"):
        if "sandbox" in path.parts or path.name == "iam_policy.py":  # AWS's side; the table
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            for word in (*node.args, *(each.value for each in node.keywords)):
                if isinstance(word, ast.Constant) and word.value in names:
                    found.add((names[word.value], str(word.value)))
    return found


def test_the_table_has_every_call_that_the_adapters_make_and_no_other() -> None:
    known = {(call.service, call.operation) for call in CALLS}
    assert called() | {("sts", "GetCallerIdentity")} == known, (
        "mcm/core/trust/iam_policy.py lists what mcm calls: keep CALLS like the code"
    )


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_each_action_is_an_operation_of_its_service(call: object) -> None:
    prefix, _ = call.action.split(":")  # type: ignore[attr-defined]
    assert call.operation in operations(call.service)  # type: ignore[attr-defined]
    assert PREFIXES[call.service] == prefix  # type: ignore[attr-defined]


def test_each_denied_action_is_an_operation_of_codepipeline() -> None:
    assert {name for names in DENIED.values() for name in names} <= operations("codepipeline")


@pytest.mark.parametrize("role", ROLES)
def test_a_document_is_what_iam_takes(role: str) -> None:
    document = policy(role, service(notify=(Channel("sns", TOPIC, ()),)))
    assert document == json.loads(json.dumps(document))
    assert set(document) == {"Version", "Statement"}
    assert document["Version"] == "2012-10-17"
    sids = [each["Sid"] for each in document["Statement"]]
    assert len(set(sids)) == len(sids)
    for statement in document["Statement"]:
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Sid"].isalnum()
        assert statement["Effect"] in ("Allow", "Deny")
        assert statement["Action"]
        assert statement["Resource"]
        assert all(each == "*" or each.startswith("arn:aws:") for each in statement["Resource"])
    assert len(json.dumps(document)) < LIMIT


TOPIC = "arn:aws:sns:us-east-1:111111111111:deploys"


def test_the_requester_may_only_read_and_is_denied_every_way_past_the_second_person() -> None:
    document = policy("requester", service())
    assert not [a for a in granted(document) if a.split(":")[1].startswith(tuple(WRITES))]
    denied = granted(document, "Deny")
    assert set(denied) == {
        "codepipeline:OverrideStageCondition",
        "codepipeline:PutApprovalResult",
        "codepipeline:UpdatePipeline",
    }
    assert all(found == [PIPELINE, f"{PIPELINE}/*"] for found in denied.values())


def test_an_approver_may_answer_exactly_the_approvals_and_write_nothing_else() -> None:
    found = service()
    wanted = [f"{PIPELINE}/Approve{place}/Approve" for place in ("EU", "FE", "US")]
    actions = granted(policy("approver", found))
    assert actions["codepipeline:PutApprovalResult"] == wanted
    writes = [a for a in actions if a.split(":")[1].startswith(tuple(WRITES))]
    assert writes == ["codepipeline:PutApprovalResult"]
    one = granted(policy("approver", found, found.stages[2:]))
    assert one["codepipeline:PutApprovalResult"] == wanted[2:]


def test_on_call_may_close_open_stop_roll_back_and_retry_each_stage() -> None:
    found = service()
    actions = granted(policy("on-call", found, found.stages[2:]))
    for name in (
        "DisableStageTransition",
        "EnableStageTransition",
        "RetryStageExecution",
        "RollbackStage",
    ):
        assert actions[f"codepipeline:{name}"] == [f"{PIPELINE}/ProdUS"]
    assert actions["codepipeline:StopPipelineExecution"] == [PIPELINE]
    assert "codepipeline:PutApprovalResult" not in actions
    assert not granted(policy("on-call", found), "Deny")


def test_only_on_call_may_climb_the_ladder() -> None:
    """Its two writes are a last resort: whoever deploys by day has no use for them."""
    found = service()
    ladder = {"codepipeline:StartPipelineExecution", "sagemaker:UpdateEndpoint"}
    for role in ROLES:
        actions = granted(policy(role, found, found.stages[2:]))
        assert ladder & set(actions) == (ladder if role == "on-call" else set())
    actions = granted(policy("on-call", found, found.stages[2:]))
    assert actions["codepipeline:StartPipelineExecution"] == [PIPELINE]
    start = "arn:aws:sagemaker:us-east-1:111111111111:"
    assert actions["sagemaker:UpdateEndpoint"] == [
        f"{start}endpoint/photo-check-us",
        f"{start}endpoint-config/*",
    ]


def test_the_operator_answers_an_approval_only_where_mcm_promotes_by_answering() -> None:
    found = service()
    stage = replace(found.stages[0], gate=Gate(Approval("ApproveEU", "Approve"), ""))
    answers = granted(policy("operator", found, (stage,)))["codepipeline:PutApprovalResult"]
    assert answers == [f"{PIPELINE}/ApproveEU/Approve"]
    assert "codepipeline:PutApprovalResult" not in granted(policy("operator", found))


def test_on_call_may_let_a_rollback_past_an_approval_inside_the_stage() -> None:
    """Nothing blocks a rollback; an approval there stops it as well."""
    found = service()
    stage = replace(found.stages[0], gate=Gate(Approval("ProdEU", "Approve"), "ProdEU"))
    answers = granted(policy("on-call", found, (stage,)))["codepipeline:PutApprovalResult"]
    assert answers == [f"{PIPELINE}/ProdEU/Approve"]


def test_a_change_calendar_may_be_read_where_a_stage_is_denied_by_it() -> None:
    example = example_service()
    stage = example.stages[0]
    assert stage.window is not None
    denied = replace(stage, window=replace(stage.window, deny=("ops", "other")))
    theirs = "arn:aws:ssm:eu-west-1:222222222222:document/ops"
    found = service(
        stages=(denied,),
        calendars=(
            CalendarSource("ops", "change_calendar", theirs, ""),
            CalendarSource("other", "change_calendar", "quiet", ""),
            CalendarSource("unused", "change_calendar", "unused", ""),
        ),
    )
    own = f"arn:aws:ssm:{stage.place.region}:{stage.place.account}:document/quiet"

    assert granted(policy("operator", found))["ssm:GetCalendarState"] == [theirs, own]
    assert "ssm:GetCalendarState" not in granted(policy("operator", service()))


def test_reads_that_have_no_resource_are_bound_to_the_service_s_regions() -> None:
    document = policy("operator", service())
    for statement in document["Statement"]:
        if statement["Resource"] == ["*"]:
            regions = ["ap-northeast-1", "eu-west-1", "us-east-1"]
            assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": regions}}


def test_an_endpoint_is_named_as_written_and_in_lower_case() -> None:
    """SageMaker's ARNs have their names in lower case."""
    found = service()
    stage = found.stages[2]
    uses = tuple(
        replace(use, params={**use.params, "endpoint": "Photo-US"})
        if "endpoint" in use.params
        else use
        for use in stage.guardrails
    )
    actions = granted(policy("operator", found, (replace(stage, guardrails=uses),)))
    start = "arn:aws:sagemaker:us-east-1:111111111111:"
    assert actions["sagemaker:DescribeEndpoint"] == [
        f"{start}endpoint/Photo-US",
        f"{start}endpoint/photo-us",
        f"{start}endpoint-config/*",
    ]


def test_another_account_gets_a_document_of_its_own_that_only_reads() -> None:
    found = service()
    there = Place("444444444444", "us-east-1")
    role = "arn:aws:iam::444444444444:role/mcm-read"
    stage = replace(found.stages[2], place=there, access=Access("", role))
    made = documents(found, "operator", "aws", (stage,))
    assert list(made) == ["111111111111", "444444444444"]
    assert granted(made["111111111111"])["sts:AssumeRole"] == [role]
    assert "sagemaker:DescribeEndpoint" not in granted(made["111111111111"])
    assert set(granted(made["444444444444"])) == {
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetAlarmMuteRule",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListAlarmMuteRules",
    }
    assert not granted(made["444444444444"], "Deny")


def test_other_partitions_are_named_in_each_arn() -> None:
    found = service()
    made = documents(found, "approver", "aws-cn", found.stages)["111111111111"]
    for resources in granted(made).values():
        assert all(each == "*" or each.startswith("arn:aws-cn:") for each in resources)


def test_what_aws_would_find_too_long_is_refused_with_the_way_out() -> None:
    found = service()
    many = tuple(
        replace(found.stages[0], name=f"s{n}", pipeline_stage=f"Production{n:03}", gate=gate)
        for n in range(60)
        for gate in [Gate(Approval(f"ApproveProduction{n:03}", "ApproveTheRelease"), "")]
    )
    with pytest.raises(UsageError, match="6144") as told:
        documents(found, "operator", "aws", many)
    assert "--stage" in str(told.value.hint)


def test_slow_checks_get_just_what_they_look_at() -> None:
    uses = (
        CheckUse("open-incidents", {}, "hold"),
        CheckUse("smoke", {"endpoint": "Photo"}, "hold"),
        CheckUse("shadow-traffic", {"endpoint": "x", "records": "s3://records/capture/"}, "hold"),
    )
    found = example_service()
    stage = replace(found.stages[0], guardrails=uses, place=found.pipeline.place)
    allowed = granted(policy("operator", replace(found, stages=(stage,))))

    assert allowed["ssm:DescribeOpsItems"] == ["*"]
    assert [arn.rsplit(":", 1)[1] for arn in allowed["sagemaker:InvokeEndpoint"]] == [
        "endpoint/Photo",
        "endpoint/photo",
    ]
    assert allowed["s3:ListBucket"] == ["arn:aws:s3:::records", "arn:aws:s3:::records/capture/*"]
    assert "ssm:DescribeOpsItems" not in granted(policy("operator", found))
