"""Commands that people paste into a shell."""

import shlex

import pytest

from mcm.core import commands
from mcm.core.query import PipelineId, Place

PIPELINE = PipelineId(Place("111111111111", "us-east-1"), "ParcelPhotoCheck")


def test_the_plain_lines_close_the_way_in_and_then_roll_back() -> None:
    close, back = commands.aws_rollback(PIPELINE, "ProdUS", "e4")

    assert close == (
        "aws codepipeline disable-stage-transition --pipeline-name ParcelPhotoCheck "
        "--stage-name ProdUS --transition-type Inbound --reason 'rolling back ProdUS' "
        "--region us-east-1"
    )
    assert back == (
        "aws codepipeline rollback-stage --pipeline-name ParcelPhotoCheck --stage-name ProdUS "
        "--target-pipeline-execution-id e4 --region us-east-1"
    )


def test_without_a_target_none_is_guessed() -> None:
    (close,) = commands.aws_rollback(PIPELINE, "ProdUS", "")

    assert "disable-stage-transition" in close


def test_mcms_own_commands() -> None:
    assert commands.rollback("prod-us") == "mcm rollback --stage prod-us"
    assert commands.approve("CM-1", "prod-us") == "mcm approve CM-1 --stage prod-us"
    assert commands.deploy("CM-1", "prod-us") == "mcm deploy CM-1 --stage prod-us"
    assert commands.about("log", "CM-1") == "mcm log CM-1"


def test_names_of_others_stay_one_word_of_the_shell() -> None:
    """Nothing in a name can end a word, start a command or be expanded."""
    odd = 'a\'; rm -rf / #$(id) `id` "b" *'
    close, back = commands.aws_rollback(PipelineId(PIPELINE.place, odd), odd, odd)

    assert shlex.split(commands.rollback(odd)) == ["mcm", "rollback", "--stage", odd]
    assert shlex.split(back).count(odd) == 3
    assert len(shlex.split(close)) == 13


DEPLOY = "mcm deploy CM-1 --stage prod-us"
APPROVE = "mcm approve CM-1 --stage prod-us"
ASK = ("mcm request CM-1", APPROVE)
ANEW = ("mcm plan CM-1", *ASK)


@pytest.mark.parametrize(
    ("gate", "reason", "expected"),
    [
        ("approval", "0 of 1 persons approved CM-1 for prod-us", (APPROVE,)),
        ("approval", "approval-1.json: another trust file [E_TRUST_CHANGED]", ASK),
        ("approval", "carol rejected CM-1: not tonight [E_REJECTED]", ASK),
        ("approval", "the approval is for another pipeline [E_REQUEST_MISMATCH]", ASK),
        ("approval", "the request by alice expired at noon [E_EXPIRED]", ASK),
        ("approval", "the approval by bob expired at noon [E_EXPIRED]", (APPROVE,)),
        ("approval", "alice requested this and cannot approve it [E_SELF_APPROVAL]", (APPROVE,)),
        ("approval", "cannot be read: no trust file", (DEPLOY,)),
        ("answer", "A/B is not answered for e5", (APPROVE,)),
        ("plan", "the pipeline changed from version 1 to 2 [E_PIPELINE_CHANGED]", ANEW),
        ("rollback-target", "a rollback of prod-us would now go to e3: plan again", ANEW),
        ("rollback-target", "cannot be read: throttled", (DEPLOY,)),
        ("out-of-band", "prod-fe was promoted by somebody else", ANEW),
        ("execution", "e5 does not carry the planned revisions [E_PLAN_CHANGED]", ANEW),
        ("execution", "waits at A/B for the approver's own answer", (APPROVE,)),
        ("window", "window quiet-us opens at 02:00", (DEPLOY,)),
        ("freeze:peak", "freeze peak until December", (DEPLOY,)),
        ("identity", "these credentials are of account 2", (f"{DEPLOY} --profile NAME",)),
        ("a gate of a newer mcm", "closed", (DEPLOY,)),
    ],
)
def test_each_closed_gate_has_its_way_on(gate: str, reason: str, expected: tuple[str, ...]) -> None:
    assert commands.way_on([(gate, reason)], "CM-1", "prod-us").commands == expected


@pytest.mark.parametrize(
    ("gate", "reason"),
    [
        ("answer", "A/B was answered by alice, who is not who signed for it"),
        ("execution", "the pinned execution is Superseded"),
    ],
)
def test_an_execution_that_can_never_be_promoted_is_released_again(gate: str, reason: str) -> None:
    way = commands.way_on([(gate, reason)], "CM-1", "prod-us")

    assert way.sentence() == "Next: release the change again, then `mcm plan CM-1`."
    assert way.text() == "release the change again, then mcm plan CM-1"


def test_of_several_closed_gates_the_one_that_goes_back_furthest_leads() -> None:
    """Nobody is asked to approve what must be planned anew, nor to wait for a window first."""
    window = ("window", "opens at 02:00")
    approval = ("approval", "0 of 1 persons approved")
    plan = ("plan", "the pipeline changed [E_PIPELINE_CHANGED]")

    assert commands.way_on([window, approval], "CM-1", "prod-us").commands == (APPROVE,)
    assert commands.way_on([window, approval, plan], "CM-1", "prod-us").commands == ANEW
    assert commands.way_on([], "CM-1", "prod-us").commands == (DEPLOY,)


def test_a_way_on_reads_as_a_sentence() -> None:
    window = commands.way_on([("window", "shut")], "CM-1", "prod-us").sentence()
    trust = commands.way_on([("approval", "x [E_TRUST_CHANGED]")], "CM-1", "prod-us").sentence()

    assert window == f"Next: `{DEPLOY}` goes on once it opens; with `--wait` it waits."
    assert trust == f"Next: run `mcm request CM-1`, then `{APPROVE}`."


def test_content_that_differs_leads_one_more_back_or_to_work_by_hand() -> None:
    way = commands.way_on_from_content("prod-us")

    assert way.text() == ("mcm rollback --stage prod-us --further, or restore by hand what differs")
    assert way.sentence() == (
        "Next: run `mcm rollback --stage prod-us --further`, or restore by hand what differs."
    )


@pytest.mark.parametrize("stage", ["ProdUS", "Prod $(US)"])
def test_an_approval_is_answered_with_a_token_that_is_read_and_never_printed(stage: str) -> None:
    """As a shell splits it: the outer command, and the one that reads the token inside it."""
    pipeline = PipelineId(Place("111111111111", "us-east-1"), "Parcel Photo")
    line = commands.aws_answer(pipeline, stage, "Sure")
    before, token = line.split(' --token "$(')
    query = f"stageStates[?stageName=='{stage}'].actionStates[]|[?actionName=='Sure']"

    answer = shlex.split(before)
    look = shlex.split(token.removesuffix(')"'))
    assert answer[2:5] == ["put-approval-result", "--pipeline-name", "Parcel Photo"]
    assert answer[7:11] == ["--stage-name", stage, "--action-name", "Sure"]
    assert look[2:5] == ["get-pipeline-state", "--name", "Parcel Photo"]
    assert f"{query}.latestExecution.token" in look
