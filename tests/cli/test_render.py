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


def test_without_a_change_every_record_is_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As CI runs it: however many changes are open, and each stale one is named."""
    for change in folder.parent.iterdir():
        run(["render", change.name])
    run(["render", CHANGE, "--format", "html"])
    assert len(list(folder.parent.iterdir())) > 1
    assert run(["render", "--check"]) == Exit.DONE
    for change in folder.parent.iterdir():
        (change / "record.md").write_text("old")
    (folder / "record.html").write_text("old")
    capsys.readouterr()

    assert run(["render", "--check"]) == Exit.USAGE
    err = capsys.readouterr().err
    assert all(f"{change.name}/record.md" in err for change in folder.parent.iterdir())
    assert f"`mcm render {CHANGE}` and `mcm render {CHANGE} --format html`" in err


def test_a_draft_without_its_record_is_stale_without_being_named(folder: Path) -> None:
    run(["render", CHANGE])

    assert run(["render", "--check"]) == Exit.USAGE


def test_a_change_that_is_not_there_is_told_with_the_next_step(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of many changes only a few are named: the line is read at 80 columns."""
    for number in range(100, 130):
        (folder.parent / f"CM-{number}").mkdir()
        (folder.parent / f"CM-{number}" / "change.yaml").write_text("id: x\n")

    assert run(["render", "CM-9999"]) == Exit.USAGE
    err = capsys.readouterr().err
    assert "CM-129" in err
    assert "CM-101" not in err
    assert "`mcm list` shows all; `mcm new CM-9999` begins it." in err


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
