"""Breaking the glass: one person, one stage, half an hour; and then somebody else's review."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.history.glass_told import Glass, told
from mcm.core.history.journal import Draft, chain_all
from mcm.core.trust.glass import open_already, overdue, review_of, review_problem
from mcm.core.trust.guard import Granted, GrantedByGlass, Missing, guard
from mcm.core.trust.statement import Opening, Statement, Verified
from mcm.core.walking.notes import glass_broken
from tests.core.approvals import (
    NOW,
    PROMOTION,
    a_glass,
    a_rejection,
    a_request,
    an_approval,
    code,
    judged,
    signed,
)

WINDOW = Opening("window", "the fix cannot wait for tonight")
MINUTE = timedelta(minutes=1)
DAY = timedelta(hours=24)


def test_one_person_alone_is_granted_and_named() -> None:
    result = judged(a_glass())

    assert isinstance(result, GrantedByGlass)
    assert [each.person for each in result.statements] == ["carol"]
    assert result.opens == ()


def test_it_needs_no_request_and_the_requester_may_break_it() -> None:
    mine = signed(a_glass("alice"))

    assert isinstance(guard(PROMOTION, [mine], (), frozenset(), NOW), GrantedByGlass)


def test_a_quorum_needs_no_glass_unless_it_opens_gates() -> None:
    """Those who approved did not sign for the gates that the glass opens."""
    assert type(judged(a_glass(), an_approval())) is Granted
    both = judged(a_glass(exceptions=(WINDOW,)), an_approval())
    assert isinstance(both, GrantedByGlass)
    assert both.opens == (WINDOW,)


def test_a_rejection_ends_it_as_well() -> None:
    assert code(judged(a_glass(), a_rejection())) == "E_REJECTED"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"realm": "aws:aws:222222222222:us-east-1"}, "E_REALM"),
        ({"change": "MCM-2"}, "E_REQUEST_MISMATCH"),
        ({"edition": 3}, "E_REQUEST_MISMATCH"),
        ({"plan": "c" * 64}, "E_PLAN_CHANGED"),
        ({"execution": "exec-8"}, "E_REQUEST_MISMATCH"),
        ({"pipeline": "Another"}, "E_REQUEST_MISMATCH"),
        ({"rollback_to": "exec-4"}, "E_REQUEST_MISMATCH"),
        ({"stage": "prod-eu"}, "E_BREAKGLASS_STAGE"),
        ({"not_before": NOW + MINUTE, "expires": NOW + 2 * MINUTE}, "E_NOT_YET"),
    ],
)
def test_threat_46_a_glass_for_anything_else_opens_nothing(
    changes: dict[str, object], expected: str
) -> None:
    assert code(judged(a_glass(**changes))) == expected


def test_threat_46_a_used_glass_is_used_up() -> None:
    glass = a_glass()
    assert code(judged(glass, consumed=frozenset({glass.nonce}))) == "E_BREAKGLASS_USED"


def test_threat_46_half_an_hour_is_all() -> None:
    glass = a_glass()
    last = judged(glass, now=glass.expires - timedelta(milliseconds=1))
    assert isinstance(last, GrantedByGlass)
    assert code(judged(glass, now=glass.expires)) == "E_BREAKGLASS_EXPIRED"


def test_threat_46_no_glass_lives_longer_than_half_an_hour() -> None:
    with pytest.raises(RefusedError) as refused:
        a_glass(expires=NOW + timedelta(minutes=25, milliseconds=1))
    assert refused.value.code == "E_STATEMENT"


@pytest.mark.parametrize(
    "reason", [".", "", "." * 40, "it is urgent", "fix it now, please!", " " * 30, "1" * 30]
)
def test_threat_46_a_reason_that_says_nothing_is_none(reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        a_glass(reason=reason)
    assert refused.value.code == "E_BREAKGLASS_REASON"


def test_threat_46_each_exception_has_a_reason_too() -> None:
    with pytest.raises(RefusedError) as refused:
        a_glass(exceptions=(Opening("window", "now"),))
    assert refused.value.code == "E_BREAKGLASS_REASON"


@pytest.mark.parametrize(
    "changes",
    [
        {"ticket": ""},
        {"stage": ""},
        {"execution": ""},
        {"plan": ""},
        {"request": "a" * 64},
        {"decision": "approve"},
        {"exceptions": (WINDOW, WINDOW)},
        {"stages": ("prod-us", "prod-eu")},
    ],
)
def test_threat_46_a_glass_with_a_part_missing_is_no_statement(changes: dict[str, object]) -> None:
    with pytest.raises(RefusedError) as refused:
        a_glass(**changes)
    assert refused.value.code == "E_STATEMENT"


@pytest.mark.parametrize(
    "gate",
    [
        *("approval", "answer", "identity", "plan", "execution", "pipeline", "rollback"),
        *("person", "clock", "break-glass", "out-of-band", "predecessor", "rollback-target"),
        *("freeze", "freeze:", "freeze:a b", "Window", "window "),
    ],
)
def test_threat_46_no_other_gate_opens(gate: str) -> None:
    why = "the fix cannot wait for tonight"
    with pytest.raises(RefusedError) as refused:
        a_glass(exceptions=(Opening(gate, why),))
    assert refused.value.code == "E_STATEMENT"


@pytest.mark.parametrize("kind", ["request", "approval", "rejection"])
def test_threat_46_no_other_statement_opens_gates(kind: str) -> None:
    make = {"request": a_request, "approval": an_approval, "rejection": a_rejection}[kind]
    for changes in ({"exceptions": (WINDOW,)}, {"ticket": "INC-7"}):
        with pytest.raises(RefusedError) as refused:
            make(**changes)
        assert refused.value.code == "E_STATEMENT"


def test_threat_46_of_two_open_ones_only_the_first_counts() -> None:
    first = signed(a_glass("carol"))
    second = signed(a_glass("dave", 2, not_before=NOW - MINUTE))

    result = judged(second, first)
    assert isinstance(result, GrantedByGlass)
    assert result.statements == (first,)
    used = judged(second, first, consumed=frozenset({first.statement.nonce}))
    assert code(used) == "E_BREAKGLASS_SECOND"


def test_threat_46_where_the_plan_says_never_nobody_breaks_it() -> None:
    never = replace(PROMOTION, break_glass=False)
    assert code(judged(a_glass(), promotion=never)) == "E_BREAKGLASS_NEVER"
    assert isinstance(judged(a_glass(), an_approval(), promotion=never), Granted)


def test_threat_46_a_touch_stage_takes_a_touched_key_only() -> None:
    touch = replace(PROMOTION, touch=True)
    assert code(judged(a_glass(), promotion=touch)) == "E_TOUCH_REQUIRED"
    touched = replace(signed(a_glass()), touched=True)
    assert isinstance(judged(touched, promotion=touch), GrantedByGlass)


def test_threat_46_in_anothers_name_it_is_nothing() -> None:
    forged = signed(a_glass("carol"), "dave")
    assert code(judged(forged)) == "E_REQUEST_MISMATCH"


def test_a_glass_of_the_past_is_no_attempt() -> None:
    """Neither an older edition's, nor one whose time is over at another stage."""
    older = a_glass(edition=1, plan="d" * 64)
    over = a_glass("dave", 2, stage="prod-eu", not_before=NOW - DAY, expires=NOW - DAY + MINUTE)
    assert isinstance(judged(older, over), Missing)


