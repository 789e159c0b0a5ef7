"""Walks that go forward by a broken glass: the same gates, the same turn, one person less."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.app.notifying import Notifying
from mcm.core.errors import Exit
from mcm.core.history.glass_told import Glass
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Entry
from mcm.core.plans.plan import Plan
from mcm.core.trust.principal import find as find_principal
from mcm.core.trust.statement import Opening
from mcm.core.windows.window import Freeze
from mcm.notify.message import Message
from tests.kit.world import STAGE, World

MINUTE = timedelta(minutes=1)
WHY = "the fix cannot wait for tonight"
FREEZE = Freeze("peak", datetime(1970, 1, 1), datetime(2099, 1, 1), "UTC", "peak season")  # noqa: DTZ001 - local times


def waiting(world: World, plan: Plan) -> None:
    world.clock.pass_time(2 * MINUTE)


def closed(world: World) -> dict[str, str]:
    return {gate.name: gate.reason for gate in world.listener.turns[-1].gates if not gate.open}


def test_it_is_journaled_used_up_and_told_before_it_is_sent() -> None:
    world = World()
    plan = world.plan()
    said = world.break_glass(plan)
    waiting(world, plan)
    sent: list[Message] = []
    notifying = Notifying(GoForward(plan, (STAGE,)), plan.change, sent.append)
    seen: list[tuple[str, int]] = []

    def tell(entry: Entry) -> None:
        notifying.wrote([entry])
        seen.extend((each.event, world.sent("EnableStageTransition")) for each in sent[len(seen) :])

    world.listener.hooks.append(tell)
    assert world.deploy(plan).exit is Exit.DONE

    kinds = world.kinds()
    assert kinds.index("glass_used") < kinds.index("gates_open") < kinds.index("intent")
    intent = next(e for e in world.entries() if e.kind == "intent")
    assert [claim["nonce"] for claim in intent.body["claims"]] == [said.statement.nonce]
    evidence = next(e for e in world.entries() if e.kind == "gates_open")
    assert "approvals" not in evidence.body
    assert evidence.body["glass"][0]["person"] == "carol"
    gates = {each["gate"]: each["reason"] for each in evidence.body["gates"]}
    assert gates["approval"].startswith("NOT approved: carol broke the glass")
    assert seen[0] == ("glass broken", 0)
    assert sent[0].urgent
    assert "mcm review CM-0001 --stage prod-us" in sent[0].next


def test_threat_46_it_opens_no_gate_that_it_does_not_name() -> None:
    world = World()
    plan = replace(world.plan(), freezes=(FREEZE,))
    world.break_glass(plan, exceptions=(Opening("window", WHY),))
    waiting(world, plan)

    assert world.deploy(plan).exit is Exit.HELD
    assert "freeze:peak" in closed(world)
    assert world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize("opened", [True, False])
def test_window_and_freeze_open_by_its_own_exceptions(opened: bool) -> None:
    world = World()
    plan = replace(world.plan(), freezes=(FREEZE,))
    plan = replace(plan, stages=(replace(plan.stages[0], window=None),))
    gates = ("window", "freeze:peak") if opened else ()
    world.break_glass(plan, exceptions=tuple(Opening(gate, WHY) for gate in gates))
    waiting(world, plan)

    ending = world.deploy(plan)

    assert (ending.exit is Exit.DONE) is opened
    if opened:
        evidence = next(e for e in world.entries() if e.kind == "gates_open")
        reasons = {each["gate"]: each["reason"] for each in evidence.body["gates"]}
        assert f"glass broken: {WHY}" in reasons["window"]


def test_threat_46_a_glass_for_a_quorum_s_promotion_opens_nothing_once_it_is_over() -> None:
    """The exceptions end with the glass, whoever has approved."""
    world = World()
    plan = replace(world.plan(), freezes=(FREEZE,))
    world.approve(plan, answer=False)
    world.break_glass(plan, exceptions=(Opening("freeze:peak", WHY),))
    world.clock.pass_time(31 * MINUTE)

    assert world.deploy(plan).exit is Exit.HELD
    assert "freeze:peak" in closed(world)


def test_threat_46_past_half_an_hour_it_is_refused() -> None:
    world = World()
    plan = world.plan()
    world.break_glass(plan)
    world.clock.pass_time(31 * MINUTE)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "approval")
    assert "[E_BREAKGLASS_EXPIRED]" in ending.reason
    assert world.sent("EnableStageTransition") == 0


def test_threat_46_policy_never_is_frozen_in_the_plan() -> None:
    world = World()
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], break_glass=False),))
    world.break_glass(plan)
    waiting(world, plan)

    ending = world.deploy(plan)

    assert (ending.exit, "[E_BREAKGLASS_NEVER]" in ending.reason) == (Exit.REFUSED, True)


def test_threat_46_somebody_else_s_answer_in_the_pipeline_stops_it() -> None:
    """Whoever breaks the glass answers for it with credentials of their own."""
    world = World()
    plan = world.plan()
    said = world.break_glass(plan)
    other = find_principal("arn:aws:iam::111111111111:user/dave")
    assert other is not None
    world.people.statements = [replace(said, principals=frozenset({other}))]
    waiting(world, plan)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "answer")


def test_threat_46_a_second_glass_of_the_service_waits_for_the_first() -> None:
    world = World()
    plan = world.plan()
    before = world.clock.now() - MINUTE
    other = Glass("CM-0002", "prod-eu", "dave", before, before + 30 * MINUTE, "a" * 64)
    world.people.glasses = (other,)
    world.break_glass(plan)
    waiting(world, plan)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "break-glass")
    assert "[E_BREAKGLASS_SECOND]" in ending.reason
    assert world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize("by_glass", [True, False])
def test_threat_47_an_unreviewed_glass_holds_every_later_deploy(by_glass: bool) -> None:
    world = World()
    plan = world.plan()
    if by_glass:
        world.break_glass(plan)
    else:
        world.approve(plan)
    then = world.clock.now() - timedelta(hours=24)
    late = Glass("CM-0000", "prod-eu", "dave", then, then + 30 * MINUTE, "a" * 64)
    world.people.glasses = (late,)
    waiting(world, plan)

    ending = world.deploy(plan)

    assert (ending.exit, ending.gate) == (Exit.HELD, "break-glass")
    assert "[E_BREAKGLASS_OPEN]" in ending.reason
    assert world.sent("EnableStageTransition") == 0

    world.people.glasses = (replace(late, reviewed_by="bob"),)
    assert world.deploy(plan).exit is Exit.DONE


def test_threat_47_a_rollback_asks_for_no_review() -> None:
    world = World()
    plan = world.ready()
    assert world.deploy(plan).exit is Exit.DONE
    then = world.clock.now() - timedelta(hours=48)
    world.people.glasses = (Glass("CM-0", "prod-eu", "d", then, then + MINUTE, "a" * 64),)

    assert world.roll_back().exit is Exit.DONE
