"""tick and deploy --detach: a walk that no process stays for."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from mcm.clock import SystemClock
from tests.cli.conftest import Shop

BEGIN = "deploy CM-0001 --stage prod-us --detach"


def tick_until(shop: Shop, wanted: int, state: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Tick every tenth of a second until a walk shows `state`, 20 s at most."""
    clock = SystemClock()
    lines = []
    for _ in range(200):
        capsys.readouterr()
        code = shop.mcm("tick --all --json")
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        if any(line["state"] == state for line in lines):
            assert code == wanted, lines
            return
        clock.sleep_until(clock.now() + timedelta(milliseconds=100))
    raise AssertionError(lines)


def test_nothing_begun_is_nothing_to_do(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.mcm("tick --all") == 0
    assert "no walk is begun and open; `mcm deploy" in capsys.readouterr().err
    assert shop.mcm("tick CM-0001") == 0
    assert "`mcm deploy CM-0001 --detach` begins one" in capsys.readouterr().err


def test_detached_it_begins_and_promotes_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how the walk goes on; the line for cron is data."""
    shop.ready()
    capsys.readouterr()

    assert shop.mcm(BEGIN) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"* * * * * cd {shop.root} && mcm tick --all")
    assert "`mcm tick CM-0001` turns it once" in said.err
    assert shop.kinds()[-1] == "walk_started"
    assert shop.sent("EnableStageTransition") == 0


def test_ticks_alone_bring_it_to_its_end(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.ready()
    assert shop.mcm(BEGIN) == 0

    tick_until(shop, 0, "ended", capsys)
    assert shop.kinds()[-1] == "stage_ended"
    assert shop.kinds().count("walk_started") == 1
    assert shop.stage() == shop.plan().execution
    assert shop.sent("EnableStageTransition") == 1
    assert shop.mcm("tick --all") == 0
    assert capsys.readouterr().out == ""


def test_ticks_alone_roll_a_breach_back(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 60s, min_samples: 1}")
    shop.ready()
    assert shop.mcm(BEGIN) == 0
    clock = SystemClock()
    while "bake_started" not in shop.kinds():
        assert shop.mcm("tick CM-0001") == 0
        clock.sleep_until(clock.now() + timedelta(milliseconds=100))
    shop.mcm("sandbox fault 5xx")

    tick_until(shop, 5, "ended", capsys)
    assert shop.sent("RollbackStage") == 1


def test_a_closed_gate_is_told_with_the_holds_code(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    shop.mcm(BEGIN)
    capsys.readouterr()

    assert shop.mcm("tick CM-0001") == 3
    said = capsys.readouterr()
    assert said.out.startswith("CM-0001 prod-us  held at the gate ")
    assert "CM-0001  prod-us: gate approval is closed" in said.err
    assert "`mcm approve CM-0001 --stage prod-us`" in said.err


def test_what_another_process_drives_is_left_to_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 0: the walk is turned, which is what was asked for."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 5s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        capsys.readouterr()
        assert shop.mcm("tick --all --json") == 0
        (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
        process.communicate(timeout=40)

    assert (line["state"], line["exit"]) == ("driven", 0)
    assert f"pid {process.pid}" in line["reason"]


def test_all_and_a_name_do_not_go_together(shop: Shop) -> None:
    assert shop.mcm("tick CM-0001 --all") == 2
    assert shop.mcm(f"{BEGIN} --wait=1s") == 2


def tell_by_script(shop: Shop) -> Path:
    """Let mcm.yaml name a command that keeps what it is told; return where."""
    log = shop.root / "told.txt"
    log.unlink(missing_ok=True)
    script = shop.root / "tell.sh"
    script.write_text("#!/bin/sh\ncat >> told.txt; echo >> told.txt\n")
    script.chmod(0o755)
    with (shop.root / "mcm.yaml").open("a") as file:
        file.write("notify: [{command: [./tell.sh]}]\n")
    return log


def test_who_is_told_of_a_closed_gate_is_told_once(shop: Shop) -> None:
    """Over several ticks; the journal remembers it."""
    log = tell_by_script(shop)
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    shop.mcm(BEGIN)
    for _ in range(3):
        assert shop.mcm("tick --all") == 3

    assert log.read_text().count("approval wanted") == 1
    assert shop.kinds().count("told") == 1


def test_a_bake_stays_watched_although_mcm_yaml_is_broken(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its plan says all that a watch and a way back need; the code tells cron of the file.

    Who is to be told is read from the file all the same.
    """
    log = tell_by_script(shop)
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 60s, min_samples: 1}")
    shop.ready()
    assert shop.mcm(BEGIN) == 0
    clock = SystemClock()
    while "bake_started" not in shop.kinds():
        assert shop.mcm("tick CM-0001") == 0
        clock.sleep_until(clock.now() + timedelta(milliseconds=100))
    shop.edit("mcm.yaml", "version: 1", "version: 9")
    capsys.readouterr()

    assert shop.mcm("tick --all") == 2
    said = capsys.readouterr()
    assert "nobody is notified" not in said.err
    assert "warning: mcm.yaml cannot be used" in said.err
    assert "CM-0001 prod-us  under way: baking" in said.out
    assert shop.mcm("watch CM-0001 --no-follow") == 0

    shop.mcm("sandbox fault 5xx")
    tick_until(shop, 5, "ended", capsys)
    assert shop.sent("RollbackStage") == 1
    assert "rolling back" in log.read_text()


def test_nothing_is_promoted_while_mcm_yaml_is_broken(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    assert shop.mcm(BEGIN) == 0
    shop.edit("mcm.yaml", "version: 1", "version: [")
    capsys.readouterr()

    assert shop.mcm("tick --all") == 2
    assert "mcm lint" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == 0
