"""One rejection ends a request, until somebody asks anew."""

from datetime import timedelta
from itertools import permutations

import pytest

from mcm.core.trust.guard import Granted, guard
from tests.core.approvals import (
    NOW,
    PROMOTION,
    a_rejection,
    a_request,
    an_approval,
    code,
    judged,
    signed,
)


@pytest.mark.parametrize("who", ["carol", "bob", "alice"])
def test_threat_44_one_rejection_ends_it(who: str) -> None:
    """Anyone's rejection beats any quorum, in any order, and never expires."""
    no = signed(a_rejection(who, expires=NOW - timedelta(minutes=1)))
    said = [signed(a_request()), signed(an_approval("bob")), signed(an_approval("dave")), no]

    for order in permutations(said):
        assert code(guard(PROMOTION, order, [], frozenset(), NOW)) == "E_REJECTED"


@pytest.mark.parametrize("changes", [{"stage": ""}, {"stage": "prod-eu"}, {"execution": ""}])
def test_threat_44_rejection_ends_the_request_whatever_it_names(changes: dict[str, str]) -> None:
    assert code(judged(an_approval(), a_rejection(**changes))) == "E_REJECTED"


def test_threat_44_rejection_of_an_unseen_request_still_counts() -> None:
    """A request file taken away does not take its rejection along."""
    assert code(judged(an_approval(), a_rejection(request="e" * 64))) == "E_REJECTED"


def test_newer_request_reopens_what_was_rejected() -> None:
    newer = a_request(nonce="9" * 32, not_before=NOW - timedelta(minutes=1))
    bob = signed(an_approval("bob", request=newer.digest))

    assert judged(a_rejection(), newer, bob) == Granted((bob,))
    assert code(judged(a_rejection(request=newer.digest), newer, bob)) == "E_REJECTED"


def test_newer_request_voids_approvals_of_the_older() -> None:
    newer = a_request(nonce="9" * 32, not_before=NOW - timedelta(minutes=1))

    assert code(judged(newer, an_approval("bob"))) == "E_REQUEST_MISMATCH"


def test_rejection_of_another_change_is_not_ours() -> None:
    bob = signed(an_approval("bob"))

    assert judged(bob, a_rejection(change="MCM-2")) == Granted((bob,))
