"""Drawing over the example: real readings, and whatever cannot be read has its reason."""

from dataclasses import replace

import pytest

from mcm.app.graphing import draw_all, look
from mcm.aws.port import AwsError, ErrorKind, Params
from mcm.core.errors import BlindError
from mcm.core.graphs.graph import Graph, Heat
from mcm.core.graphs.graphing import Pictures
from mcm.core.plans.plan import Plan
from mcm.record.figures import Index
from tests.kit.world import World


@pytest.fixture
def world() -> World:
    return World()


def see(world: World, plan: Plan) -> Pictures:
    return look(plan, world.runner().observer, world.clock.now())


def test_each_alarm_has_its_graph_and_each_stage_its_week(world: World) -> None:
    seen = see(world, world.plan())
    (errors, latency), (heat,) = seen.graphs, seen.heats

    assert seen.missing == ()
    assert (errors.title, errors.unit, latency.unit) == ("photo-check-5xx", "", "ms")
    assert errors.lines[0].value == 30
    assert latency.lines[0].value == 300
    assert all(50 < value < 300 for _, value in latency.values)
    assert errors.values
    assert (errors.zone, heat.zone) == ("America/Los_Angeles", "America/Los_Angeles")
    assert len(heat.cells) == 7 * 24


def test_the_window_is_marked_in_the_past_and_in_the_week(world: World) -> None:
    seen = see(world, world.plan())

    assert len(seen.graphs[0].windows) >= 7
    assert seen.heats[0].window == {(day, hour) for day in range(7) for hour in (2, 3, 4)}
    assert (seen.heats[0].quieter_than() or 0) >= 50


def test_an_alarm_that_is_not_there_is_missing_with_its_reason(world: World) -> None:
    plan = world.plan()
    stage = plan.stages[0]
    rail = replace(stage.guardrails[0], params={"names": ["gone", "photo-check-5xx"]})
    stage = replace(stage, guardrails=(rail,), traffic=None)
    seen = see(world, replace(plan, stages=(stage,)))

    assert [each.title for each in seen.graphs] == ["photo-check-5xx"]
    assert [(each.what, each.why) for each in seen.missing] == [
        ("gone", "CloudWatch has no alarm of that name"),
        ("traffic", "mcm.yaml names no traffic metric of the stage"),
    ]


def test_points_that_cannot_be_read_are_no_empty_graph(world: World) -> None:
    def refuse(service: str, operation: str, params: Params) -> None:
        del service, params
        if operation == "GetMetricData":
            raise AwsError(ErrorKind.DENIED, "AccessDenied", "not allowed")

    world.before = refuse
    seen = see(world, world.plan())

    assert (seen.graphs, seen.heats) == ((), ())
    assert len(seen.missing) == 3
    assert all("AccessDenied" in each.why or "denied" in each.why for each in seen.missing)


def test_without_credentials_it_is_blind(world: World) -> None:
    plan = world.plan()
    world.engine.fault("expired-credentials")
    with pytest.raises(BlindError):
        see(world, plan)


def test_the_list_says_what_each_file_shows_and_is_read_back(world: World) -> None:
    plan = world.plan()
    told: list[str] = []

    def draw(each: Graph | Heat, name: str) -> bytes:
        return f"{name} {each.stage}".encode()

    index, files = draw_all(plan, see(world, plan), world.clock.now(), draw, told.append)

    assert list(files) == [
        "prod-us-photo-check-5xx.svg",
        "prod-us-photo-check-latency.svg",
        "prod-us-traffic-Invocations.svg",
    ]
    assert [each.file for each in index.pictures] == list(files)
    assert "never > 30" in index.pictures[0].about
    assert len(told) == 3
    assert Index.from_bytes(index.to_bytes()) == index
