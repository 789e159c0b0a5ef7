"""Planning: what is asked, what is frozen, and everything that stands in the way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mcm.core.endpoint import Expected
from mcm.core.pipeline import ActionView, PipelineView, RollbackRun, StageHistory, StageRun
from mcm.core.plans.change import Assumed
from mcm.core.plans.guardrails import name_guardrails, stage_guardrails
from mcm.core.plans.plan import Answer, Approval, Gate, Package, Plan
from mcm.core.plans.planning import more_queries, plan_queries, plan_warnings
from mcm.core.plans.service import CheckUse
from mcm.core.query import ExecutionQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Known, Reading, Readings
from tests.planned import (
    HELD,
    NOW,
    PINNED,
    PIPELINE,
    build,
    make_answers,
    make_change,
    make_execution,
    make_pipeline,
    make_plan,
    make_service,
    throttled,
)


def problems(**given: Any) -> str:
    found = build(**given)
    assert not isinstance(found, Plan)
    return "\n".join(found)


def executions_asked(answers: dict[Query, Reading], **change: Any) -> set[str]:
    queries = more_queries(make_service(), make_change(**change), Readings(answers, NOW))
    return {query.execution for query in queries if isinstance(query, ExecutionQuery)}


# What is unknown is a problem, never a guess.


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (PipelineQuery(PIPELINE), "pipeline ParcelPhotoCheck is unknown: throttled"),
        (HistoryQuery(PIPELINE, "ProdUS"), "history of ProdUS is unknown: throttled"),
        (ExecutionQuery(PIPELINE, PINNED), f"execution {PINNED} is unknown: throttled"),
        (ExecutionQuery(PIPELINE, HELD), f"execution {HELD} is unknown: throttled"),
    ],
)
def test_an_unknown_reading_is_a_problem_with_its_reason(query: Query, says: str) -> None:
    assert says in problems(answers={**make_answers(), query: throttled()})


def test_no_readings_at_all_are_a_problem() -> None:
    assert problems(answers={}) == "pipeline ParcelPhotoCheck is unknown: not read"


def test_an_answer_about_another_execution_is_not_taken_for_the_pinned_one() -> None:
    wrong = {ExecutionQuery(PIPELINE, PINNED): Known(make_execution("e9"), NOW)}
    assert "execution e5 is unknown" in problems(answers={**make_answers(), **wrong})


def test_a_stage_whose_target_nobody_looked_for_is_a_problem() -> None:
    assert "nobody looked for its rollback target" in problems(targets={"prod-eu": HELD})


def test_problems_of_several_kinds_come_all_at_once() -> None:
    answers = {**make_answers(replace(make_pipeline(), mode="PARALLEL"))}
    answers[ExecutionQuery(PIPELINE, PINNED)] = throttled()
    found = problems(answers=answers, targets={}, definitions={})
    for part in ("PARALLEL", "e5 is unknown", "nobody looked", "check alarms has no definition"):
        assert part in found


@pytest.mark.parametrize("mode", ["PARALLEL", "", "SOMETHING_NEW"])
def test_a_mode_without_stage_rollback_or_an_unknown_one_is_a_problem(mode: str) -> None:
    assert "is in mode" in problems(answers=make_answers(replace(make_pipeline(), mode=mode)))


# The pinned execution.


def test_the_execution_at_the_transition_is_pinned() -> None:
    assert make_plan().execution == PINNED


def test_the_execution_that_holds_the_approval_stage_is_pinned() -> None:
    view = make_pipeline(
        ProdUS={}, ApproveUS={"execution": "e6", "status": "InProgress", "actions": approval(True)}
    )
    assert make_plan(answers=make_answers(view, make_execution("e6"))).execution == "e6"


def test_of_several_waiting_the_newest_is_pinned() -> None:
    view = make_pipeline(ApproveUS={"inbound": ("e7", "e6")}, ProdUS={"inbound": (PINNED,)})
    answers = make_answers(view, make_execution("e6"), make_execution("e7"))
    assert make_plan(answers=answers).execution == "e7"


def test_of_several_waiting_one_unknown_is_a_problem() -> None:
    """The unknown one might be the newest."""
    view = make_pipeline(ApproveUS={"inbound": ("e6",)})
    assert "execution e6 is unknown: not read" in problems(answers=make_answers(view))


def test_a_stage_that_the_execution_has_passed_is_skipped_when_looking() -> None:
    plan = make_plan(change=make_change(stages=("prod-eu", "prod-us")))
    assert plan.execution == PINNED


def test_what_waits_in_front_of_the_first_stage_wins() -> None:
    view = make_pipeline(ApproveEU={"inbound": ("e6",)})
    answers = make_answers(view, make_execution("e6"))
    plan = make_plan(answers=answers, change=make_change(stages=("prod-eu", "prod-us")))
    assert plan.execution == "e6"


def test_an_execution_in_front_of_an_earlier_stage_is_not_pinned() -> None:
    view = make_pipeline(ProdUS={}, ApproveEU={"inbound": ("e6",)})
    found = problems(answers=make_answers(view, make_execution("e6")))
    assert "no execution waits in front of ProdUS" in found


def test_a_rollback_under_way_at_the_gate_is_not_taken_for_a_release() -> None:
    view = make_pipeline(
        ProdUS={},
        ApproveUS={"execution": "e6", "status": "InProgress", "type": "ROLLBACK"},
    )
    assert "no execution waits" in problems(answers=make_answers(view, make_execution("e6")))


def test_a_gate_inside_the_stage_holds_the_pinned_one_while_it_is_open() -> None:
    service = make_service()
    inside = replace(service.stages[1], gate=Gate(Approval("ProdUS", "Approve"), ""))
    service = replace(service, stages=(service.stages[0], inside))
    stage = {"execution": PINNED, "status": "InProgress"}
    waits = make_answers(make_pipeline(ProdUS={**stage, "actions": approval(True)}))
    assert make_plan(service=service, answers=waits).execution == PINNED
    deploys = make_answers(make_pipeline(ProdUS={**stage, "actions": approval(False)}))
    assert "no execution waits" in problems(service=service, answers=deploys)


def test_the_change_may_name_its_execution() -> None:
    answers = make_answers(None, make_execution("e6"))
    assert make_plan(change=make_change(execution="e6"), answers=answers).execution == "e6"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "Superseded"}, "is Superseded"),
        ({"status": "Succeeded"}, "is Succeeded"),
        ({"status": "Stopping"}, "is Stopping"),
        ({"status": ""}, "of unknown status"),
        ({"status": "Invented"}, "is Invented"),
        ({"type": "ROLLBACK"}, "is of type ROLLBACK"),
        ({"version": 2}, "runs in version 2 of the pipeline, which is now at 3"),
        ({"version": 0}, "a version that AWS does not name"),
        ({"revisions": ()}, "shows no source revisions"),
    ],
)
def test_an_execution_that_cannot_be_promoted_is_a_problem(
    fields: dict[str, Any], says: str
) -> None:
    assert says in problems(answers=make_answers(None, make_execution(PINNED, **fields)))


# Packages: from what runs now to what is pinned.


def test_packages_go_from_the_deployed_revision_to_the_pinned_one() -> None:
    assert make_plan().packages == (Package("App", "e4aaaaaaaaaa", "e5aaaaaaaaaa"),)


def test_a_stage_that_has_never_run_gives_no_revision_before() -> None:
    view = make_pipeline(ProdUS={"inbound": (PINNED,), "execution": "", "status": "", "type": ""})
    assert make_plan(answers=make_answers(view)).packages[0].before == ""


def test_a_source_that_does_not_change_is_no_package() -> None:
    same = make_execution(HELD, revisions=make_execution(PINNED).revisions)
    assert make_plan(answers=make_answers(None, same)).packages == ()


def test_a_stage_that_is_running_another_execution_is_not_settled() -> None:
    view = make_pipeline(ProdUS={"inbound": (PINNED,), "status": "InProgress"})
    assert "what it runs is not settled" in problems(answers=make_answers(view))


def test_after_a_failed_attempt_the_newest_success_is_what_runs() -> None:
    view = make_pipeline(ProdUS={"inbound": (PINNED,), "execution": "e3", "status": "Failed"})
    assert make_plan(answers=make_answers(view)).packages[0].before == "e4aaaaaaaaaa"


def test_after_a_rollback_and_a_failed_attempt_the_target_is_what_runs() -> None:
    view = make_pipeline(ProdUS={"inbound": (PINNED,), "execution": "e9", "status": "Failed"})
    assert make_plan(answers=rolled_back(view, "e2")).packages[0].before == "e2aaaaaaaaaa"
    assert "which its history does not show" in problems(answers=rolled_back(view, "e1"))


@pytest.mark.parametrize("stated", ["e4aaaaaaaaaa", "e4aaaaa", ""])
def test_a_stated_range_may_be_short_or_left_open(stated: str) -> None:
    change = make_change(packages=(Package("App", stated, ""),))
    assert make_plan(change=change).packages == (Package("App", "e4aaaaaaaaaa", "e5aaaaaaaaaa"),)


@pytest.mark.parametrize(
    ("package", "says"),
    [
        (Package("App", "", "bbbbbbbb"), "change.yaml says after bbbbbbbb"),
        (Package("App", "e4a", ""), "change.yaml says before e4a,"),
        (Package("Infra", "", ""), "no source of the pipeline has that name; it has App"),
    ],
)
def test_a_stated_range_that_the_pipeline_contradicts_is_a_problem(
    package: Package, says: str
) -> None:
    assert says in problems(change=make_change(packages=(package,)))


# What is frozen.


def test_a_plan_reads_back_as_the_same_plan() -> None:
    plan = make_plan()
    again = Plan.from_bytes(plan.to_bytes())
    assert again == plan
    assert again.digest == plan.digest


def test_parameters_are_frozen_as_canonical_values() -> None:
    params = {"url": "https://example.com/ping", "within": timedelta(seconds=2), "status": (200,)}
    service = make_service()
    stage = replace(service.stages[1], guardrails=(CheckUse("http-health", params, "hold"),))
    plan = make_plan(service=replace(service, stages=(service.stages[0], stage)))
    guardrail = plan.stages[0].guardrails[0]
    assert guardrail.params == {
        "url": "https://example.com/ping", "within": 2000, "status": [200]
    }  # fmt: skip
    assert guardrail.on_breach == "hold"
    assert Plan.from_bytes(plan.to_bytes()) == plan


def test_the_same_readings_give_the_same_digest() -> None:
    assert make_plan().digest == make_plan().digest


@pytest.mark.parametrize(
    "other",
    [
        {"realm": "sandbox:0"},
        {"edition": 2},
        {"targets": {"prod-us": "e2"}},
        {"change": make_change(title="Another title")},
        {"change": make_change(answers={"purpose": "another purpose"})},
        {"service": make_service(poll=timedelta(seconds=31))},
        {"answers": make_answers(None, make_execution(HELD, revisions=()))},
    ],
)
def test_whatever_people_sign_for_changes_the_digest(other: dict[str, Any]) -> None:
    assert make_plan(**other).digest != make_plan().digest


def test_a_missing_rollback_target_is_planned_as_missing() -> None:
    """It closes a gate later, which a signed exception may open."""
    assert make_plan(targets={"prod-us": ""}).stages[0].rollback_target == ""


def test_the_predecessor_is_the_stage_before_in_the_file_even_outside_the_change() -> None:
    assert [stage.predecessor for stage in make_plan().stages] == ["ProdEU"]
    both = make_plan(change=make_change(stages=("prod-us", "prod-eu")))
    assert [stage.predecessor for stage in both.stages] == ["", "ProdEU"]


def test_the_changes_own_answer_wins_over_the_standing_one() -> None:
    assert make_plan().answers == (
        Answer("purpose", "compare two models"),
        Answer("tier_one", "no"),
    )


def test_guardrails_of_one_check_are_numbered_from_the_second_on() -> None:
    service = make_service()
    use = CheckUse("http-health", {"url": "https://example.com/"}, "hold")
    stage = replace(service.stages[1], guardrails=(use, use, use))
    plan = make_plan(service=replace(service, stages=(service.stages[0], stage)))
    names = [guardrail.name for guardrail in plan.stages[0].guardrails]
    assert names == ["http-health", "http-health-2", "http-health-3"]


def of_variant(*variants: str, is_said: bool = False, endpoint: str = "e") -> str:
    """Return what a breach of metrics of these variants does; `candidate` of e is a shadow."""
    of_it = [{"name": "EndpointName", "value": endpoint}] if endpoint else []
    metrics = [
        {"name": v, "dimensions": [*of_it, {"name": "VariantName", "value": v}]} for v in variants
    ]
    uses = (CheckUse("metric-threshold", {"metrics": metrics}, "roll_back", is_said=is_said),)
    definitions = {"metric-threshold": {"kind": "metric-threshold"}}
    shadow = Expected("e", "candidate", "model-b")
    return name_guardrails(uses, definitions, (shadow,))[0].on_breach


def test_rule_31_a_breach_of_the_shadow_alone_holds_unless_the_use_says_otherwise() -> None:
    assert of_variant("candidate") == "hold"
    assert of_variant("live") == "roll_back"
    assert of_variant("candidate", "live") == "roll_back"
    assert of_variant("candidate", is_said=True) == "roll_back"
    assert of_variant() == "roll_back"


def test_rule_31_what_is_a_shadow_at_one_endpoint_may_serve_at_another() -> None:
    assert of_variant("candidate", endpoint="f") == "roll_back"
    assert of_variant("candidate", endpoint="") == "hold"


def of_endpoint(*, is_said: bool = False) -> list[tuple[str, str, str]]:
    """Return name, part and consequence of what a use of `sagemaker-endpoint` becomes."""
    definitions = {"sagemaker-endpoint": {"kind": "sagemaker-endpoint"}}
    use = CheckUse("sagemaker-endpoint", {"endpoint": "e"}, "roll_back", is_said=is_said)
    return [
        (each.name, each.params["part"], each.on_breach)
        for each in stage_guardrails((use, use), definitions, ())
    ]


def test_rule_31_live_and_shadow_of_an_endpoint_are_guardrails_of_their_own() -> None:
    assert of_endpoint() == [
        ("sagemaker-endpoint", "live", "roll_back"),
        ("sagemaker-endpoint shadow", "shadow", "hold"),
        ("sagemaker-endpoint-2", "live", "roll_back"),
        ("sagemaker-endpoint-2 shadow", "shadow", "hold"),
    ]


def test_rule_31_a_use_may_say_that_its_shadow_goes_back_too() -> None:
    assert {what for _, _, what in of_endpoint(is_said=True)} == {"roll_back"}


def test_endpoints_are_those_that_a_check_watches() -> None:
    assert make_plan().stages[0].endpoints == ("photo-check-us",)


def test_only_the_definitions_in_use_are_embedded_sorted_by_name() -> None:
    names = [definition["name"] for definition in make_plan().definitions]
    assert names == ["alarms", "sagemaker-endpoint"]


# The pipeline must be built as mcm.yaml says.


def test_a_stage_that_the_pipeline_does_not_have_is_a_problem() -> None:
    view = make_pipeline()
    view = replace(view, stages=tuple(s for s in view.stages if s.name != "ProdEU"))
    found = problems(answers=make_answers(view))
    assert "stage prod-eu: the pipeline has no stage ProdEU; it has Source" in found


def test_stages_out_of_the_pipelines_order_are_a_problem() -> None:
    """Each waits for the one before it, which would then never come first."""
    service = make_service()
    found = problems(service=replace(service, stages=service.stages[::-1]))
    assert "ProdEU does not come after ProdUS in the pipeline" in found


def test_the_source_stage_is_refused() -> None:
    service = make_service()
    first = replace(service.stages[0], pipeline_stage="Source")
    found = problems(service=replace(service, stages=(first, service.stages[1])))
    assert "is the pipeline's source stage" in found


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        (Gate(None, "ProdMars"), "its gate names ProdMars, not a pipeline stage"),
        (Gate(Approval("ApproveMars", "Approve"), ""), "its gate names ApproveMars"),
        (Gate(Approval("ApproveUS", "Sign"), ""), "has no manual approval action Sign"),
        (Gate(Approval("ProdEU", "Approve"), ""), "has no manual approval action Approve"),
    ],
)
def test_a_gate_that_the_pipeline_does_not_have_is_a_problem(gate: Gate, says: str) -> None:
    service = make_service()
    stage = replace(service.stages[1], gate=gate)
    assert says in problems(service=replace(service, stages=(service.stages[0], stage)))


def test_a_gate_behind_its_stage_is_a_problem() -> None:
    service = make_service()
    stage = replace(service.stages[0], gate=Gate(None, "ProdUS"))
    found = problems(
        service=replace(service, stages=(stage, service.stages[1])),
        change=make_change(stages=("prod-eu",)),
    )
    assert "its gate ProdUS comes after ProdEU" in found


# What is asked.


def test_the_first_look_covers_the_pipeline_and_each_stage_of_the_change() -> None:
    assert plan_queries(make_service(), make_change()) == {
        PipelineQuery(PIPELINE),
        HistoryQuery(PIPELINE, "ProdUS"),
    }


def test_a_named_execution_is_asked_for_at_once() -> None:
    asked = plan_queries(make_service(), make_change(execution="e6"))
    assert ExecutionQuery(PIPELINE, "e6") in asked


def test_the_second_look_covers_what_waits_and_what_the_stage_holds() -> None:
    assert executions_asked(make_answers()) == {PINNED, HELD}
    assert executions_asked(make_answers(), execution="e6") == {"e6", HELD}


def test_without_a_pipeline_the_second_look_asks_nothing() -> None:
    assert executions_asked({}) == set()


def approval(awaiting: bool) -> tuple[ActionView, ...]:
    return (ActionView("Approve", True, "InProgress" if awaiting else "", awaiting, "", ""),)


def rolled_back(view: PipelineView, target: str) -> dict[Query, Reading]:
    """The stage's history: e2, then e4, then a rollback to `target`."""
    runs = [make_execution(name, status="Succeeded") for name in (HELD, "e2")]
    back = RollbackRun("e8", "ProdUS", target, "Succeeded", NOW, "")
    history = StageHistory(tuple(StageRun(run, run.started) for run in runs), (back,))
    return {**make_answers(view), HistoryQuery(PIPELINE, "ProdUS"): Known(history, NOW)}


