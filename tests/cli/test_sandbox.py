"""`mcm sandbox`: what `up` writes where, and what it leaves alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from mcm.cli.example import set_up
from mcm.cli.main import run
from mcm.core.errors import UsageError
from mcm.store.sqlite import SqliteJournal
from mcm.trust.persons import load
from tests.cli.conftest import Shop


def test_the_example_has_its_people_their_keys_and_its_changes(tmp_path: Path) -> None:
    set_up(tmp_path)
    trust = load(tmp_path / ".mcm/trust.yml", sandbox=True)

    assert [(p.id, sorted(p.roles)) for p in trust.persons] == [
        ("alice", ["requester"]),
        ("bob", ["approver"]),
        ("carol", ["breakglass"]),
    ]
    assert (tmp_path / ".mcm").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / ".mcm-sandbox/keys/bob").stat().st_mode & 0o077 == 0
    assert (tmp_path / "changes/CM-0002/change.yaml").is_file()
    assert (tmp_path / ".git").is_dir()


def test_a_project_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mcm.yaml").write_text("mine")

    assert set_up(tmp_path) == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mcm.yaml"]


def test_nothing_is_written_among_other_peoples_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(UsageError, match=r"not empty.*thesis\.txt"):
        set_up(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt"]


def test_commands_about_a_sandbox_that_is_not_there_say_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["sandbox", "status"]) == 0
    assert run(["sandbox", "down"]) == 0
    assert run(["sandbox", "env"]) == 2
    assert run(["sandbox", "fault", "5xx"]) == 2
    assert "Run `mcm sandbox up`." in capsys.readouterr().err


def test_env_is_for_eval(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.mcm("sandbox env --profile bob") == 0
    out = capsys.readouterr().out
    script = f'{out}\nprintf %s "$AWS_ENDPOINT_URL"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert shell.stdout == shop.sandbox.endpoint_url


def test_an_unknown_fault_lists_those_there_are(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("sandbox fault meteor") == 2
    assert "5xx" in capsys.readouterr().err


def test_after_a_reset_the_plan_is_of_another_realm(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was signed for one sandbox counts for no other."""
    shop.ready()
    shop.mcm("sandbox reset")
    capsys.readouterr()

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 4
    assert "realm: sandbox:" in capsys.readouterr().err


def test_no_variable_leads_to_the_sandbox(shop: Shop, tmp_path: Path) -> None:
    """A project on AWS does not follow AWS_ENDPOINT_URL; it refuses to run."""
    text = (shop.root / "mcm.yaml").read_text().replace("realm: sandbox\n", "")
    for short in ("  poll: 500ms\n", "  settle: 0s\n", "  stop_wait: 5s\n"):
        text = text.replace(short, "")
    text = text.replace("bake: {for: 1s, min_samples: 1}", "bake: {for: 30m, min_samples: 1}")
    text = text.replace("period: 1s", "period: 60s")
    (tmp_path / "mcm.yaml").write_text(text)
    folder = tmp_path / "changes/CM-0001"
    folder.mkdir(parents=True)
    source = shop.root / "changes/CM-0001/change.yaml"
    (folder / "change.yaml").write_text(source.read_text())
    done = subprocess.run(
        [sys.executable, "-m", "mcm.cli.main", "plan", "CM-0001"],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "AWS_ENDPOINT_URL": shop.sandbox.endpoint_url,
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 4, done.stderr
    assert "[E_ENDPOINT_OVERRIDE]" in done.stderr
    assert "SANDBOX" not in done.stderr
    journal = SqliteJournal(tmp_path / ".mcm" / "journal.db")
    assert journal.entries("CM-0001")[-1].body["code"] == "E_ENDPOINT_OVERRIDE"
