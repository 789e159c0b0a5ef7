"""Whatever refuses a command that goes forward is found in the change's journal afterwards."""

from collections.abc import Callable

import pytest

from tests.cli.conftest import Shop


def edited_plan(shop: Shop) -> None:
    shop.edit("changes/CM-0001/plan.json", '"min_samples":1}', '"min_samples":0}')


def edited_file(shop: Shop) -> None:
    shop.edit("changes/CM-0001/change.yaml", "PHOTO-417", "PHOTO-9")


def unsafe_plan(shop: Shop) -> None:
    path = shop.root / "changes/CM-0001/plan.json"
    path.rename(path.with_suffix(".kept"))
    path.symlink_to(path.with_suffix(".kept"))


def no_plan(shop: Shop) -> None:
    (shop.root / "changes/CM-0001/plan.json").write_text("{}\n")


def nothing(shop: Shop) -> None:
    pass


@pytest.mark.parametrize(
    ("spoil", "line", "code"),
    [
        (edited_plan, "deploy CM-0001 --stage prod-us", "E_PLAN_CHANGED"),
        (edited_file, "request CM-0001", "E_PLAN_CHANGED"),
        (unsafe_plan, "deploy CM-0001 --stage prod-us", "E_UNSAFE_FILE"),
        (no_plan, "deploy CM-0001", "E_CANONICAL"),
        (nothing, "request CM-0001 --profile bob", "E_REQUEST_MISMATCH"),
        (nothing, "approve CM-0001 --stage prod-us --profile bob", "E_NOT_A_TTY"),
    ],
)
def test_a_refusal_is_journaled_once_whatever_refuses(
    shop: Shop,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Shop], None],
    line: str,
    code: str,
) -> None:
    shop.mcm("plan CM-0001")
    before = len(shop.entries())
    spoil(shop)

    assert shop.mcm(line) == 4
    (entry,) = shop.entries()[before:]
    assert (entry.kind, entry.body["code"]) == ("refused", code)
    assert entry.body["by"]
    capsys.readouterr()
    shop.mcm("log CM-0001")
    assert f"[{code}]" in capsys.readouterr().out.splitlines()[-1]


def test_a_walk_refused_at_a_gate_leaves_its_code(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    shop.mcm("reject CM-0001 --reason not-tonight --profile carol")

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 4
    last = shop.entries()[-1]
    assert (last.kind, last.body["code"], last.body["stage"]) == (
        "refused",
        "E_REJECTED",
        "prod-us",
    )


def test_a_dry_run_and_a_command_that_looks_write_nothing(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    before = shop.entries()
    edited_plan(shop)

    assert shop.mcm("deploy CM-0001 --stage prod-us --dry-run") == 4
    assert shop.mcm("verify CM-0001") == 4
    assert shop.entries() == before
