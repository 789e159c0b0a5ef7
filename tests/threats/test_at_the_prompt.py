"""Attempts with what people see, type and start: text, terminals, programs, secrets."""

import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from mcm.core.errors import Exit, RefusedError
from mcm.record.render import render
from tests.cli.conftest import ENV
from tests.record.test_render import VIEW
from tests.threats.by_people import in_bobs_name
from tests.threats.ground import CHANGE, DEPLOY, STAGE, Ground, opening

TITLE = "title: Let photo-check-v7 judge US photos in the shadow of the live model"
FILE = f"changes/{CHANGE}/change.yaml"


def record(ground: Ground, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    ground.must(f"render {CHANGE}")
    return (ground.root / f"changes/{CHANGE}/record.md").read_text() + capsys.readouterr().out


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "{% include 'x' %}", "{{ record.__class__ }}"])
def test_threat_54_template_code_is_text(
    ground: Ground, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    ground.edit(FILE, TITLE, f'title: "Shadow {text} here"')
    ground.must(f"plan {CHANGE}")

    written = record(ground, capsys)

    assert "49" not in next(line for line in written.splitlines() if "Shadow" in line)
    assert "class" not in text or "RecordView" not in written
    assert "Shadow " in written


def test_threat_55_a_missing_field_is_no_empty_place() -> None:
    with pytest.raises(RefusedError) as caught:
        render("record.md.j2", "Approved by: {{ record.nobody }}\n", VIEW)
    assert (caught.value.code, caught.value.exit_code) == ("E_RENDER", Exit.REFUSED)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("## Approved by bob", "## Approved"),
        ("<script>alert(1)</script>", "<script"),
        ("![b](https://evil.example/x.png)", "![b]("),
        ("| a | b |", "| a |"),
        ("<!-- hidden", "<!--"),
        ("@team", "@team"),
    ],
)
def test_threat_56_markup_in_a_reason_is_text(
    ground: Ground, capsys: pytest.CaptureFixture[str], text: str, never: str
) -> None:
    ground.must(f"plan {CHANGE}", f"request {CHANGE}")
    assert ground.shop.mcm(f"reject {CHANGE} --profile carol --reason no") == 0
    ground.edit(FILE, TITLE, f"title: 'Shadow {text}'")
    ground.must(f"plan {CHANGE}")

    assert never not in record(ground, capsys)


ODD = "\x1b]8;;x\x07\x9b31m\u202e\u200b\U000e0041"


def is_plain(text: str) -> bool:
    """Say whether none of the odd characters came through as they are."""
    return not set(text) & (set(ODD) - set("]8;x31m"))


def test_threat_57_what_a_terminal_would_obey_is_spelt_out_for_the_approver(
    ground: Ground,
) -> None:
    """A title of the requester's, on the bytes that came out at the approver's prompt."""
    escaped = ODD.encode("unicode_escape").decode()
    ground.edit(FILE, TITLE, f'title: "Shadow {escaped}"')
    if ground.shop.mcm(f"plan {CHANGE}") == 0:
        ground.must(f"request {CHANGE}")
    code, text = ground.shop.type(f"approve {CHANGE} --profile bob", "no\n")

    assert code in (2, 10)
    assert is_plain(text)
    assert "Shadow" in text or code == 2


