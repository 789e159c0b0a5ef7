"""What a twin's stage serves: its endpoints, the content before and the content after."""

from datetime import datetime, timedelta

from mcm.aws.port import AwsError, Params
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.sandbox.pipeline_model import DeployStatus
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.sagemaker_endpoint import Status
from mcm.sandbox.service import Caller
from mcm.sandbox.twin_metrics import Switches
from mcm.sandbox.twin_pipeline import NEW, OLD
from mcm.sandbox.twin_seen import Seen, Tempo


class Contents:
    """The deploy target of the drilled stage: all its endpoints together."""

    def __init__(self, seen: Seen, sagemaker: SageMaker, switches: Switches, tempo: Tempo) -> None:
        self._region = seen.stage.place.region
        self._sagemaker = sagemaker
        self._switches = switches
        self._takes = tempo.update
        self._configs = {
            name: {NEW: new_name(view)} | {OLD: view.config_name}
            for name, view in seen.endpoints.items()
        }
        self._refused = False

    def begin(self, region: str, endpoint: str, configuration: str, now: datetime) -> None:
        """Move every endpoint; what SageMaker refuses shows as a failed deployment."""
        del region, endpoint
        self._refused = False
        try:
            for name, configs in self._configs.items():
                self._sagemaker.update(self._region, name, configs[configuration], now)
        except AwsError:
            self._refused = True
            return
        self._switches.turn(now + self._takes, is_new=configuration == NEW)

    def status(self, region: str, endpoint: str, configuration: str) -> DeployStatus:
        """Say how it goes; without endpoints the action's own time is all there is."""
        del region, endpoint, configuration
        if self._refused:
            return DeployStatus.FAILED
        found = [self._sagemaker.endpoint(self._region, name).status for name in self._configs]
        if any(status in (Status.UPDATING, Status.ROLLING_BACK) for status in found):
            return DeployStatus.IN_PROGRESS
        return DeployStatus.SUCCEEDED


def new_name(view: EndpointView) -> str:
    """Return the name of the configuration that the pinned execution puts in place."""
    return f"{view.config_name}-drilled"


def put_endpoints(seen: Seen, sagemaker: SageMaker, now: datetime, model: str) -> None:
    """Create the endpoints as they serve now, and the configurations of after the promotion.

    `model` takes the place of the live ones in those; empty to leave them. Raises AwsError
    for what SageMaker would refuse.
    """
    region, account = seen.stage.place.region, seen.stage.place.account
    # A configuration is older than an endpoint that has it, as on AWS.
    since = now - timedelta(days=1)
    caller = Caller(account, region, f"arn:aws:iam::{account}:root", account, since)
    models: set[str] = set()
    for name, view in seen.endpoints.items():
        after = _after(seen, view.content, model)
        for config, content in ((view.config_name, view.content), (new_name(view), after)):
            _put_models(sagemaker, content, caller, models)
            sagemaker.registry.create_config(_config(config, content), caller)
        sagemaker.create(region, name, view.config_name, since)
        if view.status != Status.IN_SERVICE:
            sagemaker.set_status(region, name, _status(view.status))


def _status(word: str) -> Status:
    try:
        return Status(word)
    except ValueError:
        return Status.OUT_OF_SERVICE


def _after(seen: Seen, before: Content, model: str) -> Content:
    """Return what the pinned execution makes of a content: the change's expected shadows."""
    live, shadow = before.live, before.shadow
    expected = [each for each in seen.stage.expect if each.endpoint == before.endpoint]
    if expected:
        like = live[0] if live else Variant("", "", "", "", 1, "1")
        shadow = tuple(
            Variant(e.variant, e.model, e.model, like.instance_type, like.count, "1")
            for e in expected
        )
    if model:
        live = tuple(
            Variant(v.name, model, model, v.instance_type, v.count, v.weight) for v in live
        )
    return Content(before.endpoint, live, shadow, before.capture)


def _put_models(sagemaker: SageMaker, content: Content, caller: Caller, models: set[str]) -> None:
    for variant in (*content.live, *content.shadow):
        if variant.model not in models:
            models.add(variant.model)
            sagemaker.set_digest(variant.image, variant.image)
            sagemaker.registry.create_model(
                {"ModelName": variant.model, "PrimaryContainer": {"Image": variant.image}}, caller
            )


def _config(name: str, content: Content) -> Params:
    params: Params = {
        "EndpointConfigName": name,
        "ProductionVariants": [_variant(each) for each in content.live],
    }
    if content.shadow:
        params["ShadowProductionVariants"] = [_variant(each) for each in content.shadow]
    if content.capture:
        share, where = content.capture.split()[-2:]
        params["DataCaptureConfig"] = {
            "EnableCapture": True,
            "InitialSamplingPercentage": int(share),
            "DestinationS3Uri": where,
        }
    return params


def _variant(variant: Variant) -> Params:
    shown: Params = {
        "VariantName": variant.name,
        "ModelName": variant.model,
        "InitialInstanceCount": variant.count,
        "InitialVariantWeight": float(variant.weight),
    }
    return {**shown, "InstanceType": variant.instance_type} if variant.instance_type else shown
