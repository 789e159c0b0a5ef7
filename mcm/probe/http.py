"""One GET of an address, for the check `http-health`: a status and the time it took.

Straight to the host: no proxy, no cookies, and no redirect but to a host that the query
names (else its status is the answer). What
`HttpQuery.within` bounds is the whole exchange, from the look-up of the name to the last
byte that is read; a server that drips its answer is late like one that is silent.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urljoin, urlsplit

from mcm.core.duration import spell
from mcm.core.http import HttpView
from mcm.core.query import HttpQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.sanitize import clean

MOST_BYTES = 65_536
"""How much of a body is read: enough for a health page, whatever the server sends."""
MOST_HOPS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_PROBES = 16
"""How many exchanges may be under way; one that cannot start is unknown, not waited for."""


class HttpSource:
    """Answers `HttpQuery`; implements the port `Source`. `now` gives readings their time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._probes: dict[HttpQuery, _Probe] = {}

    def answers(self, query: Query) -> bool:
        return isinstance(query, HttpQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        """Probe each address once, at most for `within`; never raises.

        An address whose exchange is still under way from an earlier call is not asked again.
        """
        ends = time.monotonic() + within.total_seconds()
        asked = [query for query in queries if isinstance(query, HttpQuery)]
        probes = {query: self._probes.setdefault(query, _Probe(query)) for query in asked}
        for probe in probes.values():
            under_way = sum(1 for each in self._probes.values() if each.under_way)
            probe.start(self._now(), may_start=under_way < MOST_PROBES)
        return {query: probe.wait(ends, self._now) for query, probe in probes.items()}


class _Probe:
    """One address: at most one exchange at a time, and what the last one said."""

    def __init__(self, query: HttpQuery) -> None:
        self._query = query
        self._within = query.within.total_seconds()
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._began = 0.0
        self._reading: Reading | None = None

    @property
    def under_way(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, now: datetime, *, may_start: bool) -> None:
        with self._lock:
            if self.under_way:
                return
            if not may_start:
                why = f"{MOST_PROBES} probes are under way already"
                self._reading = Unknown(Blindness.LATE, why, now)
                return
            self._began = time.monotonic()
            # A daemon: a look-up of a name cannot be ended, and must not keep mcm from ending.
            self._thread = threading.Thread(
                target=self._run, args=(now,), name="mcm-probe", daemon=True
            )
            thread = self._thread
        try:
            thread.start()
        except RuntimeError as err:
            with self._lock:
                self._thread = None
                self._reading = Unknown(Blindness.FAILED, clean(f"no thread: {err}", 200), now)

    def wait(self, ends: float, now: Callable[[], datetime]) -> Reading:
        """Return this exchange's reading if it comes by `ends`, else the last one's."""
        with self._lock:
            overdue = self._began + self._within
            bound = min(ends, overdue)
            self._lock.wait_for(
                lambda: self._thread is None, timeout=max(0.0, bound - time.monotonic())
            )
            if self._thread is None and self._reading is not None:
                return self._reading
            if self._reading is not None and time.monotonic() < overdue:
                return self._reading
            why = f"no answer within {spell(self._query.within)}"
            if time.monotonic() < overdue:
                why = "no answer yet"
            return Unknown(Blindness.LATE, why, now())

    def _run(self, at: datetime) -> None:
        reading: Reading = Unknown(Blindness.FAILED, "the probe broke off", at)
        try:
            reading = probe(self._query, at)
        finally:
            with self._lock:
                self._reading = reading
                self._thread = None
                self._lock.notify_all()


def probe(query: HttpQuery, at: datetime) -> Reading:
    """Do one exchange and return its reading with the time `at`, when it began."""
    within = query.within.total_seconds()
    began = time.monotonic()
    try:
        answer = _follow(query, began + within)
    except TimeoutError:
        return Unknown(Blindness.LATE, f"no answer within {spell(query.within)}", at)
    except socket.gaierror:
        return Unknown(Blindness.FAILED, "the name of the host cannot be looked up", at)
    except ssl.SSLError as err:
        why = getattr(err, "verify_message", "") or err.reason or "TLS failed"
        return Unknown(Blindness.FAILED, clean(f"no secure connection: {why}", 200), at)
    except OSError as err:
        why = err.strerror or type(err).__name__
        return Unknown(Blindness.FAILED, clean(f"no connection: {why}", 200), at)
    except http.client.InvalidURL:
        return Unknown(Blindness.FAILED, "the address cannot be used", at)
    except http.client.HTTPException as err:
        return Unknown(Blindness.FAILED, f"the answer is not HTTP: {type(err).__name__}", at)
    except ValueError as err:
        return Unknown(Blindness.FAILED, clean(f"the address cannot be used: {err}", 200), at)
    took = time.monotonic() - began
    if took > within:
        return Unknown(Blindness.LATE, f"no answer within {spell(query.within)}", at)
    ends = answer.certificate_ends
    return Known(HttpView(answer.status, timedelta(seconds=took), answer.body, ends), at)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: str
    location: str
    certificate_ends: datetime | None = None


def _follow(query: HttpQuery, ends: float) -> _Answer:
    """Get the address, and where it redirects to as far as that is allowed."""
    address = query.url
    answer = _get(urlsplit(address), ends)
    for _ in range(MOST_HOPS):
        address = urljoin(address, answer.location)
        host = urlsplit(address).hostname
        if answer.status not in REDIRECTS or not answer.location or host not in query.redirects:
            return answer
        if urlsplit(query.url).scheme == "https" and not address.startswith("https:"):
            return answer  # what was asked for in secret is not told in the open
        answer = _get(urlsplit(address), ends)
    return answer


def _get(url: SplitResult, ends: float) -> _Answer:
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("neither http nor https, or without a host")
    secure = url.scheme == "https"
    raw = socket.create_connection(
        (url.hostname, url.port or (443 if secure else 80)), timeout=_left(ends)
    )
    with raw:
        raw.settimeout(_left(ends))
        plain = raw
        if secure:
            plain = ssl.create_default_context().wrap_socket(raw, server_hostname=url.hostname)
        with plain:
            answer = _exchange(url, plain, ends)
            return replace(answer, certificate_ends=_valid_until(plain))


def _valid_until(sock: socket.socket) -> datetime | None:
    """Return when the certificate of the other side expires; None without TLS."""
    shown = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    until = shown.get("notAfter") if shown else None
    if not isinstance(until, str):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC)


def _exchange(url: SplitResult, sock: socket.socket, ends: float) -> _Answer:
    connection = http.client.HTTPConnection(url.hostname or "", url.port)
    connection.sock = _Bounded(sock, ends)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    host = url.netloc.rpartition("@")[2]
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", host), ("User-Agent", "mcm"), ("Connection", "close")):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = b""
    with suppress(http.client.IncompleteRead):  # its status has been given all the same
        body = answer.read(MOST_BYTES)
    text = body.decode("utf-8", "replace")
    return _Answer(answer.status, text, answer.getheader("Location") or "")


class _Bounded:
    """A socket for `http.client` whose every step counts against one deadline."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock = sock
        self._ends = ends

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self._ends))
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock, self._ends))

    def close(self) -> None:
        """Nothing: whoever opened the socket closes it."""


class _BoundedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock = sock
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._sock.settimeout(_left(self._ends))
        return self._sock.recv_into(buffer)


def _left(ends: float) -> float:
    """Return the seconds that are left; raise TimeoutError when none are."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
