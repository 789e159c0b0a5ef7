"""What people are told of a walk: each thing once, in time, with what to do next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.app.notifying import EVENTS, Notifying
from mcm.aws.port import Params
from mcm.core.errors import Exit
from mcm.core.history.goal import Goal, GoBack, GoForward
from mcm.core.history.journal import GENESIS, VERSION, Draft, Entry
from mcm.core.history.state import State
from mcm.core.history.turn import GateView, Hold, Turn, Wait
from mcm.notify.message import Message
from tests.kit.world import STAGE, Recorder, World
from tests.planned import PIPELINE, make_plan

AT = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
FORWARD = GoForward(make_plan(), ("prod-us",))
BACK = GoBack(PIPELINE, "ProdUS", "prod-us", "on-call asked")
HOURS = timedelta(hours=3)


class Told(Recorder):
    """A recorder that passes on what it hears to the listener under test."""

    def __init__(self, goal: Goal) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.notifying = Notifying(goal, "CM-0001", self.messages.append)

    def wrote(self, entries: Sequence[Entry]) -> None:
        super().wrote(entries)
        self.notifying.wrote(entries)

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        self.notifying.turned(turn, state, now)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        self.notifying.lost(entries, why)

    def events(self) -> list[str]:
        return [message.event for message in self.messages]

    def hold(self, gate: str, exit_: Exit = Exit.HELD, **fields: Any) -> None:
        self.turned(Turn((), Hold(gate, "because", None, exit_, **fields)), State(), AT)

    def tell(self, kind: str, **body: Any) -> None:
        body = {"stage": "prod-us", **body}
        self.wrote([Entry(VERSION, 1, GENESIS, AT, kind, body, "f" * 64)])


def told(world: World, goal: Goal) -> Told:
    world.listener = Told(goal)
    return world.listener


def test_a_breach_tells_of_the_rollback_before_its_first_write() -> None:
    """The message is out when AWS hears of the rollback for the first time."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    listener = told(world, GoForward(plan, (STAGE,)))
    world.scenario.raise_errors()
    known: list[list[str]] = []

    def before(service: str, operation: str, params: Params) -> None:
        if operation in ("RollbackStage", "StopPipelineExecution"):
            known.append(listener.events())

    world.before = before
    ending = world.deploy(plan, patience=HOURS)

    assert ending.exit is Exit.ROLLED_BACK
    assert listener.events() == ["promoting", "promoted", "breach", "rolling back", "rolled back"]
    assert known
    assert all(events[-1] == "rolling back" for events in known)
    rolling = listener.messages[3]
    assert rolling.urgent
    assert rolling.sandbox
    target = plan.stages[0].rollback_target
    assert "mcm rollback --stage prod-us" in rolling.next
    assert any(f"--target-pipeline-execution-id {target}" in line for line in rolling.next)
    assert "photo-check" in rolling.why


def test_a_good_walk_tells_of_the_promotion_and_the_success() -> None:
    world = World()
    plan = world.plan()
    world.approve(plan)
    listener = told(world, GoForward(plan, (STAGE,)))

    assert world.deploy(plan, patience=HOURS).exit is Exit.DONE
    assert listener.events() == ["promoting", "promoted", "succeeded"]
    assert listener.messages[2].next == ("mcm log CM-0001",)


