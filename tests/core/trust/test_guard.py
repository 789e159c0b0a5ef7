"""The guard counts persons, and only for exactly what they approved."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from mcm.core.trust.guard import Granted, Missing, Refused, check_clock, guard
from mcm.core.trust.statement import Rejected
from tests.core.approvals import (
    NOW,
    PROMOTION,
    a_request,
    an_approval,
    code,
    judged,
    signed,
)


def test_second_person_grants() -> None:
    bob = signed(an_approval("bob"))

    assert judged(bob) == Granted((bob,))


def test_nothing_said_is_missing_not_granted() -> None:
    assert judged() == Missing(0, 1, "0 of 1 persons approved MCM-1 for prod-us")
    assert isinstance(guard(PROMOTION, [], [], frozenset(), NOW), Missing)


def test_approval_without_its_request_grants_nothing() -> None:
    result = guard(PROMOTION, [signed(an_approval())], [], frozenset(), NOW)

    assert code(result) == "E_REQUEST_MISMATCH"


def test_two_wanted_and_one_given_is_missing() -> None:
    result = judged(an_approval(), promotion=replace(PROMOTION, approvals=2))

    assert result == Missing(1, 2, "1 of 2 persons approved MCM-1 for prod-us")


def test_two_persons_make_two_in_any_order() -> None:
    both = [signed(an_approval("bob")), signed(an_approval("carol"))]
    two = replace(PROMOTION, approvals=2)

    for order in permutations([signed(a_request()), *both]):
        assert guard(two, order, [], frozenset(), NOW) == Granted(tuple(both))


@pytest.mark.parametrize("count", [0, -1, True, False])
def test_threat_62_fewer_than_one_approval_is_no_policy(count: int) -> None:
    result = judged(an_approval(), promotion=replace(PROMOTION, approvals=count))

    assert code(result) == "E_TRUST_POLICY"


def test_threat_1_requester_cannot_approve() -> None:
    assert code(judged(an_approval("alice"))) == "E_SELF_APPROVAL"


def test_threat_1_own_approval_beside_a_colleagues_grants_by_the_colleague() -> None:
    bob = signed(an_approval("bob"))

    assert judged(an_approval("alice"), bob) == Granted((bob,))
    assert code(
        judged(an_approval("alice"), bob, promotion=replace(PROMOTION, approvals=2))
    ) == "E_SELF_APPROVAL"  # fmt: skip


@pytest.mark.parametrize(
    "alias",
    ["alice@example.com", "ALICE@EXAMPLE.COM", "\uff41lice@example.com", "AlIcE", " alice "],
)
def test_threat_2_loosely_equal_names_are_one_person(alias: str) -> None:
    """An entry that shares an alias with the requester's is the requester, in any spelling."""
    request = signed(a_request(), "alice", "alice@example.com")
    second = signed(an_approval("alice-two"), "alice-two", alias)

    assert code(guard(PROMOTION, [request, second], [], frozenset(), NOW)) == "E_SELF_APPROVAL"


def test_everyone_who_requested_this_plan_counts_as_requester() -> None:
    """Two persons cannot swap roles by each requesting what the other approves."""
    newer = a_request(requester="mallory", not_before=NOW - timedelta(minutes=1))
    approval = an_approval("alice", request=newer.digest, requester="mallory")

    assert code(judged(newer, approval)) == "E_SELF_APPROVAL"


def test_only_the_plans_requester_may_request() -> None:
    other = a_request(requester="mallory")
    approval = an_approval("bob", request=other.digest, requester="mallory")
    promotion = replace(PROMOTION, requester="alice")

    result = guard(promotion, [signed(other), signed(approval)], [], frozenset(), NOW)

    assert code(result) == "E_REQUEST_MISMATCH"


def test_threat_3_unknown_key_is_told_rather_than_missing() -> None:
    bad = Rejected("approval-2-prod-us-alice.json", "E_UNKNOWN_SIGNER", "no person has this key")

    assert code(judged(rejected=(bad,))) == "E_UNKNOWN_SIGNER"


@pytest.mark.parametrize(
    "source", ["approval-1-prod-us-bob.json", "approval-2-prod-eu-bob.json", "request-1.json"]
)
def test_unverified_file_of_another_stage_or_edition_is_no_attempt(source: str) -> None:
    assert isinstance(judged(rejected=(Rejected(source, "E_SIGNATURE", "x"),)), Missing)


