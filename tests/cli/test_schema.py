"""schema: what editors read, printed and written where the files look for it."""

import json
from pathlib import Path

import pytest

from mcm.cli.main import run
from mcm.cli.schema import CHANGE_HINT, SERVICE_HINT


@pytest.mark.parametrize("name", ["service", "change"])
def test_a_schema_is_printed_as_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", name]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["additionalProperties"] is False
    assert found["properties"]["stages"]["description"]


def test_both_lie_where_the_files_look_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run(["schema", "--write"]) == 0
    printed = capsys.readouterr().out.split()[:2]
    change = tmp_path / "changes" / "CM-1" / "change.yaml"
    for hint, file in ((SERVICE_HINT, tmp_path / "mcm.yaml"), (CHANGE_HINT, change)):
        named = (file.parent / hint.partition("$schema=")[2]).resolve()
        assert str(named.relative_to(tmp_path)) in printed
        assert json.loads(named.read_text())["title"] == file.name


@pytest.mark.parametrize("line", ["schema", "schema service --write", "schema other"])
def test_what_is_neither_one_nor_both_is_refused(line: str) -> None:
    assert run(line.split()) == 2
