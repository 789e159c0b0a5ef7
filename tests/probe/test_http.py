"""One GET beside the loop: what it says, and that nothing makes it wait."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mcm.core.http import HttpView
from mcm.core.query import FreezesQuery, HttpQuery
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.probe.http import MOST_HOPS, MOST_PROBES, HttpSource
from tests.kit.clock import START, VirtualClock

LONG = timedelta(seconds=10)
SHORT = timedelta(milliseconds=100)
NOW = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)


class Site(ThreadingHTTPServer):
    """A health page; `answer` writes each reply."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.asked = threading.Event()
        self.go = threading.Event()
        self.answer: Callable[[_Handler], None] = plain(200)

    def query(self, within: timedelta = LONG, path: str = "/ping") -> HttpQuery:
        return HttpQuery(f"http://127.0.0.1:{self.server_port}{path}", within)


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.server.headers.append(dict(self.headers))
        self.server.asked.set()
        self.server.answer(self)

    def log_message(self, *args: object) -> None:
        pass


def plain(status: int, **headers: str) -> Callable[[_Handler], None]:
    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return answer


def waiting(handler: _Handler) -> None:
    handler.server.go.wait(10)
    with suppress(OSError):  # the probe may have left
        plain(200)(handler)


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.go.set()
    server.shutdown()
    server.server_close()
    thread.join()


def ask(source: HttpSource, query: HttpQuery, within: timedelta = LONG) -> Reading:
    return source.read([query], within)[query]


def status_of(reading: Reading) -> int:
    assert isinstance(reading, Known), reading
    assert isinstance(reading.value, HttpView)
    return reading.value.status


def fixed() -> datetime:
    return NOW


@pytest.mark.parametrize("status", [200, 204, 302, 404, 503])
def test_any_status_is_a_reading(site: Site, status: int) -> None:
    """What it means is the check's business."""
    site.answer = plain(status, Location="/other")
    reading = ask(HttpSource(fixed), site.query())

    assert status_of(reading) == status
    assert reading.at == NOW
    assert site.paths == ["/ping"]


def test_the_time_it_took_is_measured(site: Site) -> None:
    reading = ask(HttpSource(fixed), site.query())

    assert isinstance(reading, Known)
    assert timedelta(0) < reading.value.took < LONG


def test_the_address_is_asked_as_it_is_written(site: Site) -> None:
    query = site.query(path="/ping?deep=1&x=%20")
    ask(HttpSource(fixed), query)

    assert site.paths == ["/ping?deep=1&x=%20"]
    assert site.headers[0]["Host"] == f"127.0.0.1:{site.server_port}"
    assert site.headers[0]["Connection"] == "close"


def test_no_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")

    assert status_of(ask(HttpSource(fixed), site.query())) == 200


def test_nobody_listening_is_unknown_and_says_so() -> None:
    with socket.socket() as nobody:  # bound, so the port is taken, but it never listens
        nobody.bind(("127.0.0.1", 0))
        query = HttpQuery(f"http://127.0.0.1:{nobody.getsockname()[1]}/", LONG)
        reading = ask(HttpSource(fixed), query)

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.FAILED
    assert reading.reason == "no connection: Connection refused"


def test_an_answer_that_is_not_http_is_unknown(site: Site) -> None:
    site.answer = lambda handler: handler.wfile.write(b"SSH-2.0-odd\r\n\r\n") and None
    reading = ask(HttpSource(fixed), site.query())

    assert isinstance(reading, Unknown)
    assert reading.reason == "the answer is not HTTP: BadStatusLine"


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http:///ping", "http://127.0.0.1:99999/", "http://[::1/", "x"]
)
def test_an_address_that_cannot_be_asked_is_unknown(url: str) -> None:
    reading = ask(HttpSource(fixed), HttpQuery(url, LONG))

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.FAILED
    assert reading.reason.startswith("the address cannot be used")


def test_a_line_break_in_the_address_sends_no_second_header(site: Site) -> None:
    reading = ask(HttpSource(fixed), site.query(path="/a b"))

    assert isinstance(reading, Unknown)
    assert reading.reason == "the address cannot be used"
    assert site.paths == []


def test_a_server_without_tls_is_no_secure_connection(site: Site) -> None:
    url = f"https://127.0.0.1:{site.server_port}/"
    reading = ask(HttpSource(fixed), HttpQuery(url, LONG))

    assert isinstance(reading, Unknown)
    assert reading.reason.startswith("no secure connection: ")


def test_a_silent_server_is_late(site: Site) -> None:
    site.answer = waiting
    reading = ask(HttpSource(fixed), site.query(within=SHORT))

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.LATE
    assert reading.reason == "no answer within 100ms"


