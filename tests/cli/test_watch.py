"""watch: from another terminal, without a trace."""

import shutil
import signal
from pathlib import Path

import pytest

from mcm.app.bystander import Seen
from mcm.aws.session import connect
from mcm.cli.bystander import summary
from mcm.core.history.goal import Observe
from mcm.core.history.journal import Draft, chain_all
from mcm.core.plans.plan import Plan
from tests.cli.conftest import Shop
from tests.kit.clock import START
from tests.kit.world import STAGE, World, stage_plan


def test_without_a_walk_it_says_how_one_begins(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    capsys.readouterr()

    assert shop.mcm("watch CM-0001") == 0
    assert "`mcm deploy CM-0001` begins one" in capsys.readouterr().err


def test_it_follows_a_walk_that_another_process_drives(shop: Shop) -> None:
    """To its end, with exit 0; who drives is named, and nothing is added to what is done."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 5s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as driver:
        shop.wait_for("bake_started")
        with shop.start("watch CM-0001") as onlooker:
            out, said = onlooker.communicate(timeout=40)
        driver.communicate(timeout=40)

    assert (driver.returncode, onlooker.returncode) == (0, 0), said
    assert f"by alice (mcm deploy, pid {driver.pid} on " in out
    assert "prod-us: deployed; the bake begins" in out
    assert "prod-us: succeeded" in out
    assert "the walk has ended: succeeded: prod-us" in said
    assert shop.kinds().count("walk_started") == 1
    assert shop.sent("EnableStageTransition") == 1


def test_nobody_drives_is_said_with_what_goes_on(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    shop.mcm("deploy CM-0001 --stage prod-us --detach")
    before = shop.entries()
    capsys.readouterr()

    assert shop.mcm("watch CM-0001 --no-follow") == 0
    assert "nobody drives it: `mcm deploy CM-0001 --stage prod-us`" in capsys.readouterr().out
    assert shop.entries() == before
    assert shop.sent("EnableStageTransition") == 0


def test_ctrl_c_leaves_the_walk_as_it_is(shop: Shop) -> None:
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 6s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as driver:
        shop.wait_for("bake_started")
        with shop.start("watch CM-0001") as onlooker:
            assert onlooker.stdout is not None
            onlooker.stdout.readline()
            onlooker.send_signal(signal.SIGINT)
            onlooker.communicate(timeout=20)
        _, said = driver.communicate(timeout=40)

    assert onlooker.returncode == 130
    assert driver.returncode == 0, said


ALONE = "watch --pipeline ParcelPhotoCheck --sandbox --stage ProdUS"


def test_a_pipeline_can_be_watched_from_an_empty_directory(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copytree(shop.root / ".mcm-sandbox", folder / ".mcm-sandbox")
    monkeypatch.chdir(folder)

    assert shop.mcm(f"{ALONE} --no-follow") == 0
    said = capsys.readouterr()

    assert "watching prod-us (ProdUS) for 15s after a deployment, by 2 alarms, endpoint" in said.err
    assert "OBSERVED" not in said.out  # it has not ended
    assert [path.name for path in folder.iterdir()] == [".mcm-sandbox"]


def test_a_service_that_only_observes_sends_nothing_and_rolls_back_all_the_same(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    shop.edit("mcm.yaml", "version: 1\n", "version: 1\nmode: observe\n")

    assert shop.mcm("watch --no-follow --stage prod-us") == 0
    assert "watching prod-us (ProdUS) for 1s" in capsys.readouterr().err
    assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 2
    assert "mode: observe" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == 0
    assert shop.mcm("rollback --stage prod-us --no-input") == 0
    assert shop.sent("RollbackStage") == 1


def test_what_others_deploy_is_told_with_what_mcm_would_have_done(shop: Shop) -> None:
    shop.edit("mcm.yaml", "version: 1\n", "version: 1\nmode: observe\n")
    port = connect(
        "us-east-1",
        profile="console",
        endpoint_url=shop.sandbox.endpoint_url,
        credentials_file=shop.sandbox.credentials_file,
    )
    where = {"pipelineName": "ParcelPhotoCheck"}
    state = port.call("codepipeline", "GetPipelineState", {"name": "ParcelPhotoCheck"})
    ask = next(s for s in state["stageStates"] if s["stageName"] == "ApproveUS")["actionStates"][0]
    answer = {
        **where,
        "stageName": "ApproveUS",
        "actionName": "Approve",
        "token": ask["latestExecution"]["token"],
        "result": {"status": "Approved", "summary": "by hand"},
    }
    watching = shop.start("watch --stage prod-us")
    assert watching.stderr is not None
    assert watching.stderr.readline()
    port.call("codepipeline", "PutApprovalResult", answer)
    opened = {**where, "stageName": "ProdUS", "transitionType": "Inbound"}
    port.call("codepipeline", "EnableStageTransition", opened)
    out, err = watching.communicate(timeout=60)

    assert watching.returncode == 0, err
    assert "OBSERVED prod-us" in out
    assert "mcm would  have called it succeeded, too" in out


def seen(*drafts: Draft) -> Seen:
    stage = stage_plan("")
    plan = Plan.from_bytes(World().plan(stages=(stage,), execution="e1").to_bytes())
    return Seen(Observe(plan), chain_all(None, drafts), None)


EVIL = "\x1b[2J<b>\u202e"


def test_the_summary_says_breach_steps_and_what_happened_with_hostile_words_as_text() -> None:
    told = "\n".join(
        summary(
            seen(
                Draft("observed", {"stage": STAGE, "execution": EVIL}, START),
                Draft("breach", {"stage": STAGE, "reason": EVIL}, START),
                Draft(
                    "would",
                    {
                        "stage": STAGE,
                        "act": "roll_back",
                        "target": "old",
                        "steps": [f"close {EVIL}"],
                        "why_not": EVIL,
                    },
                    START,
                ),
                Draft("stage_ended", {"stage": STAGE, "outcome": "failed", "reason": EVIL}, START),
            )
        )
    )

    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "mcm would  09:30:00Z  have rolled back to old:" in told
    assert "1. close \\u{1b}[2J" in told


def test_a_watch_that_was_left_says_so() -> None:
    assert "nothing was deployed" in "\n".join(summary(seen()))
    body = {"stage": STAGE, "execution": "e1"}
    assert "left before its end" in "\n".join(summary(seen(Draft("observed", body, START))))