def test_threat_47_a_day_without_a_review_is_too_long() -> None:
    glass = Glass("MCM-1", "prod-us", "carol", NOW, NOW + 30 * MINUTE, "a" * 64)

    assert overdue([glass], NOW + DAY - MINUTE) is None
    late = overdue([glass, replace(glass, statement="b" * 64)], NOW + DAY)
    assert late is not None
    assert late.code == "E_BREAKGLASS_OPEN"
    assert "carol broke the glass of MCM-1 for prod-us" in late.reason
    assert "(and 1 more)" in late.reason
    assert overdue([replace(glass, reviewed_by="bob")], NOW + DAY) is None


def a_review(glass: Glass, who: str, **changes: object) -> Verified:
    values = {"kind": "review", "decision": "reviewed", "request": glass.statement, **changes}
    return signed(an_approval(who, **values))


GLASS = Glass("MCM-1", "prod-us", "carol", NOW, NOW + 30 * MINUTE, "a" * 64)


def test_another_person_reviews_it() -> None:
    assert review_of(GLASS, [a_review(GLASS, "bob")]) == "bob"


def test_threat_47_who_broke_it_does_not_review_it() -> None:
    assert review_of(GLASS, [a_review(GLASS, "carol")]) == ""
    also = replace(a_review(GLASS, "dave"), aliases=frozenset({"CAROL"}))
    assert review_of(GLASS, [also]) == ""
    problem = review_problem(GLASS, ("dave", "Carol"))
    assert problem is not None
    assert problem.code == "E_SELF_APPROVAL"


@pytest.mark.parametrize(
    "changes",
    [{"request": "b" * 64}, {"stage": "prod-eu"}, {"change": "MCM-2"}],
)
def test_threat_47_a_review_of_another_glass_is_none(changes: dict[str, object]) -> None:
    assert review_of(GLASS, [a_review(GLASS, "bob", **changes)]) == ""


def test_threat_46_one_is_open_in_the_whole_service_at_a_time() -> None:
    second = open_already([GLASS], NOW + MINUTE)
    assert second is not None
    assert second.code == "E_BREAKGLASS_SECOND"
    assert open_already([GLASS], NOW + 30 * MINUTE) is None
    assert open_already([GLASS], NOW + MINUTE, but=GLASS.statement) is None


def test_the_journal_tells_of_it_once_and_whether_it_was_used() -> None:
    said = a_glass(exceptions=(WINDOW,))
    broken = glass_broken(said, said.digest, NOW)
    used = Draft("glass_used", broken.body, NOW)

    unused = told(chain_all(None, [broken]), "MCM-1")
    assert [(each.by, each.used, each.opens) for each in unused] == [
        ("carol", False, ("window: the fix cannot wait for tonight",))
    ]
    assert [each.used for each in told(chain_all(None, [broken, used]), "MCM-1")] == [True]
    sentence = unused[0].sentence()
    assert "approved by nobody (INC-7): photos of every parcel are lost." in sentence
    assert "NOT REVIEWED" in sentence


def test_threat_47_an_entry_in_no_known_form_hides_nothing() -> None:
    entries = chain_all(None, [Draft("glass_used", {"stage": "prod-us"}, NOW)])
    with pytest.raises(RefusedError):
        told(entries, "MCM-1")


def test_what_is_signed_comes_back_the_same() -> None:
    said = a_glass(exceptions=(WINDOW, Opening("freeze:peak", "peak ended early this year")))
    assert Statement.from_value(canonical.decode(canonical.encode(said.to_value()))) == said