def test_a_server_that_drips_is_late_too(site: Site) -> None:
    """Each byte comes in time, the whole does not: `within` bounds the exchange."""

    def drip(handler: _Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):  # the probe hangs up
            while not handler.server.go.wait(0.02):
                handler.wfile.write(b"X-More: 1\r\n")

    site.answer = drip
    reading = ask(HttpSource(fixed), site.query(within=timedelta(milliseconds=300)))

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.LATE


def test_an_endless_body_is_read_up_to_a_limit(site: Site) -> None:
    """The status has come and the page is healthy; how long the body is does not matter."""

    def flood(handler: _Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):  # the probe hangs up
            while not handler.server.go.is_set():
                handler.wfile.write(b"x" * 10_000)

    site.answer = flood

    assert status_of(ask(HttpSource(fixed), site.query())) == 200


def test_without_an_earlier_reading_the_deadline_gives_late(site: Site) -> None:
    """The exchange itself still has time; the loop does not wait for it."""
    site.answer = waiting
    reading = ask(HttpSource(fixed), site.query(), within=timedelta(milliseconds=50))

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.LATE
    assert reading.reason == "no answer yet"


def test_the_last_reading_is_given_with_its_own_age(site: Site) -> None:
    clock = VirtualClock()
    source = HttpSource(clock.now)
    query = site.query()
    first = ask(source, query)
    site.answer = waiting
    clock.pass_time(timedelta(seconds=30))

    stale = ask(source, query, within=timedelta(milliseconds=50))

    assert stale == first
    assert stale.at == START


def test_an_exchange_under_way_is_not_asked_again_and_its_answer_counts(site: Site) -> None:
    site.answer = waiting
    source = HttpSource(fixed)
    query = site.query()
    ask(source, query, within=timedelta(milliseconds=50))
    assert site.asked.wait(10)
    ask(source, query, within=timedelta(milliseconds=50))
    assert len(site.paths) == 1

    site.go.set()

    assert status_of(ask(source, query)) == 200
    assert len(site.paths) == 1


def test_several_addresses_are_asked_at_the_same_time(site: Site) -> None:
    """Each waits for the other: one after the other, neither would come back."""
    both = threading.Barrier(2, timeout=10)

    def meet(handler: _Handler) -> None:
        both.wait()
        plain(200)(handler)

    site.answer = meet
    queries = [site.query(path="/a"), site.query(path="/b")]
    readings = HttpSource(fixed).read(queries, LONG)

    assert [status_of(readings[query]) for query in queries] == [200, 200]


def test_more_addresses_than_threads_are_unknown_and_not_queued(site: Site) -> None:
    site.answer = waiting
    queries = [site.query(path=f"/{number}") for number in range(MOST_PROBES + 1)]
    readings = HttpSource(fixed).read(queries, timedelta(milliseconds=100))

    last = readings[queries[-1]]
    assert isinstance(last, Unknown)
    assert last.reason == f"{MOST_PROBES} probes are under way already"


def test_only_http_queries_are_answered() -> None:
    source = HttpSource(fixed)

    assert source.answers(HttpQuery("http://127.0.0.1/", LONG))
    assert not source.answers(FreezesQuery("parcel-photo-check"))
    assert source.read([], LONG) == {}


# What the answer must have


def known(reading: Reading) -> HttpView:
    assert isinstance(reading, Known), reading
    assert isinstance(reading.value, HttpView)
    return reading.value


def test_the_beginning_of_the_body_is_told(site: Site) -> None:
    found = known(ask(HttpSource(fixed), site.query()))

    assert (found.body, found.certificate_ends) == ("ok", None)


def elsewhere(site: Site, host: str, *allowed: str) -> HttpView:
    """Get a page that redirects to `host`."""
    target = f"http://{host}:{site.server_port}/next"
    site.answer = lambda handler: (
        plain(302, Location=target) if handler.path == "/ping" else plain(200)
    )(handler)
    url = f"http://127.0.0.1:{site.server_port}/ping"
    return known(ask(HttpSource(fixed), HttpQuery(url, LONG, allowed)))


def test_a_redirect_is_followed_to_a_host_that_is_named_and_to_no_other(site: Site) -> None:
    assert elsewhere(site, "127.0.0.1", "127.0.0.1").status == 200
    assert site.paths == ["/ping", "/next"]
    assert elsewhere(site, "localhost", "127.0.0.1").status == 302
    assert elsewhere(site, "127.0.0.1").status == 302


def test_a_circle_of_redirects_ends(site: Site) -> None:
    site.answer = plain(301, Location="/ping")
    url = f"http://127.0.0.1:{site.server_port}/ping"

    assert known(ask(HttpSource(fixed), HttpQuery(url, LONG, ("127.0.0.1",)))).status == 301
    assert len(site.paths) == MOST_HOPS + 1
