"""Heads kept elsewhere: how they are written into AWS's fields, and what they show."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.history import anchor
from mcm.core.history.anchor import Anchor, contradiction
from mcm.core.history.instruction import (
    AnswerApproval,
    CloseTransition,
    Instruction,
    OpenTransition,
    StopExecution,
)
from mcm.core.history.journal import EMPTY, Draft, Head, chain_all
from mcm.core.query import PipelineId, Place
from tests.kit.clock import START

PIPELINE = PipelineId(Place("111111111111", "us-east-1"), "shop")
FIVE = chain_all(None, [Draft("verdict", {"number": n}, START) for n in range(5)])
HEAD = Head(4, FIVE[3].hash)
SHORT = HEAD.hash[:12]
TRANSITION = re.compile(r"[a-zA-Z0-9!@ ().*?-]{1,300}", re.ASCII)
SUMMARY = f"mcm1 CM-1 prod-us {'a' * 64}"


def close(reason: str) -> CloseTransition:
    return CloseTransition(PIPELINE, "ProdUS", reason)


def reason(instruction: Instruction) -> str:
    return str(getattr(instruction, "reason", "") or getattr(instruction, "summary", ""))


def stamped(instruction: Instruction, change: str = "CM-1") -> str:
    return reason(anchor.stamp(instruction, change, HEAD))


def test_the_reason_of_a_closed_transition_ends_with_the_head() -> None:
    assert (
        stamped(close("mcm rolls back prod-us")) == f"mcm rolls back prod-us (mcm1 CM-1 4-{SHORT})"
    )


def test_the_reason_of_a_stop_ends_with_the_head() -> None:
    stop = StopExecution(PIPELINE, "ProdUS", "e", False, "mcm rolls back: alarm")
    assert stamped(stop) == f"mcm rolls back: alarm (mcm1 CM-1 4-{SHORT})"


def test_an_approval_that_mcm_answers_carries_the_head_in_its_own_form() -> None:
    answer = AnswerApproval(PIPELINE, "Approve", "Approve", "e", 1, SUMMARY)
    assert stamped(answer) == f"{SUMMARY} 4:{SHORT}"
    assert stamped(answer) == anchor.summary("CM-1", "prod-us", "a" * 64, HEAD)


def test_an_approval_that_a_rollback_answers_ends_with_the_mark() -> None:
    answer = AnswerApproval(PIPELINE, "ProdUS", "Gate", "e", 0, "mcm rollback of prod-us to x")
    assert stamped(answer).endswith(f"to x (mcm1 CM-1 4-{SHORT})")


def test_what_carries_no_text_is_left_alone() -> None:
    plain = OpenTransition(PIPELINE, "ProdUS", "e", 1)
    assert anchor.stamp(plain, "CM-1", HEAD) == plain


def test_nothing_is_vouched_for_without_a_stored_entry() -> None:
    assert anchor.stamp(close("why"), "CM-1", EMPTY) == close("why")


@settings(deadline=None)
@given(st.text(max_size=500), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True))
def test_however_long_the_reason_the_head_is_whole_and_aws_takes_it(text: str, change: str) -> None:
    told = stamped(close(text), change)
    assert TRANSITION.fullmatch(told)
    assert anchor.read_mark(told, change, "AWS") == Anchor(4, SHORT, "AWS")
    stop = stamped(StopExecution(PIPELINE, "ProdUS", "e", False, text), change)
    assert len(stop) <= 200
    assert anchor.read_mark(stop, change, "AWS") == Anchor(4, SHORT, "AWS")


@pytest.mark.parametrize(
    "text", ["", "closed by hand", f"(mcm1 CM-2 4-{SHORT})", "(mcm1 CM-1 4-ab)"]
)
def test_what_is_no_mark_of_this_change_is_no_anchor(text: str) -> None:
    assert anchor.read_mark(text, "CM-1", "AWS") is None


@pytest.mark.parametrize(
    "text", ["", "looks good", "mcm1 CM-1 prod-us", "mcm1 CM-1 prod-us xyz", SUMMARY * 9]
)
def test_other_summaries_are_not_mcms(text: str) -> None:
    assert anchor.read_summary(text) is None


def test_a_digest_pasted_in_the_console_is_read_without_a_head() -> None:
    found = anchor.read_summary(f"mcm1 CM-1 prod-us {'b' * 12}\n")
    assert found == anchor.Summary("CM-1", "prod-us", "b" * 12, 0, "")


def test_a_head_that_stands_contradicts_nothing() -> None:
    assert contradiction(FIVE, Anchor(4, SHORT, "bob")) is None
    assert contradiction(FIVE, Anchor(5, FIVE[4].hash, "bob")) is None


@pytest.mark.parametrize(
    ("seq", "digits", "code"),
    [(4, "0" * 12, "E_SIGNED_HEAD"), (6, "0" * 12, "E_TRUNCATED"), (4, "", "E_SIGNED_HEAD")],
)
def test_threat_40_and_41_a_head_kept_elsewhere_shows_what_was_done(
    seq: int, digits: str, code: str
) -> None:
    found = contradiction(FIVE, Anchor(seq, digits, "bob's approval"))
    assert found is not None
    assert found.code == code
    assert "bob's approval" in found.message


def test_the_tags_message_names_the_head_in_full() -> None:
    assert anchor.tag_message("CM-1", HEAD).splitlines()[-1] == f"journal: entry 4, {HEAD.hash}"
