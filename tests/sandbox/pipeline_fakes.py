"""A small pipeline on a hand-moved clock, and the example on one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.aws.port import Params, Reply
from mcm.sandbox.engine import Engine
from mcm.sandbox.identity import Identities, Sts, user_key
from mcm.sandbox.pipeline_model import Ids, SourceRevision, Timings, parse_structure
from mcm.sandbox.pipeline_ops import CodePipeline
from mcm.sandbox.pipeline_run import PipelineRun
from mcm.sandbox.service import Service
from tests.sandbox.plain_endpoints import PlainEndpoints

START = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
REGION = "us-east-1"


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Commits:
    """One source action `App` whose newest commit is `c1`, `c2`, …"""

    def __init__(self) -> None:
        self.count = 0

    def pull(self) -> tuple[SourceRevision, ...]:
        self.count += 1
        return (self._commit(self.count),)

    def find(self, action: str, revision_id: str) -> SourceRevision | None:
        known = {f"c{number}": number for number in range(1, self.count + 1)}
        return self._commit(known[revision_id]) if revision_id in known else None

    def configuration(self, revisions: tuple[SourceRevision, ...], endpoint: str) -> str | None:
        return f"{endpoint}-{revisions[0].revision_id}"

    def _commit(self, number: int) -> SourceRevision:
        return SourceRevision("App", f"c{number}", f"commit {number}", f"https://c/{number}")


def declare(
    mode: str = "SUPERSEDED", *, approval_in_prod: bool = False, on_failure: str | None = None
) -> dict[str, Any]:
    """Source, Gate (an approval) and Prod (a deployment of the endpoint `shop`)."""
    approve = _action("Approve", "Approval", 1)
    deploy = _action("Deploy", "Deploy", 2) | {
        "configuration": {"StackName": "shop"},
        "region": REGION,
    }
    prod: dict[str, Any] = {
        "name": "Prod",
        "actions": [approve, deploy] if approval_in_prod else [deploy],
    }
    if on_failure:
        prod["onFailure"] = {"result": on_failure}
    return {
        "name": "Shop",
        "roleArn": "arn:aws:iam::111111111111:role/pipeline",
        "executionMode": mode,
        "pipelineType": "V2",
        "stages": [
            {"name": "Source", "actions": [_action("App", "Source", 1)]},
            {"name": "Gate", "actions": [approve]},
            prod,
        ],
    }


def _action(name: str, category: str, order: int) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": "Example", "version": "1"}
    return {"name": name, "actionTypeId": kind, "runOrder": order}


class Shop:
    """The small pipeline behind an engine, and the calls that tests make of it."""

    def __init__(
        self,
        declaration: dict[str, Any] | None = None,
        *,
        passes_disabled: bool = True,
        start: datetime = START,
    ) -> None:
        self.clock = Clock(start)
        self.world = PlainEndpoints({})
        self.pipeline = PipelineRun(
            parse_structure(declaration or declare(), 1, start),
            sources=Commits(),
            deploys=self.world,
            ids=Ids("test"),
            timings=Timings(),
            rollback_passes_disabled_transition=passes_disabled,
        )
        service = CodePipeline("111111111111", REGION)
        service.pipelines["Shop"] = self.pipeline
        self.identities = Identities()
        services: dict[str, Service] = {"codepipeline": service, "sts": Sts(self.identities)}
        self.engine = Engine(services, self.identities, self.clock, is_strict=True)

    def call(self, operation: str, params: Params | None = None, *, by: str = "alice") -> Reply:
        """Call CodePipeline; the pipeline's name is filled in."""
        key = "name" if operation in _BY_NAME else "pipelineName"
        asked = {**(params or {})}
        if operation != "UpdatePipeline":
            asked[key] = "Shop"
        port = self.engine.port(user_key(by), REGION)
        return port.call("codepipeline", operation, asked)

    def start(self) -> str:
        """Start an execution and return its id."""
        return str(self.call("StartPipelineExecution")["pipelineExecutionId"])

    def stage(self, name: str) -> Reply:
        """Return the state of one stage."""
        states = self.call("GetPipelineState")["stageStates"]
        return next(state for state in states if state["stageName"] == name)

    def status(self, execution_id: str) -> str:
        reply = self.call("GetPipelineExecution", {"pipelineExecutionId": execution_id})
        return str(reply["pipelineExecution"]["status"])

    def token(self, stage: str = "Gate") -> str:
        """Return the token of the open approval of a stage."""
        return str(self.stage(stage)["actionStates"][0]["latestExecution"]["token"])

    def approve(self, stage: str = "Gate", *, status: str = "Approved", by: str = "bob") -> Reply:
        asked = {
            "stageName": stage,
            "actionName": "Approve",
            "token": self.token(stage),
            "result": {"status": status, "summary": "looked at it"},
        }
        return self.call("PutApprovalResult", asked, by=by)

    def disable(self, stage: str = "Prod", reason: str = "closed") -> Reply:
        return self.call("DisableStageTransition", transition(stage) | {"reason": reason})

    def enable(self, stage: str = "Prod") -> Reply:
        return self.call("EnableStageTransition", transition(stage))

    def roll_back(self, target: str, stage: str = "Prod") -> str:
        asked = {"stageName": stage, "targetPipelineExecutionId": target}
        return str(self.call("RollbackStage", asked, by="carol")["pipelineExecutionId"])

    def deploy(self) -> str:
        """Bring one execution through all stages and return its id."""
        started = self.start()
        self.clock.tick(5)
        self.approve()
        self.clock.tick(10)
        self.engine.advance()
        return started


_BY_NAME = ("GetPipeline", "GetPipelineState", "StartPipelineExecution")


def transition(stage: str) -> Params:
    """Return the parameters that name an inbound transition."""
    return {"stageName": stage, "transitionType": "Inbound"}
