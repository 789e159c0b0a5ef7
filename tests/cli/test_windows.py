"""`mcm windows` and `mcm windows suggest` as they are typed, in a project and on a file."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mcm.cli.main import run
from mcm.clock import SystemClock
from mcm.probe.calendars import MOST_BYTES
from mcm.sandbox.example import example_files
from tests.cli.conftest import Shop

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example project, without any AWS; its window has been open for an hour."""
    for name, text in example_files(SystemClock().now()).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mcm.yaml"


def with_calendar(project: Path) -> None:
    """Let the first stage be denied by what `ops.ics` says."""
    text = project.read_text().replace(
        "\nstages:", "\ncalendars:\n  ops: {ics: ops.ics, timezone: UTC}\n\nstages:"
    )
    project.write_text(
        text.replace("window: quiet\n", "window: {allow: [quiet], deny: [ops]}\n", 1)
    )


def test_every_stage_is_told_and_no_aws_is_asked(project: Path, capsys: Captured) -> None:
    assert run(["windows"]) == 0
    said = capsys.readouterr()

    assert [line for line in said.out.splitlines() if line.startswith("prod-")]
    assert "open" in said.out
    assert "cannot be asked" not in said.err


def test_one_stage_has_a_picture_and_json_says_the_same(project: Path, capsys: Captured) -> None:
    assert run(["windows", "--stage", "prod-us"]) == 0
    drawn = capsys.readouterr().out
    assert run(["windows", "--stage", "prod-us", "--json"]) == 0
    (stage,) = json.loads(capsys.readouterr().out)["stages"]

    assert len(drawn.splitlines()) > 14  # a line for each of two weeks' days
    assert (stage["stage"], stage["open"]) == ("prod-us", True)


def test_a_calendar_that_cannot_be_read_closes_the_stage(project: Path, capsys: Captured) -> None:
    with_calendar(project)

    assert run(["windows", "--json"]) == 0
    first, *rest = json.loads(capsys.readouterr().out)["stages"]
    assert first["open"] is False
    assert "a calendar cannot be read" in first["reason"]
    assert all(each["open"] for each in rest)


@pytest.mark.parametrize("kind", ["pipe", "folder", "large"])
def test_a_calendar_that_is_no_small_plain_file_closes_the_stage_at_once(
    project: Path, capsys: Captured, kind: str
) -> None:
    """A pipe would let a gate wait for ever."""
    with_calendar(project)
    path = project.with_name("ops.ics")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b" " * (MOST_BYTES + 1))

    assert run(["windows", "--json"]) == 0
    first, *_ = json.loads(capsys.readouterr().out)["stages"]
    assert first["open"] is False
    assert "file refused" in first["reason"]


def test_a_stage_that_is_none_is_refused(project: Path, capsys: Captured) -> None:
    assert run(["windows", "--stage", "prod-mars"]) == 2
    assert "prod-mars" in capsys.readouterr().err


def test_quiet_hours_of_a_file_are_suggested(tmp_path: Path, capsys: Captured) -> None:
    start = datetime(2026, 2, 2, tzinfo=UTC)
    hours = (start + timedelta(hours=n) for n in range(5 * 168))
    rows = [f"{at:%Y-%m-%d %H:%M},{60 if at.hour in (2, 3, 4) else 1200}" for at in hours]
    path = tmp_path / "traffic.csv"
    path.write_text("timestamp,value\n" + "\n".join(rows))
    words = ["windows", "suggest", "--csv", str(path), "--zone", "UTC", "--hours", "3"]

    assert run([*words, "--json"]) == 0
    (window,) = json.loads(capsys.readouterr().out)["windows"]
    assert window["cron"] == "0 2 * * mon-thu"
    assert run(words[:-4]) == 2
    assert "a file says no zone" in capsys.readouterr().err


def test_quiet_hours_of_a_stage_are_suggested_as_lines_to_paste(
    shop: Shop, capsys: Captured
) -> None:
    assert shop.mcm("windows suggest --stage prod-us") == 0
    assert "  quiet-prod-us: {cron: " in capsys.readouterr().out
    assert shop.mcm("windows suggest") == 2
    assert "which stage?" in capsys.readouterr().err
