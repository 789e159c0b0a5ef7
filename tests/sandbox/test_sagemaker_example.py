"""The example's world: endpoints, traffic and alarms as the pipeline and the faults see them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mcm.sandbox.pipeline_model import DeployStatus
from mcm.sandbox.sagemaker_endpoint import Ending
from mcm.sandbox.sagemaker_example import ExampleWorld, build_world
from mcm.sandbox.scenario_catalogue import CONFIGURATIONS, PLACES
from mcm.sandbox.service import Caller

START = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
US, ENDPOINT = "us-east-1", "photo-check-us"
OLD, NEW = "photo-check-us-v6", "photo-check-us-v6-shadow-v7"
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[(60, 60), (1, 10)], ids=["simulator", "sandbox"])
def world(request: pytest.FixtureRequest) -> ExampleWorld:
    point, alarm = request.param
    return build_world(START, point_period=point, alarm_period=alarm)


def advance(world: ExampleWorld, now: datetime) -> None:
    for service in world.services.values():
        service.advance(now)


def alarms(world: ExampleWorld, now: datetime, region: str = US) -> dict[str, dict[str, Any]]:
    advance(world, now)
    caller = Caller("111111111111", region, "arn:aws:iam::111111111111:user/alice", "A", now)
    reply = world.cloudwatch.operations["DescribeAlarms"]({}, caller)
    return {alarm["AlarmName"]: alarm for alarm in reply["MetricAlarms"]}


def deploy(world: ExampleWorld, configuration: str, now: datetime) -> datetime:
    world.begin(US, ENDPOINT, configuration, now)
    now += 5 * SECOND
    advance(world, now)
    return now


def test_every_alarm_is_ok_at_the_start(world: ExampleWorld) -> None:
    names = {
        "us-east-1": {"photo-check-5xx", "photo-check-latency"},
        "eu-west-1": {"photo-check-eu-5xx", "photo-check-eu-latency"},
        "ap-northeast-1": {"photo-check-fe-5xx", "photo-check-fe-latency"},
    }
    for region, wanted in names.items():
        found = alarms(world, START, region)
        assert set(found) == wanted
        assert {alarm["StateValue"] for alarm in found.values()} == {"OK"}


def test_every_configuration_of_the_catalogue_can_be_deployed(world: ExampleWorld) -> None:
    for name in CONFIGURATIONS:
        place = next(place for place in PLACES if name.startswith(f"{place.endpoint}-"))
        assert world.sagemaker.registry.config(place.region, name)["ProductionVariants"]


def test_errors_of_a_change_ring_the_alarm_and_end_with_its_rollback(world: ExampleWorld) -> None:
    """The demo's injected fault: raised in the bake, gone after going back."""
    now = deploy(world, NEW, START)
    world.raise_errors(ENDPOINT, "live")
    now += timedelta(minutes=4)
    assert alarms(world, now)["photo-check-5xx"]["StateValue"] == "ALARM"
    assert alarms(world, now)["photo-check-latency"]["StateValue"] == "OK"
    assert alarms(world, now, "eu-west-1")["photo-check-eu-5xx"]["StateValue"] == "OK"
    now = deploy(world, OLD, now) + timedelta(minutes=5)
    assert alarms(world, now)["photo-check-5xx"]["StateValue"] == "OK"


def test_errors_raised_during_an_update_belong_to_the_new_configuration(
    world: ExampleWorld,
) -> None:
    world.begin(US, ENDPOINT, NEW, START)
    world.raise_errors(ENDPOINT, "live")
    advance(world, START + 5 * SECOND)
    now = START + timedelta(minutes=4)
    assert alarms(world, now)["photo-check-5xx"]["StateValue"] == "ALARM"


def test_a_deployment_is_in_progress_until_the_endpoint_has_settled(world: ExampleWorld) -> None:
    world.begin(US, ENDPOINT, NEW, START)
    assert world.status(US, ENDPOINT, NEW) is DeployStatus.IN_PROGRESS
    advance(world, START + 5 * SECOND)
    assert world.status(US, ENDPOINT, NEW) is DeployStatus.SUCCEEDED


def test_deploying_what_serves_already_succeeds_without_an_update(world: ExampleWorld) -> None:
    world.begin(US, ENDPOINT, OLD, START)
    assert world.status(US, ENDPOINT, OLD) is DeployStatus.SUCCEEDED
    assert world.sagemaker.endpoint(US, ENDPOINT).move is None


def test_a_silent_rollback_reports_success_and_serves_the_old(world: ExampleWorld) -> None:
    world.roll_back_silently(ENDPOINT)
    deploy(world, NEW, START)
    assert world.status(US, ENDPOINT, NEW) is DeployStatus.SUCCEEDED
    assert world.sagemaker.endpoint(US, ENDPOINT).deployed.config == OLD


def test_a_rollback_with_a_reason_fails_the_deployment(world: ExampleWorld) -> None:
    world.sagemaker.end_next_update(US, ENDPOINT, Ending.ROLLS_BACK)
    now = deploy(world, NEW, START)
    assert world.status(US, ENDPOINT, NEW) is DeployStatus.IN_PROGRESS
    advance(world, now + 5 * SECOND)
    assert world.status(US, ENDPOINT, NEW) is DeployStatus.FAILED


@pytest.mark.parametrize("configuration", ["photo-check-us-v0", NEW])
def test_what_sagemaker_refuses_is_a_failed_deployment(
    world: ExampleWorld, configuration: str
) -> None:
    """An unknown configuration, or an endpoint that is still updating."""
    world.begin(US, ENDPOINT, NEW, START)
    world.begin(US, ENDPOINT, configuration, START)
    assert world.status(US, ENDPOINT, configuration) is DeployStatus.FAILED
