"""`mcm demo`: the six steps, in processes, without anybody's help."""

import subprocess
import sys
from pathlib import Path

from mcm.cli.demo import next_folder
from mcm.sandbox import process
from tests.cli.conftest import ENV


def test_the_demo_goes_through_and_leaves_its_records(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mcm.cli.main", "demo", "--out", "out"],
        cwd=tmp_path,
        env=ENV,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    folder = tmp_path / "out/run-1"

    assert done.returncode == 0, said[-2000:]
    assert "(exit code 4, as it must be)" in said
    assert "(exit code 5, as it must be)" in said
    assert "already rolled back at" in said
    for change in ("CM-0001", "CM-0002"):
        assert (folder / f"changes/{change}/record.md").read_text().startswith(f"# {change}")
    assert process.status(folder) is None


def test_each_run_has_a_directory_of_its_own(tmp_path: Path) -> None:
    first, second = next_folder(tmp_path), next_folder(tmp_path)

    assert [first.name, second.name] == ["run-1", "run-2"]
