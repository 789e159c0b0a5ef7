"""One SageMaker endpoint of the sandbox: what serves, what is on its way, how that ends."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mcm.aws.port import Params

Configs = Callable[[str], Params]
"""Endpoint configuration by name, as it was created."""
Image = Callable[[Params], str]
"""The image of a variant, from its configuration."""


class Status(StrEnum):
    """EndpointStatus, as SageMaker spells it."""

    OUT_OF_SERVICE = "OutOfService"
    CREATING = "Creating"
    UPDATING = "Updating"
    SYSTEM_UPDATING = "SystemUpdating"
    ROLLING_BACK = "RollingBack"
    IN_SERVICE = "InService"
    FAILED = "Failed"
    UPDATE_ROLLBACK_FAILED = "UpdateRollbackFailed"


class Ending(StrEnum):
    """How an update ends."""

    SUCCEEDS = "succeeds"
    ROLLS_BACK_SILENTLY = "rolls back silently"
    """InService with the old configuration and an empty FailureReason."""
    ROLLS_BACK = "rolls back"
    """Through RollingBack to InService with the old configuration and a FailureReason."""
    ROLLBACK_FAILS = "rollback fails"
    """Through RollingBack to UpdateRollbackFailed."""
    NEVER = "never"
    """Updating for ever."""


@dataclass
class Move:
    """An endpoint on its way to a configuration."""

    config: str
    started: datetime
    ends: datetime
    ending: Ending


@dataclass(frozen=True)
class Deployed:
    """A configuration that is or was in place, and the digests its tags had then."""

    config: str
    resolved: datetime
    images: Mapping[str, str]
    """Variant name → repository@digest."""


@dataclass
class Endpoint:
    """State of one endpoint; `advance` lets a move come to its end."""

    region: str
    name: str
    arn: str
    created: datetime
    modified: datetime
    status: Status
    deployed: Deployed
    failure_reason: str = ""
    move: Move | None = None
    next_ending: Ending = Ending.SUCCEEDS
    ended: dict[str, Ending] = field(default_factory=dict)
    """Configuration → how the last move to it ended."""
    deployment: Params | None = None
    """The DeploymentConfig of the last update, if it had one."""
    past: list[Deployed] = field(default_factory=list)
    """What was in place before `deployed`, oldest first."""

    def start(self, config: str, now: datetime, takes: timedelta) -> None:
        """Begin to move to `config`; the ending that was set for the next update applies."""
        self.move = Move(config, now, now + takes, self.next_ending)
        self.next_ending = Ending.SUCCEEDS
        self.status, self.modified, self.failure_reason = Status.UPDATING, now, ""

    def served_at(self, moment: datetime) -> Deployed | None:
        """Return what was in place at a moment; None before there was anything."""
        there = [each for each in (*self.past, self.deployed) if each.resolved <= moment]
        return there[-1] if there else None

    @property
    def next_event(self) -> datetime | None:
        """When the move changes the endpoint next, None if it never does by itself."""
        return self.move.ends if self.move and self.move.ending is not Ending.NEVER else None

    def settle(self, resolve: Callable[[str, datetime], Deployed]) -> bool:
        """Take the move one step further at its time; say whether another config serves now."""
        move = self.move
        assert move is not None
        failing = move.ending in (Ending.ROLLS_BACK, Ending.ROLLBACK_FAILS)
        self.modified = move.ends
        if failing and self.status is not Status.ROLLING_BACK:
            self.status = Status.ROLLING_BACK
            self.failure_reason = "The new fleet did not pass its health checks."
            move.ends += move.ends - move.started
            return False
        self.move = None
        self.ended[move.config] = move.ending
        self.status = (
            Status.UPDATE_ROLLBACK_FAILED
            if move.ending is Ending.ROLLBACK_FAILS
            else Status.IN_SERVICE
        )
        if move.ending is not Ending.SUCCEEDS:
            return False
        self.past.append(self.deployed)
        self.deployed = resolve(move.config, move.ends)
        return True


def digest_of(image: str) -> str:
    """Return `repository@sha256:…` for an image, the same for the same tag."""
    repository = image.rsplit(":", 1)[0] if ":" in image.rsplit("/", 1)[-1] else image
    return f"{repository}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def describe(endpoint: Endpoint, config_of: Configs, image_of: Image) -> dict[str, Any]:
    """Return an endpoint in DescribeEndpoint's form."""
    deployed = endpoint.deployed
    config = config_of(deployed.config)
    reply: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": deployed.config,
        "EndpointStatus": endpoint.status.value,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
    }
    if endpoint.status is not Status.CREATING:
        reply.update(_variants(config, deployed, image_of))
        if "DataCaptureConfig" in config:
            reply["DataCaptureConfig"] = _capture(config["DataCaptureConfig"])
    if endpoint.failure_reason:
        reply["FailureReason"] = endpoint.failure_reason
    if endpoint.deployment:
        reply["LastDeploymentConfig"] = endpoint.deployment
    if endpoint.move:
        reply["PendingDeploymentSummary"] = _pending(endpoint.move, config_of, image_of)
    return reply


def _variants(config: Params, deployed: Deployed, image_of: Image) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for kind in ("ProductionVariants", "ShadowProductionVariants"):
        if config.get(kind):
            shown[kind] = [
                {
                    "VariantName": variant["VariantName"],
                    "DeployedImages": [
                        {
                            "SpecifiedImage": image_of(variant),
                            "ResolvedImage": deployed.images[variant["VariantName"]],
                            "ResolutionTime": deployed.resolved,
                        }
                    ],
                    "CurrentWeight": float(variant.get("InitialVariantWeight", 1.0)),
                    "DesiredWeight": float(variant.get("InitialVariantWeight", 1.0)),
                    "CurrentInstanceCount": variant.get("InitialInstanceCount", 1),
                    "DesiredInstanceCount": variant.get("InitialInstanceCount", 1),
                }
                for variant in config[kind]
            ]
    return shown


def _pending(move: Move, config_of: Configs, image_of: Image) -> dict[str, Any]:
    config = config_of(move.config)
    shown: dict[str, Any] = {"EndpointConfigName": move.config, "StartTime": move.started}
    for kind in ("ProductionVariants", "ShadowProductionVariants"):
        if config.get(kind):
            shown[kind] = [_pending_variant(variant, move, image_of) for variant in config[kind]]
    return shown


def _pending_variant(variant: Params, move: Move, image_of: Image) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "VariantName": variant["VariantName"],
        "DeployedImages": [{"SpecifiedImage": image_of(variant)}],
        "CurrentWeight": 0.0,
        "DesiredWeight": float(variant.get("InitialVariantWeight", 1.0)),
        "CurrentInstanceCount": 0,
        "DesiredInstanceCount": variant.get("InitialInstanceCount", 1),
        "VariantStatus": [{"Status": "Creating", "StartTime": move.started}],
    }
    if "InstanceType" in variant:
        shown["InstanceType"] = variant["InstanceType"]
    return shown


def is_capturing(asked: Params) -> bool:
    """Say whether a DataCaptureConfig is on, which it is unless it says otherwise [model]."""
    return bool(asked.get("EnableCapture", True))


def _capture(asked: Params) -> dict[str, Any]:
    enabled = is_capturing(asked)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": asked["InitialSamplingPercentage"],
        "DestinationS3Uri": asked["DestinationS3Uri"],
        "KmsKeyId": asked.get("KmsKeyId", ""),
    }
