"""Data files come from the package if it carries them, else from the working tree."""

from pathlib import Path

import pytest

from mcm.core.errors import UsageError
from mcm.data import data_names, data_path, read_data


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package: data inside, and a stray folder of the same name beside it."""
    for folder, text in [("mcm/_data/checks", "inside"), ("checks", "beside")]:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "alarms.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "mcm"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A working tree: the data folders are at its root."""
    (tmp_path / "mcm").mkdir()
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "b.md").write_text("b", encoding="utf-8")
    (tmp_path / "runbooks" / "a.md").write_text("a", encoding="utf-8")
    (tmp_path / "runbooks" / ".hidden").write_text("", encoding="utf-8")
    return tmp_path / "mcm"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "", ".hidden", "a\n", "á.md"])
def test_a_name_that_could_leave_the_folder_is_refused(package: Path, name: str) -> None:
    with pytest.raises(UsageError, match="bad name"):
        data_path("checks", name, package=package)


def test_a_missing_file_is_refused_with_the_names_that_exist(package: Path) -> None:
    with pytest.raises(UsageError, match=r"no alarm\.yaml .* holds alarms\.yaml"):
        read_data("checks", "alarm.yaml", package=package)


def test_an_unknown_kind_is_refused(package: Path) -> None:
    with pytest.raises(UsageError, match="no data folder"):
        read_data("secrets", "a", package=package)  # type: ignore[arg-type]


def test_an_installed_package_reads_its_own_data(package: Path) -> None:
    """A folder that happens to lie beside the package is not looked at."""
    assert read_data("checks", "alarms.yaml", package=package) == "inside"
    assert data_names("templates", package=package) == ()


def test_a_working_tree_reads_the_folders_at_its_root(tree: Path) -> None:
    assert data_names("runbooks", package=tree) == ("a.md", "b.md")
    assert read_data("runbooks", "a.md", package=tree) == "a"
