"""The section that says what proves a record."""

from dataclasses import replace

from mcm.core.history.journal import Draft, chain_all
from mcm.record.build import build_view
from mcm.record.proof import build_evidence
from mcm.record.render import render_record
from mcm.record.view import Drawn, Figure
from tests.record.story import (
    CHANGE,
    FINGERPRINT,
    asked,
    closed,
    plan,
    promoted,
    rolled_back,
    statements,
)


def test_each_statement_is_named_by_its_digest_person_and_key() -> None:
    of = plan()
    said, request = statements(of)
    found = build_evidence("CM-0001", (), (said, request)).statements

    assert [each.digest for each in found] == [request.digest, said.digest]
    assert found[1].what == "Approval by bob, prod-us, edition 1"
    assert (found[0].key, found[1].key) == ("unsigned (sandbox)", FINGERPRINT)


def test_what_was_answered_in_aws_is_not_shown_as_signed() -> None:
    said, _ = statements(plan())
    answered = replace(said, key="", answered_by="arn:aws:sts::1:assumed-role/Ops/bob")
    (line,) = build_evidence("CM-0001", (), (answered,)).statements

    assert line.key == "answered in AWS by arn:aws:sts::1:assumed-role/Ops/bob"


def test_heads_that_others_keep_are_named_with_who_keeps_them() -> None:
    of = plan()
    found = build_evidence("CM-0001", rolled_back(of), statements(of)).anchors

    assert found == (
        "entry 2, in the approval that bob signed",
        "entry 13, in AWS, in the reason of the closed way into ProdUS",
    )


def test_what_aws_may_not_have_is_no_anchor() -> None:
    """Only an instruction that is known to have happened left its mark there."""
    story = promoted(plan())
    sent = next(d for d in story.drafts if d.kind == "intent" and d.body["purpose"] != "promote")
    doubtful = chain_all(None, [Draft("intent", sent.body, sent.at)])

    assert build_evidence("CM-0001", doubtful, ()).anchors == ()


def test_without_any_head_outside_the_record_says_so() -> None:
    text = render_record(build_view(CHANGE, plan(), entries=asked(plan()).entries()))

    assert "Nobody keeps a head of the journal outside of its file so far." in text


def test_evidence_of_a_closed_change_lies_beside_the_record_and_only_then() -> None:
    of = plan()
    over, open_ = (
        render_record(build_view(CHANGE, of, entries=entries, statements=statements(of)))
        for entries in (closed(of), rolled_back(of))
    )

    assert "`evidence/`" in over
    assert "Entry 25 of the journal" in over
    assert "evidence/" not in open_
    assert "`mcm verify --record changes/CM-0001/record.md`" in over


def test_measured_traffic_stands_where_the_record_says_why_at_this_time() -> None:
    said = "Requests: In the window 12 an hour, less than in 90% of the other hours."
    drawn = Drawn(traffic=(Figure("graphs/a.svg", said),))
    view = build_view(CHANGE, plan(), drawn=drawn)
    (why,) = (topic for topic in view.risk if topic.question == "Why at this time?")

    assert why.facts[-1] == said
