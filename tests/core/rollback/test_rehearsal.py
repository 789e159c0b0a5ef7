"""The proof of the way back: what is unknown proves nothing, and each step is the walk's own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mcm.core.pipeline import ActionView, StageHistory, StageRun
from mcm.core.plans.plan import Plan
from mcm.core.query import EndpointQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Readings, Unknown
from mcm.core.rollback import rehearsal
from mcm.core.rollback.rehearsal import Proof
from tests.kit.readings import US, endpoint, rollback_run
from tests.planned import (
    HELD,
    NOW,
    PINNED,
    PIPELINE,
    make_answers,
    make_execution,
    make_pipeline,
    make_plan,
)

VIEW = PipelineQuery(PIPELINE)
PAST = HistoryQuery(PIPELINE, "ProdUS")
ENDPOINT = EndpointQuery(US, "photo-check-us")
LATE = Unknown(Blindness.LATE, "no answer within 5 s", NOW)


def prove(changes: Mapping[Query, Reading] | None = None, plan: Plan | None = None) -> Proof:
    answers = {**make_answers(), **endpoint(), **(changes or {})}
    plan = plan or make_plan()
    stage = plan.stage("prod-us")
    assert stage is not None
    return rehearsal.prove(plan, stage, Readings(answers, NOW), NOW)


def past(*names: str, **fields: object) -> Known:
    """Return a history with these executions, newest first."""
    executions = [make_execution(name, status="Succeeded") for name in names]
    runs = tuple(StageRun(each, each.started) for each in executions)
    return Known(StageHistory(runs, **{"rollbacks": (), **fields}), NOW)  # type: ignore[arg-type]


def ops(proof: Proof) -> list[str]:
    return [step.op for step in proof.steps]


# Unknown first


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (VIEW, "the pipeline cannot be read: no answer within 5 s"),
        (PAST, "the past of ProdUS cannot be read: no answer within 5 s"),
        (ENDPOINT, "what photo-check-us serves cannot be read: no answer within 5 s"),
    ],
)
def test_what_cannot_be_read_proves_nothing(query: Query, says: str) -> None:
    proof = prove({query: LATE})

    assert not proof.is_proven
    assert proof.why_not == says


def test_an_unread_query_proves_nothing() -> None:
    plan = make_plan()
    stage = plan.stages[0]

    assert not rehearsal.prove(plan, stage, Readings({}, NOW), NOW).is_proven


def test_a_structure_that_cannot_be_read_proves_nothing() -> None:
    """An approval may stand in the stage that nobody sees."""
    proof = prove({VIEW: Known(replace(make_pipeline(), mode="", unread="denied"), NOW)})

    assert proof.why_not == "what is an approval cannot be read: denied"


@pytest.mark.parametrize("mode", ["PARALLEL", "", "SOMETHING_NEW"])
def test_a_mode_that_is_not_known_to_roll_back_proves_nothing(mode: str) -> None:
    proof = prove({VIEW: Known(replace(make_pipeline(), mode=mode), NOW)})

    shown = mode or "that cannot be read (it is being changed)"
    assert proof.why_not == f"a pipeline in mode {shown} cannot roll back a stage"


def test_another_version_of_the_pipeline_leaves_no_target() -> None:
    proof = prove({VIEW: Known(replace(make_pipeline(), version=4), NOW)})

    assert "version 4, planned was 3" in proof.why_not


@pytest.mark.parametrize("status", ["Updating", "UpdateRollbackFailed", ""])
def test_an_endpoint_that_is_not_in_service_is_nothing_to_compare_with(status: str) -> None:
    proof = prove(endpoint(status))

    assert "nothing to compare with later" in proof.why_not


def test_a_stage_that_nothing_succeeded_in_has_no_way_back() -> None:
    assert "no earlier execution succeeded in ProdUS" in prove({PAST: past()}).why_not


def test_a_stage_that_is_gone_has_no_way_back() -> None:
    view = make_pipeline()
    view = replace(view, stages=tuple(s for s in view.stages if s.name != "ProdUS"))

    assert prove({VIEW: Known(view, NOW)}).why_not == "the pipeline has no stage ProdUS"


# The way


def test_the_steps_are_those_of_a_rollback_in_its_order() -> None:
    proof = prove()

    assert proof.is_proven
    assert [step.text for step in proof.steps] == [
        "close the way into ProdUS",
        f"stop {PINNED} if it still runs; after 2m ask a person",
        f"RollbackStage ProdUS to {HELD}",
        "verify photo-check-us: what it serves now (photo-check-us-v6)",
    ]
    assert proof.doubts == ()


def test_a_policy_of_abandoning_is_told() -> None:
    plan = make_plan()
    plan = replace(plan, stages=(replace(plan.stages[0], abandon=True),))

    assert "after 2m abandon its actions" in prove(plan=plan).steps[1].text


def test_of_several_targets_the_planned_one_is_gone_back_to() -> None:
    plan = make_plan(targets={"prod-eu": HELD, "prod-us": "e3"})

    proof = prove({PAST: past("e4", "e3", "e2")}, plan)

    assert proof.is_proven
    assert proof.steps[2].text == "RollbackStage ProdUS to e3"


def test_a_planned_target_that_is_none_any_more_is_no_way_back() -> None:
    plan = make_plan(targets={"prod-eu": HELD, "prod-us": "e1"})

    proof = prove({PAST: past("e4", "e3")}, plan)

    assert proof.why_not == "it would go to e4, the plan says e1"


def test_a_target_that_a_rollback_passed_over_is_no_way_back() -> None:
    # e4 breached and was rolled back to e3: it stands among the successes all the same.
    back = rollback_run("back", "e3", hours_ago=1)

    proof = prove({PAST: past("e4", "e3", rollbacks=(back,))})

    assert proof.why_not == "it would go to e3, the plan says e4"


def test_a_target_of_another_pipeline_version_is_no_way_back() -> None:
    run = make_execution(HELD, status="Succeeded", version=2)
    history = StageHistory((StageRun(run, run.started),), ())

    assert "ran in pipeline version 2, not 3" in prove({PAST: Known(history, NOW)}).why_not


def test_a_target_from_before_aws_had_rollbacks_is_no_way_back() -> None:
    run = make_execution(HELD, status="Succeeded", started=datetime(2024, 1, 31, tzinfo=UTC))
    history = StageHistory((StageRun(run, run.started),), ())

    assert "2024-02-01" in prove({PAST: Known(history, NOW)}).why_not


def test_an_approval_in_the_stage_is_answered_on_the_way_and_told() -> None:
    action = ActionView("Approve", True, "Succeeded", False, "", "")
    view = make_pipeline(ProdUS={"actions": (action,)})

    proof = prove({VIEW: Known(view, NOW)})

    assert proof.is_proven
    assert ops(proof)[-2:] == ["answer_approval", "verify"]
    assert "the rollback waits at ProdUS/Approve" in proof.doubts[0]


def test_a_stage_without_endpoints_is_proven_and_its_content_is_in_doubt() -> None:
    plan = make_plan()
    plan = replace(plan, stages=(replace(plan.stages[0], endpoints=()),))

    proof = prove(plan=plan)

    assert proof.is_proven
    assert ops(proof) == ["close_transition", "stop_execution", "roll_back_stage"]
    assert proof.doubts == ("no endpoint is configured: what it serves then is not verified",)


def test_what_is_under_way_now_does_not_change_the_way() -> None:
    # A hotfix runs in the stage: by the time of a breach the pinned execution is there.
    view = make_pipeline(ProdUS={"execution": "e9", "status": "InProgress"})

    assert prove({VIEW: Known(view, NOW)}).is_proven
