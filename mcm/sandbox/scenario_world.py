"""What the example's pipeline deploys to: the endpoints, their traffic and their alarms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from mcm.sandbox.pipeline_model import DeployStatus, DeployTarget
from mcm.sandbox.service import Service


class World(Protocol):
    """The side of the scenario that the pipeline acts on."""

    @property
    def services(self) -> Mapping[str, Service]:
        """The services to put beside CodePipeline and STS, by botocore's names."""
        ...

    @property
    def deploys(self) -> DeployTarget: ...

    def raise_errors(self, endpoint: str, variant: str) -> None:
        """Let a variant answer with errors from now on."""
        ...

    def roll_back_silently(self, endpoint: str) -> None:
        """Let the next update go back while its deploy action reports success."""
        ...

    def stop_records(self, endpoint: str, variant: str, now: datetime) -> None:
        """Let data capture write nothing of a variant any more."""
        ...

    def garble_records(self, endpoint: str, variant: str, now: datetime) -> None:
        """Let what data capture writes of a variant be no JSON any more."""
        ...


class Settled:
    """A deploy target that is always done: for history, when no endpoint was there yet."""

    def begin(self, region: str, endpoint: str, configuration: str, now: datetime) -> None:
        """Nothing to do."""

    def status(self, region: str, endpoint: str, configuration: str) -> DeployStatus:
        del region, endpoint, configuration
        return DeployStatus.SUCCEEDED