def test_quorum_wins_over_other_invalid_statements() -> None:
    bob = signed(an_approval("bob"))
    late = an_approval("carol", not_before=NOW - timedelta(hours=2), expires=NOW)

    assert judged(bob, late, rejected=(Rejected("x.json", "E_SIGNATURE", "x"),)) == Granted((bob,))


@pytest.mark.parametrize("key", ["k", "another key"])
def test_threat_5_two_signatures_of_one_person_count_once(key: str) -> None:
    first, second = signed(an_approval("bob", 1)), signed(an_approval("bob", 2), key=key)

    result = judged(first, second, promotion=replace(PROMOTION, approvals=2))

    assert code(result) == "E_THRESHOLD"


def test_threat_5_one_statement_read_twice_counts_once() -> None:
    bob = signed(an_approval("bob"))

    assert judged(bob, bob, promotion=replace(PROMOTION, approvals=2)) == Missing(
        1, 2, "1 of 2 persons approved MCM-1 for prod-us"
    )


def test_threat_5_two_entries_with_one_alias_count_once() -> None:
    first = signed(an_approval("bob"), "bob", "bob@example.com")
    second = signed(an_approval("bobby"), "bobby", "BOB@example.com")

    result = judged(first, second, promotion=replace(PROMOTION, approvals=2))

    assert code(result) == "E_THRESHOLD"


def test_renewed_approval_counts_beside_the_expired_one() -> None:
    """Who approves again after a night is counted, and the dead statement is no attempt."""
    dead = an_approval("bob", 1, expires=NOW - timedelta(minutes=1))
    live = signed(an_approval("bob", 2))

    assert judged(dead, live) == Granted((live,))
    assert isinstance(judged(dead, live, promotion=replace(PROMOTION, approvals=2)), Missing)


@pytest.mark.parametrize(
    "author", ["bob", "BOB", "Bob Example <bob@example.com>", "bob@EXAMPLE.com", "Bob  <\uff22ob>"]
)
def test_threat_10_author_cannot_approve(author: str) -> None:
    bob = signed(an_approval("bob"), "bob", "bob@example.com")
    result = judged(bob, promotion=replace(PROMOTION, excluded=frozenset({author})))

    assert code(result) == "E_AUTHOR_APPROVAL"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("realm", "aws:aws:222222222222:us-east-1", "E_REALM"),
        ("change", "MCM-2", "E_REQUEST_MISMATCH"),
        ("edition", 3, "E_REQUEST_MISMATCH"),
        ("plan", "d" * 64, "E_PLAN_CHANGED"),
        ("pipeline", "Other", "E_REQUEST_MISMATCH"),
        ("execution", "exec-8", "E_REQUEST_MISMATCH"),
        ("rollback_to", "exec-4", "E_REQUEST_MISMATCH"),
        ("rollback_to", "", "E_REQUEST_MISMATCH"),
        ("request", "e" * 64, "E_REQUEST_MISMATCH"),
        ("requester", "mallory", "E_REQUEST_MISMATCH"),
    ],
)
def test_threat_11_approval_of_something_else(field: str, value: Any, expected: str) -> None:
    """An approval counts for one realm, change, edition, plan, execution and way back."""
    assert code(judged(an_approval("bob", **{field: value}))) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("realm", "aws:aws:222222222222:us-east-1", "E_REALM"),
        ("change", "MCM-2", "E_REQUEST_MISMATCH"),
        ("edition", 3, "E_REQUEST_MISMATCH"),
        ("edition", 2.0, "E_REQUEST_MISMATCH"),
        ("plan", "d" * 64, "E_PLAN_CHANGED"),
        ("pipeline", "Other", "E_REQUEST_MISMATCH"),
        ("execution", "exec-8", "E_REQUEST_MISMATCH"),
        ("execution", "", "E_REQUEST_MISMATCH"),
        ("rollback_to", "exec-4", "E_REQUEST_MISMATCH"),
        ("stage", "prod-fe", "E_REQUEST_MISMATCH"),
    ],
)
def test_threat_11_promotion_of_something_else(field: str, value: Any, expected: str) -> None:
    """What is promoted is what was approved, to the byte."""
    promotion = replace(PROMOTION, **{field: value})

    assert code(judged(an_approval("bob"), promotion=promotion)) == expected


def test_threat_32_sandbox_approval_never_counts_for_aws() -> None:
    realm = "sandbox:6f1c"
    request = a_request(realm=realm)
    bob = an_approval(realm=realm, request=request.digest)

    assert code(judged(request, bob)) == "E_REALM"
    assert code(guard(PROMOTION, [signed(request), signed(bob)], [], frozenset(), NOW)) == "E_REALM"


