"""One look before a rollback: whether somebody must be asked, by what AWS shows or hides."""

from dataclasses import replace
from typing import cast

import pytest

from mcm.app.observing import Observer
from mcm.aws.observe import AwsSource
from mcm.aws.port import AwsError, ErrorKind, Params, Port
from mcm.cli.compose import Connections
from mcm.cli.go_back import make_journal
from mcm.cli.ground import Ground
from mcm.cli.look_back import GoneError, Look, prepare
from mcm.core.history.goal import GoBack
from mcm.core.query import PipelineId, Place
from tests.kit.world import PIPELINE, US, World

GOAL = GoBack(PIPELINE, "prod_us", "prod_us", "on-call asked")


class Way:
    """The world's ports, as a command holds its connections."""

    in_sandbox = True

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, place: Place) -> Port:
        return self._world.connect(place)


def look(world: World, goal: GoBack = GOAL, *, for_people: bool = False) -> Look:
    observer = Observer([AwsSource(world.connect, world.clock.now)], world.clock)
    ground = Ground(goal, cast(Connections, Way(world)), None)
    return prepare(ground, observer, make_journal(ground), for_people=for_people)


def fail(world: World, kind: ErrorKind, only: str = "") -> None:
    def before(service: str, operation: str, params: Params) -> None:
        if operation.startswith(only):
            raise AwsError(kind, "Code", "no", service=service, operation=operation)

    world.before = before


def test_what_would_begin_is_known_from_the_names_people_type() -> None:
    world = World()
    newest, older = world.executions()[:2]
    found = look(world)

    assert (found.goal.pipeline_stage, found.goal.stage) == ("ProdUS", "ProdUS")
    assert (found.source, found.target, found.unsure) == (newest, older, "")
    assert found.asks


@pytest.mark.parametrize("only", ["GetPipelineState", "ListPipelineExecutions"])
def test_what_cannot_be_read_now_may_begin_later_so_somebody_is_asked(only: str) -> None:
    world = World()
    fail(world, ErrorKind.THROTTLED, only)
    found = look(world, replace(GOAL, pipeline_stage="ProdUS"))

    assert not found.begins
    assert "cannot be read" in found.unsure
    assert found.asks


@pytest.mark.parametrize("kind", [ErrorKind.DENIED, ErrorKind.AUTH])
def test_where_nothing_can_ever_begin_nobody_is_asked(kind: ErrorKind) -> None:
    world = World()
    fail(world, kind)

    assert not look(world).asks


def test_what_was_rolled_back_already_asks_nothing() -> None:
    world = World()
    world.roll_back()

    assert not look(world).asks


def test_a_rollback_of_others_is_followed_and_asks_nothing() -> None:
    world = World()
    older = world.executions()[1]
    world.console("RollbackStage", stageName="ProdUS", targetPipelineExecutionId=older)

    assert not look(world).asks


def test_what_is_not_there_is_gone() -> None:
    with pytest.raises(GoneError, match="there is no pipeline Other in us-east-1"):
        look(World(), replace(GOAL, pipeline=PipelineId(US, "Other")))
    with pytest.raises(GoneError, match="no stage 'moon': ParcelPhotoCheck has"):
        look(World(), replace(GOAL, pipeline_stage="moon", stage="moon"))


def test_the_screen_costs_no_further_call_to_aws() -> None:
    calls: list[list[str]] = [[], []]
    for people, seen in zip((False, True), calls, strict=True):
        world = World()
        world.before = lambda _, operation, __, seen=seen: seen.append(operation)  # type: ignore[misc]
        look(world, for_people=people)

    assert sorted(calls[0]) == sorted(calls[1])
