"""The one port to AWS, and the one error that crosses it.

`Port.call` takes what boto3 takes (service and operation named as botocore names them,
parameters in the API's own spelling) and returns the parsed reply. Three things
implement it: boto3, the sandbox's engine in process, and the sandbox's HTTP face through
boto3 again. Paging, joining and parsing live above the port, so they are the same code
in all three worlds.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Params = dict[str, Any]
Reply = dict[str, Any]


class ErrorKind(StrEnum):
    """What a failed call means for the caller; the AWS code says the rest."""

    DENIED = "denied"
    """The identity may not do this: AccessDenied and its kin."""
    AUTH = "auth"
    """No usable credentials: expired, missing, refused. The tool is blind."""
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    """ConflictException: busy, ask again after re-reading."""
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    """ValidationException: the request itself is wrong."""
    REFUSED = "refused"
    """Any other modelled client error: AWS understood and said no."""
    UNREACHABLE = "unreachable"
    """The request never left: name resolution, connection refused, connect timeout."""
    LOST = "lost"
    """The request may have been carried out: read timeout, dropped connection, 5xx."""


class AwsError(Exception):
    """A call that did not return a reply.

    `kind` drives decisions; `code` is AWS's error code (or botocore's exception name);
    `may_have_happened` is true when a write may have taken effect all the same.
    """

    def __init__(
        self, kind: ErrorKind, code: str, message: str, *, service: str = "", operation: str = ""
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.kind = kind
        self.code = code
        self.message = message
        self.service = service
        self.operation = operation

    @property
    def may_have_happened(self) -> bool:
        return self.kind is ErrorKind.LOST


def time_of(port: "Port") -> datetime | None:
    """Return AWS's own time in the port's newest reply; None for a port that has none.

    Only what talks over HTTP hears of it (the `Date` header).
    """
    found = getattr(port, "time", None)
    return found if isinstance(found, datetime) else None


class Port(Protocol):
    """Calls to AWS as one identity in one account and region."""

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """Call `operation` once as the caller sees it.

        `service` is botocore's name (`codepipeline`), `operation` the API's
        (`GetPipelineState`). Raises AwsError, and nothing else, on failure.
        Operations that start with Get, List or Describe are reads and may be retried
        below the port; all others reach AWS at most once (AWS-RULES 1).
        """
        ...
