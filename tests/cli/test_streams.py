"""Standard streams that cannot be written: a command does its work and keeps its exit code."""

import subprocess
import sys

import pytest

from tests.cli.conftest import ENV, Shop

MCM = f"{sys.executable} -m mcm.cli.main"
GO = "rollback --stage prod-us --no-input"
FULL = "error: cannot write: No space left on device\n"


def shell(shop: Shop, line: str) -> "subprocess.CompletedProcess[str]":
    """Run one line of bash in the project, with the exit code of its first command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=shop.root, env=ENV, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", "2>&- >&- <&-", "2>/dev/full >/dev/full"])
def test_a_rollback_goes_on_when_nobody_can_read_what_it_says(shop: Shop, where: str) -> None:
    done = shell(shop, f"{MCM} {GO} {where}")

    assert (done.returncode, shop.sent("RollbackStage")) == (0, 1), done.stderr
    assert shop.kinds("ROLLBACK-prod-us")[-1] == "rollback_ended"


def test_a_reader_of_stderr_that_leaves_stops_no_rollback(shop: Shop) -> None:
    done = shell(shop, f"{MCM} {GO} 2>&1 | head -1")

    assert (done.returncode, shop.sent("RollbackStage")) == (0, 1)


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-"])
def test_a_deploy_that_was_rolled_back_is_5_all_the_same(shop: Shop, where: str) -> None:
    shop.edit("mcm.yaml", "bake: {for: 1s, min_samples: 1}", "bake: {for: 30s, min_samples: 1}")
    shop.ready()
    deploy = f"{MCM} deploy CM-0001 --stage prod-us {where}"
    with subprocess.Popen(["bash", "-c", deploy], cwd=shop.root, env=ENV) as running:
        shop.wait_for("bake_started")
        shop.mcm("sandbox fault 5xx")

    assert running.returncode == 5, shop.kinds()
    assert shop.sent("RollbackStage") == 1


@pytest.mark.parametrize("buffered", ["PYTHONUNBUFFERED=", "PYTHONUNBUFFERED=1"])
@pytest.mark.parametrize("words", ["status", "log CM-0001 --json"])
def test_data_that_cannot_be_written_is_one_line_and_2(
    shop: Shop, words: str, buffered: str
) -> None:
    shop.mcm("plan CM-0001")
    done = shell(shop, f"{buffered} {MCM} {words} >/dev/full")

    assert done.returncode == 2
    assert done.stderr.replace("SANDBOX: a local AWS, not a real account\n", "") == FULL


def test_more_than_a_buffer_that_cannot_be_written_is_told_once(shop: Shop) -> None:
    """The write then fails in the middle of the command, not at its end."""
    shop.mcm("plan CM-0001")
    done = shell(shop, f"{MCM} plan CM-0001 --json >/dev/full")

    assert (done.returncode, done.stderr.count("error: "), "bug" in done.stderr) == (2, 1, False)
    assert FULL in done.stderr


def test_a_reader_of_data_that_leaves_is_told_nothing(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    done = shell(shop, f"{MCM} plan CM-0001 --json | true")

    assert (done.returncode, "error" in done.stderr, "bug" in done.stderr) == (0, False, False)


@pytest.mark.parametrize("words", ["rollback --stage prod-us", "wat", "status"])
def test_an_error_keeps_its_code_without_streams(shop: Shop, words: str) -> None:
    codes = [shell(shop, f"{MCM} {words} {where}").returncode for where in ("<&-", "2>&- <&-")]

    assert codes == ([0, 0] if words == "status" else [2, 2])
