"""`mcm render`: both forms, and whether what lies there is still true."""

from pathlib import Path

import pytest

from mcm.cli.main import run
from mcm.clock import SystemClock
from mcm.core.errors import Exit
from mcm.sandbox.example import example_files

CHANGE = "CM-0001"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's files, before anything was planned."""
    for name, text in example_files(SystemClock().now()).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "changes" / CHANGE


def test_it_writes_markdown_and_html_beside_the_change(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", CHANGE]) == Exit.DONE
    assert run(["render", CHANGE, "--format", "html"]) == Exit.DONE

    out = capsys.readouterr().out.split()
    assert out == [f"changes/{CHANGE}/record.md", f"changes/{CHANGE}/record.html"]
    assert (folder / "record.md").read_text(encoding="utf-8").startswith(f"# {CHANGE}: Let photo")
    assert "<h1" in (folder / "record.html").read_text(encoding="utf-8")


def test_check_is_content_with_what_is_current_and_writes_nothing(folder: Path) -> None:
    assert run(["render", CHANGE, "--check"]) == Exit.USAGE  # not there yet
    assert not (folder / "record.md").exists()
    run(["render", CHANGE])

    assert run(["render", CHANGE, "--check"]) == Exit.DONE


def test_check_names_what_is_stale_and_what_to_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["render", CHANGE])
    run(["render", CHANGE, "--format=html"])
    text = (folder / "change.yaml").read_text(encoding="utf-8")
    (folder / "change.yaml").write_text(text.replace("glass doors", "wooden doors"))
    capsys.readouterr()

    assert run(["render", CHANGE, "--check"]) == Exit.USAGE
    err = capsys.readouterr().err
    assert f"stale: {CHANGE}/record.md and {CHANGE}/record.html" in err
    assert f"mcm render {CHANGE}" in err
    run(["render", CHANGE])
    assert run(["render", CHANGE, "--check", "--format", "md"]) == Exit.DONE
    assert run(["render", CHANGE, "--check"]) == Exit.USAGE


def test_a_projects_own_template_is_used_and_a_link_in_its_place_is_not(folder: Path) -> None:
    text = (folder / "change.yaml").read_text(encoding="utf-8")
    (folder / "change.yaml").write_text(text.replace("shadow-model", "our-own", 1))
    own = folder.parents[1] / "templates" / "our-own.md.j2"
    own.parent.mkdir()
    assert run(["render", CHANGE]) == Exit.REFUSED

    own.write_text("{% extends 'base.md.j2' %}{% block worst %}Ours.{% endblock %}")
    assert run(["render", CHANGE]) == Exit.DONE
    assert "Ours." in (folder / "record.md").read_text(encoding="utf-8")

    own.rename(own.with_name("elsewhere"))
    own.symlink_to(own.with_name("elsewhere"))
    assert run(["render", CHANGE]) == Exit.REFUSED
