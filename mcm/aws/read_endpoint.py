"""Readings of SageMaker endpoints and of who we are.

An endpoint is looked at in each turn; the configuration that it names only when the
endpoint was touched. SageMaker has no call that changes a configuration, and an endpoint
keeps what it was given: its configuration may be deleted and another one made under the
name, and it serves on as before, until an update brings it the new one (docs/aws-rules.md).
So what was read for an endpoint holds as long as its configuration's name and its
LastModifiedTime do, and is nearer to what it serves than another look at the name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mcm.aws.port import AwsError, Port, Reply, time_of
from mcm.aws.reading import Clock, moment, nonsense, text, unknown
from mcm.core import canonical
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.core.pipeline import Identity
from mcm.core.query import EndpointQuery, IdentityQuery, Query
from mcm.core.reading import Known, Reading

SERVICE = "sagemaker"
_Settings = dict[str, Reply]
"""What a configuration says of each variant, by the variant's name."""
_NEVER = moment(None)


@dataclass(frozen=True)
class _Given:
    """The settings that an endpoint was given, by variant, and when they were read."""

    config: str
    modified: datetime
    """The endpoint's LastModifiedTime: another one means that something was done to it."""
    live: _Settings
    shadow: _Settings


class EndpointReader:
    """Answers the endpoint queries of one place; remembers what endpoints were given."""

    def __init__(self, port: Port, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._given: dict[str, _Given] = {}

    def read(self, queries: Iterable[EndpointQuery]) -> dict[Query, Reading]:
        """Answer each query: one call, and one more for an endpoint that was touched."""
        answers: dict[Query, Reading] = {}
        for query in queries:
            at = self._clock()
            try:
                answers[query] = Known(self._view(query.name), at)
            except AwsError as err:
                answers[query] = unknown(err, at)
            except Exception as err:  # noqa: BLE001 - the other queries have answers all the same
                answers[query] = unknown(nonsense(err), at)
        return answers

    def _view(self, name: str) -> EndpointView:
        endpoint = self._port.call(SERVICE, "DescribeEndpoint", {"EndpointName": name})
        config = text(endpoint.get("EndpointConfigName"))
        status = text(endpoint.get("EndpointStatus"))
        live = endpoint.get("ProductionVariants", ())
        shadow = endpoint.get("ShadowProductionVariants", ())
        if status == "InService" and not live:
            raise ValueError("an endpoint in service that shows no variant")
        given = self._settings(name, endpoint, config)
        content = Content(
            endpoint=name,
            live=_variants(live, given.live),
            shadow=_variants(shadow, given.shadow),
            capture=_capture(endpoint.get("DataCaptureConfig")),
        )
        view = EndpointView(
            name=name,
            status=status,
            config_name=config,
            pending=bool(endpoint.get("PendingDeploymentSummary")),
            settled=all(_is_settled(item) for item in (*live, *shadow)),
            content=content,
        )
        self._remember(view, given)
        return view

    def _settings(self, name: str, endpoint: Reply, config: str) -> _Given:
        modified = moment(endpoint.get("LastModifiedTime"))
        given = self._given.get(name)
        if given is not None and (given.config, given.modified) == (config, modified):
            return given
        reply = self._port.call(SERVICE, "DescribeEndpointConfig", {"EndpointConfigName": config})
        if moment(reply.get("CreationTime")) > modified:
            # Made under the name of the one that the endpoint was given, which is gone.
            return _Given(config, modified, {}, {})
        live = _by_variant(reply.get("ProductionVariants", ()))
        shadow = _by_variant(reply.get("ShadowProductionVariants", ()))
        return _Given(config, modified, live, shadow)

    def _remember(self, view: EndpointView, given: _Given) -> None:
        """Keep what is whole, of an endpoint that nobody is changing; forget the rest."""
        content = view.content
        named = all(v.model and v.instance_type for v in (*content.live, *content.shadow))
        if view.status == "InService" and not view.pending and named and given.modified > _NEVER:
            self._given[view.name] = given
        else:
            self._given.pop(view.name, None)


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


def _by_variant(configured: Iterable[Reply]) -> _Settings:
    return {text(item["VariantName"]): item for item in configured}


def _variants(running: Iterable[Reply], settings: _Settings) -> tuple[Variant, ...]:
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
