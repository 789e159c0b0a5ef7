"""lint: a mistake in one file hides none in another."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Shop

CHANGE = "changes/CM-0001/change.yaml"


def lint(shop: Shop, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = shop.mcm("lint")
    return code, capsys.readouterr().out


def test_a_broken_config_hides_no_mistake_of_a_change(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.edit("mcm.yaml", "version: 1\n", "version: 1\ncolour: red\n")
    shop.edit(CHANGE, "requester: alice", "requestor: alice")
    (shop.root / "changes/CM-0002/change.yaml").write_text("a: [")

    code, said = lint(shop, capsys)

    assert code == 2
    for where in ("mcm.yaml:", f"{CHANGE}:", "changes/CM-0002/change.yaml:"):
        assert where in said


def test_a_stray_folder_is_one_problem_with_its_path(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    stray = shop.root / "changes/bad id"
    stray.mkdir()
    (stray / "change.yaml").write_text("id: bad id\n")
    shop.edit("changes/CM-0002/change.yaml", "stages: [prod-us]", "stages: [prod-moon]")

    code, said = lint(shop, capsys)

    assert (code, said.count("changes/bad id:1:1: error: ")) == (2, 1)
    assert "prod-moon" in said
    assert shop.mcm("list") == 0


def test_two_ids_that_differ_by_case_only_are_a_problem(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when both came by git: a clone on a Mac has one folder for them."""
    twin = shop.root / "changes/cm-0001"
    twin.mkdir()
    text = (shop.root / CHANGE).read_text()
    (twin / "change.yaml").write_text(text.replace("CM-0001", "cm-0001"))

    code, said = lint(shop, capsys)

    assert code == 2
    assert (
        "changes/cm-0001/change.yaml:1:1: error: the id differs from CM-0001 by case only" in said
    )


@pytest.mark.parametrize("kind", ["fifo", "directory", "symlink"])
def test_a_change_file_that_is_no_plain_file_is_refused(
    shop: Shop, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    path = shop.root / CHANGE
    path.rename(shop.root / "elsewhere.yaml")
    make = {"fifo": os.mkfifo, "directory": os.mkdir, "symlink": _link}
    make[kind](path)
    try:
        code, said = lint(shop, capsys)
        assert (code, said.count("[E_UNSAFE_FILE]")) == (2, 1)
        assert shop.mcm("plan CM-0001") == 4
        assert "[E_UNSAFE_FILE]" in capsys.readouterr().err
        assert shop.mcm("list") == 0
    finally:
        path.rmdir() if kind == "directory" else path.unlink()


def test_a_requester_whom_nobody_trusts_is_a_problem(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.edit(CHANGE, "requester: alice", "requester: mallory")
    shop.edit("changes/CM-0002/change.yaml", "requester: alice", "requester: bob")

    code, said = lint(shop, capsys)

    assert code == 2
    assert "requester mallory is not in .mcm/trust.yml: alice may request [requester]" in said
    assert f"{CHANGE}:4:12: error: " in said
    assert "    | requester: alice\n" in said
    assert "requester bob is no requester in .mcm/trust.yml" in said


def test_known_incidents_are_looked_at_and_a_file_that_is_none_is_told(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shop.root / "incidents.yaml"
    when = "from: 2026-03-18T02:00Z, to: 2026-03-18T03:00Z"
    path.write_text(f"incidents:\n  - {{{when}, stages: [prod-xx]}}\n")

    code, said = lint(shop, capsys)

    assert (code, "incidents.yaml:2:" in said, "no stage 'prod-xx'" in said) == (2, True, True)
    path.unlink()
    path.mkdir()
    try:
        assert shop.mcm("backtest") == 4
        assert "[E_UNSAFE_FILE]" in capsys.readouterr().err
    finally:
        path.rmdir()


def test_programs_get_the_same_list_in_two_forms(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.edit("mcm.yaml", "version: 1\n", "version: 1\n\x1b[2J: red\n")
    shop.edit(CHANGE, "requester: alice", "requester: mallory")
    forms = {}
    for form in ("--json", "--sarif"):
        assert shop.mcm(f"lint {form}") == 2
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        forms[form] = json.loads(said.out)
    found = forms["--json"]["findings"]
    (run,) = forms["--sarif"]["runs"]

    assert [each["rule"] for each in found] == [each["ruleId"] for each in run["results"]]
    assert forms["--json"]["errors"] == sum(each["level"] == "error" for each in found)
    assert shop.mcm("lint --json --sarif") == 2


def test_with_aws_the_alarms_are_looked_at(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.edit("mcm.yaml", "photo-check-5xx, photo-check-latency", "photo-check-6xx")

    assert shop.mcm("lint --aws") == 2
    said = capsys.readouterr().out
    assert "error: there is no alarm photo-check-6xx in us-east-1 [alarm-missing]" in said


def _link(path: Path) -> None:
    path.symlink_to("../../elsewhere.yaml")