def test_an_approval_inside_the_stage_is_warned_of() -> None:
    """It works, but a rollback of the stage would wait there at night."""
    pipeline = make_pipeline()
    inside = ActionView("Confirm", True, "", False, "", "")
    stages = tuple(
        replace(stage, actions=(*stage.actions, inside)) if stage.name == "ProdUS" else stage
        for stage in pipeline.stages
    )
    service, change = make_service(), make_change()
    query = PipelineQuery(service.pipeline)

    def warned(view: PipelineView) -> tuple[str, ...]:
        readings = Readings({query: Known(view, NOW)}, NOW)
        return plan_warnings(service, change, readings)

    assert warned(pipeline) == ()
    (line,) = warned(replace(pipeline, stages=stages))
    assert "a rollback would wait at ProdUS/Confirm" in line


def test_what_a_change_rests_on_is_part_of_the_plan_and_of_what_is_signed() -> None:
    service = make_service()
    use = CheckUse("http-health", {"url": "https://example.com/"}, "hold")
    change = replace(
        make_change(),
        depends_on=("CM-0007",),
        assumptions=(Assumed("the front door is open", use, ()), Assumed("other", use, ("x",))),
    )

    plan = make_plan(service=service, change=change)

    assert plan.depends_on == ("CM-0007",)
    assert [each.says for each in plan.stages[0].assumptions] == ["the front door is open"]
    assert "http-health" in {definition["name"] for definition in plan.definitions}
    assert Plan.from_bytes(plan.to_bytes()) == plan
    assert plan.digest != make_plan(service=service).digest
