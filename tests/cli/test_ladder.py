"""Where the pipeline cannot roll back: said at once, and down the ladder by one key a rung."""

import shutil
from typing import Any

import pytest

from mcm.aws.session import connect
from mcm.cli.ladder import RUNGS, rung_of
from mcm.core.runbooks.runbook import COMMAND
from tests.cli.conftest import Shop
from tests.cli.test_runbook import facts_of, load

GO = "rollback --stage prod-us"
KEY = "q leave): "


def port(shop: Shop) -> Any:
    return connect(
        "us-east-1",
        profile="alice",
        endpoint_url=shop.sandbox.endpoint_url,
        credentials_file=shop.sandbox.credentials_file,
    )


def edit_pipeline(shop: Shop) -> None:
    found = port(shop).call("codepipeline", "GetPipeline", {"name": "ParcelPhotoCheck"})
    port(shop).call("codepipeline", "UpdatePipeline", {"pipeline": found["pipeline"]})


def test_the_runbook_has_every_rung_that_mcm_climbs() -> None:
    book = facts_of(load("pipeline-cannot-roll-back"))
    found = [rung_of(step.block) for step in book.steps if step.kind == COMMAND]
    assert tuple(name for name in found if name) == RUNGS


@pytest.mark.parametrize(
    "command",
    ["mcm rollback --stage x", "mcm rollback --rung", "aws x --rung redeploy", "mcm 'x", ""],
)
def test_other_commands_climb_nothing(command: str) -> None:
    assert rung_of(command) == ""


def test_without_a_terminal_the_ladder_is_printed_and_not_climbed(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_pipeline(shop)
    assert shop.mcm(f"{GO} --no-input") == 6
    said = capsys.readouterr().err
    assert said.count("no earlier execution succeeded in ProdUS") == 1
    assert "prod-us: the pipeline cannot roll back; what is left, one key a rung:" in said
    assert "1. Deploy the old revisions again" in said
    assert "Possible: deploys ParcelPhotoCheck" in said
    assert "Approvals on the way: ApproveEU/Approve" in said
    assert "Not possible: no journal here noted what the endpoints" in said
    assert "at a terminal climbs it" in said
    assert shop.sent("StartPipelineExecution") == 0
    assert shop.sent("RollbackStage") == 0


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_is_not_climbed_without_a_key(
    shop: Shop, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm(f"{GO} --rung {name}") == 2
    assert "nobody at a terminal can be asked" in capsys.readouterr().err
    assert shop.sent("StartPipelineExecution") == 0


def test_a_person_goes_down_the_ladder_one_key_a_rung(shop: Shop) -> None:
    edit_pipeline(shop)
    code, said = shop.type(GO, "s", KEY, [(KEY, "y"), (KEY, "q")])
    assert code == 6, said
    assert "Step 1 of 9: Deploy the old revisions again" in said
    assert "Step 2 of 9: Put the endpoint back" in said
    assert "Not possible" in said
    assert shop.sent("StartPipelineExecution") == 0
    kinds = [k for k in shop.kinds("ROLLBACK-prod-us") if k.startswith("runbook")]
    assert kinds == ["runbook_started", "runbook_step", "runbook_intent", "runbook_outcome"]


def test_the_key_starts_the_pipeline_once_and_says_where_it_waits(shop: Shop) -> None:
    edit_pipeline(shop)
    code, said = shop.type(GO, "y", KEY, [(KEY, "q")])
    assert code == 6, said
    assert "waits behind it" in said
    assert "waits for an answer at ApproveUS/Approve" in " ".join(said.split())
    assert shop.sent("StartPipelineExecution") == 1
    code, said = shop.type(GO, "y", KEY, [(KEY, "q")])
    assert code == 6, said
    assert shop.sent("StartPipelineExecution") == 1


def test_a_rung_that_put_the_stage_back_gives_a_ticket_and_is_no_success(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    edit_pipeline(shop)
    code, said = shop.type(f"{GO} --rung endpoint", "y", "any other key to leave. ")

    assert code == 0, said
    assert "PUT BACK prod-us (ProdUS of ParcelPhotoCheck, us-east-1): done" in said
    assert "left    drift" in said
    assert max(len(line) for line in said.splitlines()) <= 80
    capsys.readouterr()
    assert shop.mcm("status CM-0001") == 0
    shown = capsys.readouterr().out
    assert "prod-us: rolled back" in shown
    assert "put back by hand" in shown


def test_a_ladder_of_the_projects_own_that_cannot_be_used_is_passed_over(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_pipeline(shop)
    folder = shop.root / "runbooks"
    folder.mkdir()
    (folder / "pipeline-cannot-roll-back.md").write_text("---\nname: other\n---\n")
    try:
        assert shop.mcm(f"{GO} --no-input") == 6
    finally:
        shutil.rmtree(folder)
    said = capsys.readouterr().err
    assert "warning: the project's own ladder is passed over" in said
    assert "1. Deploy the old revisions again" in said
