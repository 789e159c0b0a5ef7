"""A world for the pipeline without endpoints' inner life."""

from collections.abc import Mapping
from datetime import datetime

from mcm.sandbox.pipeline_model import DeployStatus, DeployTarget
from mcm.sandbox.service import Service


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
