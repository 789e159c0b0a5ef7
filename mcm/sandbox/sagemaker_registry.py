"""SageMaker's models and endpoint configurations: created once, never changed; and listings."""

import base64
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.metrics import epoch
from mcm.sandbox.sagemaker_endpoint import Endpoint
from mcm.sandbox.service import Caller

Kept = dict[tuple[str, str], Params]


def invalid(message: str) -> AwsError:
    """Return SageMaker's error for nearly everything, unknown names too."""
    return AwsError(ErrorKind.INVALID, "ValidationException", message, service="sagemaker")


class Registry:
    """Models and endpoint configurations of one account, all regions."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._models: Kept = {}
        self._configs: Kept = {}

    def create_model(self, params: Params, caller: Caller) -> Reply:
        """CreateModel: with one PrimaryContainer, or Containers."""
        name = params["ModelName"]
        if (caller.region, name) in self._models:
            raise invalid(f'Cannot create already existing model "{name}".')
        if ("PrimaryContainer" in params) == ("Containers" in params):
            raise invalid("A model needs either PrimaryContainer or Containers.")
        arn = self._arn(caller.region, "model", name)
        kept = {key: deepcopy(value) for key, value in params.items() if key != "Tags"}
        self._models[caller.region, name] = kept | {"ModelArn": arn, "CreationTime": caller.now}
        return {"ModelArn": arn}

    def describe_model(self, params: Params, caller: Caller) -> Reply:
        """DescribeModel."""
        return dict(self._model(caller.region, params["ModelName"]))

    def create_config(self, params: Params, caller: Caller) -> Reply:
        """CreateEndpointConfig; a shadow variant goes with exactly one production variant."""
        name = params["EndpointConfigName"]
        if (caller.region, name) in self._configs:
            raise invalid(f'Cannot create already existing endpoint configuration "{name}".')
        live, shadow = params["ProductionVariants"], params.get("ShadowProductionVariants", [])
        if shadow and (len(live), len(shadow)) != (1, 1):
            raise invalid("Shadow testing needs exactly one production and one shadow variant.")
        names = [variant["VariantName"] for variant in (*live, *shadow)]
        if len(set(names)) != len(names):
            raise invalid("The names of the variants are not unique.")
        for variant in (*live, *shadow):
            if "ModelName" not in variant or "ServerlessConfig" in variant:
                raise invalid("Here a variant has a model and instances.")
            self._model(caller.region, variant["ModelName"])
        arn = self._arn(caller.region, "endpoint-config", name)
        kept = {key: deepcopy(value) for key, value in params.items() if key != "Tags"}
        self._configs[caller.region, name] = kept | {
            "EndpointConfigArn": arn,
            "CreationTime": caller.now,
        }
        return {"EndpointConfigArn": arn}

    def describe_config(self, params: Params, caller: Caller) -> Reply:
        """DescribeEndpointConfig."""
        return dict(self.config(caller.region, params["EndpointConfigName"]))

    def config(self, region: str, name: str) -> Params:
        """Return a configuration; raise AwsError(ValidationException) if there is none."""
        if (region, name) not in self._configs:
            raise invalid(f'Could not find endpoint configuration "{name}".')
        return self._configs[region, name]

    def variants(self, region: str, config: str) -> list[Params]:
        """Return the production and shadow variants of a configuration."""
        found = self.config(region, config)
        return [*found["ProductionVariants"], *found.get("ShadowProductionVariants", [])]

    def image(self, region: str, variant: Params) -> str:
        """Return the image of a variant's model (of its first container)."""
        model = self._model(region, variant["ModelName"])
        container = model.get("PrimaryContainer") or model["Containers"][0]
        return str(container.get("Image", "unknown"))

    def _model(self, region: str, name: str) -> Params:
        if (region, name) not in self._models:
            raise invalid(f'Could not find model "{name}".')
        return self._models[region, name]

    def _arn(self, region: str, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:{region}:{self._account}:{kind}/{name.lower()}"


def listed(endpoints: Sequence[Endpoint], params: Params) -> Reply:
    """Answer ListEndpoints from the endpoints of one region.

    Newest first by default, 10 a page; filters by name and status. Filters by time are
    refused.
    """
    for name in params:
        if name.endswith(("Before", "After")):
            raise invalid(f"{name} is not emulated.")
    keys = {
        "Name": lambda e: (e.name,),
        "CreationTime": lambda e: (epoch(e.created), e.name),
        "Status": lambda e: (e.status, e.name),
    }
    found = sorted(
        (
            endpoint
            for endpoint in endpoints
            if params.get("NameContains", "").lower() in endpoint.name.lower()
            and params.get("StatusEquals", endpoint.status) == endpoint.status
        ),
        key=keys[params.get("SortBy", "CreationTime")],
        reverse=params.get("SortOrder", "Descending") == "Descending",
    )
    start, size = _place(params.get("NextToken")), int(params.get("MaxResults", 10))
    rows: list[dict[str, Any]] = [
        {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
            "EndpointStatus": endpoint.status.value,
        }
        for endpoint in found[start : start + size]
    ]
    end = start + size
    reply: Reply = {"Endpoints": rows}
    return {**reply, "NextToken": _token(end)} if end < len(found) else reply


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"endpoints:{place}".encode()).decode()


def _place(token: str | None) -> int:
    if not token:
        return 0
    try:
        kind, _, place = base64.urlsafe_b64decode(token.encode("ascii", "replace")).partition(b":")
        if kind == b"endpoints":
            return max(int(place), 0)
    except ValueError as err:
        raise invalid("NextToken is not one that was given out.") from err
    raise invalid("NextToken is not one that was given out.")
