"""The services that the sandbox does not emulate itself: moto, in the same process.

S3, IAM, SNS, SQS, EventBridge and the rest. moto is the extra `sandbox` and takes 0.4 s to
import, so it comes with the first request for one of its services. What moto does not
have it answers with a 500 or an exception, which botocore would repeat as a server fault;
here it becomes a 400 that says so.
"""

import io
import re
import sys
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any
from urllib.parse import unquote_to_bytes

from mcm.sandbox.http_message import Answer, Request, Scope, refusal
from mcm.sandbox.shapes import UNSUPPORTED

# Ours to say, or (moto's CORS headers) an invitation to any page in a browser.
_DROPPED = re.compile(
    r"(content-type|connection|transfer-encoding|date|server|access-control-.*)$", re.IGNORECASE
)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class MotoBehind:
    """Answers as moto does, in the sandbox's account."""

    def __init__(self, account: str, load: Callable[[], Wsgi] | None = None) -> None:
        """`load` gives the WSGI application; raises ImportError if it is not installed."""
        self._account = account
        self._load = load or _moto
        self._app: Wsgi | None = None
        self._lock = Lock()

    def __call__(self, request: Request, scope: Scope) -> Answer:
        """Answer a request for a service that is not the engine's."""
        try:
            with self._lock:
                self._app = self._app or self._load()
        except ImportError as err:
            message = f"the sandbox needs mcm-deploy[sandbox] for {scope.service}: {err}"
            return refusal(request, 400, UNSUPPORTED, message)
        try:
            answer = _run(self._app, request, self._account)
            reason = f"HTTP {answer.status}"
        except Exception as err:  # noqa: BLE001 - whatever moto trips over is not emulated
            answer, reason = None, f"{type(err).__name__}: {err}"
        if answer is not None and answer.status < 500:
            return answer
        name = request.header("x-amz-target") or f"{request.method} {request.path}"
        message = f"moto does not emulate {scope.service} {name} ({reason})"
        return refusal(request, 400, UNSUPPORTED, message)


def _moto() -> Wsgi:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    app: Wsgi = DomainDispatcherApplication(create_backend_app)
    return app


def _run(app: Wsgi, request: Request, account: str) -> Answer:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
        started[:] = [status, headers]

    chunks = app(_environ(request, account), start_response)
    try:
        body = b"".join(chunks)
    finally:
        getattr(chunks, "close", lambda: None)()
    status, headers = started
    content_type = next((v for k, v in headers if k.lower() == "content-type"), "")
    kept = tuple((name, value) for name, value in headers if not _DROPPED.match(name))
    return Answer(int(status.split(" ", 1)[0]), body, content_type, kept)


def _environ(request: Request, account: str) -> dict[str, Any]:
    path, _, query = request.target.partition("?")
    host, _, port = request.header("host").partition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": request.target,
        "REQUEST_URI": request.target,
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.header("content-type"),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name not in ("content-type", "content-length"):
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    # moto's own header: otherwise a key that it did not make belongs to its default account.
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    return environ
