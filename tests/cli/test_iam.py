"""`mcm iam-policy` prints from mcm.yaml alone: no AWS, no sandbox."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm.cli.main import run
from mcm.sandbox.example import example_files


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text = example_files(datetime(2026, 3, 11, 9, tzinfo=UTC))["mcm.yaml"]
    (tmp_path / "mcm.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_one_role_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam-policy", "--role", "approver", "--stage", "prod-us"]) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    answers = [s for s in document["Statement"] if s["Sid"] == "AnswerApproval"]
    assert answers[0]["Resource"] == [
        "arn:aws:codepipeline:us-east-1:111111111111:ParcelPhotoCheck/ApproveUS/Approve"
    ]
    assert "sandbox" in told.err


def test_all_four_come_under_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam-policy", "--all"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["requester", "operator", "approver", "on-call"]


def test_terraform_is_a_data_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["iam-policy", "--role", "on-call", "--format", "terraform"]) == 0
    out = capsys.readouterr().out
    assert 'data "aws_iam_policy_document" "mcm_parcel_photo_check_on_call" {' in out


def test_another_account_is_read_in_by_a_document_of_its_own(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (here / "mcm.yaml").read_text()
    before, after = text.split("region: ap-northeast-1\n", 1)
    after = after.replace("111111111111", "222222222222", 1)
    (here / "mcm.yaml").write_text(f"{before}region: ap-northeast-1\n{after}")
    assert run(["iam-policy", "--role", "operator"]) == 0
    assert "222222222222 as well" in capsys.readouterr().err
    assert run(["iam-policy", "--role", "operator", "--account", "222222222222"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [s["Sid"] for s in document["Statement"]] == ["ReadEndpoints", "ReadAlarmsAndMetrics"]
    assert run(["iam-policy", "--all"]) == 0
    assert "operator@222222222222" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("{open: ProdUS}", "AWS asks for no second person"),
        ("{approve: ApproveUS/Approve}", "not the operator"),
        ("{approve: ProdUS/Approve, open: ProdUS}", "inside the stage"),
    ],
)
def test_a_gate_that_weakens_enforcement_is_named(
    here: Path, capsys: pytest.CaptureFixture[str], gate: str, told: str
) -> None:
    text = (here / "mcm.yaml").read_text()
    (here / "mcm.yaml").write_text(text.replace("{approve: ApproveUS/Approve, open: ProdUS}", gate))
    assert run(["iam-policy", "--role", "on-call", "--stage", "prod-us"]) == 0
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "iam-policy",
        "iam-policy --role boss",
        "iam-policy --all --role operator",
        "iam-policy --all --format yaml",
        "iam-policy --role operator --account 999999999999",
    ],
)
def test_what_cannot_be_printed_is_usage(capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert run(line.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "error:" in told.err
