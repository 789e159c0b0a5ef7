"""The port over botocore: what talks to AWS, and to the sandbox over HTTP.

Each service has two clients (AWS-RULES 1). The *reader* retries for itself. The *writer*
sends at most one request per call: botocore's own default would repeat a RollbackStage
whose answer was late, meet the rollback that it started itself, and report a success as a
failure. Nothing here retries a write; whoever gets LOST reads again and then decides.

botocore is used without boto3's own layer: the port needs clients and nothing else, and
`import boto3` also loads s3transfer. It is imported when the first port is made.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from mcm.aws.errors import from_exception
from mcm.aws.pace import Pace
from mcm.aws.port import AwsError, ErrorKind, Params, Reply

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session

_READS = ("Get", "List", "Describe")


@dataclass(frozen=True)
class Limits:
    """How long and how often a client tries; seconds and counts."""

    connect: float = 3.0
    read: float = 10.0
    read_attempts: int = 4
    """Requests per read in all, the first one included. A write always has one."""
    connections: int = 16
    """Connections kept per client; at least as many as there are observing threads."""


def is_read(operation: str) -> bool:
    """Whether botocore may repeat `operation`: its name starts with Get, List or Describe."""
    return operation.startswith(_READS)


class BotoPort:
    """A `mcm.aws.port.Port` over one botocore session: one identity, one region.

    Safe to call from several threads. Clients are made at the first call of their kind and
    kept. `endpoint` is the URL that all calls go to, None for AWS's own. With a `pace` reads
    wait their turn.
    """

    def __init__(
        self,
        session: "Session",
        region: str,
        *,
        endpoint_url: str | None = None,
        limits: Limits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.region = region
        self.endpoint = endpoint_url
        self._session = session
        self._limits = limits or Limits()
        self._pace = pace
        self._clients: dict[tuple[str, bool], Any] = {}
        self._making = Lock()
        self.time: datetime | None = None
        """What time AWS said it was in the newest reply."""

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """Call `operation`; see `Port.call`. Instants in the reply are aware UTC."""
        try:
            client = self._client(service, operation)
            self._require_credentials()
        except AwsError:
            raise
        except Exception as err:  # noqa: BLE001 - only AwsError may cross the port
            raise from_exception(err, service, operation, sent=False, params=params) from None
        if self._pace is not None and is_read(operation):
            self._pace.wait(service)
        method = getattr(client, _method_name(operation))
        try:
            reply: Reply = method(**params)
        except Exception as err:  # noqa: BLE001 - only AwsError may cross the port
            found = from_exception(err, service, operation, params=params)
            if self._pace is not None and found.kind is ErrorKind.THROTTLED:
                self._pace.throttled(service)
            raise found from None
        return self._checked(client, service, operation, reply)

    def unpaced(self) -> "BotoPort":
        """Return a port that waits for no turn, over the same session and connections."""
        found = copy(self)
        found._pace = None
        return found

    def address(self, service: str) -> str:
        """Return the URL that reads of `service` go to, for people to see; empty if unknown."""
        try:
            return str(self._client(service, "List").meta.endpoint_url)
        except AwsError:
            client = self._clients.get((service, True))
            return str(client.meta.endpoint_url) if client is not None else ""
        except Exception:  # noqa: BLE001 - it is only shown
            return ""

    def expires_at(self) -> datetime | None:
        """When the credentials in use lapse unless they are refreshed; None if unknown.

        None too when there are none. Long-lived keys and session tokens in the environment
        carry no time.
        """
        try:
            credentials = self._session.get_credentials()
            if credentials is None:
                return None
            credentials.get_frozen_credentials()
        except Exception as err:  # noqa: BLE001 - only AwsError may cross the port
            raise from_exception(err, "sts", "AssumeRole", sent=False) from None
        # botocore shows no public attribute for it.
        moment: datetime | None = getattr(credentials, "_expiry_time", None)
        return None if moment is None else moment.astimezone(UTC)

    def _client(self, service: str, operation: str) -> Any:
        key = service, is_read(operation)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=self.region,
                    endpoint_url=self.endpoint,
                    config=client_config(
                        self._limits, read=key[1], local=self.endpoint is not None
                    ),
                )
            client = self._clients[key]
        if operation not in client.meta.service_model.operation_names:
            raise AwsError(
                ErrorKind.INVALID,
                "UnknownOperation",
                f"{service} has no operation {operation}",
                service=service,
                operation=operation,
            )
        return client

    def _require_credentials(self) -> None:
        """Refresh credentials now, so that a failure to do so is known to come before sending."""
        credentials = self._session.get_credentials()
        if credentials is None:
            from botocore.exceptions import NoCredentialsError

            raise NoCredentialsError
        credentials.get_frozen_credentials()

    def _checked(self, client: Any, service: str, operation: str, reply: Reply) -> Reply:
        """Return `reply` bare, after making sure that AWS wrote it.

        botocore parses any JSON object (and any text) of a 200 into an empty success, so a
        proxy's page would pass for a promotion.
        """
        metadata: Mapping[str, Any] = reply.pop("ResponseMetadata", {})
        shape = client.meta.service_model.operation_model(operation).output_shape
        required = shape.required_members if shape is not None else []
        missing = [name for name in required if name not in reply]
        self.time = _date(metadata)
        if "RequestId" in metadata and not missing:
            return reply
        reason = f"without {', '.join(missing)}" if missing else "without a request id"
        raise AwsError(
            ErrorKind.LOST,
            "MalformedReply",
            f"the answer is not AWS's: {reason}",
            service=service,
            operation=operation,
        )


def _date(metadata: Mapping[str, Any]) -> datetime | None:
    """Return the `Date` header of a reply; None for none that can be read."""
    from email.utils import parsedate_to_datetime

    headers = metadata.get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def client_config(limits: Limits, *, read: bool, local: bool) -> "Config":
    """Return botocore's settings for one client.

    `local` clients talk to the sandbox: no proxy from the environment. The others ignore
    every configured endpoint (docs/security-design.md threat 30).
    """
    from botocore.config import Config

    common: dict[str, Any] = {
        "connect_timeout": limits.connect,
        "read_timeout": limits.read,
        "max_pool_connections": limits.connections,
        "retries": {
            "mode": "standard",
            "total_max_attempts": limits.read_attempts if read else 1,
        },
        "ignore_configured_endpoint_urls": True,
    }
    if local:
        common |= {"proxies": {}, "use_fips_endpoint": False, "use_dualstack_endpoint": False}
    return Config(**common)


def _method_name(operation: str) -> str:
    from botocore import xform_name

    return xform_name(operation)
