"""Endpoints of the sandbox: their updates, and how those can end."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.aws.port import AwsError
from mcm.sandbox.metrics import epoch, series_of
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.sagemaker_endpoint import Ending, Status
from mcm.sandbox.traffic import Traffic
from mcm.sandbox.traffic_shape import Shape
from tests.sandbox.asking import ACCOUNT, START, Asker

EU, NAME = "eu-west-1", "photo-check-eu"
IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/photo-check"
TAKES = timedelta(seconds=5)


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker(ACCOUNT, START)


@pytest.fixture
def ask(sagemaker: SageMaker) -> Asker:
    """An endpoint InService at r1; r2 adds a shadow variant."""
    asker = Asker("sagemaker", sagemaker)
    for tag in ("v6", "v7"):
        container = {"Image": f"{IMAGE}:{tag}", "ModelDataUrl": f"s3://models/{tag}.tar.gz"}
        role = f"arn:aws:iam::{ACCOUNT}:role/photo-check"
        asker("CreateModel", ModelName=tag, PrimaryContainer=container, ExecutionRoleArn=role)
    asker("CreateEndpointConfig", EndpointConfigName="r1", ProductionVariants=[variant()])
    shadow = [variant("candidate", ModelName="v7")]
    asker(
        "CreateEndpointConfig",
        EndpointConfigName="r2",
        ProductionVariants=[variant()],
        ShadowProductionVariants=shadow,
    )
    sagemaker.create(EU, NAME, "r1", START - timedelta(days=30))
    return asker


def variant(name: str = "live", **changes: Any) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": "v6",
        "InitialInstanceCount": 2,
        "InstanceType": "ml.m5.xlarge",
        "InitialVariantWeight": 1.0,
    } | changes


def described(ask: Asker) -> dict[str, Any]:
    return ask("DescribeEndpoint", EndpointName=NAME)


def update(ask: Asker, config: str = "r2", **more: Any) -> None:
    ask("UpdateEndpoint", EndpointName=NAME, EndpointConfigName=config, **more)


def test_an_endpoint_in_service(ask: Asker) -> None:
    found = described(ask)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "r1")
    (live,) = found["ProductionVariants"]
    (image,) = live["DeployedImages"]
    assert image["SpecifiedImage"] == f"{IMAGE}:v6"
    assert image["ResolvedImage"].startswith(f"{IMAGE}@sha256:")
    assert (live["CurrentInstanceCount"], live["DesiredInstanceCount"]) == (2, 2)
    assert (live["CurrentWeight"], live["DesiredWeight"]) == (1.0, 1.0)
    assert not {"ShadowProductionVariants", "PendingDeploymentSummary", "FailureReason"} & set(
        found
    )


def test_an_update_serves_the_old_configuration_until_it_is_done(ask: Asker) -> None:
    update(ask)
    ask.pass_time(seconds=4)
    during = described(ask)
    assert (during["EndpointStatus"], during["EndpointConfigName"]) == ("Updating", "r1")
    assert during["PendingDeploymentSummary"]["EndpointConfigName"] == "r2"
    assert "ShadowProductionVariants" not in during
    ask.pass_time(seconds=1)
    after = described(ask)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", "r2")
    assert [one["VariantName"] for one in after["ShadowProductionVariants"]] == ["candidate"]
    assert after["LastModifiedTime"] == START + TAKES
    assert "PendingDeploymentSummary" not in after


def test_an_update_resolves_every_tag_anew(ask: Asker, sagemaker: SageMaker) -> None:
    """Adding a shadow variant re-creates the live fleet too, with what its tag is by now."""
    before = described(ask)["ProductionVariants"]
    moved = f"{IMAGE}@sha256:{'0' * 64}"
    sagemaker.set_digest(f"{IMAGE}:v6", moved)
    assert described(ask)["ProductionVariants"] == before
    update(ask)
    ask.pass_time(seconds=5)
    (image,) = described(ask)["ProductionVariants"][0]["DeployedImages"]
    assert (image["ResolvedImage"], image["ResolutionTime"]) == (moved, START + TAKES)


def test_a_silent_rollback_looks_like_a_success(ask: Asker, sagemaker: SageMaker) -> None:
    """Only the configuration's name tells: InService, no reason, the old configuration."""
    before = described(ask)
    sagemaker.end_next_update(EU, NAME, Ending.ROLLS_BACK_SILENTLY)
    update(ask)
    ask.pass_time(seconds=5)
    after = described(ask)
    assert after.pop("LastModifiedTime") == START + TAKES
    assert after.items() <= before.items()
    update(ask)
    ask.pass_time(seconds=5)
    assert described(ask)["EndpointConfigName"] == "r2"