def test_approval_of_another_stage_is_neither_counted_nor_an_attempt() -> None:
    assert isinstance(judged(an_approval("bob", stage="prod-eu")), Missing)


def test_older_edition_beside_its_request_is_history() -> None:
    """A new edition waits for approvals; those of the old one neither count nor refuse."""
    old = a_request(edition=1, plan="d" * 64)
    approval = an_approval("bob", edition=1, plan="d" * 64, request=old.digest)

    assert isinstance(judged(old, approval), Missing)


def test_threat_12_used_approval_does_not_count_again() -> None:
    bob = an_approval("bob")

    assert code(judged(bob, consumed=frozenset({bob.nonce}))) == "E_CONSUMED"
    assert code(judged(bob, consumed=frozenset({a_request().nonce}))) == "E_CONSUMED"


def test_threat_12_two_approvals_with_one_nonce_count_for_nothing() -> None:
    shared = [an_approval("bob", nonce="f" * 32), an_approval("carol", nonce="f" * 32)]

    assert code(judged(*shared)) == "E_CONSUMED"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(hours=-1), "Granted"),
        (timedelta(hours=-1, milliseconds=-1), "E_NOT_YET"),
        (timedelta(hours=2, milliseconds=-1), "Granted"),
        (timedelta(hours=2), "E_EXPIRED"),
        (timedelta(days=900), "E_EXPIRED"),
        (timedelta(days=-900), "E_NOT_YET"),
    ],
)
def test_threat_18_approval_counts_from_not_before_until_expires(
    after: timedelta, expected: str
) -> None:
    bob = an_approval("bob", expires=NOW + timedelta(hours=2))

    assert code(judged(bob, now=NOW + after)) == expected


def test_threat_18_expired_request_takes_its_approvals_along() -> None:
    request = a_request(expires=NOW)
    bob = an_approval("bob", request=request.digest)

    result = guard(PROMOTION, [signed(request), signed(bob)], [], frozenset(), NOW)

    assert code(result) == "E_EXPIRED"


@pytest.mark.parametrize(
    ("newest", "service", "expected"),
    [
        (None, None, None),
        (NOW, NOW, None),
        (NOW, NOW + timedelta(seconds=120), None),
        (NOW + timedelta(milliseconds=1), None, "E_CLOCK"),
        (None, NOW + timedelta(seconds=121), "E_CLOCK"),
        (None, NOW - timedelta(seconds=121), "E_CLOCK"),
    ],
)
def test_threat_18_clock_that_cannot_be_right(
    newest: datetime | None, service: datetime | None, expected: str | None
) -> None:
    refused = check_clock(NOW, newest, service)

    assert (refused.code if refused else None) == expected


@pytest.mark.parametrize(("kind", "decision"), [("hold", "hold"), ("report", "breach")])
def test_holds_and_reports_are_not_approvals(kind: str, decision: str) -> None:
    assert isinstance(judged(an_approval(kind=kind, decision=decision)), Missing)


def test_signature_in_anothers_name_does_not_count() -> None:
    """The guard does not rely on its caller to have compared signer and statement."""
    assert code(judged(signed(an_approval("bob"), "carol"))) == "E_REQUEST_MISMATCH"
    forged = signed(a_request(), "mallory")
    result = guard(PROMOTION, [forged, signed(an_approval("bob"))], [], frozenset(), NOW)
    assert code(result) == "E_REQUEST_MISMATCH"


def test_most_telling_refusal_comes_first() -> None:
    said = [an_approval("alice"), an_approval("bob", expires=NOW), an_approval("carol", edition=3)]
    noise = (Rejected("noise.json", "E_SIGNATURE", "x"),)

    assert code(judged(*said, rejected=noise)) == "E_SELF_APPROVAL"
    assert code(judged(*said[1:], rejected=noise)) == "E_REQUEST_MISMATCH"
    assert code(judged(said[1], rejected=noise)) == "E_EXPIRED"


def test_threat_23_threat_25_a_touch_stage_takes_no_untouched_signature() -> None:
    """An agent signs silently; unless a touch is known of, there was none."""
    promotion = replace(PROMOTION, touch=True)
    silent = signed(an_approval())

    result = judged(silent, promotion=promotion)
    assert isinstance(result, Refused)
    assert result.code == "E_TOUCH_REQUIRED"
    assert isinstance(judged(replace(silent, touched=True), promotion=promotion), Granted)
