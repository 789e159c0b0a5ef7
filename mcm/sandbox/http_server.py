"""The sandbox's port: one threaded HTTP server on the loopback address.

It routes by what a request is signed for: the engine's services to the engine, every
other service to moto, `/_mcm/` to the admin routes. It binds 127.0.0.1 and nothing else,
and refuses requests that were addressed to another name (a page in a browser that
resolves its own name to this machine).
"""

import re
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

from mcm.aws.port import AwsError
from mcm.sandbox.folder import PREFIX
from mcm.sandbox.http_admin import AdminFace, Running
from mcm.sandbox.http_aws import AwsFace, scope_for_engine
from mcm.sandbox.http_message import (
    Answer,
    Request,
    Scope,
    json_answer,
    refusal,
    scope_of,
)
from mcm.sandbox.moto_bucket import Delivery

HOST = "127.0.0.1"
_LARGEST = 64 * 1024 * 1024
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?")

Behind = Callable[[Request, Scope], Answer]
"""Answers for the services that the engine does not have."""


class Server:
    """The HTTP face of one sandbox; use as a context manager, or `serve` in the foreground."""

    def __init__(self, running: Running, token: str, *, port: int = 0, behind: Behind) -> None:
        """Bind at once. `port` 0 takes a free one; OSError if the given one is taken."""
        self.aws = AwsFace(lambda: running.engine)
        self.admin = AdminFace(running, token, self.aws.defects, self._stop)
        self._behind = behind
        self._delivery = Delivery()
        self._http = _HttpServer((HOST, port), _Handler)
        self._http.answer = self.answer
        self._http.clock = lambda: running.engine.clock()  # noqa: PLW0108 - a reset brings another
        self._thread: Thread | None = None

    @property
    def port(self) -> int:
        return self._http.server_port

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def answer(self, request: Request) -> Answer:
        """Answer one request; a defect of the sandbox becomes a 500 and is kept."""
        try:
            return self._route(request)
        except Exception as err:  # noqa: BLE001 - the connection must get an answer
            text = f"sandbox defect: {type(err).__name__}: {err}"
            self.aws.defects.append(text)
            sys.stderr.write(f"{text}\n{traceback.format_exc()}")
            return json_answer(500, {"__type": "InternalFailure", "message": text})

    def _route(self, request: Request) -> Answer:
        if not _LOOPBACK.fullmatch(request.header("host")):
            return json_answer(403, {"error": "this sandbox answers to 127.0.0.1 only"})
        if request.path.startswith(PREFIX):
            return self.admin.answer(request)
        if (scope := scope_for_engine(request)) is not None:
            return self.aws.answer(request, scope)
        if (scope := scope_of(request)) is None:
            message = "the request is not signed"
            return refusal(request, 403, "MissingAuthenticationTokenException", message)
        engine = self.admin.running.engine
        try:
            engine.identities.find(scope.access_key_id, engine.now())
        except AwsError as err:  # someone's real keys must not seem to work here
            return refusal(request, 403, err.code, err.message)
        if scope.service == "s3":
            self._delivery.bring(engine)
        return self._behind(request, scope)

    def serve(self) -> None:
        """Serve until a request or `close` in another thread ends it."""
        self._http.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """End `serve`, if it runs, and give the port back."""
        self._http.shutdown()
        self._http.server_close()

    def _stop(self) -> None:
        # shutdown() waits for serve_forever, which must not wait for this request.
        Thread(target=self._http.shutdown, daemon=True).start()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if self._thread is not None:
            self._thread.join()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    answer: Callable[[Request], Answer]
    clock: Callable[[], datetime]


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "mcm-sandbox"
    sys_version = ""
    timeout = 300
    # Small answers go out at once: with Nagle's algorithm each would wait for an ACK.
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > _LARGEST:
            self.close_connection = True
            self._send(json_answer(411, {"error": "a Content-Length up to 64 MiB is needed"}))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        request = Request(self.command, self.path, headers, body)
        answer = self.server.answer(request)
        if answer.hang_up:
            self.close_connection = True
            return
        self._send(answer)
        if answer.after is not None:
            answer.after()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _serve  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        has_length = False
        for name, value in answer.headers:
            has_length = has_length or name.lower() == "content-length"
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        if not has_length:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the `Date` of an answer by the engine's clock: mcm compares it with its own."""
        moment = self.server.clock().timestamp() if timestamp is None else timestamp
        return super().date_time_string(moment)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log nothing but defects: requests are in the engine's own log."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        sys.stderr.write(f"sandbox: {format % args}\n")
