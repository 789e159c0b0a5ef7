"""Where rollback goes, on histories written by hand."""

import pytest

from mcm.core.pipeline import PipelineView, StageHistory, StageView
from mcm.core.target import NoTarget, Target, effective_execution, find_target, target_after
from tests.kit.readings import STAGE, history, pipeline_view, rollback_run, stage


def target(seen: StageView, past: StageHistory, signed: str = "") -> str | None:
    found = find_target(pipeline_view(seen), past, STAGE, signed=signed)
    return found.execution if isinstance(found, Target) else None


BACK = stage("back-1", kind="ROLLBACK")


def test_the_newest_success_before_what_runs() -> None:
    assert target(stage("new"), history(("new", "old", "older"))) == "old"


def test_what_failed_in_the_stage_goes_back_to_the_newest_success() -> None:
    assert target(stage("new", "Failed"), history(("old", "older"))) == "old"


def test_what_has_no_success_before_it_has_no_target() -> None:
    found = find_target(pipeline_view(), history(("new",)), STAGE)

    assert isinstance(found, NoTarget)
    assert "no earlier execution succeeded in ProdUS in pipeline version 4" in found.reason


def test_after_a_rollback_it_goes_one_more_back() -> None:
    past = history((("new", 3), ("old", 24), ("older", 48)), [rollback_run("back-1", "old")])

    assert effective_execution(BACK, past) == "old"
    assert target(BACK, past) == "older"


def test_what_a_rollback_passed_over_is_never_a_target_again() -> None:
    """`bad` succeeded in the stage before its bake broke; `fix` came after the rollback."""
    past = history(
        (("fix", 1), ("bad", 5), ("old", 24)), [rollback_run("back-1", "old", hours_ago=3)]
    )

    assert target(stage("fix"), past) == "old"


def test_what_started_before_a_rollback_but_entered_after_it_is_not_passed_over() -> None:
    """`waited` stood in front of the stage for days, while `bad` came and was taken back."""
    past = history(
        (("newest", 0.5), ("waited", 1), ("bad", 5), ("old", 24)),
        [rollback_run("back-1", "old", hours_ago=3)],
    )

    assert target(stage("newest"), past) == "waited"


def test_a_rollback_that_failed_passes_nothing_over() -> None:
    past = history(
        (("new", 1), ("old", 5), ("older", 24)),
        [rollback_run("back-1", "older", hours_ago=3, status="Failed")],
    )

    assert target(stage("new"), past) == "old"


def test_a_rollback_that_failed_is_repeated_to_the_same_place() -> None:
    past = history((("new", 3), ("old", 24)), [rollback_run("back-1", "old", status="Failed")])
    seen = stage("back-1", "Failed", kind="ROLLBACK")

    assert find_target(pipeline_view(seen), past, STAGE) == Target("old", "back-1")


def test_two_rollbacks_in_a_row_pass_over_all_in_between() -> None:
    past = history(
        (("fix", 1), ("c", 8), ("b", 12), ("a", 24)),
        [rollback_run("back-2", "a", hours_ago=4), rollback_run("back-1", "b", hours_ago=6)],
    )

    assert target(stage("fix"), past) == "a"


def test_the_signed_target_is_preferred_if_it_is_feasible() -> None:
    past = history(("new", "old", "older"))

    assert target(stage("new"), past, "older") == "older"
    assert target(stage("new"), past, "unknown") == "old"


def test_a_signed_target_that_was_rolled_back_from_is_not_feasible() -> None:
    past = history(
        (("fix", 1), ("bad", 5), ("old", 24)), [rollback_run("back-1", "old", hours_ago=3)]
    )

    assert target(stage("fix"), past, "bad") == "old"


@pytest.mark.parametrize(
    "view",
    [
        pipeline_view(mode="PARALLEL"),
        pipeline_view(mode="SOMETHING_NEW"),
        pipeline_view(mode=""),
        pipeline_view(stage(name="Elsewhere")),
        pipeline_view(stage("")),
        pipeline_view(BACK),
    ],
    ids=["parallel", "unknown mode", "no mode", "no stage", "never run", "unlisted rollback"],
)
def test_what_cannot_be_told_has_no_target(view: PipelineView) -> None:
    assert isinstance(find_target(view, history(), STAGE), NoTarget)


def test_a_source_stage_has_no_target() -> None:
    assert isinstance(find_target(pipeline_view(), history(), "Source"), NoTarget)


def test_after_a_promotion_it_would_go_to_what_runs_now() -> None:
    found = target_after(pipeline_view(stage("old")), history(("old", "older")), STAGE, "new")

    assert found == Target("old", "new")


def test_after_a_first_promotion_there_is_nowhere_to_go() -> None:
    found = target_after(pipeline_view(stage("")), history(()), STAGE, "new")

    assert isinstance(found, NoTarget)


@pytest.mark.parametrize(
    ("seen", "expected"), [(stage("new"), "new"), (stage(""), ""), (BACK, "old")]
)
def test_the_effective_execution(seen: StageView, expected: str) -> None:
    past = history(rollbacks=[rollback_run("back-1", "old")])

    assert effective_execution(seen, past) == expected


# Words that nobody knows

PAST = history(("new", "old", "older"), [rollback_run("back-1", "old", status="?")])


@pytest.mark.parametrize("status", ["Skipped", "Paused", "", "InProgress"])
def test_a_rollback_that_may_not_have_gone_back_gives_no_target(status: str) -> None:
    """Taken as done, the target would be one execution too far."""
    view = pipeline_view(stage("back-1", status, kind="ROLLBACK"))

    assert isinstance(find_target(view, PAST, STAGE), NoTarget)


@pytest.mark.parametrize(("status", "target"), [("Succeeded", "older"), ("Failed", "old")])
def test_a_rollback_that_is_over_gives_one(status: str, target: str) -> None:
    view = pipeline_view(stage("back-1", status, kind="ROLLBACK"))

    found = find_target(view, PAST, STAGE)

    assert isinstance(found, Target)
    assert found.execution == target


def test_what_a_redeployment_took_back_is_passed_over_though_the_pipeline_lists_it() -> None:
    past = history(("bad", "old"))
    found = find_target(pipeline_view(), past, STAGE, left_behind=frozenset({"bad"}))
    assert found == Target("old", "new")
    signed = find_target(pipeline_view(), past, STAGE, signed="bad", left_behind=frozenset({"bad"}))
    assert signed == Target("old", "new")
