"""A pipeline that nobody has described: stages, accounts, gates, and what is production."""

from typing import Any

import pytest

from mcm.core.pipeline import Declaration, PipelineView, StageView
from mcm.core.plans.layout import called, looks_like_production, read_layout
from mcm.core.plans.plan import Approval
from mcm.core.query import PipelineId, Place
from mcm.sandbox.scenario_catalogue import declare_pipeline

ARN = "arn:aws:codepipeline:us-east-1:111111111111:P"
NAMELESS = PipelineId(Place("", "us-east-1"), "P")


def action(name: str, category: str, order: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": {"category": category, "provider": "CloudFormation"},
        "runOrder": order,
        **fields,
    }


def stage(name: str, *actions: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "actions": list(actions)}


def layout(*stages: dict[str, Any], view: PipelineView | None = None) -> Any:
    return read_layout(NAMELESS, Declaration(3, {"stages": list(stages)}, ARN), view)


def test_the_example_is_read_as_its_mcm_yaml_has_it() -> None:
    found = read_layout(NAMELESS, Declaration(4, declare_pipeline(), ARN), None)

    assert [site.stage for site in found.sites] == ["Beta", "ProdEU", "ProdFE", "ProdUS"]
    assert [site.stage for site in found.production] == ["ProdEU", "ProdFE", "ProdUS"]
    eu = found.production[0]
    assert eu.place == Place("111111111111", "eu-west-1")
    assert (eu.targets, eu.before, eu.inside) == (
        ("photo-check-eu",),
        Approval("ApproveEU", "Approve"),
        (),
    )
    assert called(eu, found.sites) == "prod-eu"
    assert found.pipeline.place.account == "111111111111"


def test_the_account_of_a_stage_is_that_of_the_role_its_action_takes() -> None:
    other = action("Deploy", "Deploy", roleArn="arn:aws:iam::444444444444:role/deploy")

    (site,) = layout(stage("Prod", other)).sites

    assert site.place == Place("444444444444", "us-east-1")


def test_a_stage_that_deploys_to_several_places_names_the_others() -> None:
    two = (action("A", "Deploy", region="eu-west-1"), action("B", "Deploy", region="us-east-1"))

    (site,) = layout(stage("Prod", *two)).sites

    assert site.place.region == "eu-west-1"
    assert [place.region for place in site.more] == ["us-east-1"]


def test_what_the_state_does_not_show_is_not_known_to_be_open() -> None:
    (site,) = layout(stage("Prod", action("D", "Deploy"))).sites

    assert site.is_open is None


def test_a_closed_way_in_says_by_whom() -> None:
    seen = StageView(
        "Prod", False, "night", (), "", "", "", (), (), "arn:aws:iam::111111111111:user/bob"
    )
    view = PipelineView("P", 3, "QUEUED", (seen,))

    (site,) = layout(stage("Prod", action("D", "Deploy")), view=view).sites

    assert (site.is_open, site.closed_by) == (False, "closed by bob: night")


def test_an_approval_counts_between_the_stage_before_and_this_one() -> None:
    found = layout(
        stage("Ask", action("Old", "Approval")),
        stage("Beta", action("D", "Deploy", 1), action("Go", "Approval", 2)),
        stage("Check", action("T", "Test")),
        stage("Prod", action("Mine", "Approval", 1), action("D", "Deploy", 2)),
        stage("Prod2", action("D", "Deploy", 2), action("After", "Approval", 3)),
        stage("Prod3", action("D", "Deploy")),
    )

    beta, prod, second, third = found.sites
    assert beta.before == Approval("Ask", "Old")
    assert (prod.before, prod.inside) == (Approval("Beta", "Go"), ("Mine",))
    assert (second.before, second.inside) == (None, ())
    assert third.before == Approval("Prod2", "After")


@pytest.mark.parametrize("name", ["ProdUS", "prod", "US-Production", "live_eu", "PROD1", "Prd"])
def test_names_of_production(name: str) -> None:
    assert looks_like_production(name)


@pytest.mark.parametrize("name", ["Beta", "PreProd", "non-prod", "Products", "Gamma", "prod-test"])
def test_names_of_anything_else(name: str) -> None:
    assert not looks_like_production(name)


def test_without_such_a_name_what_stands_behind_an_approval_is_production() -> None:
    found = layout(
        stage("One", action("D", "Deploy")),
        stage("Ask", action("A", "Approval")),
        stage("Two", action("D", "Deploy")),
        stage("Three", action("D", "Deploy")),
    )

    assert [site.stage for site in found.production] == ["Two"]


def test_without_either_it_is_the_last_one() -> None:
    found = layout(stage("One", action("D", "Deploy")), stage("Two", action("D", "Deploy")))

    assert [site.stage for site in found.production] == ["Two"]


def test_stages_that_would_be_called_alike_are_numbered() -> None:
    found = layout(stage("Prod-US", action("D", "Deploy")), stage("ProdUS", action("D", "Deploy")))

    assert [called(site, found.sites) for site in found.sites] == ["prod-us-1", "prod-us-2"]
    assert layout(stage("..@", action("D", "Deploy"))).sites[0].stage == "..@"


def test_a_pipeline_that_deploys_nothing_has_no_stage_of_production() -> None:
    assert layout(stage("Source", action("S", "Source"))).production == ()
