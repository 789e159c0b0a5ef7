"""What a fresh machine does: the make targets, the pins and the CI entry."""

import os
import re
import tomllib

from packaging.requirements import Requirement

from tests.house.tree import ROOT, project_files


def pins(name: str) -> dict[str, str]:
    """Return the version of each distribution that one requirements file pins."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))


def unmet(wanted: list[str], pinned: dict[str, str]) -> list[str]:
    """Return the requirements that the pins leave out or contradict."""
    parsed = [Requirement(each) for each in wanted]
    return [
        str(each)
        for each in parsed
        if not each.specifier.contains(pinned.get(each.name.lower(), "0"))
    ]


def test_the_pins_satisfy_what_the_project_asks_for() -> None:
    """An edit of pyproject.toml without `make lock` is seen here and not in an install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, extras = project["dependencies"], project["optional-dependencies"]

    assert unmet(runtime, pins("runtime.txt")) == []
    assert unmet(runtime + extras["sandbox"], pins("sandbox.txt")) == []
    assert unmet(runtime + extras["sandbox"] + extras["dev"], pins("dev.txt")) == []


def test_a_missing_or_contradicted_pin_is_seen() -> None:
    assert unmet(["rich>=15", "typer<0.29"], {"typer": "0.29.1"}) == ["rich>=15", "typer<0.29"]


def test_the_files_agree_on_every_version() -> None:
    """What is tested is what a user of the runtime file gets."""
    dev = pins("dev.txt")

    for name in ("runtime.txt", "sandbox.txt", "build.txt"):
        assert pins(name).items() <= dev.items(), name


def test_every_make_target_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    documents = [path for path in project_files() if path.suffix == ".md"]
    named = {
        target
        for path in documents
        for target in re.findall(
            r"(?:^|`)make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }

    assert {"demo", "test"} <= named
    assert named <= targets


def test_ci_runs_the_tests_and_can_be_run() -> None:
    script = ROOT / ".ci/run"

    assert os.access(script, os.X_OK)
    assert "make --no-print-directory test" in script.read_text(encoding="utf-8")
