"""note, close and verify --record, as a person types them."""

import os
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from mcm.clock import SystemClock
from tests.cli.conftest import Shop

RECORD = "changes/CM-0001/record.md"
MOMENT = timedelta(milliseconds=5)


def given_up(shop: Shop) -> None:
    """Plan CM-0001 and abort it: the shortest way to a change that is over."""
    assert shop.mcm("plan CM-0001") == 0
    assert shop.mcm("abort CM-0001 --reason not-now") == 0


def start(shop: Shop) -> "subprocess.Popen[str]":
    return shop.start("close CM-0001 --no-input --outcome Given-up. --lessons none")


def end(process: "subprocess.Popen[str]") -> int:
    """Return its exit code, once it is gone and its pipes are closed."""
    process.communicate(timeout=60)
    return process.returncode


def test_from_a_note_to_a_frozen_record_that_shows_each_edit(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("plan CM-0001") == 0
    assert shop.mcm("note CM-0001 Seen") == 0
    capsys.readouterr()
    assert shop.mcm("close CM-0001 --outcome x --lessons y") == 2
    said = capsys.readouterr().err
    assert "prod-us was planned and never begun: `mcm deploy CM-0001 --stage prod-us` or" in said
    assert shop.mcm("abort CM-0001 --reason not-now") == 0
    assert shop.mcm("close CM-0001 --no-input --lessons y") == 2
    assert "Say it with `--outcome TEXT`." in capsys.readouterr().err

    code, shown = shop.type(
        "close CM-0001",
        "All *well*\n",
        after="in your words? ",
        then=[("next time (or: none)? ", "none\n")],
    )
    assert code == 0, shown
    text = (shop.root / RECORD).read_text()
    assert "All &#42;well&#42;" in text
    assert (shop.root / "changes/CM-0001/evidence/journal.jsonl").is_file()
    assert shop.mcm(f"verify --record {RECORD}") == 0
    assert shop.mcm("render CM-0001 --format html") == 0
    assert shop.mcm(f"verify --record {RECORD.removesuffix('md')}html") == 0
    assert "is the record as alice closed it" in capsys.readouterr().out

    (shop.root / RECORD).write_text(text.replace("well", "bad", 1))
    assert shop.mcm(f"verify --record {RECORD}") == 4
    assert "BROKEN   record:" in capsys.readouterr().out
    assert shop.mcm("close CM-0001") == 0
    assert (shop.root / RECORD).read_text() == text


def test_after_the_closing_nothing_is_added(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    given_up(shop)
    assert shop.mcm("close CM-0001 --outcome x --lessons y") == 0
    kinds, record = shop.kinds(), (shop.root / RECORD).read_bytes()
    shop.edit("changes/CM-0001/change.yaml", "ticket: PHOTO-417", "ticket: PHOTO-418")
    for line in (
        "note CM-0001 later",
        "plan CM-0001",
        "hold CM-0001 --reason x",
        "deploy CM-0001 --stage prod-us",
        "request CM-0001",
        "render CM-0001 --graphs",
    ):
        capsys.readouterr()
        assert shop.mcm(line) == 4, line
        assert shop.mcm("render CM-0001") == 0

    assert shop.kinds() == kinds
    assert (shop.root / RECORD).read_bytes() == record
    assert not any((shop.root / "changes/CM-0001").glob("statements/*.json"))


@pytest.mark.parametrize("text", ["# CM-0404: Other", "<!doctype html>", ""])
def test_a_file_that_is_no_record_of_a_change_here_is_said_so(
    shop: Shop, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """Neither is it compared with a change that only happens to be open."""
    (shop.root / "other.md").write_text(text)

    assert shop.mcm("verify --record other.md") == 2
    said = capsys.readouterr().err
    assert "other.md does not begin as the record of a change that is here" in said
    assert "`mcm verify CHANGE --record other.md`" in said
    assert shop.mcm("plan CM-0001") == 0
    assert shop.mcm("verify CM-0001 --record other.md") == 4


def test_a_page_beside_the_record_is_frozen_with_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the one that people open says for good that the change is still open."""
    given_up(shop)
    assert shop.mcm("render CM-0001 --format html") == 0
    page = (shop.root / RECORD).with_suffix(".html")
    capsys.readouterr()

    assert shop.mcm("close CM-0001 --no-input --outcome Given-up. --lessons none") == 0
    assert "changes/CM-0001/record.html\n" in capsys.readouterr().out
    assert shop.mcm("render CM-0001 --check") == 0
    page.write_text("old")
    assert shop.mcm("close CM-0001") == 0
    assert shop.mcm("render CM-0001 --check") == 0


def test_of_two_at_once_one_closes(shop: Shop) -> None:
    """The other one waits for nothing: it is told who does it, or that it is done."""
    given_up(shop)
    both = [start(shop) for _ in range(2)]
    codes = sorted(end(each) for each in both)

    assert codes in ([0, 0], [0, 3])
    assert shop.kinds().count("closed") == 1
    assert shop.mcm(f"verify --record {RECORD}") == 0


def test_killed_with_sigkill_the_same_command_finishes(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed as soon as record.md is there, which is before the journal and the evidence."""
    given_up(shop)
    clock, record = SystemClock(), shop.root / RECORD
    process = start(shop)
    while not record.exists() and process.poll() is None:
        clock.sleep_until(clock.now() + MOMENT)
    os.kill(process.pid, signal.SIGKILL)
    end(process)
    assert end(start(shop)) == 0

    assert shop.kinds().count("closed") == 1
    assert shop.mcm(f"verify --record {RECORD}") == 0
    evidence = shop.root / "changes/CM-0001/evidence"
    done = subprocess.run(
        ["sh", evidence / "verify.sh"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    left = [path.name for path in Path(record.parent).iterdir() if path.name.startswith(".")]
    assert left == []
