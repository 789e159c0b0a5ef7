"""What a new change can know, by the example's pipeline."""

from dataclasses import replace

from mcm.app.first_change import Found, discover
from mcm.app.planning import Files, Nobody, plan_change
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Plan
from mcm.core.plans.service import Service
from tests.kit.files import Shelf, make_files
from tests.kit.world import World


def found(world: World, service: Service, change: Change) -> Found:
    now = world.clock.now()
    return discover(service, change, world.runner().observer, Nobody(), now)


def planned(world: World, files: Files) -> Plan:
    return plan_change(files, world.runner().observer, Shelf(), world.journal).plan


def test_what_waits_is_compared_with_what_the_stage_runs() -> None:
    world = World()
    files = make_files(world)
    plan = planned(world, files)
    seen = found(world, files.service, files.change)

    assert (seen.execution, seen.packages) == (plan.execution, plan.packages)
    (stage,) = seen.stages
    assert stage.target == plan.stages[0].rollback_target
    assert dict(stage.revisions) == {each.name: each.before for each in plan.packages}
    assert (seen.passed, seen.unknown) == ((), ())


def test_stages_that_hold_it_already_are_named_and_the_range_is_that_of_the_rest() -> None:
    world = World()
    files = make_files(world)
    everywhere = replace(files.change, stages=tuple(s.name for s in files.service.stages))
    seen = found(world, files.service, everywhere)

    assert seen.passed == tuple(s.name for s in files.service.stages if s.name != "prod-us")
    assert seen.packages == planned(world, files).packages


def test_without_credentials_the_reason_is_all_there_is() -> None:
    world = World()
    files = make_files(world)
    world.engine.fault("expired-credentials")
    seen = found(world, files.service, files.change)

    assert (seen.execution, seen.packages, seen.stages) == ("", (), ())
    assert len(seen.unknown) == 1


def test_a_pipeline_that_cannot_be_read_is_said() -> None:
    world = World()
    files = make_files(world)
    service = replace(files.service, pipeline=replace(files.service.pipeline, name="Gone"))
    seen = found(world, service, files.change)

    assert seen.packages == ()
    assert "pipeline" in seen.unknown[0]
