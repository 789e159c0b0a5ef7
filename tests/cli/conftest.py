"""The example project on a sandbox over HTTP, as new for each test; commands and a keyboard."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mcm.aws.session import connect
from mcm.cli.main import run
from mcm.cli.terminal import run_at_terminal
from mcm.clock import SystemClock
from mcm.core.history.journal import Entry
from mcm.core.plans.plan import Plan
from mcm.sandbox import process
from mcm.sandbox.example import example_files
from mcm.store.sqlite import SqliteJournal
from tests.kit.world import ROOT

ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
_TENTH = timedelta(milliseconds=100)
ASKED = "anything else to leave: "


class Shop:
    """The project's directory, and what a person can do in it."""

    def __init__(self, root: Path, sandbox: process.Sandbox) -> None:
        self.root = root
        self.sandbox = sandbox

    def mcm(self, line: str) -> int:
        """Run one command in this process and return its exit code."""
        return run(line.split())

    def start(self, line: str) -> "subprocess.Popen[str]":
        """Start one command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "mcm.cli.main", *line.split()],
            cwd=self.root,
            env=ENV,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(
        self,
        line: str,
        typed: str,
        after: str = ASKED,
        then: Sequence[tuple[str, str]] = (),
        show: Callable[[str], None] | None = None,
    ) -> tuple[int, str]:
        """Run one command at a terminal; type when it asks, and when it asks again."""
        command = [sys.executable, "-m", "mcm.cli.main", *line.split()]
        return run_at_terminal(
            command, typed, after=after, then=then, cwd=self.root, env=ENV, show=show
        )

    def approve(self, change: str = "CM-0001") -> tuple[int, str]:
        return self.type(f"approve {change} --profile bob", f"{change}\n")

    def ready(self) -> None:
        """Plan, request and approve CM-0001."""
        assert self.mcm("plan CM-0001") == 0
        assert self.mcm("request CM-0001") == 0
        code, text = self.approve()
        assert code == 0, text

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def plan(self, change: str = "CM-0001") -> Plan:
        return Plan.from_bytes((self.root / "changes" / change / "plan.json").read_bytes())

    def entries(self, change: str = "CM-0001") -> tuple[Entry, ...]:
        return SqliteJournal(self.root / ".mcm" / "journal.db").entries(change)

    def kinds(self, change: str = "CM-0001") -> list[str]:
        return [entry.kind for entry in self.entries(change)]

    def sent(self, operation: str) -> int:
        """Return how often the sandbox has been asked for one operation of CodePipeline."""
        calls: dict[str, int] = self.sandbox.ask("GET", "status")["calls"]
        return calls.get(f"codepipeline:{operation}", 0)

    def stage(self) -> str:
        """Return the execution that ProdUS shows."""
        return str(self._state("ProdUS")["latestExecution"]["pipelineExecutionId"])

    def summary(self) -> str:
        """Return what the approval of ApproveUS was answered with."""
        return str(self._state("ApproveUS")["actionStates"][0]["latestExecution"]["summary"])

    def _state(self, stage: str) -> dict[str, Any]:
        port = connect(
            "us-east-1",
            profile="alice",
            endpoint_url=self.sandbox.endpoint_url,
            credentials_file=self.sandbox.credentials_file,
        )
        state = port.call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
        found: dict[str, Any] = next(s for s in state["stageStates"] if s["stageName"] == stage)
        return found

    def wait_for(self, kind: str, change: str = "CM-0001") -> None:
        """Wait until the journal has an entry of this kind, 30 s at most."""
        clock = SystemClock()
        for _ in range(300):
            if kind in self.kinds(change):
                return
            clock.sleep_until(clock.now() + _TENTH)
        raise AssertionError(f"no {kind} in {self.kinds(change)}")


@pytest.fixture(autouse=True)
def _no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no command remember where an earlier test found its pipeline."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setitem(ENV, "XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One sandbox for all tests of a worker, in the directory where `up` wrote the example."""
    root = tmp_path_factory.mktemp("shop")
    done = subprocess.run(
        [sys.executable, "-m", "mcm.cli.main", "sandbox", "up"],
        cwd=root,
        env=ENV,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield root
    process.down(root)


@pytest.fixture
def shop(running: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The project as `mcm sandbox up` leaves it, with a bake of one second."""
    sandbox = process.status(running)
    assert sandbox is not None
    sandbox.ask("POST", "reset")
    shutil.rmtree(running / "changes")
    shutil.rmtree(running / "checks", ignore_errors=True)  # a project's own; the example has none
    for path in (running / ".mcm").glob("journal.db*"):
        path.unlink()
    (running / ".mcm-sandbox" / "pins.json").unlink(missing_ok=True)
    for name, text in example_files(SystemClock().now()).items():
        path = running / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = Shop(running, sandbox)
    found.edit("mcm.yaml", "bake: {for: 15s, min_samples: 50}", "bake: {for: 1s, min_samples: 1}")
    monkeypatch.chdir(running)
    return found
