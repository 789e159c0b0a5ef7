"""rollback: works with whatever there is, asks one key, never sends twice."""

import gc
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mcm.cli.main import run
from mcm.cli.terminal import run_at_terminal
from tests.cli.conftest import ENV, Shop

GO = "rollback --stage prod-us --no-input"
KEY = "any other key to leave. "
IDLE = (
    "rich", "jinja2", "cryptography", "tenacity", "boto3",
    "mcm.core.walking.forward", "mcm.core.trust.guard", "mcm.trust", "mcm.notify", "mcm.record",
    "mcm.cli.ask_back", "mcm.cli.oncall_screen", "mcm.app.oncall_alarms", "mcm.app.finding",
    "mcm.probe",
)  # fmt: skip
ASK = """
import sys
from mcm.cli.main import run
from mcm.cli.terminal import run_at_terminal
code = run({words!r})
print([name for name in {idle!r} if name in sys.modules], code)
"""


def test_it_goes_without_plan_record_or_journal(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """mcm.yaml alone; the journal is the stage's own."""
    before = shop.stage()

    assert shop.mcm(GO) == 0
    assert shop.stage() != before
    assert shop.kinds("ROLLBACK-prod-us")[0] == "rollback_started"
    assert "Next: `mcm log ROLLBACK-prod-us` shows" in capsys.readouterr().err
    assert shop.sent("RollbackStage") == 1


def test_done_already_it_says_so_and_sends_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm(GO)
    capsys.readouterr()

    assert shop.mcm(GO) == 0
    assert "already rolled back at" in capsys.readouterr().err
    assert shop.sent("RollbackStage") == 1


def test_without_a_terminal_it_names_the_way_to_go(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("rollback --stage prod-us") == 2
    assert "--no-input" in capsys.readouterr().err
    assert shop.sent("RollbackStage") == 0


@pytest.mark.parametrize(("key", "code", "sent"), [("r", 0, 1), ("q", 10, 0)])
def test_at_a_terminal_one_key_decides(shop: Shop, key: str, code: int, sent: int) -> None:
    ended, text = shop.type("rollback --stage prod-us", key, KEY)

    assert (ended, shop.sent("RollbackStage")) == (code, sent), text


def test_an_enter_after_the_number_of_the_stage_answers_nothing(shop: Shop) -> None:
    """Half awake, one types 1 and Enter; the Enter must not end what r is to begin."""
    ended, text = shop.type("rollback --stage prod-us", "\nr", KEY)

    assert (ended, shop.sent("RollbackStage")) == (0, 1), text


def test_an_arrow_key_leaves_nothing_to_the_shell(shop: Shop) -> None:
    """Its rest would be typed there, where Up and Enter run the last command again."""
    line = f"{sys.executable} -m mcm.cli.main rollback --stage prod-us; cat"
    code, text = run_at_terminal(
        ["sh", "-c", line],
        "\x1b[A",
        after="leave. ",
        then=[("was pressed", "\x04")],
        cwd=shop.root,
        env=ENV,
    )
    assert code == 0
    assert "[A" not in text.partition("was pressed")[2]


def test_on_a_narrow_terminal_the_screen_is_drawn_over_itself(shop: Shop) -> None:
    """The prompt takes two rows there."""
    said = ""

    def leave(text: str) -> None:
        nonlocal said
        said += text
        if said.count(KEY) == 2:
            os.kill(int(said.split()[0]), signal.SIGTERM)

    line = f"echo $$; exec {sys.executable} -m mcm.cli.main rollback --stage prod-us"
    env = {**ENV, "COLUMNS": "40", "LINES": "24"}
    run_at_terminal(["sh", "-c", line], "", after="", cwd=shop.root, env=env, show=leave)

    first, up, _ = re.split(r"\x1b\[(\d+)F", said, maxsplit=1)
    rows = first[first.index("SANDBOX  ROLL BACK") :].count("\n")
    assert int(up) == rows + 1


def test_interrupted_at_the_key_it_says_that_nothing_was_begun(shop: Shop) -> None:
    said = ""

    def interrupt(text: str) -> None:
        nonlocal said
        asked = KEY in said
        said += text
        if KEY in said and not asked:
            os.kill(int(said.split()[0]), signal.SIGINT)

    line = f"echo $$; exec {sys.executable} -m mcm.cli.main rollback --stage prod-us"
    code, text = run_at_terminal(
        ["sh", "-c", line], "", after="", cwd=shop.root, env=ENV, show=interrupt
    )
    assert code == 130
    assert "prod-us is not rolled back: nothing was begun" in text
    assert shop.sent("RollbackStage") == 0


def test_what_changed_while_somebody_read_the_screen_is_shown_again(shop: Shop) -> None:
    """The key is for what was on the screen, not for whatever is in the stage by then."""
    shop.ready()
    seen: list[str] = []

    def promote(text: str) -> None:
        seen.append(text)
        if "Press r" in "".join(seen) and "CM-0001" not in "".join(seen):
            seen.append("CM-0001")
            assert shop.mcm("deploy CM-0001 --stage prod-us --no-input") == 0

    then = [("meanwhile the stage has changed", ""), (KEY, "q")]
    ended, text = shop.type("rollback --stage prod-us", "r", KEY, then, show=promote)

    assert "meanwhile the stage has changed" in text
    assert "promoted by alice" in text
    assert (ended, shop.sent("RollbackStage")) == (10, 0)


def test_blind_at_first_it_asks_before_it_waits(shop: Shop) -> None:
    """Or a rollback would begin by itself once AWS answers again, with no key pressed."""
    shop.mcm("sandbox fault throttle")

    ended, text = shop.type("rollback --stage prod-us", "q", KEY)

    assert "the pipeline cannot be read" in text
    assert "r goes as soon as it can" in text
    assert (ended, shop.sent("RollbackStage")) == (10, 0), text


def test_blind_without_a_terminal_it_names_the_way_to_go(shop: Shop) -> None:
    shop.mcm("sandbox fault throttle")

    assert shop.mcm("rollback --stage prod-us") == 2


def test_a_rollback_of_others_is_followed_without_a_key(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    with shop.start(GO) as first:
        shop.wait_for("outcome", "ROLLBACK-prod-us")
        for path in shop.root.glob(".mcm/journal.db*"):
            path.unlink()  # as somebody at another machine sees it
        assert shop.mcm("rollback --stage prod-us") == 0
        first.wait(60)
    said = capsys.readouterr()

    assert "already " in said.err
    assert shop.sent("RollbackStage") == 1


def test_it_takes_back_a_change_and_further_what_was_before(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the change's own journal, to the signed target, verified against its snapshot."""
    shop.ready()
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    capsys.readouterr()

    assert shop.mcm(GO) == 0
    assert "the content is verified" in capsys.readouterr().err
    ended = next(e for e in shop.entries() if e.kind == "rollback_ended")
    started = next(e for e in shop.entries() if e.kind == "rollback_started")
    assert ended.body["verified"] == "yes"
    assert started.body["target"] == shop.plan().stages[0].rollback_target

    assert shop.mcm(f"{GO} --further") == 0
    further = shop.entries("ROLLBACK-prod-us")[0]
    assert further.body["source"] == started.body["target"]
    assert shop.sent("RollbackStage") == 2


def test_it_loads_nothing_that_going_back_does_not_need(shop: Shop) -> None:
    script = ASK.format(words=GO.split(), idle=IDLE)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=shop.root, env=ENV, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.endswith("\n[] 0\n")


def test_a_target_outside_the_rule_is_a_deploy(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "01234567-89ab-cdef-0123-456789abcdef"

    assert shop.mcm(f"{GO} --to {wrong}") == 4
    assert "[E_ROLLBACK_TARGET]" in capsys.readouterr().err
    assert shop.sent("RollbackStage") == 0


@pytest.mark.parametrize("planned", [True, False])
def test_a_broken_config_does_not_block_it(
    shop: Shop, capsys: pytest.CaptureFixture[str], planned: bool
) -> None:
    """The frozen plan knows the way; without one, what YAML can still be read."""
    if planned:
        shop.mcm("plan CM-0001")
    shop.edit("mcm.yaml", "version: 1\n", "version: 1\ncolour: red\n")
    capsys.readouterr()

    assert shop.mcm(GO) == 0
    assert "mcm.yaml cannot be used" in capsys.readouterr().err
    assert shop.sent("RollbackStage") == 1


def test_a_broken_check_of_the_project_does_not_block_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Going forward it stops everything; the way back needs no check at all."""
    (shop.root / "checks").mkdir()
    (shop.root / "checks" / "own.yaml").write_text("name: own\nkind: no-such\n")

    assert shop.mcm("plan CM-0001") == 2
    assert "checks/own.yaml:2:7: `kind` cannot be" in capsys.readouterr().err
    assert shop.mcm(GO) == 0
    told = capsys.readouterr().err
    assert "are passed over: checks/own.yaml:" in told
    assert "mcm.yaml cannot be used" not in told
    assert shop.sent("RollbackStage") == 1


def test_a_config_that_is_no_yaml_takes_a_name_and_a_region(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop.root / "mcm.yaml").write_text("a: [")

    assert shop.mcm(GO) == 2
    assert "--pipeline NAME --region REGION" in capsys.readouterr().err
    names = "--pipeline ParcelPhotoCheck --region us-east-1 --sandbox"
    assert shop.mcm(f"{GO} {names}") == 0
    assert shop.sent("RollbackStage") == 1


def test_broken_files_are_told_and_passed_over(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Journal, trust file and plan at once: each is named, none is in the way."""
    shop.ready()
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    trust = shop.root / ".mcm/trust.yml"
    before = trust.read_bytes()
    gc.collect()  # while the deploy's journal is open in this process, SQLite shares its pages
    for path in shop.root.glob(".mcm/journal.db-*"):
        path.unlink()
    for path in (shop.root / ".mcm/journal.db", trust, shop.root / "changes/CM-0001/plan.json"):
        path.write_bytes(b"\x00 not what it was")
    capsys.readouterr()
    try:
        assert shop.mcm(GO) == 0
    finally:
        trust.write_bytes(before)
    said = capsys.readouterr().err
    assert "warning: the plan of CM-0001 is passed over" in said
    assert "warning: the journal cannot be read" in said
    assert "warning: not in the journal" in said
    assert "mcm log" not in said
    assert "Next: keep the lines above, the only copy" in said
    assert shop.sent("RollbackStage") == 1


def test_nobody_can_disable_a_transition_and_it_goes_on(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("sandbox fault deny-disable-transition")

    assert shop.mcm(GO) == 0
    assert shop.sent("RollbackStage") == 1


def test_the_reply_is_lost_and_it_is_not_sent_again(shop: Shop) -> None:
    shop.mcm("sandbox fault lost-rollback-reply")

    assert shop.mcm(GO) == 0
    assert shop.sent("RollbackStage") == 1


def test_a_stage_that_nobody_knows_lists_those_that_are(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("rollback --stage prod-moon --no-input") == 2
    assert "prod-eu, prod-fe, prod-us" in capsys.readouterr().err


def test_a_redirecting_variable_does_not_block_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told and not followed; here it then lacks credentials, which it says (8, not 4)."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CODEPIPELINE", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)

    words = "rollback --pipeline P --region us-east-1 --stage ProdUS --no-input"

    assert run(words.split()) == 8
    said = capsys.readouterr().err
    assert "warning: AWS_ENDPOINT_URL_CODEPIPELINE is set and not followed" in said
    assert "credentials" in said
