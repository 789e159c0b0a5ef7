"""The example's endpoints, their traffic and their alarms, and the world made of them.

What there is comes from the scenario's catalogue: its places, its configurations and the
release that serves when the example starts.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from mcm.aws.port import AwsError, Params
from mcm.sandbox.capture import Capture
from mcm.sandbox.cloudwatch import CloudWatch
from mcm.sandbox.identity import ACCOUNT
from mcm.sandbox.pipeline_model import DeployStatus, DeployTarget
from mcm.sandbox.runtime import Runtime
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.sagemaker_endpoint import Ending, Status
from mcm.sandbox.scenario_catalogue import (
    CONFIGURATIONS,
    PAST,
    PLACES,
    RELEASES,
    ModelVariant,
    Place,
)
from mcm.sandbox.service import Caller, Service
from mcm.sandbox.ssm import Ssm
from mcm.sandbox.traffic import Traffic
from mcm.sandbox.traffic_shape import Shape

ZONES: Mapping[str, str] = {
    "eu-west-1": "Europe/Berlin",
    "ap-northeast-1": "Asia/Tokyo",
    "us-east-1": "America/Los_Angeles",
}
"""Where the people behind each region's requests live."""

CAPTURE_BUCKETS = (("us-east-1", "photo-check-captured-us-east-1"),)
"""Where records of requests and replies are kept, by region."""
_CAPTURED: Mapping[str, Params] = {
    region: {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{bucket}/records",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
    }
    for region, bucket in CAPTURE_BUCKETS
}
LATENCY_LIMIT = 300_000
"""Threshold of the latency alarms in microseconds."""
_IMAGE = "{account}.dkr.ecr.{region}.amazonaws.com/photo-check:{tag}"
_AGE = timedelta(days=30)
MINUTE = 60
"""Seconds; the periods of AWS's own metrics."""
_WARM = timedelta(minutes=10)


def register_example(
    cloudwatch: CloudWatch,
    sagemaker: SageMaker,
    traffic: Traffic,
    start: datetime,
    *,
    account: str = ACCOUNT,
    alarm_period: int = 60,
) -> None:
    """Create the example's models, configurations, endpoints, traffic and alarms.

    The endpoints are InService with the newest release of the past since 30 days before
    `start`. The alarms have been evaluated up to `start`, so they have left
    INSUFFICIENT_DATA. `alarm_period` is in seconds: 10 in the sandbox, 60 in the simulator.
    """
    born = start - _AGE
    serving = next(release for release in RELEASES if release.name == PAST[-1])
    for place in PLACES:
        caller = Caller(account, place.region, f"arn:aws:iam::{account}:root", account, born)
        _create_configurations(sagemaker, place, caller)
        traffic.add(place.endpoint, place.region, Shape(ZONES[place.region]))
        sagemaker.create(place.region, place.endpoint, serving.configurations[place.endpoint], born)
        for params in alarms_of(place, alarm_period):
            cloudwatch.put_alarm(place.region, params, start - _WARM)
    cloudwatch.advance(start)


