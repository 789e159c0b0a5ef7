"""The IAM policies of the four roles: what each may call, and on which resource.

`CALLS` is every operation that mcm sends to AWS, with the roles that need it; a test
compares it with the adapters and with botocore's models. Resource types are those of
AWS's Service Authorization Reference: an action of CodePipeline is granted on the
pipeline, on `PIPELINE/STAGE` or on `PIPELINE/STAGE/ACTION`, whichever it supports.
An identity's policy lives in one account, so there is one document for each account.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mcm.core.errors import UsageError
from mcm.core.place import Place
from mcm.core.plans.service import Service, StageConfig
from mcm.core.windows.hours import CHANGE_CALENDAR

REQUESTER, OPERATOR, APPROVER, ON_CALL = ROLES = ("requester", "operator", "approver", "on-call")

LIMIT = 6144
"""Characters that AWS takes in a managed policy, white space not counted."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One operation that mcm sends, who needs it, and the statement that grants it."""

    service: str
    operation: str
    statement: str
    """Sid of the statement; the calls of one statement share their resources."""
    roles: tuple[str, ...]

    @property
    def action(self) -> str:
        """The action as IAM spells it; for most the prefix is botocore's name."""
        spelled = f"{self.service}:{self.operation}"
        return _SPELLED.get(spelled, spelled)


_SPELLED: Mapping[str, str] = {
    "sagemaker-runtime:InvokeEndpoint": "sagemaker:InvokeEndpoint",
    "s3:ListObjectsV2": "s3:ListBucket",
    "resourcegroupstaggingapi:GetResources": "tag:GetResources",
}
"""Actions that IAM calls otherwise than the API calls its operations."""
_DRIVES = (OPERATOR, ON_CALL)

CALLS = (
    Call("codepipeline", "GetPipeline", "ReadPipeline", ROLES),
    Call("codepipeline", "GetPipelineExecution", "ReadPipeline", ROLES),
    Call("codepipeline", "GetPipelineState", "ReadPipeline", ROLES),
    Call("codepipeline", "ListActionExecutions", "ReadPipeline", ROLES),
    Call("codepipeline", "ListPipelineExecutions", "ReadPipeline", ROLES),
    Call("sagemaker", "DescribeEndpoint", "ReadEndpoints", ROLES),
    Call("sagemaker", "DescribeEndpointConfig", "ReadEndpoints", ROLES),
    Call("cloudwatch", "DescribeAlarmHistory", "ReadAlarmsAndMetrics", ROLES),
    Call("cloudwatch", "DescribeAlarms", "ReadAlarmsAndMetrics", ROLES),
    Call("cloudwatch", "GetAlarmMuteRule", "ReadAlarmsAndMetrics", ROLES),
    Call("cloudwatch", "GetMetricData", "ReadAlarmsAndMetrics", ROLES),
    Call("cloudwatch", "ListAlarmMuteRules", "ReadAlarmsAndMetrics", ROLES),
    Call("resourcegroupstaggingapi", "GetResources", "FindTaggedAlarms", ROLES),
    Call("ssm", "DescribeOpsItems", "ReadIncidents", ROLES),
    Call("sagemaker-runtime", "InvokeEndpoint", "TryEndpoints", (REQUESTER, OPERATOR)),
    Call("s3", "GetObject", "ReadRecords", (REQUESTER, OPERATOR)),
    Call("s3", "ListObjectsV2", "ReadRecords", (REQUESTER, OPERATOR)),
    Call("sagemaker", "ListEndpoints", "FindEndpoints", (REQUESTER,)),
    Call("ssm", "GetCalendarState", "ReadChangeCalendars", ROLES),
    Call("codepipeline", "ListPipelines", "FindPipelines", (ON_CALL,)),
    Call("codepipeline", "DisableStageTransition", "DriveStages", _DRIVES),
    Call("codepipeline", "EnableStageTransition", "DriveStages", _DRIVES),
    Call("codepipeline", "RetryStageExecution", "DriveStages", _DRIVES),
    Call("codepipeline", "RollbackStage", "DriveStages", _DRIVES),
    Call("codepipeline", "StopPipelineExecution", "StopExecutions", _DRIVES),
    Call("codepipeline", "PutApprovalResult", "AnswerApproval", (OPERATOR, APPROVER, ON_CALL)),
    Call("codepipeline", "StartPipelineExecution", "RedeployAsLastResort", (ON_CALL,)),
    Call("sagemaker", "UpdateEndpoint", "RestoreAsLastResort", (ON_CALL,)),
    Call("sns", "Publish", "Notify", _DRIVES),
    Call("sts", "AssumeRole", "TakeRoles", ROLES),
    Call("sts", "GetCallerIdentity", "", ROLES),  # AWS lets everybody ask who they are
)
"""Every call of mcm's, statement by statement."""

