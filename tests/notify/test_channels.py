"""Each way to send one message, and each way in which it is not sent."""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcm.core.plans.service import Channel
from mcm.notify.channels import TRIES, NotSent, Outlets, name_of, send
from mcm.notify.message import Message

AT = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
MESSAGE = Message(
    "rolling back",
    "CM-0001",
    "prod-us",
    "prod-us is rolled back to e4",
    "5xx \x1b[2J",
    ("mcm watch CM-0001",),
    AT,
)
KEEP = (
    "import os, sys, json, pathlib; "
    "pathlib.Path(sys.argv[1]).write_text(json.dumps([sys.stdin.read(), dict(os.environ)]))"
)


class Hook(ThreadingHTTPServer):
    """A webhook that keeps what it is sent and answers `status`."""

    status = 200
    fails = 0
    """How many answers are 503 before `status` is given."""
    location = ""
    drips = False
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.over = threading.Event()
        self.got: list[tuple[str, str, bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], body))
        if self.server.drips:
            self.wfile.write(b"HTTP/1.1 ")
            with suppress(OSError):  # the client hangs up
                while not self.server.over.wait(0.02):
                    self.wfile.write(b"2")
            return
        bad = len(self.server.got) <= self.server.fails
        self.send_response(503 if bad else self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def post(url: str, timeout: float = 10.0) -> None:
    send(Channel("webhook", "HOOK", ()), MESSAGE, Outlets({"HOOK": url}, timeout=timeout, pause=0))


def test_a_command_gets_the_message_and_no_credentials(tmp_path: Path) -> None:
    """Its environment is a short list, whatever ours holds."""
    out = tmp_path / "out"
    secret = {"PATH": "/usr/bin", "HOME": "/nowhere", "AWS_SECRET_ACCESS_KEY": "s", "HOOK": "h"}

    send(Channel("command", "", (sys.executable, "-c", KEEP, str(out))), MESSAGE, Outlets(secret))

    text, environ = json.loads(out.read_text())
    message = json.loads(text)
    assert message["event"] == "rolling back"
    assert message["next"] == ["mcm watch CM-0001"]
    assert message["at"] == "2026-03-18T09:30:00.000Z"
    assert environ["HOME"] == "/nowhere"
    assert not {"AWS_SECRET_ACCESS_KEY", "HOOK"} & environ.keys()


def test_a_command_is_found_in_the_projects_folder(tmp_path: Path) -> None:
    """`[./page.sh]` means the one beside mcm.yaml, wherever mcm was called."""
    script = tmp_path / "page.sh"
    script.write_text("#!/bin/sh\ncat > got\n")
    script.chmod(0o700)

    outlets = Outlets({"PATH": "/usr/bin:/bin"}, folder=tmp_path)
    send(Channel("command", "", ("./page.sh",)), MESSAGE, outlets)

    assert json.loads((tmp_path / "got").read_text())["change"] == "CM-0001"


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "exit code 3"),
        (("/nonexistent/page.sh",), "cannot be started"),
        (("",), "cannot be started"),
    ],
)
def test_a_command_that_fails_is_not_sent(argv: tuple[str, ...], why: str) -> None:
    with pytest.raises(NotSent, match=why):
        send(Channel("command", "", argv), MESSAGE, Outlets({}))


def test_a_command_that_hangs_is_ended() -> None:
    wait = "import threading; threading.Event().wait()"
    with pytest.raises(NotSent, match=r"did not end within 0\.2 s"):
        send(
            Channel("command", "", (sys.executable, "-c", wait)), MESSAGE, Outlets({}, timeout=0.2)
        )


def test_a_webhook_gets_json(hook: Hook) -> None:
    post(f"http://127.0.0.1:{hook.server_port}/hook?key=1")

    ((path, kind, body),) = hook.got
    assert (path, kind) == ("/hook?key=1", "application/json")
    assert json.loads(body)["what"] == "prod-us is rolled back to e4"


def test_a_webhook_that_drips_its_answer_is_cut_off(hook: Hook) -> None:
    """Every byte comes in time; the whole would never come."""
    hook.drips = True

    with pytest.raises(NotSent, match="no answer"):
        post(f"http://127.0.0.1:{hook.server_port}/hook", timeout=0.3)


@pytest.mark.parametrize("status", [302, 307, 400, 429])
def test_any_other_answer_is_a_failure_and_redirects_are_not_followed(
    hook: Hook, status: int
) -> None:
    hook.status, hook.location = status, f"http://127.0.0.1:{hook.server_port}/other"

    with pytest.raises(NotSent, match=f"answered {status}"):
        post(f"http://127.0.0.1:{hook.server_port}/secret")

    assert len(hook.got) == 1


