"""Secrets that pass through a walk stay out of everything that it leaves behind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from botocore.exceptions import ClientError

from mcm.app.export import build_bundle
from mcm.aws.errors import from_exception
from mcm.aws.port import Params
from mcm.core.history.instruction import AnswerApproval
from mcm.core.history.journal import Entry, to_stored
from mcm.core.plans.plan import Gate, Plan
from tests.kit.world import PIPELINE, World


def answering_itself(plan: Plan) -> Plan:
    """A gate whose approval mcm answers, so that the token passes through mcm's hands."""
    stage = plan.stages[0]
    gate = Gate(stage.gate.approve, "")
    return replace(plan, stages=(replace(stage, gate=gate),))


def kept(entries: Sequence[Entry], world: World) -> bytes:
    """All that was written: the journal, its export, and what AWS was told."""
    exported = b"".join(build_bundle(entries, None, {}, None, None).files.values())
    told = repr([world.stage_state(name) for name in ("ApproveUS", "ProdUS")]).encode()
    return b"".join(to_stored(entry) for entry in entries) + exported + told


def test_threat_61_an_approvals_token_is_in_nothing_that_is_written() -> None:
    """Neither when AWS takes it, nor when AWS quotes it in an error."""
    world = World()
    plan = answering_itself(world.plan())
    tokens: list[str] = []

    def before(service: str, operation: str, params: Params) -> None:
        if operation == "PutApprovalResult":
            tokens.append(params["token"])
            if len(tokens) == 1:
                said = {"Code": "InvalidApprovalTokenException", "Message": str(params)}
                raise from_exception(
                    ClientError({"Error": said}, operation), service, operation, params=params
                )

    place = {"pipelineName": PIPELINE.name, "stageName": "ProdUS", "transitionType": "Inbound"}
    world.port("console").call("codepipeline", "EnableStageTransition", place)
    world.approve(plan, answer=False)
    world.before = before
    world.deploy(plan, patience=timedelta(hours=2))

    entries = world.journal.entries(plan.change)
    ops = [e.body["instruction"]["op"] for e in entries if e.kind == "intent"]
    assert AnswerApproval.op in ops
    assert len(tokens) == 2
    written = kept(entries, world)
    assert not [token for token in tokens if token.encode() in written]
