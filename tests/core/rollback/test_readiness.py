"""Where a stage would go back to, how often it could not have, how often the pipeline changed."""

from datetime import timedelta

from mcm.core.past import Passage, Past
from mcm.core.pipeline import ExecutionView
from mcm.core.rollback.readiness import count_edits, judge_stage
from tests.kit.readings import NOW, STAGE, history, pipeline_view, stage

SINCE = NOW - timedelta(days=30)
DAY = timedelta(days=1)


def came(execution: str, days: float, version: int, status: str = "Succeeded") -> Passage:
    at = NOW - days * DAY
    return Passage(execution, STAGE, at, at, status, True, (), version)


def past(*passages: Passage, executions: tuple[ExecutionView, ...] = ()) -> Past:
    return Past(passages, executions)


def test_nothing_that_was_not_read_is_counted_or_promised() -> None:
    ready = judge_stage(STAGE, None, None, None, SINCE, why_unknown="throttled")

    assert (ready.target, ready.is_known, ready.why_not) == ("", False, "not known: throttled")
    assert ready.deployments is None


def test_the_target_is_the_rule_s_and_says_since_when_it_was_there() -> None:
    ready = judge_stage(STAGE, pipeline_view(stage("new")), history(), past(), SINCE)

    assert (ready.target, ready.target_since, ready.why_not) == ("old", NOW - 2 * DAY, "")


def test_a_stage_without_a_target_says_why() -> None:
    ready = judge_stage(STAGE, pipeline_view(stage("new")), history(("new",)), past(), SINCE)

    assert (ready.target, ready.effective) == ("", "new")
    assert "no earlier execution succeeded" in ready.why_not


def counted(
    *passages: Passage, version: int = 4, runs: tuple[str, ...] = ()
) -> tuple[int | None, int]:
    view = pipeline_view(stage("now"), version=version)
    ready = judge_stage(STAGE, view, history(runs), past(*passages), SINCE)
    return ready.deployments, ready.impossible


def test_the_first_deployment_of_each_version_had_no_way_back() -> None:
    """Older versions show only in what ran; those of the present one AWS lists."""
    ran = (came("e5", 1, 4), came("e4", 2, 3), came("e3", 3, 3), came("e2", 4, 2), came("e1", 5, 2))

    # e5 is the first in 4; e4 could go to e3; e3 is the first in 3; e1 may not be the first in 2.
    assert counted(*ran, runs=("e5",)) == (5, 2)


def test_a_deployment_that_failed_is_no_place_to_go_back_to() -> None:
    ran = (came("e3", 1, 3), came("e2", 2, 3, "Failed"), came("e1", 3, 2))

    assert counted(*ran) == (3, 2)


def test_what_came_before_the_month_is_a_way_back_and_is_not_counted() -> None:
    ran = (came("e2", 29, 3), came("e1", 31, 3), came("e0", 40, 2))

    assert counted(*ran) == (1, 0)


def test_rollbacks_are_no_deployments() -> None:
    back = ExecutionView("r", "Succeeded", "ROLLBACK", 0, NOW, (), "e1", "")
    ran = past(came("r", 1, 4), came("e1", 2, 4), executions=(back,))

    ready = judge_stage(STAGE, None, None, ran, SINCE)

    assert ready.deployments == 1


def test_edits_are_counted_from_the_version_in_force_at_the_start() -> None:
    ran = past(came("e3", 1, 9), came("e2", 20, 7), came("e1", 31, 6))

    assert count_edits(ran, SINCE, 9, NOW - DAY).count == 3
    assert count_edits(past(came("e2", 20, 7)), SINCE, 9, None).count == 2


def test_a_pipeline_untouched_for_longer_was_not_edited() -> None:
    assert count_edits(past(), SINCE, 9, NOW - 31 * DAY).count == 0
    assert count_edits(None, SINCE, 9, None).count is None
