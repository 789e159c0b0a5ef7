"""The rungs below a rollback that the pipeline refuses, on the virtual clock."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.phase import is_put_back
from mcm.app.runner import Ending
from mcm.app.writer import Writer
from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
from mcm.core.endpoint import EndpointView
from mcm.core.errors import Exit
from mcm.core.history.fold import fold
from mcm.core.history.goal import Goal, Redeploy, Restore
from mcm.core.query import EndpointQuery
from mcm.core.reading import Known
from mcm.core.rollback.left_behind import left_behind
from mcm.core.rollback.redeploy import Offer, offer, offer_queries
from mcm.core.walking.walk import decide, queries
from tests.kit.world import PIPELINE, STAGE, US, World

CHANGE = "ROLLBACK-prod-us"
LONG = timedelta(hours=6)
POLL = timedelta(seconds=30)
SETTLE = timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """A promotion that is live, in a pipeline that was edited since: no rollback is left."""
    world = World()
    plan = world.ready()
    world.deploy(plan, patience=LONG)
    edit(world)
    return world


def edit(world: World, **changes: object) -> None:
    port = world.port("console")
    pipeline = dict(port.call("codepipeline", "GetPipeline", {"name": PIPELINE.name})["pipeline"])
    pipeline.update(changes)
    port.call("codepipeline", "UpdatePipeline", {"pipeline": pipeline})


def look(world: World, left_behind: frozenset[str] = frozenset()) -> Offer | str:
    wanted = offer_queries(PIPELINE, "ProdUS")
    seen = world.runner().observer.observe(wanted, timedelta(seconds=10))
    return offer(PIPELINE, "ProdUS", seen, left_behind)


def redeploy(world: World, target: str = "") -> Redeploy:
    found = look(world)
    assert isinstance(found, Offer), found
    last = len(world.journal.entries(CHANGE))
    return Redeploy(
        PIPELINE,
        "ProdUS",
        STAGE,
        "on-call asked",
        CHANGE,
        target or found.target.id,
        after=last,
        settle=SETTLE,
        poll=POLL,
    )


def run(world: World, goal: Goal, patience: timedelta = timedelta(0)) -> Ending:
    writer = Writer(world.journal, CHANGE, world.listener.lost, from_nothing=True)
    return world.runner().run(goal, writer, patience=patience)


def endpoint(world: World) -> EndpointView:
    query = EndpointQuery(US, "photo-check-us")
    found = world.runner().observer.observe({query}, timedelta(seconds=10)).get(query)
    assert isinstance(found, Known)
    view: EndpointView = found.value
    return view


def test_the_pipelines_own_rollback_says_so_at_once(world: World) -> None:
    before = world.clock.now()
    ending = world.roll_back()
    assert (ending.exit, ending.gate) == (Exit.NEEDS_PERSON, "rollback-target")
    assert world.clock.now() - before < timedelta(seconds=1)
    assert world.sent("RollbackStage") == 0


def test_the_target_is_that_of_the_rule_whatever_its_version(world: World) -> None:
    found = look(world)
    assert isinstance(found, Offer)
    assert world.executions() == []
    baseline = next(e for e in world.entries() if e.kind == "baseline")
    assert found.target.id == baseline.body["effective"]
    assert found.replaces == world.stage_state()["latestExecution"]["pipelineExecutionId"]
    assert found.target.id != found.replaces
    assert found.version == world.scenario.pipeline.structure.version
    assert "ApproveUS/Approve" in found.approvals
    assert {one.type for one in found.revisions} == {"COMMIT_ID"}


def test_it_starts_one_execution_of_the_old_revisions_and_says_who_must_answer(
    world: World,
) -> None:
    goal = redeploy(world)
    ending = run(world, goal, timedelta(minutes=30))
    assert ending.exit is Exit.NEEDS_PERSON
    assert "waits for an answer at Approve" in ending.reason
    assert world.sent("StartPipelineExecution") == 1
    newest = world.scenario.pipeline.executions[-1]
    old = world.scenario.pipeline.execution(goal.target)
    assert old is not None
    assert {r.revision_id for r in newest.revisions} == {r.revision_id for r in old.revisions}


def test_the_same_command_goes_on_with_the_execution_that_was_started(world: World) -> None:
    first = run(world, redeploy(world), timedelta(minutes=30))
    again = replace(redeploy(world), after=len(world.journal.entries(CHANGE)))
    assert run(world, again, timedelta(minutes=1)).reason == first.reason
    assert world.sent("StartPipelineExecution") == 1


class LostReply:
    """Carries the write out and loses the reply, so many times."""

    def __init__(self, port: Port, operation: str, left: list[int]) -> None:
        self._port = port
        self._operation = operation
        self._left = left

    def call(self, service: str, operation: str, params: Params) -> Reply:
        reply = self._port.call(service, operation, params)
        if operation == self._operation and self._left[0]:
            self._left[0] -= 1
            raise AwsError(ErrorKind.LOST, "ReadTimeout", "no reply")
        return reply


@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_reply_starts_no_second_execution(world: World, times: int) -> None:
    left = [times]
    world.wrap = lambda port: LostReply(port, "StartPipelineExecution", left)
    before = len(world.scenario.pipeline.executions)
    run(world, redeploy(world), timedelta(minutes=30))
    assert len(world.scenario.pipeline.executions) == before + 1
    assert "settled" in world.kinds(CHANGE)


def test_every_try_of_one_redeployment_carries_one_token_and_the_next_another(
    world: World,
) -> None:
    tokens: list[str] = []

    def refuse(service: str, operation: str, params: Params) -> None:
        if operation == "StartPipelineExecution":
            tokens.append(params["clientRequestToken"])
            raise AwsError(ErrorKind.CONFLICT, "ConflictException", "busy")

    world.before = refuse
    for _ in range(2):
        run(world, redeploy(world), timedelta(minutes=1))
    assert len(tokens) > 2
    assert len(set(tokens)) == 2
    assert all(len(token) <= 128 for token in tokens)


def test_what_aws_refuses_is_told_and_not_tried_again(world: World) -> None:
    def refuse(service: str, operation: str, params: Params) -> None:
        if operation == "StartPipelineExecution":
            raise AwsError(ErrorKind.DENIED, "AccessDeniedException", "no")

    world.before = refuse
    ending = run(world, redeploy(world))
    assert (ending.exit, "AWS refused" in ending.reason) == (Exit.NEEDS_PERSON, True)
    assert world.sent("StartPipelineExecution") == 0


def test_another_target_than_the_one_shown_starts_nothing(world: World) -> None:
    ending = run(world, redeploy(world, target="something-else"))
    assert "meanwhile" in ending.reason
    assert world.sent("StartPipelineExecution") == 0


def test_what_cannot_be_read_offers_nothing(world: World) -> None:
    """Unknown is no way back, and it is said."""

    def hide(service: str, operation: str, params: Params) -> None:
        if operation == "ListActionExecutions":
            raise AwsError(ErrorKind.DENIED, "AccessDeniedException", "no")

    world.before = hide
    found = look(world)
    assert isinstance(found, str)
    assert "cannot be read" in found


def test_what_a_redeployment_took_back_is_no_target(world: World) -> None:
    first = look(world)
    assert isinstance(first, Offer)
    second = look(world, frozenset({first.target.id}))
    assert isinstance(second, str) or second.target.id != first.target.id


def test_a_later_rollback_does_not_go_to_what_was_taken_back(world: World) -> None:
    """The pipeline counts it as a success; only the journal knows better (invariant 9)."""
    goal = redeploy(world)
    bad = world.stage_state()["latestExecution"]["pipelineExecutionId"]
    run(world, goal, timedelta(minutes=30))
    assert left_behind(world.entries(CHANGE), STAGE) == {bad}
    assert left_behind(world.entries(CHANGE), "prod-eu") == frozenset()


def test_a_redeployment_that_was_refused_took_nothing_back(world: World) -> None:
    def refuse(service: str, operation: str, params: Params) -> None:
        if operation == "StartPipelineExecution":
            raise AwsError(ErrorKind.DENIED, "AccessDeniedException", "no")

    world.before = refuse
    run(world, redeploy(world))
    assert left_behind(world.entries(CHANGE), STAGE) == frozenset()


def test_a_parallel_pipeline_shows_no_stage_and_still_offers_the_older_execution(
    world: World,
) -> None:
    edit(world, executionMode="PARALLEL")
    found = look(world)
    assert isinstance(found, Offer), found
    baseline = next(e for e in world.entries() if e.kind == "baseline")
    assert found.target.id == baseline.body["effective"]


def test_a_first_deployment_has_nothing_to_redeploy(world: World) -> None:
    first = look(world)
    assert isinstance(first, Offer)
    runs = world.scenario.pipeline.executions
    everything = frozenset(one.id for one in runs)
    found = look(world, everything)
    assert isinstance(found, str)
    assert "nothing else that succeeded" in found


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """Dies once around one operation: before it is sent, or after it was carried out."""

    def __init__(self, port: Port, operation: str, when: list[str]) -> None:
        self._port = port
        self._operation = operation
        self._when = when

    def call(self, service: str, operation: str, params: Params) -> Reply:
        if operation != self._operation or not self._when:
            return self._port.call(service, operation, params)
        if self._when.pop() == "after":
            self._port.call(service, operation, params)
        raise Killed


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_start_the_same_command_starts_one(world: World, when: str) -> None:
    left = [when]
    world.wrap = lambda port: Dying(port, "StartPipelineExecution", left)
    with pytest.raises(Killed):
        run(world, redeploy(world))
    before = len(world.scenario.pipeline.executions)
    ending = run(world, redeploy(world), timedelta(minutes=30))
    assert "waits for an answer" in ending.reason
    assert len(world.scenario.pipeline.executions) == before + (when == "before")
    assert world.sent("StartPipelineExecution") == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_update_the_same_command_updates_once(world: World, when: str) -> None:
    left = [when]
    world.wrap = lambda port: Dying(port, "UpdateEndpoint", left)
    with pytest.raises(Killed):
        run(world, restore(world))
    assert run(world, restore(world)).exit is Exit.DONE
    assert world.sent("UpdateEndpoint") == 1


def restore(world: World) -> Restore:
    baseline = next(e for e in world.entries() if e.kind == "baseline")
    (named,) = baseline.body["configs"]
    return Restore(
        PIPELINE,
        "ProdUS",
        STAGE,
        "on-call asked",
        US,
        str(named["endpoint"]),
        str(named["config"]),
        after=len(world.journal.entries(CHANGE)),
        settle=SETTLE,
        poll=POLL,
    )


def test_the_endpoint_goes_back_to_the_configuration_of_the_snapshot(world: World) -> None:
    goal = restore(world)
    assert endpoint(world).config_name != goal.config
    ending = run(world, goal)
    assert ending.exit is Exit.DONE
    assert "nobody could compare" in ending.reason
    assert endpoint(world).config_name == goal.config
    assert world.sent("UpdateEndpoint") == 1
    assert is_put_back(fold(world.entries(CHANGE)).stage(STAGE))


def test_while_another_endpoint_is_to_come_the_stage_is_not_put_back(world: World) -> None:
    assert run(world, replace(restore(world), rest=("another",))).exit is Exit.DONE
    assert not is_put_back(fold(world.entries(CHANGE)).stage(STAGE))


def test_the_content_is_compared_and_a_difference_calls_a_person(world: World) -> None:
    old = endpoint(world).content
    other = replace(old, live=tuple(replace(v, model="another") for v in old.live))
    ending = run(world, replace(restore(world), content=other))
    assert ending.exit is Exit.NEEDS_PERSON
    assert "not as it was" in ending.reason
    assert not is_put_back(fold(world.entries(CHANGE)).stage(STAGE))


def test_asked_again_it_sends_nothing(world: World) -> None:
    run(world, restore(world))
    assert run(world, restore(world)).exit is Exit.DONE
    assert world.sent("UpdateEndpoint") == 1


def test_a_lost_reply_updates_the_endpoint_once(world: World) -> None:
    left = [1]
    world.wrap = lambda port: LostReply(port, "UpdateEndpoint", left)
    assert run(world, restore(world)).exit is Exit.DONE
    assert world.sent("UpdateEndpoint") == 1


def test_an_update_that_rolls_back_silently_is_told(world: World) -> None:
    """It comes back in service with the old configuration: the waiter would say success."""
    goal = restore(world)
    current = endpoint(world).config_name
    writer = Writer(world.journal, CHANGE, world.listener.lost, from_nothing=True)
    runner = world.runner()
    runner.turn(goal, writer)
    world.clock.pass_time(timedelta(minutes=5))
    world.port("console").call(
        "sagemaker",
        "UpdateEndpoint",
        {"EndpointName": "photo-check-us", "EndpointConfigName": current},
    )
    world.clock.pass_time(timedelta(minutes=5))
    ending = runner.run(goal, writer)
    assert ending.exit is Exit.NEEDS_PERSON
    assert "by itself" in ending.reason


def test_an_endpoint_that_cannot_be_read_is_never_updated(world: World) -> None:
    goal = restore(world)

    def hide(service: str, operation: str, params: Params) -> None:
        if operation == "DescribeEndpoint":
            raise AwsError(ErrorKind.DENIED, "AccessDeniedException", "no")

    world.before = hide
    ending = run(world, goal)
    assert ending.exit is Exit.BLIND
    assert world.sent("UpdateEndpoint") == 0


def test_what_is_asked_depends_on_goal_and_state_alone(world: World) -> None:
    state = Writer(world.journal, CHANGE, world.listener.lost, from_nothing=True).catch_up()
    for goal in (redeploy(world), restore(world)):
        assert queries(goal, state) == queries(goal, state)
        seen = world.runner().observer.observe(queries(goal, state), timedelta(seconds=10))
        now = world.clock.now()
        assert decide(goal, state, seen, now) == decide(goal, state, seen, now)