DENIED = {
    REQUESTER: ("OverrideStageCondition", "PutApprovalResult", "UpdatePipeline"),
    OPERATOR: ("OverrideStageCondition", "UpdatePipeline"),
}
"""What a role is denied in the whole pipeline, whatever other policies allow: a way past
the second person. A person who is requester and operator has both denials."""


def documents(
    service: Service, role: str, partition: str, stages: Sequence[StageConfig]
) -> dict[str, Document]:
    """Return the policy of `role` for some of the service's stages, by account.

    The pipeline's account comes first. Raises UsageError for a document that AWS would
    find too long.
    """
    places = [service.pipeline.place, *(stage.place for stage in stages)]
    accounts = dict.fromkeys(place.account for place in places)
    found = {}
    for account in accounts:
        document = _document(_Scope(service, role, partition, account, tuple(stages)))
        size = len(json.dumps(document, separators=(",", ":")).replace(" ", ""))
        if size > LIMIT:
            raise UsageError(
                f"the policy of {role} has {size} characters, and AWS takes {LIMIT}",
                hint="Print it stage by stage with --stage, and attach each.",
            )
        found[account] = document
    return found


def approval_actions(role: str, stages: Iterable[StageConfig]) -> tuple[str, ...]:
    """Return the approval actions that `role` may answer, each as `STAGE/ACTION`.

    An approver: those in front of (or in) a stage. The operator: those that mcm itself
    answers as the promotion. On-call: those inside a stage, where a rollback waits too.
    """
    found = []
    for stage in stages:
        approve = stage.gate.approve
        if approve is None:
            continue
        inside = approve.stage == stage.pipeline_stage
        mine = {APPROVER: True, OPERATOR: not stage.gate.open, ON_CALL: inside}
        if mine.get(role, False):
            found.append(f"{approve.stage}/{approve.action}")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Scope:
    """One document's subject: a role in an account."""

    service: Service
    role: str
    partition: str
    account: str
    stages: tuple[StageConfig, ...]

    @property
    def holds_pipeline(self) -> bool:
        return self.service.pipeline.place.account == self.account

    @property
    def places(self) -> list[Place]:
        own = [self.service.pipeline.place, *(stage.place for stage in self.stages)]
        return [place for place in dict.fromkeys(own) if place.account == self.account]

    def pipeline(self, *below: str) -> str:
        """Return the ARN of the pipeline, or of a stage or action in it."""
        name = "/".join((self.service.pipeline.name, *below))
        return self._arn("codepipeline", self.service.pipeline.place.region, name)

    def pipeline_stages(self) -> list[str]:
        opened = [name for s in self.stages for name in (s.pipeline_stage, s.gate.open) if name]
        return [self.pipeline(name) for name in dict.fromkeys(opened)]

    def endpoints(self) -> list[str]:
        """Return the endpoints that checks watch, and every config that one may have."""
        found: list[str] = []
        for stage in self.stages:
            names = {use.params["endpoint"] for use in stage.guardrails if "endpoint" in use.params}
            if stage.place.account != self.account or not names:
                continue
            # SageMaker writes the names in its ARNs in lower case, whatever was created.
            spelled = sorted({each for name in names for each in (name, name.lower())})
            found += [self._sagemaker(stage, f"endpoint/{name}") for name in spelled]
            found.append(self._sagemaker(stage, "endpoint-config/*"))
        return list(dict.fromkeys(found))

    def change_calendars(self) -> list[str]:
        """Return the documents that the account's stages are denied by."""
        known = {c.name: c.source for c in self.service.calendars if c.kind == CHANGE_CALENDAR}
        found: list[str] = []
        for stage in self.stages:
            denied = stage.window.deny if stage.window else ()
            if stage.place.account != self.account:
                continue
            for name in (known[each] for each in denied if each in known):
                arn = self._arn("ssm", stage.place.region, f"document/{name}")
                found.append(name if name.startswith("arn:") else arn)
        return list(dict.fromkeys(found))

    def uses(self, check: str) -> list[tuple[StageConfig, Mapping[str, Any]]]:
        """Return the parameters of each use of a check in this account, with its stage."""
        return [
            (stage, use.params)
            for stage in self.stages
            for use in stage.guardrails
            if use.use == check and stage.place.account == self.account
        ]

    def tried_endpoints(self) -> list[str]:
        """Return the endpoints that samples are sent to; names in both spellings."""
        found: list[str] = []
        for stage, params in self.uses("smoke"):
            names = {params["endpoint"], params["endpoint"].lower()}
            found += [self._sagemaker(stage, f"endpoint/{name}") for name in sorted(names)]
        return list(dict.fromkeys(found))

    def records(self) -> list[str]:
        """Return the buckets of captured records, and the objects below their prefixes."""
        places = [params["records"] for _, params in self.uses("shadow-traffic")]
        found: list[str] = []
        for place in dict.fromkeys(each for each in places if each):
            bucket, _, prefix = place.removeprefix("s3://").partition("/")
            below = f"{prefix.strip('/')}/*".lstrip("/")
            arn = f"arn:{self.partition}:s3:::{bucket}"
            found += [arn, f"{arn}/{below}"]
        return list(dict.fromkeys(found))

    def topics(self) -> list[str]:
        targets = [each.target for each in self.service.notify if each.kind == "sns"]
        return [target for target in targets if target.split(":")[4] == self.account]

    def roles(self) -> list[str]:
        """Return the roles that mcm.yaml lets mcm take; whoever calls begins at the pipeline's."""
        access = [self.service.access, *(stage.access for stage in self.stages)]
        return list(dict.fromkeys(each.role_arn for each in access if each.role_arn))

    def _sagemaker(self, stage: StageConfig, name: str) -> str:
        return self._arn("sagemaker", stage.place.region, name)

    def _arn(self, service: str, region: str, name: str) -> str:
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{name}"


