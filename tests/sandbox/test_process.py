"""The sandbox as a process: it comes up, says who it is, and goes only when it is ours."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mcm.core.errors import McmError, UsageError
from mcm.sandbox import process
from mcm.sandbox.folder import FOLDER, STATE


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    process.down(tmp_path)


def state(home: Path) -> Path:
    return home / FOLDER / STATE


def test_up_status_down(home: Path) -> None:
    assert process.status(home) is None
    running = process.up(home)
    assert process.status(home) == running
    assert datetime.fromisoformat(running.ask("GET", "clock")["now"]).tzinfo is not None
    assert process.down(home) is True
    assert (process.status(home), state(home).exists()) == (None, False)
    assert process.down(home) is False


def test_up_again_is_the_same_sandbox(home: Path) -> None:
    assert process.up(home) == process.up(home)


def test_only_the_owner_can_read_its_secrets(home: Path) -> None:
    running = process.up(home)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (state(home), running.credentials_file)}
    assert modes == {0o600}
    assert stat.S_IMODE((home / FOLDER).stat().st_mode) == 0o700


def test_the_token_is_on_no_command_line(home: Path) -> None:
    running = process.up(home)
    shown = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(running.pid)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "mcm.sandbox.http" in shown
    assert running.token not in shown


@pytest.mark.parametrize(
    "left_behind",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"pid": "PID", "port": 1, "uuid": "u", "token": "t"}),
        json.dumps({"pid": "x", "port": 1, "uuid": "u", "token": "t"}),
    ],
)
def test_what_a_dead_sandbox_left_is_no_sandbox(home: Path, left_behind: str) -> None:
    """The pid in it is this test's own: down leaves it alone."""
    state(home).parent.mkdir()
    state(home).write_text(left_behind.replace('"PID"', str(os.getpid())))
    assert (process.status(home), process.down(home)) == (None, False)
    assert process.up(home).pid != os.getpid()


def test_another_sandbox_on_the_port_is_not_ours(home: Path, tmp_path: Path) -> None:
    theirs = process.up(home)
    mine = tmp_path / "mine"
    state(mine).parent.mkdir(parents=True)
    state(mine).write_text(
        json.dumps({"pid": theirs.pid, "port": theirs.port, "uuid": theirs.uuid, "token": "guess"})
    )
    assert (process.status(mine), process.down(mine)) == (None, False)
    assert process.status(home) == theirs


def test_a_start_that_fails_says_why(home: Path) -> None:
    with pytest.raises(McmError, match="no_such_module"):
        process.up(home, build="no_such_module:build")
    assert process.status(home) is None


def test_a_taken_port_is_a_failed_start(home: Path, tmp_path: Path) -> None:
    taken = process.up(home).port
    with pytest.raises(McmError, match="in use"):
        process.up(tmp_path / "second", port=taken)


def test_env_leads_every_call_to_the_sandbox(home: Path) -> None:
    running = process.up(home)
    lines = process.env(running, "bob")
    assert lines[0] == "unset AWS_PROFILE AWS_SESSION_TOKEN"
    assert f"export AWS_ENDPOINT_URL={running.endpoint_url}" in lines
    assert "export AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false" in lines
    assert any(line.startswith("export AWS_ACCESS_KEY_ID=AKIA") for line in lines)


def test_env_knows_only_its_people(home: Path) -> None:
    with pytest.raises(UsageError, match="mallory"):
        process.env(process.up(home), "mallory")


def test_the_sandbox_refuses_with_its_reason(home: Path) -> None:
    with pytest.raises(UsageError, match="no such fault"):
        process.up(home).ask("POST", "fault", {"name": "nothing"})
