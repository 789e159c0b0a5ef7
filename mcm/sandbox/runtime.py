"""The sandbox's SageMaker runtime: one answer to one sample.

No model runs. Whatever is sent, the answer is `{"label": "parcel", …}` with the model that
serves; a variant that answers more than one request in twenty with an error fails here,
every time.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.capture import Asked, Capture
from mcm.sandbox.metrics import epoch
from mcm.sandbox.sagemaker import SageMaker
from mcm.sandbox.sagemaker_endpoint import Status
from mcm.sandbox.service import Caller, Handler, Stored
from mcm.sandbox.traffic import Traffic

FAILS_FROM = 0.05
_SERVES = (Status.IN_SERVICE, Status.UPDATING, Status.SYSTEM_UPDATING, Status.ROLLING_BACK)


class Runtime:
    """InvokeEndpoint of one account, all regions. A `Service`."""

    def __init__(
        self, sagemaker: SageMaker, traffic: Traffic, capture: Capture | None = None
    ) -> None:
        self._sagemaker = sagemaker
        self._traffic = traffic
        self._capture = capture

    @property
    def operations(self) -> Mapping[str, Handler]:
        """The emulated operations by name."""
        return {"InvokeEndpoint": self._invoke}

    def next_event(self) -> datetime | None:
        """Say when something changes by itself: never."""
        return None

    def advance(self, now: datetime) -> None:
        """Nothing changes by itself."""

    def stored(self, now: datetime) -> list[Stored]:
        """Return the objects that data capture has written since the last call."""
        return self._capture.due(now) if self._capture else []

    @property
    def buckets(self) -> tuple[tuple[str, str], ...]:
        """Buckets for them that are there from the start, by region and name."""
        return self._capture.buckets if self._capture else ()

    def _invoke(self, params: Params, caller: Caller) -> Reply:
        name = params["EndpointName"]
        try:
            endpoint = self._sagemaker.endpoint(caller.region, name)
        except AwsError as err:
            raise _refused("ValidationError", f"Endpoint {name} not found.") from err
        if endpoint.status not in _SERVES:
            raise _refused("ValidationError", f"Endpoint {name} is {endpoint.status.value}.")
        config = self._sagemaker.registry.config(caller.region, endpoint.deployed.config)
        variants = {item["VariantName"]: item for item in config["ProductionVariants"]}
        wanted = params.get("TargetVariant", next(iter(variants)))
        if wanted not in variants:
            raise _refused("ValidationError", f"Endpoint {name} has no variant {wanted}.")
        if self._traffic.errors_of(name, wanted, epoch(caller.now)) > FAILS_FROM:
            message = f"Received server error (500) from {wanted}: the photo cannot be read"
            raise _refused("ModelError", message)
        if self._capture is not None:
            kind = params.get("ContentType", "application/octet-stream")
            asked = Asked(caller.now, bytes(params.get("Body", b"")), kind)
            self._capture.asked(caller.region, name, asked)
        answer = {"label": "parcel", "sure": 0.98, "model": variants[wanted]["ModelName"]}
        return {
            "Body": json.dumps(answer).encode(),
            "ContentType": "application/json",
            "InvokedProductionVariant": wanted,
        }


def _refused(code: str, message: str) -> AwsError:
    return AwsError(ErrorKind.INVALID, code, message, service="sagemaker-runtime")
