"""deploy: holds, runs, survives being stopped anywhere, and never promotes twice."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ENV, Shop

DIE = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from mcm.app.planning import load_plan
from mcm.app.runner import start_walk
from mcm.app.writer import Writer
from mcm.cli.compose import Project
from mcm.cli.live import LineView
from mcm.core.history.goal import GoForward

class Dying:
    def __init__(self, inner): self.inner = inner
    def perform(self, instruction):
        if "{moment}" == "after":
            self.inner.perform(instruction)
        os.kill(os.getpid(), signal.SIGKILL)

project = Project(Path.cwd())
plan = load_plan(project.folder("CM-0001"), "CM-0001")
goal = GoForward(plan, ("prod-us",))
runner = project.runner(LineView())
writer = Writer(project.journal, "CM-0001", runner.listener.lost)
start_walk(writer, goal, "alice", project.clock)
replace(runner, performer=Dying(runner.performer)).run(goal, writer)
"""


def test_without_an_approval_it_holds(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3 at the first closed gate without a terminal, with the reason and what next."""
    shop.mcm("plan CM-0001")
    capsys.readouterr()

    assert shop.mcm("deploy CM-0001 --stage ProdUS") == 3
    said = capsys.readouterr().err
    assert "SANDBOX" in said
    assert "held at the gate execution" in said
    assert "0 of 1 persons approved" in said
    assert "`mcm approve CM-0001 --stage prod-us` is for a second person" in said
    assert shop.sent("EnableStageTransition") == 0


def test_the_way_back_is_proven_before_anything_is_promoted(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("plan CM-0001")
    planned = capsys.readouterr().out
    shop.mcm("deploy CM-0001 --stage prod-us --no-input")
    said = capsys.readouterr().err

    target = shop.plan().stages[0].rollback_target[:8]
    for text in (planned, said):
        assert "  way back   1 close the way into ProdUS" in text
        assert f"RollbackStage ProdUS to {target}" in text
        assert "4 verify photo-check-us: what it serves now (photo-check-us-v6)" in text


def test_it_waits_at_a_gate_for_as_long_as_it_is_told(shop: Shop) -> None:
    shop.mcm("plan CM-0001")

    assert shop.mcm("deploy CM-0001 --stage prod-us --wait=1s") == 3
    assert shop.mcm("deploy CM-0001 --stage prod-us --wait=1") == 2


def test_an_approved_change_goes_through(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """First rehearsed, which writes and sends nothing; then done, once."""
    shop.ready()
    before = shop.entries()
    capsys.readouterr()

    assert shop.mcm("deploy CM-0001 --stage prod-us --dry-run") == 0
    assert "would send open_transition to ParcelPhotoCheck/ProdUS" in capsys.readouterr().out
    assert (shop.entries(), shop.sent("EnableStageTransition")) == (before, 0)

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    said = capsys.readouterr().err
    target = shop.plan().stages[0].rollback_target
    assert said.index("mcm rollback --stage prod-us") < said.index("open the way into ProdUS")
    assert f"--target-pipeline-execution-id {target}" in said
    assert shop.stage() == shop.plan().execution
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    assert shop.sent("EnableStageTransition") == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_intent_and_outcome_the_same_command_finishes(
    shop: Shop, moment: str
) -> None:
    """Whether AWS had been told or not, the way in is opened once."""
    shop.ready()
    died = subprocess.run(
        [sys.executable, "-c", DIE.format(moment=moment)], cwd=shop.root, env=ENV, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert shop.kinds()[-1] == "intent"

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    assert shop.sent("EnableStageTransition") == 1
    assert shop.stage() == shop.plan().execution


def test_ctrl_c_is_130_and_the_same_command_goes_on(shop: Shop) -> None:
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 4s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert process.returncode == 130
    assert said.rstrip().endswith("interrupted; run the same command to go on")
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    assert shop.sent("EnableStageTransition") == 1


def test_expired_credentials_are_8_with_the_way_back_for_others(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the bake: mcm's line and the plain ones are printed last."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 20s, min_samples: 1}")
    shop.ready()
    capsys.readouterr()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        shop.mcm("sandbox fault expired-credentials")
        _, said = process.communicate(timeout=40)

    assert process.returncode == 8
    last = said.splitlines()[-5:]
    assert any("mcm rollback --stage prod-us" in line for line in last)
    assert any("aws codepipeline rollback-stage" in line for line in last)


def test_a_window_that_closes_while_waiting_holds(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan's window is closed: exit 3, and when it opens."""
    text = (shop.root / "mcm.yaml").read_text()
    line = next(each for each in text.splitlines() if each.strip().startswith("quiet:"))
    shop.edit("mcm.yaml", line, '  quiet: {cron: "0 0 1 1 *", duration: 1h, timezone: UTC}')
    shop.ready()
    capsys.readouterr()

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 3
    assert "held at the gate window" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == 0


def test_a_watch_past_the_budget_does_not_start_and_voids_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told when the change is planned, too; the budget lies in no plan."""
    text = (shop.root / "mcm.yaml").read_text()
    (shop.root / "mcm.yaml").write_text(f"{text}budget: 0.000001 USD\n")
    shop.ready()
    planned = capsys.readouterr()
    assert "budget: 0.000001 USD" in planned.out
    assert "warning: the watch of prod-us, up to its bake's limit" in planned.err

    assert shop.mcm("deploy CM-0001 --stage prod-us --dry-run") == 2
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 2
    refused = capsys.readouterr().err
    assert "mcm.yaml's budget is $0.000001" in refused
    assert "Write `budget: 0.0" in refused
    assert shop.sent("EnableStageTransition") == 0

    (shop.root / "mcm.yaml").write_text(f"{text}budget: 1 USD\n")
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0


def test_a_freeze_written_after_the_approval_closes_a_gate_and_voids_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is read live: the signature stays good for when the freeze is over."""
    shop.ready()
    times = "from: 2020-01-01T00:00, to: 2099-01-01T00:00, timezone: UTC"
    freeze = f"freezes: [{{name: now, {times}, reason: audit}}]\n"
    with (shop.root / "mcm.yaml").open("a") as file:
        file.write(freeze)

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 3
    assert "freeze now until" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == 0


def test_a_sandbox_that_is_down_is_blind(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mcm.yaml").write_text((shop.root / "mcm.yaml").read_text())
    folder = tmp_path / "changes/CM-0001"
    folder.mkdir(parents=True)
    source = shop.root / "changes/CM-0001/change.yaml"
    (folder / "change.yaml").write_text(source.read_text())
    monkeypatch.chdir(tmp_path)

    assert shop.mcm("plan CM-0001") == 8
    assert "the sandbox is not running" in capsys.readouterr().err


def test_an_approval_that_comes_while_it_waits_lets_it_go_on(shop: Shop) -> None:
    """The walk never blocks on a keyboard: the second person is elsewhere."""
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    with shop.start("deploy CM-0001 --stage prod-us --wait=30s") as process:
        shop.wait_for("gate_changed")
        assert shop.approve()[0] == 0
        _, said = process.communicate(timeout=40)

    assert process.returncode == 0, said
    assert shop.sent("EnableStageTransition") == 1


def test_on_call_takes_it_back_in_the_bake_and_the_walk_ends_with_it(shop: Shop) -> None:
    """One rollback, whoever asked; the walk reports it with 5."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 25s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        assert shop.mcm("rollback --stage prod-us --no-input") == 0
        _, said = process.communicate(timeout=40)

    assert process.returncode == 5, said
    assert shop.sent("RollbackStage") == 1


def test_a_walk_interrupted_at_a_gate_has_promoted_nothing(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    with shop.start("deploy CM-0001 --stage prod-us --wait=30s") as process:
        shop.wait_for("gate_changed")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=40)

    assert process.returncode == 130, said
    assert "nothing is promoted into prod-us yet; `mcm deploy CM-0001 --stage prod-us`" in said
    assert "nobody watches" not in said


def test_an_interrupted_walk_says_what_is_left_unwatched(shop: Shop) -> None:
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 25s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=40)

    assert process.returncode == 130, said
    assert "nobody watches prod-us until `mcm deploy CM-0001 --stage prod-us` goes on" in said
    assert "`mcm rollback --stage prod-us` takes it back" in said


def test_a_second_driver_is_refused_and_the_first_goes_on(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3 with who drives, since when and how to see it; nothing is journaled twice."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 6s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        capsys.readouterr()
        assert shop.mcm("deploy CM-0001 --stage prod-us") == 3
        said = capsys.readouterr().err
        _, first = process.communicate(timeout=40)

    assert process.returncode == 0, first
    assert f"by alice (mcm deploy, pid {process.pid} on " in said
    assert "`mcm watch CM-0001` shows it" in said
    assert shop.kinds().count("walk_started") == 1


def test_a_driver_that_is_killed_is_followed_by_the_next(shop: Shop) -> None:
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 2s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        process.kill()
        process.communicate(timeout=20)

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    assert shop.sent("EnableStageTransition") == 1


def test_without_a_lease_nothing_begins_and_what_is_out_there_is_watched(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here a file lies where the leases should: nobody can tell who drives."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 4s, min_samples: 1}")
    shop.ready()
    leases = shop.root / ".mcm/leases"
    shutil.rmtree(leases, ignore_errors=True)
    leases.touch()
    try:
        assert shop.mcm("deploy CM-0001 --stage prod-us") == 8
        assert "walk_started" not in shop.kinds()
        assert "whether CM-0001 is driven cannot be told" in capsys.readouterr().err

        leases.unlink()
        with shop.start("deploy CM-0001 --stage prod-us") as process:
            shop.wait_for("bake_started")
            process.kill()
            process.communicate(timeout=20)
        shutil.rmtree(leases)
        leases.touch()
        assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
        assert "prod-us stays watched all the same" in capsys.readouterr().err
        assert shop.kinds()[-1] == "stage_ended"
    finally:
        leases.unlink()
