"""Commands that people paste into a shell."""

import shlex

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