@pytest.mark.parametrize(
    ("ending", "status"),
    [(Ending.ROLLS_BACK, "InService"), (Ending.ROLLBACK_FAILS, "UpdateRollbackFailed")],
)
def test_a_rollback_takes_its_time_and_has_a_reason(
    ask: Asker, sagemaker: SageMaker, ending: Ending, status: str
) -> None:
    sagemaker.end_next_update(EU, NAME, ending)
    update(ask)
    ask.pass_time(seconds=5)
    assert described(ask)["EndpointStatus"] == "RollingBack"
    ask.pass_time(seconds=5)
    after = described(ask)
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == (status, "r1")
    assert after["FailureReason"]
    update(ask)
    ask.pass_time(seconds=5)
    assert "FailureReason" not in described(ask)


def test_an_update_can_hang_and_be_let_go(ask: Asker, sagemaker: SageMaker) -> None:
    sagemaker.end_next_update(EU, NAME, Ending.NEVER)
    update(ask)
    assert sagemaker.next_event() is None
    ask.pass_time(hours=9)
    assert described(ask)["EndpointStatus"] == "Updating"
    sagemaker.unstick(EU, NAME, Ending.SUCCEEDS)
    assert described(ask)["EndpointConfigName"] == "r2"


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.CREATING])
def test_only_an_endpoint_that_serves_can_be_updated(
    ask: Asker, sagemaker: SageMaker, status: Status
) -> None:
    sagemaker.set_status(EU, NAME, status, "a drill")
    assert described(ask)["EndpointStatus"] == status
    if status in (Status.IN_SERVICE, Status.UPDATE_ROLLBACK_FAILED):
        update(ask)
    else:
        asked = {"EndpointName": NAME, "EndpointConfigName": "r2"}
        assert ask.code("UpdateEndpoint", **asked) == "ValidationException"
        assert described(ask)["EndpointStatus"] == status


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DescribeEndpoint", {"EndpointName": "no-such"}),
        ("DescribeEndpointConfig", {"EndpointConfigName": "no-such"}),
        ("DescribeModel", {"ModelName": "no-such"}),
        ("UpdateEndpoint", {"EndpointName": "no-such", "EndpointConfigName": "r2"}),
        ("UpdateEndpoint", {"EndpointName": NAME, "EndpointConfigName": "no-such"}),
        ("UpdateEndpoint", {"EndpointName": NAME, "EndpointConfigName": "r1"}),
        ("CreateEndpoint", {"EndpointName": NAME, "EndpointConfigName": "r1"}),
        ("CreateEndpoint", {"EndpointName": "other", "EndpointConfigName": "no-such"}),
        ("CreateModel", {"ModelName": "v6", "PrimaryContainer": {"Image": "a"}}),
        ("CreateModel", {"ModelName": "v9"}),
        ("ListEndpoints", {"NextToken": "nonsense"}),
        ("ListEndpoints", {"CreationTimeAfter": START}),
    ],
)
def test_refusals(ask: Asker, operation: str, params: dict[str, Any]) -> None:
    assert ask.code(operation, **params) == "ValidationException"


@pytest.mark.parametrize(
    ("live", "shadow"),
    [
        ([variant("a"), variant("b")], [variant("c")]),
        ([variant("a")], [variant("b"), variant("c")]),
        ([variant("a")], [variant("a")]),
        ([variant("a"), variant("a")], []),
        ([variant("a", ModelName="no-such")], []),
    ],
)
def test_impossible_configurations_are_refused(
    ask: Asker, live: list[dict[str, Any]], shadow: list[dict[str, Any]]
) -> None:
    asked: dict[str, Any] = {"EndpointConfigName": "r3", "ProductionVariants": live}
    if shadow:
        asked["ShadowProductionVariants"] = shadow
    assert ask.code("CreateEndpointConfig", **asked) == "ValidationException"
    described_again = ask.code("DescribeEndpointConfig", EndpointConfigName="r3")
    assert described_again == "ValidationException"


def test_a_configuration_and_a_model_come_back_as_they_were_created(ask: Asker) -> None:
    config = ask("DescribeEndpointConfig", EndpointConfigName="r2")
    assert config["ProductionVariants"] == [variant()]
    assert config["ShadowProductionVariants"] == [variant("candidate", ModelName="v7")]
    model = ask("DescribeModel", ModelName="v7")
    assert model["PrimaryContainer"]["Image"] == f"{IMAGE}:v7"


def test_regions_are_apart(ask: Asker) -> None:
    ask.region = "us-east-1"
    assert ask("ListEndpoints") == {"Endpoints": []}
    assert ask.code("DescribeModel", ModelName="v6") == "ValidationException"


def test_creation_takes_its_time(ask: Asker) -> None:
    ask("CreateEndpoint", EndpointName="other", EndpointConfigName="r2")
    found = ask("DescribeEndpoint", EndpointName="other")
    assert found["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in found
    asked = {"EndpointName": "other", "EndpointConfigName": "r1"}
    assert ask.code("UpdateEndpoint", **asked) == "ValidationException"
    ask.pass_time(seconds=5)
    found = ask("DescribeEndpoint", EndpointName="other")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "r2")


