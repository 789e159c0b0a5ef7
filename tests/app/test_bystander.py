"""A bystander at the example: others deploy, break it, roll back; mcm sends nothing at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mcm.app.bystander import Nothing, Pace, Seen, goal_of_config, goal_of_survey, look_on
from mcm.app.observing import Observer
from mcm.app.surveying import survey
from mcm.aws.looking import Denials, Looking
from mcm.aws.observe import AwsSource
from mcm.config.definitions import builtin_definitions, definition_values
from mcm.core.checks.kinds import HEALTH
from mcm.core.history.goal import Observe
from mcm.core.history.instruction import CloseTransition, Result
from mcm.core.plans.plan import Bake
from mcm.core.query import PipelineId, Place
from mcm.sandbox.identity import user_key
from tests.kit.files import example_service
from tests.kit.world import PIPELINE, Recorder, World

MINUTE = timedelta(minutes=1)
PACE = Pace(timedelta(seconds=30), MINUTE, Bake(20 * MINUTE, 100, 60 * MINUTE))


class Bystander:
    """Somebody who looks on at prod-us with the credentials of alice, who may do everything."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.listener = Recorder()
        aws = AwsSource(world.connect, world.clock.now)
        self.observer = Observer([aws], world.clock)
        pipeline = PipelineId(Place("", "us-east-1"), PIPELINE.name)
        found = survey(self.observer, pipeline, world.clock.now(), lambda _: None)
        self.goals = tuple(goal_of_survey(pipeline, 4, s, PACE) for s in found.production)

    def look_on(self, goals: tuple[Observe, ...] = (), *, once: bool = False) -> Seen:
        over: list[Seen] = []
        clock = self.world.clock
        goals = goals or self.goals[-1:]
        clock.at(clock.now() + timedelta(hours=12), _too_long)
        found = look_on(
            goals, self.observer, clock, lambda _: self.listener, over.append, once=once
        )
        assert list(found) == over or once
        return found[-1]

    def sent(self) -> list[str]:
        """Everything but reads that alice's credentials were used for, refused or not."""
        writes = self.world.engine.log.writes
        return [w.operation for w in writes if w.access_key_id == user_key("alice")]


def _too_long() -> None:
    raise AssertionError("this watch does not end")


@pytest.fixture
def world() -> World:
    return World()


def later(world: World, minutes: float, call: Callable[[], object]) -> None:
    world.clock.at(world.clock.now() + minutes * MINUTE, lambda: call() and None)


def let_in(world: World) -> None:
    """Let the people at the console pass what waits into ProdUS, in an open transition."""
    world.answer_approval("console")
    world.console("EnableStageTransition", stageName="ProdUS", transitionType="Inbound")


def bodies(seen: Seen, kind: str) -> list[dict[str, object]]:
    return [dict(entry.body) for entry in seen.entries if entry.kind == kind]


def test_a_clean_deployment_of_others_is_watched_to_its_end(world: World) -> None:
    bystander = Bystander(world)
    later(world, 5, lambda: let_in(world))

    seen = bystander.look_on()

    assert bodies(seen, "stage_ended")[0]["outcome"] == "succeeded"
    assert bodies(seen, "observed")[0]["execution"] == world.executions()[0]
    assert bodies(seen, "would") == []
    assert bystander.sent() == []


def test_a_breach_is_told_with_the_way_back_and_nothing_is_sent(world: World) -> None:
    """The whole way of a walk that would have closed, rolled back and closed again."""
    old = world.executions()[0]
    bystander = Bystander(world)
    later(world, 5, lambda: let_in(world))
    later(world, 10, world.scenario.raise_errors)
    later(
        world,
        25,
        lambda: world.console("RollbackStage", stageName="ProdUS", targetPipelineExecutionId=old),
    )

    seen = bystander.look_on()

    (would,) = bodies(seen, "would")
    assert (would["act"], would["target"], would["why_not"]) == ("roll_back", old, "")
    assert bodies(seen, "stage_ended")[0]["outcome"] == "rolled_back"
    assert "others rolled it back" in str(bodies(seen, "stage_ended")[0]["reason"])
    assert bystander.sent() == []
    assert bodies(seen, "intent") == []


def test_an_edited_pipeline_shows_that_mcm_could_not_have_gone_back(world: World) -> None:
    bystander = Bystander(world)
    let_in(world)
    world.clock.pass_time(3 * MINUTE)
    console = world.port("console")
    found = console.call("codepipeline", "GetPipeline", {"name": PIPELINE.name})["pipeline"]
    console.call("codepipeline", "UpdatePipeline", {"pipeline": found})
    later(world, 5, world.scenario.raise_errors)

    seen = bystander.look_on()

    (would,) = bodies(seen, "would")
    assert "no earlier execution succeeded" in str(would["why_not"])
    assert bystander.sent() == []


def test_one_look_says_what_it_waits_for_and_leaves(world: World) -> None:
    bystander = Bystander(world)

    seen = bystander.look_on(once=True)

    assert seen.ending is None
    assert "what enters ProdUS next" in bystander.listener.turns[-1].next.why  # type: ignore[union-attr]


def test_whoever_leaves_is_told_how_far_it_is(world: World) -> None:
    bystander = Bystander(world)
    let_in(world)
    told: list[Seen] = []

    def leave() -> None:
        raise KeyboardInterrupt

    later(world, 5, leave)
    with pytest.raises(KeyboardInterrupt):
        look_on(
            bystander.goals[-1:],
            bystander.observer,
            world.clock,
            lambda _: bystander.listener,
            told.append,
        )

    assert [seen.ending for seen in told] == [None]
    assert bodies(told[0], "observed")


def test_every_stage_is_watched_beside_the_others(world: World) -> None:
    bystander = Bystander(world)
    world.scenario.release("v8")
    later(world, 2, lambda: let_in(world))

    bystander.look_on(bystander.goals)

    ended = [e.body["stage"] for e in bystander.listener.entries if e.kind == "stage_ended"]
    assert sorted(str(name) for name in ended) == ["prod-eu", "prod-fe", "prod-us"]
    assert bystander.sent() == []


def test_a_service_that_only_observes_is_watched_by_its_own_guardrails(world: World) -> None:
    service = example_service()
    definitions = definition_values(builtin_definitions())

    goal = goal_of_config(service, service.stages[-1], definitions)

    kinds = {guardrail.kind for guardrail in goal.planned.guardrails}
    assert kinds == {"alarms", HEALTH}
    assert goal.planned.bake == service.stages[-1].bake
    assert not goal.planned.gate.open


def test_errors_only_alarms_may_be_silent_where_traffic_is_counted(world: World) -> None:
    goal = Bystander(world).goals[-1]

    assert goal.planned.guardrails[0].params == {
        "names": ["photo-check-5xx", "photo-check-latency"],
        "silent_ok": ["photo-check-5xx"],
    }


def test_what_it_is_given_to_act_with_carries_out_nothing() -> None:
    outcome = Nothing().perform(CloseTransition(PIPELINE, "ProdUS", "x"))

    assert outcome.result is Result.NOT_SENT


def test_its_port_lets_no_write_through(world: World) -> None:
    """The command's own observer stands on such a port; three things must fail at once."""
    port = Looking(world.port("alice"), PIPELINE.place, Denials())
    for operation in ("RollbackStage", "DisableStageTransition", "PutApprovalResult"):
        with pytest.raises(Exception, match="ReadOnly"):
            port.call("codepipeline", operation, {})
    assert world.engine.log.writes == []
