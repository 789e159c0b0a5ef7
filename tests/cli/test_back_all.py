"""rollback CHANGE --all: every stage that holds the change, asked once, told for each."""

import pytest

from tests.cli.conftest import Shop

ALL = "rollback CM-0001 --all"
KEY = "any other key to leave. "


@pytest.fixture
def wide(shop: Shop) -> Shop:
    """CM-0001 over three stages; the pipeline's people have let it into two of them."""
    shop.edit("changes/CM-0001/change.yaml", "[prod-us]", "[prod-eu, prod-fe, prod-us]")
    assert shop.mcm("plan CM-0001") == 0
    return shop


def test_all_stages_that_hold_it_go_back_and_no_other(
    wide: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    before = wide.stage()
    capsys.readouterr()

    assert wide.mcm(f"{ALL} --no-input") == 0
    printed = capsys.readouterr()
    said = printed.err
    assert "CM-0001: 2 of 3 stages go back" in said
    tickets = [line for line in printed.out.splitlines() if line.startswith("ROLLBACK ")]
    assert [ticket.split()[1] for ticket in tickets] == ["prod-fe", "prod-eu"]
    assert all(ticket.endswith(": done") for ticket in tickets)
    assert "prod-us  stays: it runs" in said
    assert said.index("prod-fe  back -> ") < said.index("prod-eu  back -> ")
    assert wide.kinds().count("rollback_ended") == 2
    assert wide.stage() == before
    assert wide.sent("RollbackStage") == 2

    assert wide.mcm(f"{ALL} --no-input") == 0
    printed = capsys.readouterr()
    assert "rolled back already" in printed.err
    assert printed.out == ""
    assert wide.sent("RollbackStage") == 2


@pytest.mark.parametrize(("key", "code", "sent"), [("r", 0, 2), ("q", 10, 0)])
def test_at_a_terminal_one_key_decides_for_all(wide: Shop, key: str, code: int, sent: int) -> None:
    ended, text = wide.type(ALL, key, KEY)

    assert (ended, wide.sent("RollbackStage")) == (code, sent), text


def test_without_a_terminal_it_names_the_way_to_go(
    wide: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wide.mcm(ALL) == 2
    assert "`mcm rollback CM-0001 --all --no-input`" in capsys.readouterr().err
    assert wide.sent("RollbackStage") == 0


def test_without_a_plan_it_says_what_it_cannot_know(
    wide: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal names the stages that a walk has come to; here it names none."""
    (wide.root / "changes/CM-0001/plan.json").write_text("no plan")
    capsys.readouterr()

    assert wide.mcm(f"{ALL} --no-input") == 2
    said = capsys.readouterr().err
    assert "the plan of CM-0001 cannot be read" in said
    assert "`mcm rollback --stage STAGE`" in said


def test_without_a_plan_the_journal_tells(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.ready()
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0
    (shop.root / "changes/CM-0001/plan.json").write_text("no plan")
    capsys.readouterr()

    assert shop.mcm(f"{ALL} --no-input") == 0
    assert "1 of 1 stages go back" in capsys.readouterr().err
    assert shop.sent("RollbackStage") == 1


def test_a_walk_under_way_does_not_keep_it_out(shop: Shop) -> None:
    """No lease is asked for; the walk ends with the rollback."""
    shop.edit("mcm.yaml", "{for: 1s, min_samples: 1}", "{for: 30s, min_samples: 1}")
    shop.ready()
    with shop.start("deploy CM-0001 --stage prod-us") as process:
        shop.wait_for("bake_started")
        assert shop.mcm(f"{ALL} --no-input") == 0
        _, said = process.communicate(timeout=40)

    assert process.returncode == 5, said
    assert shop.sent("RollbackStage") == 1


@pytest.mark.parametrize(
    "line",
    [
        "rollback CM-0001",
        f"{ALL} --stage prod-us",
        f"{ALL} --further",
        f"{ALL} --pipeline P --region us-east-1",
    ],
)
def test_what_does_not_go_together_is_said(shop: Shop, line: str) -> None:
    assert shop.mcm(f"{line} --no-input") == 2
    assert shop.sent("RollbackStage") == 0