@pytest.mark.parametrize(("enabled", "status"), [(True, "Started"), (False, "Stopped")])
def test_data_capture_has_a_shape_of_its_own_in_the_answer(
    ask: Asker, enabled: bool, status: str
) -> None:
    capture = {
        "EnableCapture": enabled,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://c/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    ask(
        "CreateEndpointConfig",
        EndpointConfigName="r3",
        ProductionVariants=[variant()],
        DataCaptureConfig=capture,
    )
    update(ask, "r3")
    ask.pass_time(seconds=5)
    assert described(ask)["DataCaptureConfig"] == {
        "EnableCapture": enabled,
        "CaptureStatus": status,
        "CurrentSamplingPercentage": 20,
        "DestinationS3Uri": "s3://c/captured",
        "KmsKeyId": "",
    }


def test_a_deployment_configuration_is_shown_until_an_update_drops_it(ask: Asker) -> None:
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    for config, more, shown in (
        ("r2", {"DeploymentConfig": policy}, policy),
        ("r1", {"RetainDeploymentConfig": True}, policy),
        ("r2", {}, None),
    ):
        update(ask, config, **more)
        ask.pass_time(seconds=5)
        assert described(ask).get("LastDeploymentConfig") == shown


def test_list_endpoints_pages_sorts_and_filters(ask: Asker, sagemaker: SageMaker) -> None:
    for number in range(4):
        born = START - timedelta(days=number + 1)
        sagemaker.create(EU, f"other-{number}", "r1", born)
    sagemaker.set_status(EU, "other-3", Status.FAILED, "a drill")

    def names(**params: Any) -> list[str]:
        return [one["EndpointName"] for one in ask("ListEndpoints", **params)["Endpoints"]]

    assert names() == ["other-0", "other-1", "other-2", "other-3", NAME]
    assert names(SortBy="Name", SortOrder="Ascending")[-1] == NAME
    assert names(NameContains="PHOTO") == [NAME]
    assert names(StatusEquals="Failed") == ["other-3"]
    first = ask("ListEndpoints", MaxResults=3)
    rest = ask("ListEndpoints", MaxResults=3, NextToken=first["NextToken"])
    assert [len(reply["Endpoints"]) for reply in (first, rest)] == [3, 2]
    assert "NextToken" not in rest


def test_in_process_updates_refuse_what_the_operation_refuses(
    ask: Asker, sagemaker: SageMaker
) -> None:
    sagemaker.update(EU, NAME, "r1", START)
    assert sagemaker.status(EU, NAME, START) is Status.IN_SERVICE
    sagemaker.update(EU, NAME, "r2", START)
    assert sagemaker.status(EU, NAME, START) is Status.UPDATING
    with pytest.raises(AwsError, match="Updating"):
        sagemaker.update(EU, NAME, "r1", START)
    assert sagemaker.next_event() == START + TAKES
    assert sagemaker.status(EU, NAME, START + TAKES) is Status.IN_SERVICE
    assert sagemaker.endpoint(EU, NAME).deployed.config == "r2"


def test_traffic_follows_the_configuration_that_serves() -> None:
    """The shadow variant has requests from the end of the update on, not from its start."""
    traffic = Traffic(START, period=1)
    traffic.add(NAME, EU, Shape("Europe/Berlin"))
    sagemaker = SageMaker(ACCOUNT, START, traffic=traffic)
    again = Asker("sagemaker", sagemaker)
    for tag in ("v6", "v7"):
        again("CreateModel", ModelName=tag, PrimaryContainer={"Image": f"{IMAGE}:{tag}"})
    again("CreateEndpointConfig", EndpointConfigName="r1", ProductionVariants=[variant()])
    again(
        "CreateEndpointConfig",
        EndpointConfigName="r2",
        ProductionVariants=[variant()],
        ShadowProductionVariants=[variant("candidate", ModelName="v7")],
    )
    sagemaker.create(EU, NAME, "r1", START - timedelta(days=30))
    sagemaker.update(EU, NAME, "r2", START)
    sagemaker.advance(START + timedelta(minutes=1))
    seconds = epoch(START)
    found = {}
    for name in ("live", "candidate"):
        dimensions = [
            {"Name": "EndpointName", "Value": NAME},
            {"Name": "VariantName", "Value": name},
        ]
        one = series_of(EU, "AWS/SageMaker", "Invocations", dimensions)
        found[name] = traffic.buckets(one, seconds, seconds + 10, 1, seconds + 60)
    assert list(found["live"]) == list(range(seconds, seconds + 10))
    assert list(found["candidate"]) == list(range(seconds + 5, seconds + 10))
