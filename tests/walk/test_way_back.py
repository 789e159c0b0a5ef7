"""The way back when AWS, colleagues and time do not play along."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mcm.app.runner import Ending
from mcm.aws.port import Params, Port, Reply
from mcm.core import codec
from mcm.core.endpoint import Content
from mcm.core.errors import Exit
from mcm.core.history.journal import Entry
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.identity import user_key
from tests.kit.dying import KilledError
from tests.kit.world import World

INBOUND = {"stageName": "ProdUS", "transitionType": "Inbound"}


class Bent:
    """A port whose replies pass through `bend` on their way back."""

    def __init__(self, port: Port, bend: Callable[[str, Reply], None]) -> None:
        self._port = port
        self._bend = bend

    def call(self, service: str, operation: str, params: Params) -> Reply:
        reply = self._port.call(service, operation, params)
        self._bend(operation, reply)
        return reply


def fault(world: World, effect: Effect, operation: str, times: int | None = None) -> None:
    """Let mcm's calls of `operation` fail, `times` times or for good."""
    world.engine.faults.add(
        Fault(effect, operation=operation, access_key_id=user_key("alice"), times=times)
    )


def open_the_way(world: World) -> None:
    world.console("EnableStageTransition", **INBOUND)


def said(world: World, kind: str) -> list[Entry]:
    return [entry for entry in world.listener.entries if entry.kind == kind]


def went_back(world: World, ending: Ending) -> bool:
    latest = world.stage_state()["latestExecution"]
    return ending.exit is Exit.DONE and (latest["type"], latest["status"]) == (
        "ROLLBACK",
        "Succeeded",
    )


# While something still runs in the stage


def deploying(minutes: int) -> World:
    """The next execution is in ProdUS, and its action takes that long."""
    world = World(update_takes=timedelta(minutes=minutes))
    world.approve(world.plan())
    open_the_way(world)
    world.clock.pass_time(timedelta(seconds=40))
    return world


def test_a_stop_that_is_denied_calls_a_person_once_and_rolls_back_when_the_action_ends() -> None:
    world = deploying(minutes=6)
    fault(world, Effect.DENIED, "StopPipelineExecution")

    assert went_back(world, world.roll_back())
    assert len(said(world, "person_needed")) == 1
    assert "cannot be stopped" in said(world, "person_needed")[0].body["reason"]


def test_an_action_that_outlasts_the_stop_is_waited_for_and_then_rolled_back() -> None:
    world = deploying(minutes=20)

    assert went_back(world, world.roll_back())
    assert len(said(world, "person_needed")) == 1
    assert "did not stop in 2m" in said(world, "person_needed")[0].body["reason"]


def test_a_walk_whose_breach_comes_during_the_deployment_stays_until_it_is_rolled_back() -> None:
    """Unattended: had it left at the end of its patience, the breached content would be live."""
    world = World(update_takes=timedelta(minutes=20))
    plan = world.ready()
    from_then = world.clock.now() + timedelta(minutes=3)

    def alarm(operation: str, reply: Reply) -> None:
        if operation == "DescribeAlarms" and world.clock.now() > from_then:
            reply["MetricAlarms"][0]["StateValue"] = "ALARM"

    world.wrap = lambda port: Bent(port, alarm)

    ending = world.deploy(plan)

    assert ending.exit is Exit.ROLLED_BACK
    assert world.sent("RollbackStage") == 1
    assert len(said(world, "person_needed")) == 1


# The way in


def test_a_way_in_whose_closing_was_throttled_is_closed_a_moment_later() -> None:
    world = World()
    open_the_way(world)
    fault(world, Effect.THROTTLE, "DisableStageTransition", times=1)

    ending = world.roll_back()

    assert went_back(world, ending)
    assert not world.stage_state()["inboundTransitionState"]["enabled"]
    assert "still open" not in ending.reason


def test_a_way_in_that_may_not_be_closed_stops_nothing_and_is_named_at_the_end() -> None:
    world = World()
    open_the_way(world)
    fault(world, Effect.DENIED, "DisableStageTransition")

    ending = world.roll_back()

    assert went_back(world, ending)
    assert "the transition into ProdUS is still open (AccessDenied" in ending.reason
    assert "close it with `aws codepipeline disable-stage-transition" in ending.reason


# Following


def show_status(world: World, word: str, until: timedelta) -> None:
    """Let ProdUS show `word` once RollbackStage was sent, for that long from now on."""
    ends = world.clock.now() + until

    def bend(operation: str, reply: Reply) -> None:
        if (
            operation == "GetPipelineState"
            and world.sent("RollbackStage")
            and world.clock.now() < ends
        ):
            shown = next(s for s in reply["stageStates"] if s["stageName"] == "ProdUS")
            shown["latestExecution"]["status"] = word

    world.wrap = lambda port: Bent(port, bend)


def test_a_rollback_that_takes_very_long_calls_a_person_once_and_is_followed_to_its_end() -> None:
    world = World()
    show_status(world, "InProgress", timedelta(minutes=50))

    assert went_back(world, world.roll_back())
    assert len(said(world, "person_needed")) == 1


