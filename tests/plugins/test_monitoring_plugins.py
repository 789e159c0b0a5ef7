"""Debian's monitoring plugins are guardrails: real programs, run and judged as in a walk.

`make test-plugins` names this folder; it needs the package `monitoring-plugins-basic`.
MCM_PLUGINS says where they are if not in Debian's place.
"""

import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcm.core.checks.kinds import judge, queries
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.query import CommandQuery
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict
from mcm.probe.command import run_command
from tests.kit.world import stage_plan

PLUGINS = Path(os.environ.get("MCM_PLUGINS", "/usr/lib/nagios/plugins"))
NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
WATCH = Watch(stage_plan("old"), NOW, True, {}, None)


def verdict(*argv: str, within: float = 20) -> Verdict:
    """Run a plugin as the guardrail `command` does, and judge what it said."""
    run = [str(PLUGINS / argv[0]), *argv[1:]]
    params = {
        "run": run,
        "within": int(within * 1000),
        "every": 60_000,
        "environment": [],
    }
    guardrail = Guardrail("command", "command", params, "hold")
    (query,) = queries(guardrail, WATCH)
    assert isinstance(query, CommandQuery)
    reading = run_command(query, lambda: NOW, {"PATH": "/usr/bin:/bin"}, Path("/"))
    return judge(guardrail, WATCH, Readings({query: reading}, NOW))


@pytest.mark.parametrize(
    ("state", "kind"),
    [("0", Kind.PASS), ("1", Kind.INCONCLUSIVE), ("2", Kind.BREACH), ("3", Kind.ERROR)],
)
def test_each_state_of_check_dummy_means_what_it_means_everywhere(state: str, kind: Kind) -> None:
    found = verdict("check_dummy", state, "as it was told")

    assert found.kind is kind
    assert "as it was told" in found.reason


def test_check_disk_has_performance_data() -> None:
    found = verdict("check_disk", "-w", "0%", "-c", "0%", "-p", "/")

    assert found.kind is Kind.PASS, found.reason
    assert any(line.startswith("/ ") for line in found.evidence)


def test_check_load_and_procs_cross_their_bounds() -> None:
    assert verdict("check_load", "-w", "9999,9999,9999", "-c", "9999,9999,9999").kind is Kind.PASS
    crossed = verdict("check_procs", "-c", "0:0")
    assert crossed.kind is Kind.BREACH
    assert any(line.startswith("procs ") for line in crossed.evidence)


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"parcel")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_check_http_looks_at_a_page(port: int) -> None:
    page = ("check_http", "-H", "127.0.0.1", "-p", str(port))

    fine = verdict(*page, "-s", "parcel")
    assert fine.kind is Kind.PASS, fine.reason
    assert any(line.startswith("time ") for line in fine.evidence)
    assert verdict(*page, "-s", "letter").kind is Kind.BREACH


def test_check_tcp_finds_nobody_at_a_closed_port() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        free = nobody.getsockname()[1]

    assert verdict("check_tcp", "-H", "127.0.0.1", "-p", str(free)).kind is Kind.BREACH


def test_a_plugin_that_is_used_wrongly_is_an_error_and_no_breach() -> None:
    assert verdict("check_disk").kind is Kind.ERROR


def test_a_plugin_that_hangs_is_late() -> None:
    """Somebody takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = str(silent.getsockname()[1])
        hanging = ("check_tcp", "-H", "127.0.0.1", "-p", where, "-s", "hello", "-e", "answer")
        found = verdict(*hanging, within=0.5)

    assert found.kind is Kind.INCONCLUSIVE
