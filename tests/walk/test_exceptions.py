"""Exceptions: part of the plan that people sign; each opens one gate by name, until a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.core.errors import Exit
from mcm.core.plans.plan import Exemption, Plan, is_exemptable
from mcm.core.windows.window import Freeze
from tests.kit.world import World

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PEAK = Freeze("peak", datetime(1970, 1, 1), datetime(2099, 1, 1), "UTC", "peak season")  # noqa: DTZ001 - local times


def with_stage(plan: Plan, **changes: object) -> Plan:
    return replace(plan, stages=(replace(plan.stages[0], **changes),))  # type: ignore[arg-type]


def shut_window(world: World, plan: Plan) -> Plan:
    return with_stage(plan, window=None)


def frozen(world: World, plan: Plan) -> Plan:
    return replace(plan, freezes=(PEAK,))


def red_alarm(world: World, plan: Plan) -> Plan:
    world.scenario.raise_errors()
    return plan


def no_way_back(world: World, plan: Plan) -> Plan:
    return with_stage(plan, rollback_target="")


def no_predecessor(world: World, plan: Plan) -> Plan:
    return with_stage(plan, predecessor="ProdUS")


SHUT: dict[str, Callable[[World, Plan], Plan]] = {
    "window": shut_window,
    "freeze:peak": frozen,
    "check": red_alarm,
    "rollback-target": no_way_back,
    "predecessor": no_predecessor,
}


def shut(gate: str, until: timedelta | None) -> tuple[World, Plan]:
    """Return a world in which `gate` is closed, and the approved plan with its exception."""
    world = World()
    plan = SHUT[gate](world, world.plan())
    if until is not None:
        moment = world.clock.now() + until
        plan = replace(plan, exceptions=(Exemption(gate, "this change is the fix", moment),))
    world.approve(plan)
    world.clock.pass_time(10 * MINUTE)
    return world, plan


def closed(world: World) -> set[str]:
    return {gate.name for gate in world.listener.turns[-1].gates if not gate.open}


@pytest.mark.parametrize("gate", SHUT)
def test_it_opens_the_gate_that_it_names(gate: str) -> None:
    world, plan = shut(gate, HOUR)

    world.deploy(plan)

    assert world.sent("EnableStageTransition") == 1
    evidence = next(each for each in world.entries() if each.kind == "gates_open")
    reasons = {each["gate"]: each["reason"] for each in evidence.body["gates"]}
    told = {name for name, why in reasons.items() if "exception: this change is the fix" in why}
    assert told == {gate}


@pytest.mark.parametrize("gate", SHUT)
def test_without_it_the_gate_holds(gate: str) -> None:
    world, plan = shut(gate, None)

    ending = world.deploy(plan)

    assert ending.exit is not Exit.DONE
    assert gate in closed(world)
    assert world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize("gate", SHUT)
def test_once_it_has_expired_the_gate_is_closed_again(gate: str) -> None:
    world, plan = shut(gate, 9 * MINUTE)

    world.deploy(plan)

    assert gate in closed(world)
    assert world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize("gate", SHUT)
def test_threat_13_one_that_was_added_after_the_approval_voids_it(gate: str) -> None:
    world, plan = shut(gate, None)
    added = Exemption(gate, "added later", world.clock.now() + HOUR)

    ending = world.deploy(replace(plan, exceptions=(added,)))

    assert (ending.exit, ending.gate) == (Exit.REFUSED, "approval")
    assert "[E_PLAN_CHANGED]" in ending.reason
    assert world.sent("EnableStageTransition") == 0


@pytest.mark.parametrize(
    "gate", ["approval", "answer", "identity", "clock", "out-of-band", "person", "break-glass"]
)
def test_no_exception_opens_who_may(gate: str) -> None:
    """Also one that no file could say: the gate decides, and not only who wrote the plan."""
    world = World()
    until = world.clock.now() + HOUR
    plan = replace(world.plan(), exceptions=(Exemption(gate, "because", until),))
    world.request(plan)
    if gate == "approval":
        assert world.deploy(plan).gate in ("approval", "execution")
        assert "approval" in closed(world)
    assert not is_exemptable(gate)


def red(until: timedelta, name: str = "photo-check-5xx") -> tuple[World, Plan]:
    """Return a world with an alarm in ALARM before the start, and an exception for `name`."""
    world = World()
    world.scenario.raise_errors()
    moment = world.clock.now() + until
    exempt = Exemption(f"alarm:{name}", "known; this change is the fix", moment)
    plan = replace(world.plan(), exceptions=(exempt,))
    world.approve(plan)
    world.clock.pass_time(10 * MINUTE)
    return world, plan


def test_rule_21_an_exception_names_one_alarm_that_was_red_before() -> None:
    world, plan = red(3 * HOUR)

    assert world.deploy(plan, patience=3 * HOUR).exit is Exit.DONE

    other, plan = red(3 * HOUR, "photo-check-latency")
    assert other.deploy(plan).exit is Exit.HELD
    assert closed(other) == {"check"}


def test_rule_21_it_is_over_at_its_time() -> None:
    world, plan = red(5 * MINUTE)

    assert world.deploy(plan).exit is Exit.HELD
    assert closed(world) == {"check"}
