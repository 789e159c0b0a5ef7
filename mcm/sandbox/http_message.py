"""Requests and answers of the sandbox's HTTP face, apart from any socket."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcm.sandbox.http_wire import error_xml, to_json

JSON = "application/x-amz-json-1.1"
XML = "text/xml"

_SCOPE = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9.-]+)/aws4_request")


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    target: str
    """Path and query as they came."""
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.split("?", 1)[0]

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `hang_up`: none at all, the connection is closed."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = field(default=())
    hang_up: bool = False
    after: Callable[[], None] | None = None
    """Done once the answer is sent."""


HANG_UP = Answer(0, hang_up=True)


@dataclass(frozen=True)
class Scope:
    """Who signed, for where: the credential scope of a SigV4 Authorization header."""

    access_key_id: str
    region: str
    service: str
    """The signing name: `monitoring` for CloudWatch."""


def scope_of(request: Request) -> Scope | None:
    """Return the scope that a request names, None if it is not signed.

    The signature itself is not checked: whoever can reach this port is already a user of
    this machine, and may read the sandbox's secrets in its credentials file anyway.
    """
    found = _SCOPE.search(request.header("authorization"))
    return None if found is None else Scope(found[1], found[3], found[4])


def refusal(request: Request, status: int, code: str, message: str) -> Answer:
    """Refuse a request that no service of the engine is there to answer, in its protocol."""
    if request.header("x-amz-target"):
        return Answer(status, to_json({"__type": code, "message": message}))
    return Answer(status, error_xml(code, message, "sandbox"), XML)


def json_answer(status: int, document: Mapping[str, Any]) -> Answer:
    """Answer with a JSON document that is not of an AWS service."""
    return Answer(status, json.dumps(document).encode(), "application/json")