def _document(scope: _Scope) -> Document:
    statements = []
    mine = [call for call in CALLS if scope.role in call.roles and call.statement]
    for sid, calls in groupby(mine, key=lambda call: call.statement):
        resources = _resources(scope, sid)
        if not resources:
            continue
        statement: Document = {
            "Sid": sid,
            "Effect": "Allow",
            "Action": [call.action for call in calls],
            "Resource": resources,
        }
        if resources == ["*"]:
            regions = sorted({place.region for place in scope.places})
            statement["Condition"] = {"StringEquals": {"aws:RequestedRegion": regions}}
        statements.append(statement)
    denied = DENIED.get(scope.role)
    if denied and scope.holds_pipeline:
        statements.append(
            {
                "Sid": "LeaveItToTheSecondPerson",
                "Effect": "Deny",
                "Action": [f"codepipeline:{operation}" for operation in denied],
                "Resource": [scope.pipeline(), scope.pipeline("*")],
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _resources(scope: _Scope, sid: str) -> list[str]:
    """Return what a statement is about in this account; empty where it is about nothing."""
    if sid in ("ReadEndpoints", "RestoreAsLastResort"):
        return scope.endpoints()
    # Composite alarms are told to `*` only, metrics and lists of endpoints likewise.
    if sid in ("ReadAlarmsAndMetrics", "FindEndpoints"):
        return ["*"]
    if sid == "ReadIncidents":
        return ["*"] if scope.uses("open-incidents") else []
    if sid == "FindTaggedAlarms":
        tagged = any(params.get("tag") for _, params in scope.uses("alarms"))
        return ["*"] if tagged else []
    if sid == "TryEndpoints":
        return scope.tried_endpoints()
    if sid == "ReadRecords":
        return scope.records()
    if sid == "ReadChangeCalendars":
        return scope.change_calendars()
    if sid == "Notify":
        return scope.topics()
    if not scope.holds_pipeline:
        return []
    answered = approval_actions(scope.role, scope.stages)
    here: Mapping[str, list[str]] = {
        "ReadPipeline": [scope.pipeline()],
        "FindPipelines": ["*"],
        "DriveStages": scope.pipeline_stages(),
        "StopExecutions": [scope.pipeline()],
        "RedeployAsLastResort": [scope.pipeline()],
        "AnswerApproval": [scope.pipeline(name) for name in answered],
        "TakeRoles": scope.roles(),
    }
    return here[sid]
