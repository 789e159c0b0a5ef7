"""hold, resume, abort and retry: words beside a walk, from another terminal."""

import pytest

from tests.cli.conftest import Shop


def test_a_held_change_is_not_promoted_until_it_is_resumed(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()
    assert shop.mcm("hold CM-0001 --reason wait-for-the-auditors --profile bob") == 0

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 3
    said = capsys.readouterr().err
    assert "held by bob" in said
    assert "wait-for-the-auditors" in said
    assert "`mcm resume CM-0001`" in said

    assert shop.mcm("resume CM-0001") == 0
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 0


def test_resuming_what_nobody_holds_is_a_mistake(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("plan CM-0001")

    assert shop.mcm("resume CM-0001") == 2
    assert "CM-0001 is not held" in capsys.readouterr().err

    shop.mcm("hold CM-0001 --reason later")
    assert shop.mcm("resume CM-0001 --stage prod-us") == 2
    assert "leave out --stage" in capsys.readouterr().err


def test_a_hold_needs_a_reason(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.mcm("plan CM-0001")

    assert shop.mcm("hold CM-0001") == 2
    assert shop.mcm("hold CM-0001 --reason ?") == 0
    assert "--reason" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["hold", "abort", "retry --stage prod-us"])
def test_an_empty_reason_is_none(shop: Shop, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    """Others will read it: whoever stops something says why."""
    shop.mcm("plan CM-0001")

    assert shop.mcm(f"{verb} CM-0001 --reason=") == 2
    assert "the reason is empty" in capsys.readouterr().err
    assert shop.kinds() == ["planned"]


def test_an_aborted_change_stays_where_it_is(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()

    assert shop.mcm("abort CM-0001 --reason not-this-week") == 0
    assert "nothing was promoted" in capsys.readouterr().err
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 10
    assert shop.mcm("abort CM-0001 --reason again") == 2
    assert "has been aborted already" in capsys.readouterr().err
    assert shop.sent("EnableStageTransition") == 0


def test_aborting_a_bake_from_another_terminal_ends_the_walk(shop: Shop) -> None:
    """Whoever drives it sees the word at the next turn; the way in is closed behind."""
    shop.edit("mcm.yaml", "bake: {for: 1s, min_samples: 1}", "bake: {for: 60s, min_samples: 1}")
    shop.ready()
    walk = shop.start("deploy CM-0001 --stage prod-us")
    shop.wait_for("bake_started")

    assert shop.mcm("abort CM-0001 --reason enough") == 0

    _, said = walk.communicate(timeout=30)
    assert walk.returncode == 10
    assert "enough" in said
    assert shop._state("ProdUS")["inboundTransitionState"]["enabled"] is False
    assert shop.stage() == shop.plan().execution


def test_what_has_not_failed_cannot_be_retried(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.ready()

    assert shop.mcm("retry CM-0001 --stage prod-us --reason once-more") == 2
    said = capsys.readouterr().err
    assert "prod-us cannot be retried: it has not failed" in said
    assert "`mcm status CM-0001`" in said


def test_what_failed_in_the_pipeline_is_retried(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same execution, behind the same gates, on the approval that it has."""
    shop.ready()
    assert shop.mcm("sandbox fault deploy-fails") == 0
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 9
    assert "mcm retry" in capsys.readouterr().err

    assert shop.mcm("retry CM-0001 --stage prod-us --reason the-image-is-there-now") == 0
    assert shop.sent("RetryStageExecution") == 1
    assert shop.sent("EnableStageTransition") == 1


def test_a_rollback_that_counts_down_is_vetoed_by_a_key_only(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hold` is the word; while a rollback counts down it is signed, by somebody known."""
    shop.edit("mcm.yaml", "bake: {for: 1s, min_samples: 1}", "bake: {for: 60s, min_samples: 1}")
    shop.edit("mcm.yaml", "    window: quiet\n", "    window: quiet\n    rollback: {veto: 60s}\n")
    shop.ready()
    walk = shop.start("deploy CM-0001 --stage prod-us")
    shop.wait_for("bake_started")
    assert shop.mcm("sandbox fault 5xx") == 0
    shop.wait_for("breach")
    capsys.readouterr()

    assert shop.mcm("hold CM-0001 --reason a-false-alarm") == 2
    said = capsys.readouterr().err
    assert "prod-us is about to be rolled back: to hold it now is a veto" in said
    assert "nobody to sign as" in said
    assert shop.mcm("hold CM-0001 --reason a-false-alarm --profile bob") == 0
    assert "bob vetoes the rollback of prod-us" in capsys.readouterr().err

    walk.communicate(timeout=30)
    assert walk.returncode == 6
    assert shop.sent("RollbackStage") == 0
    assert next(e for e in shop.entries() if e.kind == "vetoed").body["by"] == "bob"


def test_words_reach_a_walk_although_mcm_yaml_is_broken(shop: Shop) -> None:
    """Whoever drives it read the file when it was whole."""
    shop.ready()
    shop.edit("mcm.yaml", "version: 1", "version: [")

    assert shop.mcm("hold CM-0001 --reason wait") == 0
    assert shop.mcm("resume CM-0001") == 0
    assert shop.mcm("abort CM-0001 --reason enough") == 0
    assert shop.kinds()[-1] == "stage_ended"


def test_in_the_sandbox_the_same_person_speaks_and_deploys(shop: Shop) -> None:
    shop.mcm("plan CM-0001")

    assert shop.mcm("abort CM-0001 --reason not-this-week") == 0
    said = next(e for e in shop.entries() if e.kind == "abort_asked")
    assert said.body["by"] == "alice"
