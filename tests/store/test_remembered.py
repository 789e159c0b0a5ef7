"""The memory of where pipelines were found: names only, and never in the way."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mcm.store.remembered import Answer, file_of, recall, remember

ANSWER = Answer("prod-us", "ProdUS", "ParcelPhotoCheck", "us-east-1")


def test_the_newest_comes_first_and_once(tmp_path: Path) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    other = replace(ANSWER, pipeline="LockerDoors")
    for each in (ANSWER, other, ANSWER):
        remember(path, each)

    assert recall(path) == (ANSWER, other)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    remember(path, ANSWER)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    for number in range(30):
        remember(path, replace(ANSWER, pipeline=f"p{number}"))

    assert len(recall(path)) == 20


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"version": 2, "answers": []}',
        b'{"version": 1, "answers": {}}',
        b'{"version": 1, "answers": [1, {}, {"stage": "x"}]}',
        b"[" * 50_000,
    ],
)
def test_what_is_broken_is_as_good_as_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    remember(path, ANSWER)
    path.write_bytes(data)

    assert recall(path) == ()
    remember(path, ANSWER)
    assert recall(path) == (ANSWER,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pipeline", "a b; rm -rf /"),
        ("stage", "\x1b[2J"),
        ("region", "us-east-1.evil.example"),
        ("sandbox", "yes"),
        ("pipeline_stage", 7),
    ],
)
def test_a_name_that_is_none_is_passed_over(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    remember(path, ANSWER)
    bad = {**asdict(ANSWER), field: value}
    path.write_text(json.dumps({"version": 1, "answers": [bad, asdict(ANSWER)]}))

    assert recall(path) == (ANSWER,)


def test_a_file_that_others_may_write_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    remember(path, ANSWER)
    path.chmod(0o666)

    assert recall(path) == ()


def test_a_link_is_neither_read_nor_followed(tmp_path: Path) -> None:
    path = tmp_path / "mcm" / "rollbacks.json"
    remember(path, ANSWER)
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()

    assert recall(path) == ()
    remember(path, replace(ANSWER, pipeline="Other"))
    assert elsewhere.read_bytes() == before


def test_where_nothing_can_be_written_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "mcm").write_text("a file where the folder should be")

    remember(tmp_path / "mcm" / "rollbacks.json", ANSWER)


def test_it_lies_where_the_system_keeps_state() -> None:
    assert file_of({"XDG_STATE_HOME": "/state"}) == Path("/state/mcm/rollbacks.json")
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - what the code must agree with
    expected = home / ".local/state/mcm/rollbacks.json"
    assert file_of({"XDG_STATE_HOME": "relative"}) == expected
    assert file_of({}) == expected
