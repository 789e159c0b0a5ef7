"""The three ways to send one message: within 10 s, or NotSent is raised.

What may pass (no connection, no answer, a 5xx) is tried again, three times in all; a
message that arrives twice is better than none. What will not pass is tried once: a refusal,
a wrong address, a program that cannot be started or that ends badly.
"""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from mcm.core.plans.service import Channel
from mcm.core.sanitize import clean
from mcm.notify.message import Message

Publish = Callable[[str, str, str], None]
"""`publish(topic_arn, subject, message)`: how the program reaches SNS; may raise.

OSError, of which ConnectionError is one, says that another try may help.
"""

TIMEOUT = 10.0
"""Seconds for one message over one channel, all tries together."""
TRIES = 3
PAUSE = 0.5
"""Seconds before the second try; twice that before the third."""
_LEAST = 0.05
"""Seconds that a try may have when a pause took longer than it should."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
"""What a command may know of our environment: no credentials, no addresses."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class NotSent(Exception):
    """A message was not sent; says why, without secrets such as a webhook's address.

    `passing`: another try may help.
    """

    def __init__(self, why: str, *, passing: bool = False) -> None:
        super().__init__(why)
        self.passing = passing


@dataclass(frozen=True)
class Outlets:
    """What sending needs of the world around it."""

    environ: Mapping[str, str]
    """Holds the webhooks' addresses, and what commands may know."""
    publish: Publish | None = None
    folder: Path | None = None
    """Where commands run: the project's, so that `./page.sh` is found from any directory."""
    timeout: float = TIMEOUT
    pause: float = PAUSE


def send(channel: Channel, message: Message, outlets: Outlets) -> None:
    """Send one message over one channel. Raises NotSent, and nothing else that is expected."""
    ends = time.monotonic() + outlets.timeout
    try:
        _send_once(channel, message, outlets)
    except NotSent as err:
        if not err.passing:
            raise
        _send_again(channel, message, outlets, ends, err)


def _send_again(
    channel: Channel, message: Message, outlets: Outlets, ends: float, first: NotSent
) -> None:
    """Go on after a first try that failed; raise what the last one raised."""
    import tenacity  # 50 ms that only a channel in trouble costs

    failed = [first]

    def once() -> None:
        if failed:
            raise failed.pop()
        left = max(_LEAST, ends - time.monotonic())
        _send_once(channel, message, replace(outlets, timeout=left))

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda err: isinstance(err, NotSent) and err.passing),
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(TRIES),
            tenacity.stop_before_delay(ends - time.monotonic()),
        ),
        wait=tenacity.wait_exponential(multiplier=outlets.pause),
        reraise=True,
    )(once)


def _send_once(channel: Channel, message: Message, outlets: Outlets) -> None:
    if channel.kind == "command":
        _run(channel.argv, message, outlets)
    elif channel.kind == "webhook":
        _post(channel.target, message, outlets)
    elif channel.kind == "sns":
        _publish(channel.target, message, outlets.publish)
    else:
        raise NotSent(f"unknown kind of channel: {channel.kind}")


def name_of(channel: Channel) -> str:
    """Say which channel this is, for messages; a webhook's address is never shown."""
    what = channel.argv[0] if channel.argv else channel.target
    return clean(f"{channel.kind} {what}", 200)


def _run(argv: tuple[str, ...], message: Message, outlets: Outlets) -> None:
    """Run a program with the message as JSON on its input; its output is not ours to show."""
    known = {name: outlets.environ[name] for name in _PASSED_ON if name in outlets.environ}
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=known,
            cwd=outlets.folder,
            start_new_session=True,
        )
    except (OSError, ValueError) as err:
        raise NotSent(f"cannot be started: {err}") from err
    try:
        process.communicate(message.to_json(), timeout=outlets.timeout)
    except subprocess.TimeoutExpired as err:
        # It leads a session of its own, so whatever it started is ended with it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise NotSent(f"did not end within {outlets.timeout:g} s") from err
    if process.returncode != 0:
        raise NotSent(f"ended with exit code {process.returncode}")


def _post(variable: str, message: Message, outlets: Outlets) -> None:
    url = _webhook_url(variable, outlets.environ)
    connection = _connect(url, outlets.timeout)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {"Content-Type": "application/json", "User-Agent": "mcm"}
    # Each read has its own time limit; one that drips must end in time as well.
    cut = threading.Timer(outlets.timeout, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        connection.request("POST", path, message.to_json(), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as err:
        # The text of the error may hold the address, which is a secret.
        passing = not isinstance(err, (ssl.SSLCertVerificationError, ValueError))
        raise NotSent(f"no answer: {type(err).__name__}", passing=passing) from err
    finally:
        cut.cancel()
        connection.close()
    if not 200 <= status < 300:
        raise NotSent(f"answered {status}", passing=status >= 500)


def _webhook_url(variable: str, environ: Mapping[str, str]) -> SplitResult:
    text = environ.get(variable, "")
    if not text:
        raise NotSent(f"the environment variable {variable} is not set")
    try:
        url = urlsplit(text)
        fits = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        fits = False
    if not fits or url.username or url.password:
        raise NotSent(f"{variable} holds no address that can be posted to")
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
        raise NotSent(f"{variable} must be https, or http to this machine")
    return url


def _connect(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    """Return a connection straight to the host: no proxy, and redirects are not followed."""
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, url.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=timeout)


def _cut(connection: http.client.HTTPConnection) -> None:
    sock = connection.sock
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _publish(topic: str, message: Message, publish: Publish | None) -> None:
    if publish is None:
        raise NotSent("SNS cannot be reached from here")
    try:
        publish(topic, message.subject(), message.text())
    except Exception as err:  # whatever the port raises
        passing = isinstance(err, OSError)
        raise NotSent(clean(f"{type(err).__name__}: {err}", 300), passing=passing) from err
