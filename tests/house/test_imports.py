"""Who may import whom. The contracts are in pyproject.toml; core is also checked by name."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, parsed, python_files, shown


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that one file imports, by their full names."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def test_the_import_contracts_are_kept() -> None:
    """The report of a broken contract names the import and its line."""
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_core_imports_the_standard_library_and_itself_only() -> None:
    """The contracts forbid a list; this allows one, so a new dependency cannot slip by."""
    foreign = [
        f"{shown(path)}: {name}"
        for path in python_files("mcm")
        if path.relative_to(ROOT).parts[1] == "core"
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("mcm.core")
    ]

    assert foreign == []


def test_what_stands_flat_in_core_imports_none_of_its_folders() -> None:
    """These are the words that all folders share; how the folders stand is a contract."""
    core = ROOT / "mcm" / "core"
    folders = {path.name for path in core.iterdir() if path.is_dir()}
    upward = [
        f"{shown(path)}: {name}"
        for path in python_files("mcm")
        if path.parent == core
        for name in imported(path)
        if name.startswith("mcm.core.") and name.split(".")[2] in folders
    ]

    assert upward == []
