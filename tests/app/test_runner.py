"""The runner: it waits, holds, journals around each act, and decides nothing."""

from datetime import timedelta

import pytest

from mcm.app.writer import Writer
from mcm.aws.port import Params
from mcm.core.errors import Exit
from mcm.core.history.goal import GoBack, GoForward
from mcm.core.history.journal import Draft
from mcm.core.history.state import State
from mcm.core.history.turn import Act, Hold
from mcm.core.walking import walk
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.world import PIPELINE, STAGE, World

MINUTE = timedelta(minutes=1)


def unapproved() -> World:
    world = World()
    world.request(world.plan())
    world.answer_approval()
    world.clock.pass_time(2 * MINUTE)
    return world


def test_without_patience_the_first_hold_ends_the_run() -> None:
    world = unapproved()
    started = world.clock.now()

    ending = world.deploy(world.plan())

    assert (ending.exit, ending.gate) == (Exit.HELD, "approval")
    assert world.clock.now() == started


def test_with_patience_it_waits_at_a_gate_and_goes_on_when_it_opens() -> None:
    world = unapproved()
    plan = world.plan()
    world.clock.at(world.clock.now() + 20 * MINUTE, lambda: world.sign(plan) and None)

    assert world.deploy(plan, patience=timedelta(hours=1)).exit is Exit.DONE


def test_its_patience_ends() -> None:
    world = unapproved()
    started = world.clock.now()

    ending = world.deploy(world.plan(), patience=timedelta(hours=1))

    assert ending.exit is Exit.HELD
    assert timedelta(hours=1) <= world.clock.now() - started <= timedelta(hours=1, minutes=1)


def test_a_gate_that_waiting_cannot_open_is_left_at_once() -> None:
    world = unapproved()
    plan = world.plan()
    world.reject(plan)
    started = world.clock.now()

    assert world.deploy(plan, patience=timedelta(hours=1)).exit is Exit.REFUSED
    assert world.clock.now() == started


def test_a_hold_is_no_turn_in_which_anything_is_sent() -> None:
    world = unapproved()
    world.deploy(world.plan())

    assert all(not isinstance(turn.next, Act) for turn in world.listener.turns)
    assert isinstance(world.listener.turns[-1].next, Hold)


def test_somebody_else_at_the_journal_makes_it_look_again() -> None:
    """The intent is not written, so nothing is sent on what has become old."""
    world = World()
    plan = world.ready()
    written: list[int] = []

    def meddle(_service: str, operation: str, _params: Params) -> None:
        known = len(world.entries())
        if operation == "DescribeEndpoint" and known == 2 and not written:
            made = world.journal.append(
                plan.change, [Draft("stage_started", {"stage": STAGE}, world.clock.now())], after=2
            )
            written.append(made[0].seq)

    world.before = meddle
    opened = world.sent("EnableStageTransition")

    assert world.deploy(plan).exit is Exit.DONE
    assert written == [3]
    assert world.sent("EnableStageTransition") == opened + 1


def test_an_outcome_is_written_whoever_wrote_meanwhile() -> None:
    world = World()
    plan = world.ready()
    written: list[int] = []

    def meddle(_service: str, operation: str, _params: Params) -> None:
        if operation == "EnableStageTransition" and not written:
            draft = Draft("rollback_note", {"stage": STAGE, "text": "hello"}, world.clock.now())
            made = world.journal.append(plan.change, [draft], after=len(world.entries()))
            written.append(made[0].seq)

    world.before = meddle

    assert world.deploy(plan).exit is Exit.DONE
    outcome = next(entry for entry in world.entries() if entry.kind == "outcome")
    assert outcome.seq == written[0] + 1


@pytest.mark.parametrize("minutes", [1, 4])
def test_reads_that_fail_for_a_while_cost_time_only(minutes: int) -> None:
    world = World()
    plan = world.ready()
    world.when(
        "bake_started",
        lambda: world.engine.faults.add(
            Fault(
                Effect.SERVER_ERROR,
                access_key_id=user_key("alice"),
                until=world.clock.now() + minutes * MINUTE,
            )
        ),
    )

    assert world.deploy(plan).exit is Exit.DONE


def test_a_stage_unknown_to_the_plan_is_not_called_done() -> None:
    """A name that the plan does not have was promoted by nobody."""
    world = World()
    plan = world.ready()
    goal = GoForward(plan, ("nowhere",))

    ending = world.run(goal)

    assert ending.exit is Exit.USAGE
    assert "nowhere" in ending.reason


@pytest.mark.parametrize(("seconds", "first"), [(0, "RollbackStage"), (11, "ListActionExecutions")])
def test_what_was_read_for_the_first_turn_is_decided_on_unless_it_is_old(
    seconds: int, first: str
) -> None:
    """Older than 10 s it is read again; the performer's own look is GetPipelineState."""
    world = World()
    goal = GoBack(PIPELINE, "ProdUS", STAGE, "on-call asked", poll=world.poll)
    runner = world.runner()
    seen = runner.observer.observe(walk.queries(goal, State()), MINUTE)
    world.clock.pass_time(timedelta(seconds=seconds))
    asked: list[str] = []
    world.before = lambda _service, operation, _params: asked.append(operation)

    writer = Writer(world.journal, "ROLLBACK-prod-us", world.listener.lost, from_nothing=True)
    assert runner.run(goal, writer, first=seen).exit is Exit.DONE
    assert next(name for name in asked if name != "GetPipelineState") == first
    assert world.sent("RollbackStage") == 1
