"""The benchmark's table says what was measured; nothing here takes a time."""

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from tests.house.tree import ROOT


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """Load the script as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("bench", ROOT / "benchmarks/bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench"] = module
    spec.loader.exec_module(module)
    return module


def test_a_command_that_fails_is_not_counted_as_fast(bench: ModuleType) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        bench.timed([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_missed_floor_is_marked_and_a_met_one_is_not(bench: ModuleType) -> None:
    met, missed = bench.Row("a", 0.03, 0.10, 0.30), bench.Row("bb", 0.04, 0.10, 0.30)

    _, first, second = bench.table([met, missed]).splitlines()

    assert first.split() == ["a", "30", "ms", "100", "ms", "0.30", "0.30"]
    assert second.split()[-3:] == ["0.40", "0.30", "MISSED"]
