"""The commands that look, on the example: what they print, and their exit codes."""

import json
import shutil
import sqlite3
import subprocess

import pytest

from mcm.core.history.journal import Draft
from mcm.store.sqlite import SqliteJournal
from tests.cli.conftest import Shop


def told(shop: Shop, capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, str]:
    """Run one command; return its exit code and what it printed on stdout."""
    capsys.readouterr()
    code = shop.mcm(line)
    return code, capsys.readouterr().out


def test_drafts_are_listed_and_nothing_is_claimed_of_them(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = told(shop, capsys, "list")
    assert code == 0
    assert [line.split()[:3] for line in text.splitlines()] == [
        ["CHANGE", "STATE", "OWNER"],
        ["CM-0002", "draft", "alice"],
        ["CM-0001", "draft", "alice"],
    ]
    assert told(shop, capsys, "status")[0] == 0
    assert told(shop, capsys, "status --exit-code")[0] == 3
    assert told(shop, capsys, "verify CM-0001")[0] == 7
    (shop.root / "changes/CM-0002/change.yaml").write_text("title: Shadow\nstags: []\n")
    broken = next(s for s in told(shop, capsys, "list")[1].splitlines() if "CM-0002" in s)
    assert broken.split()[1] == "BROKEN"
    assert "changes/CM-0002/change.yaml:" in broken


def test_a_walk_is_told_and_proven_from_end_to_end(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()

    assert "prod-us: approved since" in told(shop, capsys, "status CM-0001")[1]
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0

    code, text = told(shop, capsys, "verify CM-0001")
    assert code == 0, text
    lead, anchored = text.splitlines()[:2]
    assert lead.startswith("CM-0001, edition 1, into prod-us: approved by bob on ")
    assert "; same content; who wrote it is unknown (" in lead
    assert lead.endswith("; bob is not the requester, alice.")
    assert anchored.startswith("Anchored to entry 2 by the approval that bob signed; the ")
    code, text = told(shop, capsys, "verify CM-0001 --aws")
    assert code == 0, text
    assert "Anchored to entry " in text
    assert " by the closed way into ProdUS in AWS; " in text
    assert "ApproveUS/Approve, answered by arn:aws:iam::" in text
    assert "names the approval that bob signed" in text
    into = shop.root / "proof"
    assert told(shop, capsys, f"verify CM-0001 --export {into}")[0] == 0
    script = ["sh", str(into / "verify.sh")]
    checked = subprocess.run(script, check=False, capture_output=True, text=True)
    shutil.rmtree(into)
    assert checked.returncode == 0, checked.stderr
    assert "prod-us: approved by bob" in checked.stdout
    found = json.loads(told(shop, capsys, "verify CM-0001 --json")[1])
    assert found["verdict"] == "proven"
    status = json.loads(told(shop, capsys, "status CM-0001 --json --exit-code")[1])
    assert status["changes"][0]["stages"][0]["phase"] == "succeeded"
    lines = told(shop, capsys, "log CM-0001 --json")[1].splitlines()
    assert [json.loads(line)["kind"] for line in lines] == shop.kinds()
    assert len(told(shop, capsys, "log CM-0001")[1].splitlines()) == len(lines)


def tamper(shop: Shop, statement: str) -> None:
    """Edit the journal as somebody does who owns its file."""
    db = sqlite3.connect(shop.root / ".mcm" / "journal.db")
    for (trigger,) in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        db.execute(f"DROP TRIGGER {trigger}")
    db.execute(statement)
    db.commit()
    db.close()


def test_the_log_of_an_edited_journal_shows_what_stands_before_the_break(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """It helps to find out what happened; the refusal and its code follow."""
    assert shop.mcm("plan CM-0001") == 0
    assert shop.mcm("request CM-0001") == 0
    tamper(shop, "UPDATE entry SET data = replace(data, 'alice', 'malry') WHERE seq = 2")
    capsys.readouterr()

    code = shop.mcm("log CM-0001")
    said = capsys.readouterr()

    assert code == 4
    assert "edition 1 was planned" in said.out
    assert len(said.out.splitlines()) == 1
    assert "does not hold at seq 2" in said.err


def test_an_edited_journal_is_named_by_every_command(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """`verify` and `log` leave with 4 and name the entry; `status` goes on for the others."""
    assert shop.mcm("plan CM-0001") == 0
    assert shop.mcm("request CM-0001") == 0
    tamper(shop, "UPDATE entry SET data = replace(data, 'planned', 'plammed') WHERE seq = 1")

    code, text = told(shop, capsys, "verify CM-0001")
    assert code == 4
    assert text.splitlines()[0] == (
        "The record of CM-0001 DOES NOT HOLD: first bad entry 1: it was edited [E_CHAIN]."
    )
    assert told(shop, capsys, "log CM-0001")[0] == 4
    code, text = told(shop, capsys, "status")
    assert code == 0
    assert "PROBLEM: the journal of CM-0001 does not hold at seq 1" in text
    assert "CM-0002" in text
    assert told(shop, capsys, "status --exit-code")[0] == 4


def rewrite(shop: Shop) -> None:
    """Put another whole chain in the journal's place, with all hashes made right."""
    path = shop.root / ".mcm" / "journal.db"
    drafts = [Draft(e.kind, {**e.body, "by": "bob"}, e.at) for e in shop.entries()]
    for each in path.parent.glob("journal.db*"):
        each.unlink()
    journal = SqliteJournal(path)
    journal.append("CM-0001", drafts, after=0)
    journal.close()


def test_threat_40_a_rewritten_journal_is_not_the_one_that_this_user_saw(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every forward command stops at it; a rollback is told and goes on."""
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    rewrite(shop)
    capsys.readouterr()

    for line in ("approve CM-0001 --profile bob", "deploy CM-0001 --stage prod-us"):
        shop.type(line, "CM-0001\n") if "approve" in line else shop.mcm(line)
    assert capsys.readouterr().err.count("[E_SIGNED_HEAD]") == 1
    assert "approved" not in shop.kinds()
    code, text = told(shop, capsys, "verify CM-0001")
    assert (code, "[E_SIGNED_HEAD]" in text.splitlines()[0]) == (4, True)
    assert shop.mcm("rollback --stage prod-us --no-input") == 0
    assert "the rollback goes on" in capsys.readouterr().err
