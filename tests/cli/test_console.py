"""An approver with nothing but the console: one line pasted, and the walk goes on."""

import pytest

from mcm.aws.session import connect
from tests.cli.conftest import Shop


def answer(shop: Shop, person: str, comment: str) -> None:
    """Let a person answer the approval action with their own credentials."""
    port = connect(
        "us-east-1",
        profile=person,
        endpoint_url=shop.sandbox.endpoint_url,
        credentials_file=shop.sandbox.credentials_file,
    )
    state = port.call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
    [stage] = [each for each in state["stageStates"] if each["stageName"] == "ApproveUS"]
    port.call(
        "codepipeline",
        "PutApprovalResult",
        {
            "pipelineName": "ParcelPhotoCheck",
            "stageName": "ApproveUS",
            "actionName": "Approve",
            "token": stage["actionStates"][0]["latestExecution"]["token"],
            "result": {"status": "Approved", "summary": comment},
        },
    )


def asked(shop: Shop, capsys: pytest.CaptureFixture[str]) -> str:
    """Plan and request; return the line that is to be pasted."""
    shop.mcm("plan CM-0001")
    capsys.readouterr()
    assert shop.mcm("request CM-0001") == 0
    said = capsys.readouterr().err
    assert "or answers ApproveUS/Approve with this comment:" in said
    return next(line.strip() for line in said.splitlines() if line.startswith("  mcm1 "))


def test_the_line_that_request_prints_approves(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    line = asked(shop, capsys)
    assert line == f"mcm1 CM-0001 prod-us {shop.plan().digest[:12]}"
    answer(shop, "bob", line)

    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 0
    evidence = next(entry for entry in shop.entries() if entry.kind == "gates_open")
    [counted] = evidence.body["approvals"]
    assert counted["person"] == "bob"
    assert counted["answered_by"].endswith(":user/bob")
    capsys.readouterr()
    assert shop.mcm("verify CM-0001") == 7
    assert "`mcm verify --aws` asks it" in capsys.readouterr().out
    assert shop.mcm("verify CM-0001 --aws") == 0
    said = capsys.readouterr().out
    assert "approved by bob" in said.splitlines()[0]
    assert "with this plan's line, says AWS" in said


def test_threat_1_the_requesters_own_answer_promotes_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(shop, "alice", asked(shop, capsys))

    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 4
    assert "alice" in capsys.readouterr().err
    assert shop.entries()[-1].kind == "refused"
    assert shop.sent("EnableStageTransition") == 0


def test_threat_13_another_plans_line_promotes_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """bob pasted what was printed before the change was planned anew."""
    line = asked(shop, capsys)
    shop.edit("changes/CM-0001/change.yaml", "PHOTO-417", "PHOTO-9")
    assert asked(shop, capsys) != line
    answer(shop, "bob", line)

    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 4
    assert "[E_PLAN_CHANGED]" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == 0


def test_a_plain_yes_is_no_approval(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    asked(shop, capsys)
    answer(shop, "bob", "looks good")

    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 3
    assert shop.sent("EnableStageTransition") == 0


def test_an_answer_and_a_signature_of_one_person_agree(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who answered by the line may sign as well, and counts once."""
    line = asked(shop, capsys)
    answer(shop, "bob", line)
    code, text = shop.approve()
    assert code == 0, text

    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 0
    evidence = next(entry for entry in shop.entries() if entry.kind == "gates_open")
    assert [each["person"] for each in evidence.body["approvals"]] == ["bob"]
