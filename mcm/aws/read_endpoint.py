"""Readings of SageMaker endpoints and of who we are."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mcm.aws.port import AwsError, Port, Reply, time_of
from mcm.aws.reading import Clock, nonsense, text, unknown
from mcm.core import canonical
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.core.pipeline import Identity
from mcm.core.query import EndpointQuery, IdentityQuery, Query
from mcm.core.reading import Known, Reading

SERVICE = "sagemaker"


def read_endpoints(
    port: Port, queries: Iterable[EndpointQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer endpoint queries: two calls each, status and then the configuration it names."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            answers[query] = Known(_view(port, query.name), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
        except Exception as err:  # noqa: BLE001 - the other queries have answers all the same
            answers[query] = unknown(nonsense(err), at)
    return answers


def read_identity(
    port: Port, queries: Iterable[IdentityQuery], clock: Clock
) -> dict[Query, Reading]:
    """Answer who the credentials of a place belong to."""
    answers: dict[Query, Reading] = {}
    for query in queries:
        at = clock()
        try:
            reply = port.call("sts", "GetCallerIdentity", {})
            account, arn = text(reply["Account"]), text(reply["Arn"])
            answers[query] = Known(Identity(account, arn, time_of(port)), at)
        except AwsError as err:
            answers[query] = unknown(err, at)
    return answers


def _view(port: Port, name: str) -> EndpointView:
    endpoint = port.call(SERVICE, "DescribeEndpoint", {"EndpointName": name})
    config_name = text(endpoint.get("EndpointConfigName"))
    config = port.call(SERVICE, "DescribeEndpointConfig", {"EndpointConfigName": config_name})
    live = endpoint.get("ProductionVariants", ())
    shadow = endpoint.get("ShadowProductionVariants", ())
    status = text(endpoint.get("EndpointStatus"))
    if status == "InService" and not live:
        raise ValueError("an endpoint in service that shows no variant")
    content = Content(
        endpoint=name,
        live=_variants(live, config.get("ProductionVariants", ())),
        shadow=_variants(shadow, config.get("ShadowProductionVariants", ())),
        capture=_capture(endpoint.get("DataCaptureConfig")),
    )
    return EndpointView(
        name=name,
        status=status,
        config_name=config_name,
        pending=bool(endpoint.get("PendingDeploymentSummary")),
        settled=all(_is_settled(item) for item in (*live, *shadow)),
        content=content,
    )


def _variants(running: Iterable[Reply], configured: Iterable[Reply]) -> tuple[Variant, ...]:
    settings = {item["VariantName"]: item for item in configured}
    variants = [_variant(item, settings.get(item["VariantName"], {})) for item in running]
    return tuple(sorted(variants, key=lambda variant: variant.name))


def _variant(running: Reply, setting: Reply) -> Variant:
    images = running.get("DeployedImages", ())
    image = images[0] if images else {}
    return Variant(
        name=text(running["VariantName"]),
        model=text(setting.get("ModelName")),
        image=text(image.get("ResolvedImage") or image.get("SpecifiedImage")),
        instance_type=text(setting.get("InstanceType")),
        count=int(running.get("CurrentInstanceCount", 0)),
        weight=_weight(running.get("CurrentWeight")),
    )


def _weight(value: Any) -> str:
    return "" if value is None else canonical.decimal(Decimal(str(value)))


def _is_settled(item: Reply) -> bool:
    return item.get("CurrentInstanceCount") == item.get("DesiredInstanceCount") and item.get(
        "CurrentWeight"
    ) == item.get("DesiredWeight")


def _capture(config: Any) -> str:
    """Spell the data-capture configuration for comparison; empty when capture is off."""
    if not config or not config.get("EnableCapture"):
        return ""
    parts = (
        config.get("CaptureStatus", ""),
        str(config.get("CurrentSamplingPercentage", "")),
        config.get("DestinationS3Uri", ""),
    )
    return " ".join(parts)
