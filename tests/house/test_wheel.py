"""The wheel holds what mcm needs away from its working tree, and nothing else."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from mcm import __version__
from tests.house.tree import ROOT

READ_ALL = """
import sys
sys.path.insert(0, sys.argv[1])
from mcm.data import KINDS, data_names, read_data
import mcm
assert mcm.__file__.startswith(sys.argv[1]), mcm.__file__
for kind in KINDS:
    for name in data_names(kind):
        read_data(kind, name)
        print(f"{kind}/{name}")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as `make wheel` does: no isolation, so no network."""
    into = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = into.glob("*.whl")
    return built


def data_files() -> set[str]:
    """Return the data files of the working tree that mcm can read by name."""
    return {
        f"{kind}/{path.name}"
        for kind in ("templates", "runbooks", "checks")
        for path in (ROOT / kind).glob("[!.]*")
        if path.is_file()
    }


def test_it_carries_name_version_and_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        info = f"mcm_deploy-{__version__}.dist-info"
        entry_points = opened.read(f"{info}/entry_points.txt").decode()
        licences = [name for name in opened.namelist() if name.endswith("LICENSE")]

    assert wheel.name == f"mcm_deploy-{__version__}-py3-none-any.whl"
    assert "mcm = mcm.cli.main:main" in entry_points
    assert licences == [f"{info}/licenses/LICENSE"]


def test_it_holds_the_package_and_no_tests_or_leftovers(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    strange = [n for n in names if not re.match(r"mcm/|mcm_deploy-[^/]+\.dist-info/", n)]

    assert "mcm/core/errors.py" in names
    assert strange == []
    assert [n for n in names if "__pycache__" in n or n.endswith(".pyc")] == []


def test_an_unpacked_wheel_reads_every_data_file(wheel: Path, tmp_path: Path) -> None:
    """From another directory, with the working tree out of reach."""
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "site")
    command = [sys.executable, "-I", "-c", READ_ALL, str(tmp_path / "site")]
    read = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)

    assert set(read.stdout.split()) == data_files()


def test_every_runtime_dependency_has_its_reason() -> None:
    """The decision record names each dependency and each extra's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    record = (ROOT / "docs/adr/0007-dependencies.md").read_text(encoding="utf-8")
    wanted = project["dependencies"] + project["optional-dependencies"]["sandbox"]
    names = [re.split(r"[\[<>=~ ]", each)[0] for each in wanted]

    assert [name for name in names if f"`{name}`" not in record] == []
