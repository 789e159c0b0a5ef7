"""Where a rollback goes, when what the stage shows is in words that nobody knows."""

import pytest

from mcm.core.target import NoTarget, Target, find_target
from tests.kit.readings import STAGE, history, pipeline_view, rollback_run, stage

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