def test_a_rollback_in_an_unknown_status_calls_a_person_once_and_is_followed_to_its_end() -> None:
    world = World()
    show_status(world, "Pondering", timedelta(minutes=10))

    assert went_back(world, world.roll_back())
    assert len(said(world, "person_needed")) == 1
    assert "Pondering" in said(world, "person_needed")[0].body["reason"]


# The endpoints afterwards


def show_endpoint(world: World, status: str, until: timedelta = timedelta(days=1)) -> None:
    """Let the endpoint show `status` once RollbackStage was sent, for that long from now on."""
    ends = world.clock.now() + until

    def bend(operation: str, reply: Reply) -> None:
        sent = world.sent("RollbackStage") and world.clock.now() < ends
        if operation == "DescribeEndpoint" and sent:
            reply["EndpointStatus"] = status

    world.wrap = lambda port: Bent(port, bend)


def test_an_endpoint_that_serves_nobody_after_a_rollback_calls_a_person_at_once() -> None:
    world = World()
    show_endpoint(world, "Failed")
    began = world.clock.now()

    ending = world.roll_back()

    assert ending.exit is Exit.NEEDS_PERSON
    assert "photo-check-us is Failed" in ending.reason
    assert world.clock.now() - began < timedelta(minutes=5)


def test_a_rollback_taken_up_again_later_gives_its_endpoint_time() -> None:
    """What counts is when the rollback was sent, not when somebody first began."""
    world = World()

    def die(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage":
            raise KilledError

    world.before = die
    with pytest.raises(KilledError):
        world.roll_back()
    world.before = lambda *_: None
    world.clock.pass_time(timedelta(minutes=40))
    show_endpoint(world, "Updating", until=timedelta(minutes=10))

    assert went_back(world, world.roll_back())


# Others


def test_a_rollback_of_another_stage_to_the_same_execution_is_not_taken_for_ours() -> None:
    """It waits in front of ProdEU when ours, sent in that moment, is lost before its effect."""
    world = World(passes=False)
    before = world.executions()[0]
    target = world.executions()[1]
    fault(world, Effect.TIMEOUT_BEFORE, "RollbackStage", times=1)
    others: list[str] = []

    def colleague(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage" and not others:
            others.append("sent")
            world.console("RollbackStage", stageName="ProdEU", targetPipelineExecutionId=target)

    world.before = colleague
    later = world.clock.now() + timedelta(minutes=2)
    way = {"stageName": "ProdEU", "transitionType": "Inbound"}
    world.clock.at(later, lambda: world.console("EnableStageTransition", **way) and None)

    ending = world.roll_back()

    assert went_back(world, ending)
    assert world.stage_state()["latestExecution"]["pipelineExecutionId"] != before
    assert world.sent("RollbackStage") == 2


def test_a_rollback_of_others_to_another_target_is_adopted_and_calls_a_person() -> None:
    """AWS-RULES 9: never a second one; both targets are named."""
    world = World()
    plan = world.ready()
    signed, other = plan.stages[0].rollback_target, world.executions()[1]
    world.when("bake_started", world.scenario.raise_errors)
    fault(world, Effect.CONFLICT, "RollbackStage", times=1)

    def colleague(_service: str, operation: str, _params: object) -> None:
        if operation == "RollbackStage" and not world.sent("RollbackStage"):
            world.console("RollbackStage", stageName="ProdUS", targetPipelineExecutionId=other)

    world.before = colleague

    ending = world.deploy(plan)

    assert ending.exit is Exit.NEEDS_PERSON
    assert world.sent("RollbackStage") == 1
    told = said(world, "person_needed")[0].body["reason"]
    assert signed in told
    assert other in told


# What was there before


def interrupted(world: World) -> None:
    """Let `mcm rollback` be stopped after AWS turned its first RollbackStage away."""
    fault(world, Effect.CONFLICT, "RollbackStage", times=1)

    def stop(entry: Entry) -> None:
        if entry.kind == "outcome" and entry.body["code"] == "ConflictException":
            raise KilledError

    world.listener.hooks.append(stop)
    with pytest.raises(KilledError):
        world.roll_back()
    world.listener.hooks.clear()


def test_a_rollback_given_up_before_the_team_went_on_does_not_choose_the_target() -> None:
    """Days later the new execution goes back to what it replaced, not one further."""
    world = World()
    world.approve(world.plan())
    replaced = world.executions()[0]
    interrupted(world)
    open_the_way(world)
    world.clock.pass_time(timedelta(days=6))

    assert went_back(world, world.roll_back())
    first, second = said(world, "rollback_ended")
    assert first.body["outcome"] == "overtaken"
    assert second.body["outcome"] == "rolled_back"
    assert said(world, "rollback_started")[1].body["target"] == replaced


def test_an_interrupted_rollback_is_finished_to_its_own_target() -> None:
    world = World()
    target = world.executions()[1]
    interrupted(world)
    world.clock.pass_time(timedelta(days=6))

    assert went_back(world, world.roll_back())
    assert [entry.body["target"] for entry in said(world, "rollback_started")] == [target]


def test_a_rollback_whose_content_differs_is_never_reported_as_done() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    world.when("rollback_started", world.scenario.roll_back_silently)
    assert world.deploy(plan).exit is Exit.NEEDS_PERSON
    baseline = said(world, "baseline")[0]
    contents = tuple(codec.from_value(Content, item) for item in baseline.body["contents"])
    known = ((baseline.body["effective"], contents),)

    by_content = world.roll_back(known=known)
    by_journal = world.roll_back(change=plan.change)

    assert by_content.exit is Exit.NEEDS_PERSON
    assert "photo-check-us is not what it was" in by_content.reason
    assert by_journal.exit is Exit.NEEDS_PERSON
    assert world.sent("RollbackStage") == 1


def test_a_rollback_whose_old_content_is_served_again_is_reported_as_done() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    assert world.deploy(plan).exit is Exit.ROLLED_BACK

    again = world.roll_back(change=plan.change)

    assert again.exit is Exit.DONE
    assert again.reason.startswith("already rolled back at")


def test_a_late_read_that_shows_an_old_rollback_is_not_reported_as_done() -> None:
    """The actions of the stage tell another story: look again, then take the new one back."""
    world = World()
    world.approve(world.plan())
    world.console(
        "RollbackStage", stageName="ProdUS", targetPipelineExecutionId=world.executions()[1]
    )
    world.clock.pass_time(timedelta(minutes=6))
    shown = world.stage_state()
    open_the_way(world)
    world.clock.pass_time(timedelta(seconds=10))
    late = world.clock.now() + timedelta(seconds=20)

    def bend(operation: str, reply: Reply) -> None:
        if operation == "GetPipelineState" and world.clock.now() < late:
            stages = reply["stageStates"]
            stages[[s["stageName"] for s in stages].index("ProdUS")] = shown

    world.wrap = lambda port: Bent(port, bend)

    ending = world.roll_back()

    assert went_back(world, ending)
    assert not ending.reason.startswith("already")


# What may not be read


def test_a_pipeline_that_may_not_be_read_is_said_at_once() -> None:
    world = World()
    fault(world, Effect.DENIED, "GetPipelineState")
    began = world.clock.now()

    ending = world.roll_back()

    assert ending.exit is Exit.BLIND
    assert "not authorized to perform codepipeline:GetPipelineState" in ending.reason
    assert world.clock.now() == began


def test_a_past_that_may_not_be_read_needs_a_person_who_names_the_target() -> None:
    world = World()
    fault(world, Effect.DENIED, "ListPipelineExecutions")

    ending = world.roll_back()

    assert ending.exit is Exit.NEEDS_PERSON
    assert "ListPipelineExecutions" in ending.reason
    assert "--to" in ending.hint


@pytest.mark.parametrize("name", ["to", "signed"])
def test_with_a_target_named_or_signed_it_goes_back_without_the_past(name: str) -> None:
    """AWS checks by itself that the target succeeded in the stage."""
    world = World()
    target = world.executions()[1]
    fault(world, Effect.DENIED, "ListPipelineExecutions")

    assert went_back(world, world.roll_back(**{name: target}))
    assert said(world, "rollback_started")[0].body["target"] == target


def test_a_walk_that_may_not_read_the_past_goes_back_to_the_signed_target() -> None:
    world = World()
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors)
    world.when("breach", lambda: fault(world, Effect.DENIED, "ListPipelineExecutions"))

    assert world.deploy(plan).exit is Exit.ROLLED_BACK
    started = said(world, "rollback_started")[0]
    assert started.body["target"] == plan.stages[0].rollback_target


def test_a_rollback_in_doubt_is_settled_by_the_stage_when_the_past_may_not_be_read() -> None:
    """Lost before its effect: the stage shows no trace of it, so it is sent again."""
    world = World()
    fault(world, Effect.TIMEOUT_BEFORE, "RollbackStage", times=1)

    def deny(entry: Entry) -> None:
        if entry.kind == "outcome" and not world.sent("RollbackStage"):
            fault(world, Effect.DENIED, "ListPipelineExecutions")

    world.listener.hooks.append(deny)

    assert went_back(world, world.roll_back())
    assert world.sent("RollbackStage") == 1


def test_a_rollback_in_doubt_that_the_stage_shows_is_followed_without_the_past() -> None:
    world = World()
    fault(world, Effect.TIMEOUT_AFTER, "RollbackStage", times=1)

    def deny(entry: Entry) -> None:
        if entry.kind == "outcome" and entry.body["result"] == "in_doubt":
            fault(world, Effect.DENIED, "ListPipelineExecutions")

    world.listener.hooks.append(deny)

    assert went_back(world, world.roll_back())
    assert world.sent("RollbackStage") == 1


def test_a_rollback_of_others_under_way_is_followed_without_the_past() -> None:
    world = World()
    world.console(
        "RollbackStage", stageName="ProdUS", targetPipelineExecutionId=world.executions()[1]
    )
    fault(world, Effect.DENIED, "ListPipelineExecutions")

    assert went_back(world, world.roll_back())
    assert world.sent("RollbackStage") == 1
