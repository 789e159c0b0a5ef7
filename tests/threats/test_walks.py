"""Attempts at the pipeline while a walk waits: who answered, who wrote it, what changed.

On the virtual clock, over the engine's port; where a real account matters, the plan is of
one and the inbox is read from files by its own trust file.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mcm.app.refusals import note_ending
from mcm.app.runner import Ending
from mcm.core.errors import Exit, RefusedError
from mcm.core.gates.every_gate import judge_gates
from mcm.core.history.goal import GoForward
from mcm.core.plans.plan import Plan
from mcm.core.query import InboxQuery, Query
from mcm.core.reading import Known, Reading, Readings
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.principal import find
from mcm.core.trust.statement import Statement
from mcm.core.walking import sight
from mcm.trust.identity import person_of
from mcm.trust.inbox import read_statements, write_statement
from mcm.trust.persons import TrustFile
from mcm.trust.signing import sign, unsigned
from tests.kit.clock import VirtualClock
from tests.kit.world import PIPELINE, STAGE, People, World
from tests.trust.people import AWS, make_key
from tests.trust.people import People as Keys
from tests.walk.test_clock import Elsewhere

ACCOUNT = "111111111111"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deployer"
INBOUND = {"stageName": "ProdUS", "transitionType": "Inbound"}


def refused(world: World, plan: Plan, gate: str, code: str) -> Ending:
    """Deploy; the walk is refused at this gate, the journal says so, nothing is promoted."""
    ending = world.deploy(plan)
    now = world.clock.now()
    note_ending(world.journal, plan.change, STAGE, "alice", ending.gate, ending.reason, now)
    last = world.entries()[-1]

    assert (ending.exit, ending.gate) == (Exit.REFUSED, gate), ending
    assert (last.kind, last.body["code"], last.body["by"]) == ("refused", code, "alice")
    assert world.sent("EnableStageTransition") == 0
    return ending


def tied(world: World, arn: str) -> None:
    """Let the trust file tie bob to the AWS caller `arn`."""
    caller = find(arn)
    assert caller is not None
    world.people.statements = [
        replace(each, principals=frozenset({caller})) if each.person == "bob" else each
        for each in world.people.statements
    ]


def answered_as(world: World, session: str) -> Plan:
    """bob has signed; a session of a plain role, named by whoever opened it, has answered."""
    plan = world.plan()
    world.approve(plan, answer=False)
    assumed = world.port("alice").call(
        "sts", "AssumeRole", {"RoleArn": DEPLOYER, "RoleSessionName": session}
    )
    key = assumed["Credentials"]["AccessKeyId"]
    port = world.engine.port(key, "us-east-1")
    state = port.call("codepipeline", "GetPipelineState", {"name": PIPELINE.name})
    action = next(s for s in state["stageStates"] if s["stageName"] == "ApproveUS")["actionStates"]
    port.call(
        "codepipeline",
        "PutApprovalResult",
        {
            "pipelineName": PIPELINE.name,
            "stageName": "ApproveUS",
            "actionName": action[0]["actionName"],
            "token": action[0]["latestExecution"]["token"],
            "result": {"status": "Approved", "summary": "me"},
        },
    )
    world.clock.pass_time(timedelta(minutes=2))
    return plan


def test_threat_06_a_plain_role_session_named_as_a_colleague() -> None:
    """AWS says `bob`, since whoever assumes the role may call himself so."""
    world = World()
    plan = answered_as(world, "bob")
    tied(world, f"arn:aws:iam::{ACCOUNT}:user/bob")

    refused(world, plan, "answer", "E_SESSION_UNTRUSTED")


def test_threat_06_it_names_nobody_without_an_enforced_name(tmp_path: Path) -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/bob"
    keys = Keys({name: make_key(tmp_path, name) for name in ("alice", "bob", "carol")})
    value = keys.value()
    value["persons"][1]["aws"] = [arn]
    with pytest.raises(RefusedError) as caught:
        person_of(TrustFile.from_value(value), arn)
    assert (caught.value.code, caught.value.exit_code) == ("E_SESSION_UNTRUSTED", Exit.REFUSED)

    value["persons"][1]["aws"] = [{"arn": arn, "session_name": "enforced"}]
    assert person_of(TrustFile.from_value(value), arn).id == "bob"


@pytest.mark.parametrize("session", ["i-0123456789abcdef0", "botocore-session-1700000000"])
def test_threat_07_threat_08_an_answer_by_a_program(session: str) -> None:
    """Nobody is tied to anything here; a caller that is no human counts all the same for none."""
    world = World()

    refused(world, answered_as(world, session), "answer", "E_NOT_A_PERSON")


@pytest.mark.parametrize(
    "author", ["Bob <bob@example.com>", "bob", "\uff22OB <else@example.com>", "B <bob>"]
)
def test_threat_10_an_author_approves(author: str) -> None:
    world = World()
    plan = world.plan(authors=(author,))
    stage = replace(plan.stages[0], forbid_authors=True)
    plan = Plan.from_bytes(replace(plan, stages=(stage,)).to_bytes())
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))

    refused(world, plan, "approval", "E_AUTHOR_APPROVAL")


def test_threat_14_the_pipeline_is_changed_after_the_approval() -> None:
    world = World()
    plan = world.ready()
    port = world.port("console")
    found = port.call("codepipeline", "GetPipeline", {"name": PIPELINE.name})
    port.call("codepipeline", "UpdatePipeline", {"pipeline": found["pipeline"]})

    refused(world, plan, "plan", "E_PIPELINE_CHANGED")


class Filed(People):
    """An inbox of files, read with a trust file as for a real account."""

    def __init__(self, clock: VirtualClock, folder: Path, trust: TrustFile) -> None:
        super().__init__(clock)
        self.clock, self.folder, self.trusted = clock, folder, trust

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        found = super().read(queries, within)
        now = self.clock.now()
        for query in found:
            if isinstance(query, InboxQuery):
                verified, rejected = read_statements(self.folder, self.trusted, AWS, now)
                found[query] = Known(Inbox(tuple(verified), tuple(rejected)), now)
        return found


@pytest.mark.parametrize("signs", [True, False])
def test_threat_32_nobodys_signature_counts_for_a_real_account(
    tmp_path: Path, *, signs: bool
) -> None:
    """A sandbox takes unsigned statements; a plan for AWS needs the real ones."""
    keys = Keys({name: make_key(tmp_path, name) for name in ("alice", "bob", "carol")})
    trust = keys.trust()
    world = Elsewhere()
    plan = world.plan(realm=AWS)
    request, approval = (replace(each, trust=trust.ref) for each in statements(world, plan))
    approval = replace(approval, request=request.digest)
    folder = tmp_path / "statements"
    world.people = Filed(world.clock, folder, trust)
    write_statement(folder, sign(request, keys.keys["alice"]))
    write_statement(folder, sign(approval, keys.keys["bob"]) if signs else unsigned(approval))
    world.answer_approval()
    world.clock.pass_time(timedelta(minutes=2))

    if signs:
        assert world.deploy(plan).exit is Exit.DONE
    else:
        refused(world, plan, "approval", "E_SIGNATURE")


def statements(world: World, plan: Plan) -> tuple[Statement, Statement]:
    """Return alice's request and bob's approval, as they would sign them."""
    request, approval = world.request(plan), world.sign(plan)
    return request.statement, approval.statement


def test_threat_48_who_promotes_at_the_console_holds_what_comes_after() -> None:
    """The walk that waited watches what was let in; nothing further is promoted by it."""
    world = World()
    plan = world.plan()
    world.request(plan)
    world.answer_approval()
    world.clock.pass_time(timedelta(minutes=2))
    world.console("EnableStageTransition", **INBOUND)
    world.clock.pass_time(timedelta(minutes=5))
    before = world.sent("EnableStageTransition")

    world.deploy(plan)

    entered = next(entry for entry in world.entries() if entry.kind == "entered")
    assert entered.body["by"] == "others"
    assert world.sent("EnableStageTransition") == before
    later = replace(plan.stages[0], name="prod-later")
    both = replace(plan, stages=(*plan.stages, later))
    state, now = world.listener.states[-1], world.clock.now()
    goal, readings = GoForward(both, ("prod-later",)), seen(world, both)
    watch = sight.watch(both, later, state, deployed=False)
    gates = {
        gate.name: gate.open for gate in judge_gates(goal, later, state, readings, (), watch, now)
    }
    assert gates["out-of-band"] is False


def seen(world: World, plan: Plan) -> Readings:
    """Return what one look at AWS shows of the gates."""
    from mcm.app.observing import Observer
    from mcm.aws.observe import AwsSource
    from mcm.core.gates.every_gate import queries
    from mcm.core.history.state import State

    sources: list[Any] = [AwsSource(world.connect, world.clock.now), world.people]
    stage = plan.stages[0]
    watch = sight.watch(plan, stage, State(), deployed=False)
    wanted = queries(plan, stage, State(), watch)
    return Observer(sources, world.clock).observe(wanted, timedelta(seconds=10))
