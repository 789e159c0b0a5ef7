"""The sandbox's SageMaker: models, endpoint configurations, and endpoints that update.

An update goes through Updating for `update_takes` while the old configuration serves,
then ends as was set: see `Ending`. Image tags are resolved anew by every update, as on
AWS. Not emulated: deletion, traffic shifting step by step and automatic rollback by
alarms (a DeploymentConfig is kept and shown), serverless, instance pools, capacity.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from mcm.aws.port import Params, Reply
from mcm.sandbox.sagemaker_endpoint import (
    Deployed,
    Ending,
    Endpoint,
    Move,
    Status,
    describe,
    digest_of,
)
from mcm.sandbox.sagemaker_registry import Registry, invalid, listed
from mcm.sandbox.service import Caller, Handler
from mcm.sandbox.traffic import Traffic, Variant

_CAN_UPDATE = (Status.IN_SERVICE, Status.UPDATE_ROLLBACK_FAILED)


class SageMaker:
    """SageMaker of one account, all regions. A `Service`.

    With `traffic`, requests follow the configuration that serves. `create_takes` and
    `update_takes` are how long an endpoint is Creating and Updating.
    """

    def __init__(
        self,
        account: str,
        start: datetime,
        *,
        traffic: Traffic | None = None,
        create_takes: timedelta = timedelta(seconds=5),
        update_takes: timedelta = timedelta(seconds=5),
    ) -> None:
        self._account = account
        self._now = start
        self._traffic = traffic
        self._create_takes = create_takes
        self._update_takes = update_takes
        self._digests: dict[str, str] = {}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self.registry = Registry(account)

    @property
    def operations(self) -> Mapping[str, Handler]:
        """The emulated operations by name."""
        return {
            "CreateModel": self.registry.create_model,
            "DescribeModel": self.registry.describe_model,
            "CreateEndpointConfig": self.registry.create_config,
            "DescribeEndpointConfig": self.registry.describe_config,
            "CreateEndpoint": self._create_endpoint,
            "UpdateEndpoint": self._update_endpoint,
            "DescribeEndpoint": self._describe_endpoint,
            "ListEndpoints": self._list_endpoints,
        }

    def next_event(self) -> datetime | None:
        """Say when an endpoint changes next by itself, None if none will."""
        events = (endpoint.next_event for endpoint in self._endpoints.values())
        return min((event for event in events if event is not None), default=None)

    def advance(self, now: datetime) -> None:
        """Let every creation and update end that is due up to `now`; never goes back."""
        self._now = max(self._now, now)
        for endpoint in self._endpoints.values():
            while (event := endpoint.next_event) is not None and event <= self._now:
                if endpoint.settle(partial(self._resolved, endpoint)):
                    self._serve(endpoint, event)

    # In process: the pipeline's deploy actions

    def create(self, region: str, name: str, config: str, at: datetime) -> None:
        """Have an endpoint InService with `config` since `at`, which may lie in the past."""
        self.registry.config(region, config)
        endpoint = self._new(region, name, config, at)
        self._serve(endpoint, at)

    def update(self, region: str, endpoint: str, config: str, now: datetime) -> None:
        """Begin to move an endpoint to `config`; nothing to do if it is there already.

        Raises AwsError(ValidationException) as UpdateEndpoint does: unknown endpoint or
        configuration, or an endpoint that is not InService.
        """
        self.advance(now)
        found = self.endpoint(region, endpoint)
        if found.status is Status.IN_SERVICE and found.deployed.config == config:
            return
        self._start(found, config, now)

    def status(self, region: str, endpoint: str, now: datetime) -> Status:
        """Return an endpoint's status at `now`; raise AwsError if there is none."""
        self.advance(now)
        return self.endpoint(region, endpoint).status

    def endpoint(self, region: str, name: str) -> Endpoint:
        """Return an endpoint; raise AwsError(ValidationException) if there is none."""
        found = self._endpoints.get((region, name))
        if found is None:
            raise invalid(f'Could not find endpoint "{name}".')
        return found

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Return every endpoint, of all regions."""
        return tuple(self._endpoints.values())

    # Faults

    def end_next_update(self, region: str, endpoint: str, ending: Ending) -> None:
        """Set how the next update of an endpoint ends; the one under way is not changed."""
        self.endpoint(region, endpoint).next_ending = ending

    def unstick(self, region: str, endpoint: str, ending: Ending) -> None:
        """Let an update that never ends do so now, as `ending` says."""
        found = self.endpoint(region, endpoint)
        if found.move is not None:
            found.move.ending, found.move.ends = ending, max(self._now, found.move.started)
            self.advance(self._now)

    def set_status(self, region: str, endpoint: str, status: Status, reason: str = "") -> None:
        """Put an endpoint into a status outright, ending what was under way."""
        found = self.endpoint(region, endpoint)
        found.move, found.status, found.failure_reason = None, status, reason
        found.modified = self._now

    def set_digest(self, image: str, resolved: str) -> None:
        """Let a tag point to another `repository@sha256:…` from the next update on."""
        self._digests[image] = resolved

    # Operations

    def _create_endpoint(self, params: Params, caller: Caller) -> Reply:
        name, region = params["EndpointName"], caller.region
        if (region, name) in self._endpoints:
            raise invalid(f'Cannot create already existing endpoint "{name}".')
        self.registry.config(region, params["EndpointConfigName"])
        endpoint = self._new(region, name, params["EndpointConfigName"], caller.now)
        ends = caller.now + self._create_takes
        endpoint.status = Status.CREATING
        endpoint.move = Move(endpoint.deployed.config, caller.now, ends, Ending.SUCCEEDS)
        return {"EndpointArn": endpoint.arn}

    def _update_endpoint(self, params: Params, caller: Caller) -> Reply:
        endpoint = self.endpoint(caller.region, params["EndpointName"])
        config = params["EndpointConfigName"]
        if endpoint.status is Status.IN_SERVICE and endpoint.deployed.config == config:
            raise invalid("Cannot update an endpoint with the configuration that it has.")
        self._start(endpoint, config, caller.now)
        if "DeploymentConfig" in params:
            endpoint.deployment = params["DeploymentConfig"]
        elif not params.get("RetainDeploymentConfig", False):
            endpoint.deployment = None
        return {"EndpointArn": endpoint.arn}

    def _describe_endpoint(self, params: Params, caller: Caller) -> Reply:
        endpoint = self.endpoint(caller.region, params["EndpointName"])
        return describe(
            endpoint,
            lambda name: self.registry.config(endpoint.region, name),
            lambda variant: self.registry.image(endpoint.region, variant),
        )

    def _list_endpoints(self, params: Params, caller: Caller) -> Reply:
        return listed([e for e in self._endpoints.values() if e.region == caller.region], params)

    def _new(self, region: str, name: str, config: str, at: datetime) -> Endpoint:
        arn = f"arn:aws:sagemaker:{region}:{self._account}:endpoint/{name.lower()}"
        nothing = Deployed(config, at, {})
        endpoint = Endpoint(region, name, arn, at, at, Status.IN_SERVICE, nothing)
        endpoint.deployed = self._resolved(endpoint, config, at)
        self._endpoints[region, name] = endpoint
        return endpoint

    def _start(self, endpoint: Endpoint, config: str, now: datetime) -> None:
        self.registry.config(endpoint.region, config)
        if endpoint.status not in _CAN_UPDATE:
            raise invalid(
                f'Cannot update endpoint "{endpoint.name}" while it is {endpoint.status}.'
            )
        endpoint.start(config, now, self._update_takes)

    def _resolved(self, endpoint: Endpoint, config: str, at: datetime) -> Deployed:
        images = {}
        for variant in self.registry.variants(endpoint.region, config):
            image = self.registry.image(endpoint.region, variant)
            images[variant["VariantName"]] = self._digests.get(image) or digest_of(image)
        return Deployed(config, at, images)

    def _serve(self, endpoint: Endpoint, at: datetime) -> None:
        if self._traffic is None:
            return
        config = self.registry.config(endpoint.region, endpoint.deployed.config)
        variants = [
            Variant(
                variant["VariantName"],
                float(variant.get("InitialVariantWeight", 1.0)),
                shadow=kind == "ShadowProductionVariants",
            )
            for kind in ("ProductionVariants", "ShadowProductionVariants")
            for variant in config.get(kind, [])
        ]
        self._traffic.serve(endpoint.region, endpoint.name, endpoint.deployed.config, variants, at)
