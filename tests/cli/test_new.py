"""`mcm new` at a terminal and without one, also where AWS cannot be reached."""

import json
import sys
from pathlib import Path

import pytest

from mcm.app.first_change import Found
from mcm.cli.main import run
from mcm.cli.new import new_json
from mcm.cli.terminal import run_at_terminal
from mcm.clock import SystemClock
from mcm.config.definitions import builtin_definitions
from mcm.config.service_file import load_service
from mcm.core.commits.commit_range import Links, heads_range
from mcm.core.errors import Exit
from mcm.core.plans.change import Change
from mcm.core.plans.questions import open_questions
from mcm.sandbox.example import example_files
from tests.cli.test_show_json import documented


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's files; no sandbox runs, so nothing answers for AWS."""
    for name, text in example_files(SystemClock().now()).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(folder: Path, change: str) -> Change:
    from mcm.config.change_file import load_change

    service = load_service((folder / "mcm.yaml").read_text(), "mcm.yaml", builtin_definitions())
    return load_change((folder / "changes" / change / "change.yaml").read_text(), change, service)


def test_without_aws_and_without_a_terminal_the_file_says_what_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new", "CM-0009", "--template", "emergency", "--requester", "alice"]) == Exit.DONE

    said = capsys.readouterr()
    change = read(folder, "CM-0009")
    assert said.out == "changes/CM-0009/change.yaml\n"
    assert "not found out: the sandbox is not running" in said.err
    assert (change.template, change.requester) == ("emergency", "alice")
    assert change.stages == ("prod-eu", "prod-fe", "prod-us")
    assert "broken_now" in {
        each.question.name for each in open_questions("emergency", change.answers)
    }


def test_a_program_is_told_what_is_written_and_what_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new", "CM-0009", "--title", "Shrink photos", "--json"]) == Exit.DONE

    document = json.loads(capsys.readouterr().out)
    assert document["file"] == "changes/CM-0009/change.yaml"
    assert document["stages"] == ["prod-eu", "prod-fe", "prod-us"]
    assert (document["missing"], document["packages"]) == (["requester"], [])
    assert "purpose" in document["questions"]
    assert document["unknown"]
    assert set(document) == documented()["new"]


def test_commits_that_nobody_could_count_are_null_and_not_none(folder: Path) -> None:
    service = load_service((folder / "mcm.yaml").read_text(), "mcm.yaml", builtin_definitions())
    ranges = tuple(heads_range(name, (), links=Links(), unknown="no clone") for name in "ab")
    document = new_json(
        service, "f", read(folder, "CM-0001"), Found(SystemClock().now(), "e1", ranges=ranges)
    )

    assert document["packages"] == [{"name": name, "commits": None} for name in "ab"]
    assert set(document["packages"][0]) == documented()["new_package"]


def test_it_writes_over_nothing(folder: Path) -> None:
    path = folder / "changes" / "CM-0001" / "change.yaml"
    before = path.read_bytes()

    assert run(["new", "CM-0001", "--no-input"]) == Exit.USAGE
    assert path.read_bytes() == before


def test_an_id_that_differs_by_case_only_is_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a Mac both would be one folder, and nobody hears the difference on the phone."""
    assert run(["new", "cm-0001", "--no-input"]) == Exit.USAGE
    assert "CM-0001 is there already" in capsys.readouterr().err
    assert not (folder / "changes" / "cm-0001" / "change.yaml").is_file() or (
        folder / "changes" / "CM-0001"
    ).samefile(folder / "changes" / "cm-0001")


def test_what_lies_in_the_way_is_named_with_the_next_step(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "changes" / "CM-0010").write_text("")

    assert run(["new", "CM-0010", "--no-input"]) == Exit.USAGE
    assert "Give the new change another id" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["../x"],
        ["CM-0009", "--template", "nowhere"],
        ["CM-0009", "--template", "../standard"],
        ["CM-0009", "--stage", "prod-moon"],
        ["CM-0009", "--requester", "two words"],
    ],
)
def test_what_cannot_be_leaves_no_file(folder: Path, words: list[str]) -> None:
    assert run(["new", *words, "--no-input"]) in (Exit.USAGE, Exit.REFUSED)
    assert not (folder / "changes" / "CM-0009").exists()


def test_at_a_terminal_it_asks_what_only_a_person_knows(folder: Path) -> None:
    """Yes and no are words: `perhaps` is asked again, and `no` may be the answer."""
    command = [sys.executable, "-m", "mcm.cli.main", "new", "CM-0009", "--stage", "prod-us"]
    code, text = run_at_terminal(
        [*command, "--requester", "alice"],
        "Make photos smaller\n",
        after="in one line? ",
        cwd=folder,
        then=[
            ("What is this change for?", "Photos load faster\n"),
            ("What should be true", "\n"),
            ("without it?", "\n"),
            ("change management?", "\n"),
            ("without people?", "perhaps\n"),
            ("does not begin with", "yes\n"),
            ("must come first?", "none\n"),
            ("how would we know?", "no, p95 latency shows it\n"),
            ("How was it tested?", "\x04"),
        ],
    )
    change = read(folder, "CM-0009")

    assert code == Exit.DONE, text
    assert change.title == "Make photos smaller"
    assert change.stages == ("prod-us",)
    answers = {name: change.answers[name] for name in ("purpose", "automation", "prerequisites")}
    assert answers == {
        "purpose": "Photos load faster",
        "automation": "yes",
        "prerequisites": "none",
    }
    assert change.answers["intrusive"] == "no, p95 latency shows it"
    left = {each.question.name for each in open_questions("standard", change.answers)}
    assert {"end_state", "testing", "worst_case"} <= left
    assert "tier-1" not in text  # mcm.yaml answers it
