"""Leases in files: the kernel frees them, and odd files are refused."""

import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm.core.errors import RefusedError
from mcm.core.history.lease import UNREADABLE, DrivenError, Driver, LeaseError
from mcm.store.lease import FileLeases, MemoryLeases
from tests.kit.world import ROOT

NOON = datetime(2026, 3, 18, 14, 2, tzinfo=UTC)
ALICE = Driver("alice", "mcm deploy", 123, "laptop", NOON)
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mcm.core.history.lease import DrivenError, Driver
from mcm.store.lease import FileLeases
sys.stdin.readline()
try:
    lease = FileLeases(Path(sys.argv[1])).take(
        "CM-0001", Driver(sys.argv[2], "mcm deploy", 1, "here", datetime.now(UTC)))
    print("mine", flush=True)
    sys.stdin.readline()
except DrivenError as err:
    print(f"driven by {err.driver.who}", flush=True)
"""


def holder(folder: Path, who: str) -> "subprocess.Popen[str]":
    """Start a process that takes the lease when it is sent a line, and keeps it for another."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), who],
        env=ENV,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    """Nothing of it runs any more; what it wrote about itself is no lease."""
    folder = tmp_path / "leases"
    with holder(folder, "alice") as process:
        tell(process)
        assert said(process) == "mine"
        found = FileLeases(folder).driver("CM-0001")
        assert found is not None
        assert found.who == "alice"
        with pytest.raises(DrivenError):
            FileLeases(folder).take("CM-0001", ALICE)
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert FileLeases(folder).driver("CM-0001") is None
    FileLeases(folder).take("CM-0001", ALICE)
    assert FileLeases(folder).driver("CM-0001") == ALICE


def test_a_holder_that_is_stopped_still_holds(tmp_path: Path) -> None:
    """It lives, and may go on in the middle of anything."""
    folder = tmp_path / "leases"
    with holder(folder, "alice") as process:
        tell(process)
        assert said(process) == "mine"
        process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(DrivenError):
                FileLeases(folder).take("CM-0001", ALICE)
        finally:
            process.send_signal(signal.SIGCONT)
            tell(process)


def test_of_two_that_race_one_wins(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    with holder(folder, "alice") as one, holder(folder, "bob") as two:
        tell(one)
        tell(two)
        answers = sorted([said(one), said(two)])
        for process in (one, two):
            if process.poll() is None:
                process.kill()

    assert answers[1] == "mine"
    assert answers[0] in ("driven by alice", "driven by bob", "driven by somebody")


def test_who_only_asks_keeps_no_driver_out(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path / "leases")
    leases.take("CM-0001", ALICE).free()
    for _ in range(100):
        assert leases.driver("CM-0001") is None
        leases.take("CM-0001", ALICE).free()


def test_asking_creates_nothing(tmp_path: Path) -> None:
    assert FileLeases(tmp_path / "leases").driver("CM-0001") is None
    assert list(tmp_path.iterdir()) == []


def test_files_and_folders_are_this_users_alone(tmp_path: Path) -> None:
    lease = FileLeases(tmp_path / "leases").take("CM-0001", ALICE)
    path = tmp_path / "leases" / "CM-0001.lock"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    lease.free()
    assert path.exists()


@pytest.mark.parametrize("kind", ["link", "hard", "fifo", "open"])
def test_a_file_that_may_be_anothers_is_refused(tmp_path: Path, kind: str) -> None:
    """Nobody can tell then who drives: refused, not mended."""
    folder = tmp_path / "leases"
    FileLeases(folder).take("CM-0002", ALICE).free()
    path, other = folder / "CM-0001.lock", folder / "CM-0002.lock"
    if kind == "link":
        path.symlink_to(other)
    elif kind == "hard":
        path.hardlink_to(other)
    elif kind == "fifo":
        os.mkfifo(path, 0o600)
    else:
        path.touch()
        path.chmod(0o666)

    with pytest.raises(RefusedError):
        FileLeases(folder).take("CM-0001", ALICE)
    with pytest.raises(RefusedError):
        FileLeases(folder).driver("CM-0001")


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "leases"
    FileLeases(folder).take("CM-0001", ALICE).free()
    folder.chmod(0o777)

    with pytest.raises(RefusedError):
        FileLeases(folder).take("CM-0001", ALICE)


def test_where_none_can_be_made_nobody_can_tell(tmp_path: Path) -> None:
    (tmp_path / "leases").touch()

    with pytest.raises(LeaseError) as caught:
        FileLeases(tmp_path / "leases").take("CM-0001", ALICE)
    assert "whether CM-0001 is driven cannot be told" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"who": 1}', '{"since": "x", "who": ""}', "\xff"])
def test_a_description_that_says_nothing_still_means_held(tmp_path: Path, text: str) -> None:
    leases = FileLeases(tmp_path / "leases")
    lease = leases.take("CM-0001", ALICE)
    (tmp_path / "leases" / "CM-0001.lock").write_bytes(text.encode("latin-1"))

    assert leases.driver("CM-0001") == UNREADABLE
    with pytest.raises(DrivenError) as caught:
        leases.take("CM-0001", ALICE)
    assert "by somebody (what they run cannot be read)" in str(caught.value)
    lease.free()


def test_in_memory_a_dead_process_holds_nothing() -> None:
    leases = MemoryLeases()
    leases.take("CM-0001", ALICE)
    leases.end(123)

    assert leases.driver("CM-0001") is None


def test_in_memory_a_broken_lease_tells_nothing() -> None:
    leases = MemoryLeases()
    leases.broken = "read-only file system"

    with pytest.raises(LeaseError):
        leases.driver("CM-0001")
    with pytest.raises(LeaseError):
        leases.take("CM-0001", ALICE)
