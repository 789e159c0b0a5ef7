"""lint, plan and render: the files are read strictly, the plan is frozen bytes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ENV, Shop


def test_lint_lists_every_mistake_with_its_place(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown key, a bad duration and a bad zone, all in one go."""
    shop.edit("mcm.yaml", "poll: 500ms", "poll: 500")
    shop.edit("mcm.yaml", "timezone: UTC", "timezone: PST")
    shop.edit("mcm.yaml", "version: 1\n", "version: 1\ncolour: red\n")

    assert shop.mcm("lint") == 2
    said = capsys.readouterr().out
    for where in ("mcm.yaml:4:1:", "mcm.yaml:10:9:", "mcm.yaml:19:"):
        assert where in said
    assert shop.mcm("plan CM-0001") == 2
    assert said.count("mcm.yaml:") == 3


def test_lint_finds_the_mistakes_of_each_change(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.edit("changes/CM-0001/change.yaml", "requester: alice", "requestor: alice")
    shop.edit("changes/CM-0002/change.yaml", "stages: [prod-us]", "stages: [prod-moon]")

    assert shop.mcm("lint") == 2
    said = capsys.readouterr().out
    assert "changes/CM-0001/change.yaml:" in said
    assert "changes/CM-0002/change.yaml:" in said


def test_lint_of_sound_files_is_0(shop: Shop) -> None:
    assert shop.mcm("lint") == 0


def test_the_plan_is_what_is_printed_and_what_is_kept(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("plan CM-0001 --json") == 0
    printed = capsys.readouterr().out.rstrip("\n").encode()

    assert printed == (shop.root / "changes/CM-0001/plan.json").read_bytes()
    assert json.loads(printed)["edition"] == 1
    assert shop.kinds() == ["planned"]


def test_a_plan_says_in_words_what_takes_the_stage_back(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("plan CM-0001") == 0
    told = capsys.readouterr().out

    assert (
        "guardrail  alarms: rolls back when one of the alarms photo-check-5xx,"
        " photo-check-latency enters ALARM"
    ) in told
    assert "{" not in told


def test_planning_again_makes_a_new_edition_only_when_something_differs(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    first = shop.plan()
    shop.mcm("plan CM-0001")

    assert shop.plan() == first
    shop.edit("changes/CM-0001/change.yaml", "ticket: PHOTO-417", "ticket: PHOTO-418")
    shop.mcm("plan CM-0001")
    assert (shop.plan().edition, shop.plan().ticket) == (2, "PHOTO-418")


def test_a_lost_plan_does_not_bring_its_edition_back(shop: Shop) -> None:
    """The journal remembers which editions there were."""
    shop.mcm("plan CM-0001")
    (shop.root / "changes/CM-0001/plan.json").unlink()
    shop.mcm("plan CM-0001")

    assert shop.plan().edition == 2


def test_what_stands_in_the_way_of_a_plan_is_listed(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = "execution: 01234567-89ab-cdef-0123-456789abcdef\nstages:"
    shop.edit("changes/CM-0001/change.yaml", "stages:", missing)

    assert shop.mcm("plan CM-0001") == 2
    assert "execution 01234567-89ab-cdef-0123-456789abcdef is unknown" in capsys.readouterr().err
    assert not (shop.root / "changes/CM-0001/plan.json").exists()


def test_the_change_must_be_named_while_several_are_open(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("plan") == 2
    assert "2 changes are open: CM-0001, CM-0002" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../x", "a/b", "CM-0009"])
def test_a_change_that_is_not_there_is_no_path(shop: Shop, name: str) -> None:
    assert shop.mcm(f"plan {name}") in (2, 4)


def test_the_record_is_written_with_and_without_a_plan(shop: Shop) -> None:
    record = shop.root / "changes/CM-0001/record.md"
    assert shop.mcm("render CM-0001") == 0
    assert "not planned yet" in record.read_text()
    shop.mcm("plan CM-0001")
    assert shop.mcm("render CM-0001") == 0

    assert shop.plan().digest[:12] in record.read_text()


def test_the_record_of_a_plan_asks_change_yaml_nothing(shop: Shop) -> None:
    """What was signed is told, whatever the file says or has become since."""
    folder = shop.root / "changes/CM-0001"
    shop.mcm("plan CM-0001")
    shop.mcm("render CM-0001")
    before = (folder / "record.md").read_text()
    (folder / "change.yaml").write_text("title: [")

    assert shop.mcm("render CM-0001") == 0
    assert (folder / "record.md").read_text() == before


def test_rendering_loads_no_judge_and_no_statistics(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    heavy = ("mcm.core.checks", "mcm.core.history.turn", "statistics", "mcm.config.change_file")
    script = f"""
import sys
from mcm.cli.main import run
code = run(["render", "CM-0001"])
print("LOADED", [name for name in {heavy!r} if name in sys.modules], code)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=shop.root, env=ENV, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "LOADED [] 0"


def test_graphs_are_drawn_beside_the_record_which_shows_those_of_its_own_plan(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop.root / "changes/CM-0001"
    assert shop.mcm("render CM-0001 --graphs") == 2  # there is no plan whose guardrails to draw
    shop.mcm("plan CM-0001")
    (folder / "graphs").mkdir()
    (folder / "graphs" / "mine.svg").write_text("<svg/>")
    assert shop.mcm("render CM-0001 --graphs") == 0
    drawn = sorted(path.name for path in (folder / "graphs").glob("*.svg"))
    shown = (folder / "record.md").read_text()

    assert len(drawn) == 4
    assert "mine.svg" in drawn
    assert "![" in shown
    assert "](graphs/prod-us-photo-check-5xx.svg)" in shown
    assert "mine.svg" not in shown

    (shop.root / "incidents.yaml").write_text(
        "incidents:\n  - {from: 2026-03-16T02:00Z, to: 2026-03-16T03:00Z}\n"
    )
    assert shop.mcm("backtest CM-0001 --days 1 --record") == 0
    (shop.root / "incidents.yaml").unlink()
    assert shop.mcm("render CM-0001 --graphs") == 0  # keeps the newest back-test
    shown = (folder / "record.md").read_text()
    assert "](graphs/prod-us-Back-test-of-alarms-photo-check-5xx.svg)" in shown
    assert "](graphs/prod-us-photo-check-5xx.svg)" in shown

    change = folder / "change.yaml"
    change.write_text(change.read_text().replace("title: ", "title: Now "))
    shop.mcm("plan CM-0001")
    capsys.readouterr()
    assert shop.mcm("render CM-0001") == 0
    assert "drawn for another plan" in capsys.readouterr().err
    assert "graphs/" not in (folder / "record.md").read_text()


def test_nothing_is_drawn_through_a_link(shop: Shop, tmp_path: Path) -> None:
    shop.mcm("plan CM-0001")
    (shop.root / "changes/CM-0001/graphs").symlink_to(tmp_path)

    assert shop.mcm("render CM-0001 --graphs") == 4
    assert list(tmp_path.glob("*.svg")) == []


def test_a_standing_edition_says_what_comes_next(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("plan CM-0001")
    said = []
    for line in ("plan CM-0001", "request CM-0001", "plan CM-0001"):
        capsys.readouterr()
        assert shop.mcm(line) == 0
        said.append(capsys.readouterr().err)

    assert "Next: `mcm request CM-0001`.\n" in said[0]
    assert "Next: `mcm approve CM-0001 --stage prod-us`.\n" in said[2]


def test_who_may_approve_is_said_with_the_plan_and_the_request(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sandbox's commits are in no git, and that is said, too."""
    assert shop.mcm("plan CM-0001") == 0
    shown = capsys.readouterr().out
    assert "prod-us may approve: bob\n" in shown
    assert "written by: unknown, so nobody is excluded for it: ParcelPhotoCheck: git has" in shown

    assert shop.mcm("request CM-0001") == 0
    assert "prod-us may approve: bob" in capsys.readouterr().err


def test_threat_62_when_nobody_is_left_to_approve_there_is_no_plan(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """lint says the same before AWS is asked."""
    trust = shop.root / ".mcm/trust.yml"
    before = trust.read_text()
    try:
        shop.edit(".mcm/trust.yml", "roles: [approver]", "roles: [approver]\n    stages: [prod-eu]")
        for command in ("lint CM-0001", "plan CM-0001"):
            assert shop.mcm(command) == 2
            out, err = capsys.readouterr()
            said = out if command.startswith("lint") else err
            assert "stage prod-us takes 1 besides alice to approve: nobody may" in said
            assert "Add an approver with a key to .mcm/trust.yml" in said
    finally:
        trust.write_text(before)
    assert not (shop.root / "changes/CM-0001/plan.json").exists()


def test_threat_10_a_stage_that_forbids_unknown_authors_has_no_plan(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.edit(
        "mcm.yaml",
        "    pipeline_stage: ProdUS",
        "    pipeline_stage: ProdUS\n    forbid_authors: true",
    )

    assert shop.mcm("plan CM-0001") == 2
    assert "forbids authors to approve, and who wrote it is unknown" in capsys.readouterr().err
