"""checks: list, show and run, over the sandbox and without any project."""

import hashlib
import json
from pathlib import Path

import pytest

from mcm.cli.complete import check_names
from mcm.cli.main import run
from tests.cli.conftest import Shop
from tests.cli.test_show_json import documented, objects

PARTS = {
    "definitions": "definition",
    "parameters": "parameter",
    "tried": "tried",
    "readings": "seen",
}

QUEUE = """\
name: queue
kind: command
about: The queue is short.
parameters:
  most: {type: integer, default: 50, about: Messages that may wait.}
with:
  run: [/bin/sh, -c, 'echo "OK - $1 at most"', sh, "{most}"]
"""


def keys_fit(name: str, printed: str) -> None:
    for part, keys in objects(name, json.loads(printed), PARTS):
        assert keys == documented()[part], part


def test_each_check_is_listed_and_explained_without_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["checks", "list", "--json"]) == 0
    printed = capsys.readouterr().out
    keys_fit("checks", printed)

    for definition in json.loads(printed)["definitions"]:
        assert run(["checks", "show", definition["name"]]) == 0
        shown = capsys.readouterr().out
        assert f"- use: {definition['name']}" in shown
        assert run(["checks", "show", definition["name"], "--json"]) == 0
        keys_fit("shown_check", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run", "nothing says what to try"),
        ("run alarms", "`--with` has neither `names` nor `prefix`"),
        ("run smoke", "smoke needs answer, endpoint, sample, sha256, and no --stage"),
        ("run alarms --with names=[a]", "none is named"),
        ("run alarms --with names", "KEY=VALUE"),
        ("run alarms --with names=a", "`--with.names` must be a list"),
        ("show alarm", "no check alarm: there are alarms"),
        ("run alarms --region us-east-1 --with names=[a] --since soon", "--since cannot be used"),
    ],
)
def test_what_cannot_be_tried_says_why_and_what_helps(
    words: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["checks", *words.split()]) == 2
    assert says in capsys.readouterr().err


def test_a_stages_guardrails_are_tried_with_reading_measurement_and_verdict(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("checks run --stage prod-us") == 0
    out = capsys.readouterr().out
    assert "alarms at prod-us 111111111111 us-east-1" in out
    assert "  reading   alarm photo-check-5xx: OK since" in out
    assert "  verdict   PASS: 2 OK" in out
    assert "  reading   endpoint photo-check-us: InService" in out

    assert shop.mcm("checks run alarms --stage ProdUS --with names=[no-such] --json") == 8
    printed = capsys.readouterr().out
    keys_fit("trial", printed)
    assert json.loads(printed)["tried"][0]["verdict"] == "ERROR"


def test_parameters_may_come_from_the_command_line_alone(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    metric = (
        "{calls:{metric:AWS/SageMaker_Invocations,stat:Sum,"
        "dimensions:{EndpointName:photo-check-us,VariantName:live}}}"
    )
    spelled = metric.replace(":", ": ").replace(",", ", ").replace("_", " ")
    words = ["--with", f"metrics={spelled}", "--with", "below=1000000", "--with", "period=1s"]

    assert run(["checks", "run", "metric-threshold", "--region", "us-east-1", *words]) == 5
    assert "Sum of Invocations" in capsys.readouterr().out


def test_a_sample_is_sent_once_its_digest_is_written_down(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop.root / "samples").mkdir(exist_ok=True)
    (shop.root / "samples" / "parcel.json").write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()
    words = ["checks", "run", "smoke", "--region", "us-east-1"]
    for pair in ("endpoint=photo-check-us", "sample=samples/parcel.json"):
        words += ["--with", pair]
    right, wrong = ["--with", "answer=[parcel]"], ["--with", "answer=[cat]"]

    assert run([*words, *right, "--with", f"sha256={'0' * 64}"]) == 8
    assert f"its sha256 is {digest}" in capsys.readouterr().out

    assert run([*words, *right, "--with", f"sha256={digest}"]) == 0
    assert "verdict   PASS: answered as expected by live" in capsys.readouterr().out

    assert run([*words, *wrong, "--with", f"sha256={digest}"]) == 5
    assert "has no cat" in capsys.readouterr().out


def test_a_monitoring_plugin_is_a_guardrail(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = shop.root / "check_queue"
    plugin.write_text('#!/bin/sh\necho "QUEUE CRITICAL - $1 waiting | waiting=$1;5;9"\nexit 2\n')
    plugin.chmod(0o755)

    assert run(["checks", "run", "command", "--with", "run=[./check_queue, '12']"]) == 5

    out = capsys.readouterr().out
    assert "measured  waiting 12" in out
    assert "verdict   BREACH: CRITICAL: QUEUE CRITICAL - 12 waiting" in out


def test_the_projects_own_checks_are_listed_explained_and_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken one is told with its line, whatever was asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mcm.yaml").write_text("version: 1\n")
    (tmp_path / "checks").mkdir()
    own = tmp_path / "checks" / "queue.yaml"
    own.write_text(QUEUE)

    assert run(["checks", "list"]) == 0
    assert "queue  (kind command)  [checks/queue.yaml]" in capsys.readouterr().out
    assert run(["checks", "show", "queue", "--json"]) == 0
    printed = capsys.readouterr().out
    keys_fit("shown_check", printed)
    assert json.loads(printed)["sets"]["run"][-1] == "{most}"
    assert run(["checks", "show", "queue"]) == 0
    assert "by checks/queue.yaml of this project." in capsys.readouterr().out
    assert check_names("q") == ["queue"]

    own.write_text(QUEUE.replace("{most}", "{mots}"))
    assert run(["checks", "show", "queue"]) == 2
    assert "checks/queue.yaml:7:52: `{mots}` is no parameter" in capsys.readouterr().err
