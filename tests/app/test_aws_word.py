"""What AWS keeps of a change, compared with the journal: heads, answers, and who gave them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.anchors import AwsWord
from mcm.app.aws_word import read_aws
from mcm.app.evidence import Evidence, Filed
from mcm.app.proof import Proof
from mcm.core.history import anchor
from mcm.core.history.journal import head
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import TrustRef, Verified
from tests.kit.world import PIPELINE, World


def evidence(world: World, plan: Plan, said: Verified) -> Evidence:
    filed = Filed("approval.json", "", said.digest, said.statement, said.key, said.person)
    entries = world.journal.entries(plan.change)
    trust = TrustRef(1, "0" * 64)
    return Evidence(plan.change, entries, "", "", plan, "", (filed,), "", trust, "")


def answered(summary: Callable[[World, Plan, Verified], str]) -> tuple[AwsWord, Evidence]:
    """Walk a change whose approval bob answered in AWS with this summary."""
    world = World()
    plan = world.plan()
    said = world.approve(plan, answer=False)
    world.answer_approval("bob", summary=summary(world, plan, said))
    world.deploy(plan, patience=timedelta(hours=2))
    found = evidence(world, plan, said)
    return read_aws(plan.change, plan, PIPELINE, world.runner().observer, found), found


def full(world: World, plan: Plan, said: Verified) -> str:
    entries = world.journal.entries(plan.change)
    return anchor.summary(plan.change, "prod-us", said.digest, head(entries))


def texts(word: AwsWord, proof: Proof) -> str:
    return "\n".join(each.text for each in word.findings if each.proof is proof)


def test_the_way_in_that_mcm_closed_behind_it_keeps_the_head_of_that_moment() -> None:
    word, found = answered(full)

    (kept,) = [each for each in word.kept if each.where == "the closed way into ProdUS in AWS"]
    assert anchor.contradiction(found.entries, kept) is None
    entry = found.entries[kept.seq - 1]
    assert (entry.kind, entry.body["purpose"]) == ("intent", "close_behind")


def test_the_answer_is_told_with_who_gave_it_and_what_it_names() -> None:
    word, _ = answered(full)

    assert "user/bob, names the approval that bob signed" in texts(word, Proof.PROVEN)
    assert not texts(word, Proof.BROKEN)


@pytest.mark.parametrize("digits", [12, 64])
def test_the_plans_digest_pasted_in_the_console_names_this_plan(digits: int) -> None:
    word, _ = answered(lambda w, plan, s: f"mcm1 {plan.change} prod-us {plan.digest[:digits]}")

    assert "names this very plan" in texts(word, Proof.PROVEN)


def test_an_answer_in_other_words_is_noted() -> None:
    word, _ = answered(lambda *_: "looks good")

    assert "without naming a statement" in texts(word, Proof.NOTED)
    assert not texts(word, Proof.BROKEN)


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        (f"mcm1 CM-0001 prod-us {'e' * 64}", "no approval here has that digest"),
        (f"mcm1 CM-0009 prod-us {'e' * 64}", "is for CM-0009 prod-us, not for CM-0001 prod-us"),
    ],
)
def test_an_answer_that_names_something_else_is_broken(summary: str, text: str) -> None:
    word, _ = answered(lambda *_: summary)

    assert text in texts(word, Proof.BROKEN)


def test_an_answer_on_an_earlier_editions_approval_is_noted() -> None:
    """AWS takes one answer; a new edition of the plan finds it given already."""
    world = World()
    plan = world.plan()
    said = world.approve(plan, answer=False)
    world.answer_approval("bob", summary=full(world, plan, said))
    later = replace(plan, edition=2)

    word = read_aws(
        plan.change, later, PIPELINE, world.runner().observer, evidence(world, plan, said)
    )

    assert "names bob's approval of edition 1" in texts(word, Proof.NOTED)
    assert not texts(word, Proof.BROKEN)


def test_a_stop_keeps_the_head_of_that_moment_also_after_a_later_closing() -> None:
    """The reason stays with the execution that was stopped."""
    world = World(update_takes=timedelta(minutes=20))
    plan = world.ready()
    world.when("intent", world.scenario.raise_errors)
    world.deploy(plan)
    assert world.sent("StopPipelineExecution") == 1, world.kinds()
    entries = world.journal.entries(plan.change)
    found = Evidence(plan.change, entries, "", "", None, "", (), "", None, "")

    word = read_aws(plan.change, None, PIPELINE, world.runner().observer, found)

    stop = next(each for each in word.kept if each.where.startswith("the stop of "))
    assert anchor.contradiction(entries, stop) is None
    edited = (*entries[: stop.seq - 1], replace(entries[stop.seq - 1], hash="0" * 64))
    assert anchor.contradiction(edited, stop) is not None


def test_a_rollback_leaves_the_head_of_its_own_journal() -> None:
    world = World()
    place = {"pipelineName": PIPELINE.name, "stageName": "ProdUS", "transitionType": "Inbound"}
    world.port("console").call("codepipeline", "EnableStageTransition", place)
    world.roll_back()
    entries = world.journal.entries("ROLLBACK-prod-us")
    found = Evidence("ROLLBACK-prod-us", entries, "", "", None, "", (), "", None, "")

    word = read_aws("ROLLBACK-prod-us", None, PIPELINE, world.runner().observer, found)

    (kept,) = word.kept
    assert anchor.contradiction(entries, kept) is None
    other = read_aws("CM-0001", None, PIPELINE, world.runner().observer, found)
    assert other.kept == ()


def test_what_aws_does_not_tell_is_missing_and_never_passed() -> None:
    world = World()
    plan = world.plan()
    said = world.approve(plan)
    blind = replace(plan, pipeline=replace(plan.pipeline, name="gone"))

    word = read_aws(
        plan.change, blind, blind.pipeline, world.runner().observer, evidence(world, plan, said)
    )

    assert "AWS cannot be asked" in texts(word, Proof.MISSING)
    assert word.kept == ()