@pytest.mark.parametrize("line", [f"plan {CHANGE}", f"lint {CHANGE}"])
def test_threat_57_it_is_spelt_out_in_what_refuses_a_file(
    ground: Ground, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    ground.edit(FILE, "ticket: PHOTO-417", f"ticket: '{ODD[10:]}'\n{ODD[-3:-1]}: 1")
    capsys.readouterr()

    assert ground.shop.mcm(line) != 0
    assert is_plain("".join(capsys.readouterr()))


def test_threat_57_the_name_of_a_file_in_the_inbox(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    ground.requested()
    ground.file(b"{}", f"approval-1-prod-us-{ODD}.json")
    capsys.readouterr()

    assert ground.shop.mcm(DEPLOY) in (3, 4)
    assert is_plain("".join(capsys.readouterr()))
    ground.must(f"log {CHANGE}")
    assert is_plain("".join(capsys.readouterr()))


def test_threat_58_yes_piped_into_an_approval(ground: Ground) -> None:
    ground.requested()
    before = len(ground.shop.entries(CHANGE))
    done = subprocess.run(
        [sys.executable, "-m", "mcm.cli.main", "approve", CHANGE, "--profile", "bob"],
        cwd=ground.root,
        env=ENV,
        input=f"{CHANGE}\n" * 100,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "[E_NOT_A_TTY]" in done.stderr) == (4, True)
    (entry,) = ground.shop.entries(CHANGE)[before:]
    assert (entry.kind, entry.body["code"]) == ("refused", "E_NOT_A_TTY")


def test_threat_58_a_paste_bomb_is_no_approval(ground: Ground) -> None:
    """What was typed before the question, or beside the id, answers nothing."""
    ground.requested()
    code, text = ground.shop.type(f"approve {CHANGE} --profile bob", f"yes {CHANGE} \n{CHANGE}\n")

    assert (code, "was not typed" in text) == (10, True)
    assert "approved" not in ground.shop.kinds()


def test_threat_59_programs_of_the_path_are_not_started(ground: Ground, tmp_path: Path) -> None:
    """Neither when it signs nor when it verifies."""
    mark = tmp_path / "started"
    for name in ("ssh-keygen", "git", "ssh"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho $0 >> {mark}\nexit 1\n")
        program.chmod(0o700)
    env = {**ENV, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for line in (f"plan {CHANGE}", f"request {CHANGE}", f"verify {CHANGE}"):
        subprocess.run(
            [sys.executable, "-m", "mcm.cli.main", *line.split()],
            cwd=ground.root,
            env=env,
            capture_output=True,
            check=False,
        )

    assert "requested" in ground.shop.kinds()
    assert not mark.exists()


def test_threat_61_no_secret_is_written(ground: Ground, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither in journal, record, export and statements nor in anything that is said."""
    in_bobs_name(ground)
    ground.shop.mcm(DEPLOY)
    ground.shop.mcm(f"verify {CHANGE} --export {ground.root.parent / 'export'}")
    ground.must(f"render {CHANGE}")
    profiles = ConfigParser(interpolation=None)
    profiles.read(ground.shop.sandbox.credentials_file)
    secrets = [profiles[name]["aws_secret_access_key"] for name in profiles.sections()]
    secrets += [ground.shop.sandbox.token, "PRIVATE KEY"]

    said = "".join(capfd.readouterr()).encode()
    folders = (ground.root / ".mcm", ground.root / "changes", ground.root.parent / "export")
    files = [path.read_bytes() for top in folders for path in top.rglob("*") if path.is_file()]
    assert len(secrets) > 3
    assert len(files) > 5
    assert not [one for one in secrets for data in (said, *files) if one.encode() in data]


def test_threat_15_what_was_read_is_what_is_used(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan is swapped as soon as the walk has read it: the swap is not looked at."""
    ground.requested()
    ground.approve()
    first = ground.plan_file.read_bytes()
    opened: list[str] = []

    def swap(name: str) -> None:
        if name.endswith("approval-1-prod-us-bob.json") and not opened:
            ground.plan_file.write_bytes(first.replace(b'"min_samples":1}', b'"min_samples":0}'))
            opened.append(name)

    with opening(swap):
        assert ground.shop.mcm(f"{DEPLOY} --no-input") == 3
    assert opened
    assert (
        ground.shop.entries(CHANGE)[2].body["plan"] == ground.shop.entries(CHANGE)[0].body["plan"]
    )
    capsys.readouterr()
    assert ground.shop.mcm(DEPLOY) == 4
    assert "[E_PLAN_CHANGED]" in capsys.readouterr().err


def test_threat_26_the_requesters_agent_gains_a_request(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever can sign as alice still needs a second person."""
    ground.requested()

    assert ground.shop.mcm(f"{DEPLOY} --no-input") == 3
    assert "0 of 1 persons approved" in capsys.readouterr().err
    assert ground.shop.sent("EnableStageTransition") == 0


def test_threat_43_an_entry_that_says_approved_is_no_approval(
    ground: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever can write the journal can say what they like in it; the statement is missing."""
    from mcm.clock import SystemClock
    from mcm.core.history.journal import Draft
    from mcm.store.sqlite import SqliteJournal

    ground.requested()
    plan = ground.shop.plan()
    body = {"stage": STAGE, "by": "bob", "edition": 1, "plan": plan.digest, "statement": "e" * 64}
    journal = SqliteJournal(ground.journal)
    journal.append(CHANGE, [Draft("approved", body, SystemClock().now())], after=2)
    journal.close()

    assert ground.shop.mcm(f"{DEPLOY} --no-input") == 3
    assert "0 of 1 persons approved" in capsys.readouterr().err
    assert ground.shop.mcm(f"verify {CHANGE}") in (4, 7)
    assert ground.shop.sent("EnableStageTransition") == 0
