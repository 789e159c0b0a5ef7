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


class PlainEndpoints:
    """Endpoints that only know their configuration: a world without traffic or alarms.

    Updates are done at once; `failures` and `silent` hold how the next one of an endpoint
    ends, by its name.
    """

    def __init__(self, serving: Mapping[str, str]) -> None:
        self.serving = dict(serving)
        self.failures: set[str] = set()
        self.silent: set[str] = set()
        self.failing: set[tuple[str, str]] = set()
        """Endpoint and variant of those that answer with errors."""
        self.moves: list[tuple[str, str]] = []
        """Each update: endpoint and configuration."""

    @property
    def services(self) -> Mapping[str, Service]:
        return {}

    @property
    def deploys(self) -> DeployTarget:
        return self

    def raise_errors(self, endpoint: str, variant: str) -> None:
        self.failing.add((endpoint, variant))

    def roll_back_silently(self, endpoint: str) -> None:
        self.silent.add(endpoint)

    def stop_records(self, endpoint: str, variant: str, now: datetime) -> None:
        """Nothing to do: there is no data capture."""

    def garble_records(self, endpoint: str, variant: str, now: datetime) -> None:
        """Nothing to do: there is no data capture."""

    def begin(self, region: str, endpoint: str, configuration: str, now: datetime) -> None:
        del region, now
        self.moves.append((endpoint, configuration))
        if endpoint not in self.failures | self.silent:
            self.serving[endpoint] = configuration

    def status(self, region: str, endpoint: str, configuration: str) -> DeployStatus:
        del region
        if endpoint in self.silent:
            self.silent.discard(endpoint)
            return DeployStatus.SUCCEEDED
        is_there = self.serving.get(endpoint) == configuration
        return DeployStatus.SUCCEEDED if is_there else DeployStatus.FAILED