def alarms_of(place: Place, period: int) -> list[Params]:
    """Return the PutMetricAlarm parameters of the live variant's two alarms.

    In the US they are named `photo-check-5xx` and `photo-check-latency`, elsewhere with
    the region's code: `photo-check-eu-5xx`. More than five errors in ten seconds, or as
    many in proportion, make the first one ring: twice in three periods, or, with the
    sandbox's short ones, at once, so that a bake of seconds sees it.
    """
    judged, breaching = (3, 2) if period >= MINUTE else (1, 1)
    stem = "photo-check" if place.code == "US" else f"photo-check-{place.code.lower()}"
    shared = {
        "Namespace": "AWS/SageMaker",
        "Dimensions": [
            {"Name": "EndpointName", "Value": place.endpoint},
            {"Name": "VariantName", "Value": "live"},
        ],
        "Period": period,
        "EvaluationPeriods": judged,
        "DatapointsToAlarm": breaching,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return [
        shared
        | {
            "AlarmName": f"{stem}-5xx",
            "AlarmDescription": "Requests to the live variant fail",
            "MetricName": "Invocation5XXErrors",
            "Statistic": "Sum",
            "Threshold": period / 2,
            "TreatMissingData": "notBreaching",
        },
        shared
        | {
            "AlarmName": f"{stem}-latency",
            "AlarmDescription": "The live variant answers slowly",
            "MetricName": "ModelLatency",
            "Statistic": "Average",
            "Threshold": float(LATENCY_LIMIT),
            "TreatMissingData": "missing",
        },
    ]


class ExampleWorld:
    """The example's endpoints as the pipeline and the faults see them: a `World`."""

    def __init__(
        self, cloudwatch: CloudWatch, sagemaker: SageMaker, traffic: Traffic, start: datetime
    ) -> None:
        self.cloudwatch = cloudwatch
        self.sagemaker = sagemaker
        self.traffic = traffic
        self.ssm = Ssm()
        self.capture = Capture(sagemaker, traffic, start, CAPTURE_BUCKETS)
        self._refused: set[tuple[str, str]] = set()
        self._regions = {place.endpoint: place.region for place in PLACES}

    @property
    def services(self) -> Mapping[str, Service]:
        return {
            "sagemaker": self.sagemaker,
            "sagemaker-runtime": Runtime(self.sagemaker, self.traffic, self.capture),
            "cloudwatch": self.cloudwatch,
            "ssm": self.ssm,
        }

    @property
    def deploys(self) -> DeployTarget:
        return self

    def begin(self, region: str, endpoint: str, configuration: str, now: datetime) -> None:
        """Update the endpoint; what SageMaker refuses shows as a failed deployment."""
        self._refused.discard((region, endpoint))
        try:
            self.sagemaker.update(region, endpoint, configuration, now)
        except AwsError:
            self._refused.add((region, endpoint))

    def status(self, region: str, endpoint: str, configuration: str) -> DeployStatus:
        """Say how the update goes; one that rolled back silently counts as a success."""
        if (region, endpoint) in self._refused:
            return DeployStatus.FAILED
        found = self.sagemaker.endpoint(region, endpoint)
        if found.status in (Status.UPDATING, Status.ROLLING_BACK):
            return DeployStatus.IN_PROGRESS
        if found.status is not Status.IN_SERVICE:
            return DeployStatus.FAILED
        if found.ended.get(configuration) is Ending.ROLLS_BACK_SILENTLY:
            return DeployStatus.SUCCEEDED
        serves = found.deployed.config == configuration
        return DeployStatus.SUCCEEDED if serves else DeployStatus.FAILED

    def raise_errors(self, endpoint: str, variant: str, share: float = 0.2) -> None:
        """Let a variant answer with errors while the present configuration serves.

        The present one is that of an update under way, if there is one. Going back to
        another configuration ends the errors.
        """
        found = self.sagemaker.endpoint(self._regions[endpoint], endpoint)
        config = found.move.config if found.move else found.deployed.config
        self.traffic.errors_with(config, share, variant=variant)

    def roll_back_silently(self, endpoint: str) -> None:
        self.sagemaker.end_next_update(
            self._regions[endpoint], endpoint, Ending.ROLLS_BACK_SILENTLY
        )

    def stop_records(self, endpoint: str, variant: str, now: datetime) -> None:
        self.capture.stop(endpoint, variant, now)

    def garble_records(self, endpoint: str, variant: str, now: datetime) -> None:
        self.capture.garble(endpoint, variant, now)


def build_world(
    start: datetime,
    *,
    point_period: int = 60,
    alarm_period: int = 60,
    update_takes: timedelta = timedelta(seconds=5),
    seed: int = 1,
    account: str = ACCOUNT,
) -> ExampleWorld:
    """Build the example's world at `start`.

    `point_period` and `alarm_period` are in seconds: 1 and 10 in the sandbox, 60 and 60
    in the simulator.
    """
    traffic = Traffic(start, period=point_period, seed=seed)
    cloudwatch = CloudWatch(account, start, [traffic])
    sagemaker = SageMaker(account, start, traffic=traffic, update_takes=update_takes)
    register_example(
        cloudwatch, sagemaker, traffic, start, account=account, alarm_period=alarm_period
    )
    return ExampleWorld(cloudwatch, sagemaker, traffic, start)


def _create_configurations(sagemaker: SageMaker, place: Place, caller: Caller) -> None:
    configurations = {
        name: variants
        for name, variants in CONFIGURATIONS.items()
        if name.startswith(f"{place.endpoint}-")
    }
    models = {variant.model for variants in CONFIGURATIONS.values() for variant in variants}
    for model in sorted(models):
        image = _IMAGE.format(
            account=caller.account, region=place.region, tag=model.rsplit("-", 1)[-1]
        )
        container = {
            "Image": image,
            "ModelDataUrl": f"s3://photo-check-models-{place.region}/{model}/model.tar.gz",
            "Environment": {"LOG_LEVEL": "info"},
        }
        role = f"arn:aws:iam::{caller.account}:role/photo-check-endpoint"
        sagemaker.registry.create_model(
            {"ModelName": model, "PrimaryContainer": container, "ExecutionRoleArn": role}, caller
        )
    for name, variants in configurations.items():
        params: Params = {
            "EndpointConfigName": name,
            "ProductionVariants": [_variant(v) for v in variants if not v.is_shadow],
        }
        if place.region in _CAPTURED:
            params["DataCaptureConfig"] = _CAPTURED[place.region]
        shadows = [_variant(variant) for variant in variants if variant.is_shadow]
        if shadows:
            params["ShadowProductionVariants"] = shadows
        sagemaker.registry.create_config(params, caller)


def _variant(variant: ModelVariant) -> Params:
    return {
        "VariantName": variant.name,
        "ModelName": variant.model,
        "InitialInstanceCount": 2,
        "InstanceType": "ml.m5.xlarge",
        "InitialVariantWeight": variant.weight,
    }
