"""The rollback commands that are handed to a person."""

from dataclasses import replace

from mcm.app.explain import SANDBOX_FIRST, rollback_lines
from mcm.core.history.goal import GoBack, GoForward
from tests.planned import PIPELINE, make_plan

BACK = GoBack(PIPELINE, "ProdUS", "prod-us", "on-call asked")


def test_a_walk_forward_names_its_signed_target() -> None:
    mcm, close, back = rollback_lines(GoForward(make_plan(), ("prod-us",)), "prod-us")

    assert mcm == "mcm rollback --stage prod-us"
    assert close.startswith("aws codepipeline disable-stage-transition --pipeline-name Parcel")
    assert back == (
        "aws codepipeline rollback-stage --pipeline-name ParcelPhotoCheck --stage-name ProdUS "
        "--target-pipeline-execution-id e4 --region us-east-1"
    )


def test_a_rollback_without_a_known_target_guesses_none() -> None:
    lines = rollback_lines(BACK, "prod-us")

    assert len(lines) == 2
    assert "rollback-stage" not in "".join(lines)


def test_the_target_of_a_rollback_under_way_comes_first() -> None:
    assert "--target-pipeline-execution-id e3 " in rollback_lines(BACK, "prod-us", target="e3")[-1]
    signed = replace(BACK, signed="e2")
    assert "--target-pipeline-execution-id e2 " in rollback_lines(signed, "prod-us")[-1]
    named = replace(signed, to="e1")
    assert "--target-pipeline-execution-id e1 " in rollback_lines(named, "prod-us")[-1]


def test_a_stage_that_is_not_known_gets_mcms_line_only() -> None:
    assert rollback_lines(BACK, "prod-eu") == ("mcm rollback --stage prod-eu",)
    plan = GoForward(make_plan(), ("prod-us",))
    assert rollback_lines(plan, "nowhere") == ("mcm rollback --stage nowhere",)


def test_in_the_sandbox_the_plain_lines_are_led_to_it() -> None:
    sandbox = replace(make_plan(), realm="sandbox:00000000-0000-4000-8000-000000000001")
    lines = rollback_lines(GoForward(sandbox, ("prod-us",)), "prod-us")

    assert lines[1] == SANDBOX_FIRST
    assert rollback_lines(BACK, "prod-us", sandbox=True)[1] == SANDBOX_FIRST
