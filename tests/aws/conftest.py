"""A server on this machine that answers as a test tells it to, and counts."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from mcm.aws.clients import BotoPort, Limits
from mcm.aws.session import connect


@dataclass(frozen=True)
class Answer:
    """What one request gets: a reply, nothing for ever (`stall`) or a closed line (`close`)."""

    status: int = 200
    body: str = "{}"
    content_type: str = "application/x-amz-json-1.1"
    request_id: bool = True
    how: str = "reply"


STALL = Answer(how="stall")
CLOSE = Answer(how="close")


def error(status: int, code: str, message: str = "no") -> Answer:
    return Answer(status, json.dumps({"__type": code, "message": message}))


@dataclass
class Script:
    """Answers in order, the last one for ever; and what was asked."""

    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    url: str = ""
    targets: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    done: Event = field(default_factory=Event)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_POST(self) -> None:
        script = self.server.script
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        script.targets.append(self.headers.get("X-Amz-Target", ""))
        script.bodies.append(body)
        script.authorizations.append(self.headers.get("Authorization", ""))
        answer = script.next()
        if answer.how == "stall":
            script.done.wait(30)
        if answer.how != "reply":
            self.close_connection = True
            return
        payload = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        if answer.request_id:
            self.send_header("x-amzn-RequestId", "00000000-0000-0000-0000-000000000001")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args: object) -> None:
        """Say nothing: the test's output is its own."""


class Server(ThreadingHTTPServer):
    script: Script
    daemon_threads = True


@pytest.fixture
def script() -> Iterator[Script]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.script = Script(url=f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.script
        server.script.done.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "credentials"
    path.write_text(
        "[alice]\naws_access_key_id = AKIAEXAMPLEALICE0001\naws_secret_access_key = sandbox\n"
    )
    return path


Open = Callable[[float], BotoPort]


@pytest.fixture
def open_port(script: Script, keys: Path) -> Open:
    """A port to the script's server that waits so many seconds for an answer."""

    def open_port(read: float) -> BotoPort:
        return connect(
            "us-east-1",
            profile="alice",
            endpoint_url=script.url,
            credentials_file=keys,
            limits=Limits(read=read, read_attempts=2),
        )

    return open_port


@pytest.fixture
def port(open_port: Open) -> BotoPort:
    """A patient one: a slow machine must not turn an answer into a timeout."""
    return open_port(10.0)
