"""Running a check's program: clean environment, deadline, nothing left behind."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.core.judging.plugin import PluginView
from mcm.core.query import CommandQuery
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.probe.command import run_command

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
ENVIRON = {"PATH": "/usr/bin:/bin", "SECRET": "x", "WANTED": "y", "AWS_ENDPOINT_URL": "z"}


def run(
    folder: Path,
    *argv: str,
    within: float = 10,
    environ: Mapping[str, str] = ENVIRON,
    names: tuple[str, ...] = (),
) -> Reading:
    seconds = timedelta(seconds=within)
    query = CommandQuery(argv, seconds, timedelta(minutes=1), names)
    return run_command(query, lambda: NOW, environ, folder)


def view(reading: Reading) -> PluginView:
    assert isinstance(reading, Known), reading
    assert isinstance(reading.value, PluginView)
    return reading.value


def sh(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


@pytest.mark.parametrize("status", [0, 1, 2, 3, 9])
def test_status_and_first_line_are_told(tmp_path: Path, status: int) -> None:
    found = view(run(tmp_path, *sh(f"echo 'QUEUE - 3 | waiting=3'; exit {status}")))

    assert (found.status, found.line) == (status, "QUEUE - 3")
    assert len(found.data) == 1


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    assert view(run(tmp_path, "/bin/echo", "$HOME; exit 2")).line == "$HOME; exit 2"


def test_the_environment_is_clean_but_for_what_is_named(tmp_path: Path) -> None:
    found = view(run(tmp_path, *sh("echo $SECRET-$WANTED-$AWS_ENDPOINT_URL"), names=("WANTED",)))

    assert found.line == "-y-"


def test_it_runs_in_the_projects_folder(tmp_path: Path) -> None:
    assert view(run(tmp_path, *sh("pwd -P"))).line == str(tmp_path.resolve())


def test_a_run_that_takes_too_long_is_late_and_ended_with_its_children(tmp_path: Path) -> None:
    left = tmp_path / "left"
    reading = run(tmp_path, *sh(f"(sleep 2; touch {left}) & sleep 30"), within=0.3)

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.LATE
    assert view(run(tmp_path, *sh("sleep 2.2; echo over"))).line == "over"
    assert not left.exists()


def test_a_child_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    found = view(run(tmp_path, *sh("sleep 30 & echo OK"), within=5))

    assert found.line == "OK"


def test_much_output_is_cut(tmp_path: Path) -> None:
    printing = "import sys; sys.stdout.write('x' * 10_000_000)"
    found = view(run(tmp_path, sys.executable, "-c", printing))

    assert len(found.line) <= 300


@pytest.mark.parametrize("argv", [("/no/such/program",), ("bad\0name",)])
def test_what_cannot_be_started_says_so(tmp_path: Path, argv: tuple[str, ...]) -> None:
    reading = run(tmp_path, *argv)

    assert isinstance(reading, Unknown)
    assert reading.why is Blindness.FAILED
    assert "cannot be started" in reading.reason


def test_a_signal_is_no_status(tmp_path: Path) -> None:
    reading = run(tmp_path, *sh("kill -9 $$"))

    assert isinstance(reading, Unknown)
    assert "signal 9" in reading.reason