def test_before_a_promotion_the_exact_way_back_is_told() -> None:
    """When AWS hears of the promotion, whoever may have to undo it has the lines already."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    listener = told(world, GoForward(plan, (STAGE,)))
    known: list[list[Message]] = []

    def before(service: str, operation: str, params: Params) -> None:
        if operation == "EnableStageTransition":
            known.append(list(listener.messages))

    world.before = before
    world.deploy(plan, patience=HOURS)

    assert [message.event for message in known[0]] == ["promoting"]
    lines = known[0][0].next
    target = plan.stages[0].rollback_target
    assert lines[0] == "mcm rollback --stage prod-us"
    assert lines[-1].startswith("aws codepipeline rollback-stage")
    assert f"--target-pipeline-execution-id {target}" in lines[-1]


def test_an_approval_is_asked_for_once_however_often_the_loop_turns() -> None:
    world = World()
    plan = world.plan()
    listener = told(world, GoForward(plan, (STAGE,)))

    world.deploy(plan, patience=timedelta(minutes=10))

    wanted = [m for m in listener.messages if m.event == "approval wanted"]
    assert [m.next for m in wanted] == [("mcm approve CM-0001 --stage prod-us",)]


@pytest.mark.parametrize("gate", ["window", "freeze:peak", "predecessor", "execution"])
def test_nobody_is_called_for_what_time_opens(gate: str) -> None:
    listener = Told(FORWARD)
    listener.hold(gate)

    assert listener.messages == []


@pytest.mark.parametrize(
    ("gate", "exit_"),
    [
        ("person", Exit.HELD),
        ("check", Exit.HELD),
        ("aws", Exit.HELD),
        ("bake", Exit.INCONCLUSIVE),
        ("stop", Exit.NEEDS_PERSON),
        ("plan", Exit.REFUSED),
    ],
)
def test_a_person_is_called_once_for_a_gate_that_people_open(gate: str, exit_: Exit) -> None:
    listener = Told(FORWARD)
    listener.hold(gate, exit_, hint="Do this.")
    listener.hold(gate, exit_, hint="Do this.")

    (message,) = listener.messages
    assert message.event == "held for a person"
    assert message.what == f"prod-us is held at gate {gate}"
    assert message.why == "because. Do this."
    assert message.next[0] == "mcm status CM-0001"


def test_a_refused_approval_holds_for_a_person_and_asks_for_no_other() -> None:
    listener = Told(FORWARD)
    gate = GateView("approval", False, "self approval", exit=Exit.REFUSED, leave=True)
    hold = Hold("approval", "self approval", None, Exit.REFUSED, leave=True)
    listener.turned(Turn((), hold, gates=(gate,)), State(), AT)

    assert listener.events() == ["held for a person"]


def test_an_approval_is_asked_for_while_another_gate_comes_first() -> None:
    """Whoever signs need not wait for the window."""
    listener = Told(FORWARD)
    gates = (GateView("approval", False, "0 of 1"), GateView("window", False, "at 02:00"))
    listener.turned(Turn((), Hold("window", "at 02:00", None), gates=gates), State(), AT)

    assert listener.events() == ["approval wanted"]


def test_blindness_is_told_once_by_whatever_shows_it_first() -> None:
    listener = Told(FORWARD)
    listener.tell("sight", lost=True, reason="expired credentials")
    listener.hold("blind", Exit.BLIND, leave=True)
    listener.tell("sight", lost=False, reason="")

    (message,) = listener.messages
    assert message.event == "blind"
    assert message.why == "expired credentials"
    assert message.next[:2] == (
        "mcm deploy CM-0001 --stage prod-us",
        "mcm rollback --stage prod-us",
    )
    assert "rollback-stage" in message.next[-1]


def test_a_breach_that_holds_is_one_message_and_not_two() -> None:
    listener = Told(FORWARD)
    reason = "alarms: 5xx"
    draft = Draft("breach", {}, AT)
    hold = Hold("check", reason, None, Exit.NEEDS_PERSON)
    listener.turned(Turn((draft,), hold), State(), AT)
    listener.tell("breach", check="alarms", reason=reason, action="hold")
    listener.turned(Turn((), hold), State(), AT)

    (message,) = listener.messages
    assert message.event == "breach"
    assert message.what == "prod-us crossed a guardrail, the walk holds for a person"


def test_a_breach_that_may_be_vetoed_says_how_and_how_long() -> None:
    world = World()
    plan = world.plan()
    plan = replace(plan, stages=(replace(plan.stages[0], veto=timedelta(minutes=1)),))
    world.approve(plan)
    listener = told(world, GoForward(plan, (STAGE,)))
    world.scenario.raise_errors()

    world.deploy(plan, patience=HOURS)

    breach = next(m for m in listener.messages if m.event == "breach")
    assert breach.what.endswith("it will be rolled back in 1m unless a person vetoes")
    assert breach.next[0] == "mcm hold CM-0001 --stage prod-us --reason REASON --profile bob"


def test_a_veto_calls_a_person() -> None:
    listener = Told(FORWARD)
    listener.tell("vetoed", check="alarms", by="bob", reason="a false alarm")

    (message,) = listener.messages
    assert message.event == "held for a person"
    assert message.what == "bob vetoed the rollback of prod-us: it is held for a person"


def test_a_failed_rollback_names_the_commands_with_the_target_it_had() -> None:
    """The person it calls may have neither mcm nor this journal."""
    listener = Told(BACK)
    listener.tell("rollback_started", source="e5", target="e3", why="on-call asked", execution="")
    ended = {"outcome": "failed", "verified": "unverified", "detail": "AWS refused"}
    stage = {"stage": "prod-us"}
    listener.wrote(
        [
            Entry(VERSION, 2, GENESIS, AT, "person_needed", {**stage, "reason": "no"}, "f" * 64),
            Entry(VERSION, 3, GENESIS, AT, "rollback_ended", {**stage, **ended}, "f" * 64),
        ]
    )
    listener.tell("stage_ended", outcome="errored", reason="AWS refused")

    assert listener.events() == ["rolling back", "rollback failed"]
    assert listener.messages[1].urgent
    assert any("--target-pipeline-execution-id e3" in line for line in listener.messages[1].next)


def test_a_run_that_takes_over_a_rollback_tells_of_it_at_its_first_intent() -> None:
    listener = Told(BACK)
    intent = {"purpose": "roll_back", "why": "back to e4", "instruction": {}}
    listener.tell("intent", **intent)
    listener.tell("intent", **intent)
    listener.tell("intent", **{**intent, "purpose": "close_behind"})

    assert listener.events() == ["rolling back"]


def test_a_rollback_that_left_another_content_is_urgent() -> None:
    listener = Told(BACK)
    listener.tell("rollback_ended", outcome="rolled_back", verified="differs", detail="live gone")

    (message,) = listener.messages
    assert message.event == "rolled back"
    assert message.urgent
    assert "does not serve what it served before" in message.what


def test_no_way_back_calls_a_person_once_though_each_turn_says_so() -> None:
    listener = Told(BACK)
    reason = "no execution to go back to"
    draft = Draft("person_needed", {}, AT)
    hold = Hold("rollback-target", reason, None, Exit.NEEDS_PERSON, leave=True)
    for _ in range(3):
        listener.turned(Turn((draft,), hold), State(), AT)
        listener.tell("person_needed", reason=reason)

    assert listener.events() == ["held for a person"]


@pytest.mark.parametrize("outcome", ["failed", "aborted", "errored"])
def test_a_walk_that_ends_badly_is_told(outcome: str) -> None:
    listener = Told(FORWARD)
    listener.tell("stage_ended", outcome=outcome, reason="others took its place")

    assert listener.events() == ["failed"]


@pytest.mark.parametrize(
    "kind",
    ["sight", "entered", "breach", "rollback_started", "rollback_ended", "stage_ended", "intent"],
)
@pytest.mark.parametrize("odd", [None, 3, [], {}, "text"])
def test_odd_entries_raise_nothing(kind: str, odd: object) -> None:
    """The runner calls it between a decision and its act."""
    names = ("reason", "action", "target", "why", "outcome", "purpose", "lost", "by", "detail")
    listener = Told(FORWARD)
    listener.tell(kind, **dict.fromkeys(names, odd))
    listener.wrote([Entry(VERSION, 1, GENESIS, AT, kind, {"stage": odd}, "f" * 64)])
    listener.lost([], "disk full")

    assert set(listener.events()) <= set(EVENTS)


def test_waiting_is_no_news() -> None:
    listener = Told(FORWARD)
    listener.turned(Turn((), Wait(AT, "baking")), State(), AT)

    assert listener.messages == []


def test_every_message_of_a_sandbox_says_so() -> None:
    plan = replace(make_plan(), realm="sandbox:00000000-0000-4000-8000-000000000001")
    listener = Told(GoForward(plan, ("prod-us",)))
    listener.tell("entered", by="others")

    assert listener.messages[0].sandbox
    assert listener.messages[0].what == "prod-us was promoted by somebody else"