@pytest.mark.parametrize(("fails", "got"), [(0, 1), (1, 2), (2, 3)])
def test_a_webhook_in_trouble_is_tried_three_times(hook: Hook, fails: int, got: int) -> None:
    hook.fails = fails

    post(f"http://127.0.0.1:{hook.server_port}/hook")

    assert len(hook.got) == got


def test_a_webhook_that_stays_in_trouble_is_given_up(hook: Hook) -> None:
    hook.fails = 9

    with pytest.raises(NotSent, match="answered 503"):
        post(f"http://127.0.0.1:{hook.server_port}/hook")

    assert len(hook.got) == TRIES


def test_no_try_begins_after_the_time_for_the_message(hook: Hook) -> None:
    """The pause alone would take longer, so it is not even begun."""
    hook.fails = 9
    outlets = Outlets({"HOOK": f"http://127.0.0.1:{hook.server_port}/hook"}, pause=60)

    with pytest.raises(NotSent, match="answered 503"):
        send(Channel("webhook", "HOOK", ()), MESSAGE, outlets)

    assert len(hook.got) == 1


def test_a_command_that_ends_badly_is_not_run_again(tmp_path: Path) -> None:
    """What it did before it failed is not known here."""
    count = tmp_path / "count"
    script = (
        f"import pathlib; pathlib.Path({str(count)!r}).open('a').write('x'); raise SystemExit(3)"
    )

    with pytest.raises(NotSent, match="exit code 3"):
        send(Channel("command", "", (sys.executable, "-c", script)), MESSAGE, Outlets({}, pause=0))

    assert count.read_text() == "x"


@pytest.mark.parametrize(("error", "tries"), [(ConnectionError, 3), (RuntimeError, 1)])
def test_sns_is_tried_again_when_the_connection_fails(error: type[Exception], tries: int) -> None:
    calls: list[str] = []

    def fail(topic: str, subject: str, text: str) -> None:
        calls.append(topic)
        raise error("no")

    with pytest.raises(NotSent, match=f"{error.__name__}: no"):
        send(Channel("sns", "arn:topic", ()), MESSAGE, Outlets({}, fail, pause=0))

    assert len(calls) == tries


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/secret",
        "http://localhost.example/secret",
        "ftp://127.0.0.1/secret",
        "https://user:pw@example.com/secret",
        "https:///secret",
        "http://127.0.0.1:99999/secret",
        "secret",
        "",
    ],
)
def test_an_address_that_may_not_be_posted_to_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(NotSent, match="HOOK") as caught:
        post(url)

    assert "secret" not in str(caught.value)


def test_a_webhook_that_does_not_answer_does_not_give_its_address_away() -> None:
    with socket.socket() as nobody:  # bound, so the port is taken, but it never listens
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]

        with pytest.raises(NotSent, match="no answer: ConnectionRefusedError") as caught:
            post(f"http://127.0.0.1:{port}/secret")

    assert "secret" not in str(caught.value)


def test_sns_gets_a_short_ascii_subject_and_readable_text() -> None:
    sent: list[tuple[str, str, str]] = []
    message = Message("breach", "CM-1", "prod-üs" * 30, "what\nnow", "why", ("mcm status",), AT)

    send(Channel("sns", "arn:topic", ()), message, Outlets({}, lambda *call: sent.append(call)))

    ((topic, subject, text),) = sent
    assert topic == "arn:topic"
    assert len(subject) <= 100
    assert subject.isascii()
    assert text == "what\\u{a}now\nWhy: why\nNext:\n  mcm status\n"


def test_sns_without_a_way_there_or_with_a_denial_is_not_sent() -> None:
    def deny(topic: str, subject: str, text: str) -> None:
        raise RuntimeError("denied\nby policy")

    with pytest.raises(NotSent, match="cannot be reached"):
        send(Channel("sns", "arn:topic", ()), MESSAGE, Outlets({}))
    with pytest.raises(NotSent, match=r"RuntimeError: denied\\u\{a\}by policy"):
        send(Channel("sns", "arn:topic", ()), MESSAGE, Outlets({}, deny))


def test_an_unknown_kind_is_not_sent() -> None:
    with pytest.raises(NotSent, match="pigeon"):
        send(Channel("pigeon", "", ()), MESSAGE, Outlets({}))


def test_a_channel_is_named_without_secrets() -> None:
    assert name_of(Channel("webhook", "HOOK", ())) == "webhook HOOK"
    assert name_of(Channel("command", "", ("./page.sh", "--token=x"))) == "command ./page.sh"


def test_the_sandbox_is_named_first() -> None:
    message = Message("breach", "CM-1", "prod-us", "what", "", (), AT, sandbox=True)

    assert message.subject().startswith("SANDBOX ")
    assert message.text().startswith("SANDBOX")
    assert "\x1b" not in MESSAGE.text()
