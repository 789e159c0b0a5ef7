"""The guard's rules one by one, and the guard as a whole against a plain restatement."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.trust.counting import loosely, spellings
from mcm.core.trust.guard import Granted, Refused, guard
from mcm.core.trust.statement import Verified
from tests.core.approvals import NOW, PROMOTION, a_rejection, a_request, an_approval, signed

OTHER = a_request(requester="mallory", nonce="8" * 32)
POOL: Sequence[Verified] = (
    signed(a_request()),
    signed(OTHER),
    signed(a_request(nonce="9" * 32, not_before=NOW - timedelta(minutes=1))),
    signed(a_request(plan="d" * 64)),
    signed(a_request(expires=NOW)),
    signed(a_request(), "mallory"),
    signed(an_approval("alice")),
    signed(an_approval("bob")),
    signed(an_approval("bob", 2), key="second key"),
    signed(an_approval("bob"), "carol"),
    signed(an_approval("carol")),
    signed(an_approval("dave")),
    signed(an_approval("robert"), "robert", "BOB"),
    signed(an_approval("erin"), "erin", "Alice"),
    signed(an_approval("alice", request=OTHER.digest, requester="mallory")),
    signed(an_approval("carol", plan="d" * 64)),
    signed(an_approval("carol", execution="exec-8")),
    signed(an_approval("carol", rollback_to="")),
    signed(an_approval("carol", stage="prod-eu")),
    signed(an_approval("carol", expires=NOW)),
    signed(an_approval("carol", realm="sandbox:6f1c")),
    signed(an_approval("carol", kind="hold", decision="resume")),
    signed(a_rejection("carol")),
)

SAME = {"robert": "bob", "erin": "alice"}
"""Second entries of one human, by their aliases."""


def agrees(each: Verified) -> bool:
    """Say again, in the plainest way, whether an approval is for PROMOTION and in time."""
    said = each.statement
    return (
        said.kind == "approval"
        and each.person == said.approver != said.requester
        and said.not_before <= NOW < said.expires
        and all(
            getattr(said, name) == getattr(PROMOTION, name)
            for name in ("realm", "change", "edition", "plan", "stage", "pipeline", "execution")
        )
        and said.rollback_to == PROMOTION.rollback_to
    )


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(POOL), max_size=9),
    st.integers(1, 3),
    st.frozensets(st.sampled_from(["bob", "carol", "Dave <dave@example.com>"]), max_size=1),
    st.frozensets(st.sampled_from([an_approval("bob").nonce, an_approval("dave").nonce])),
)
def test_grant_always_rests_on_enough_other_persons(
    said: list[Verified], want: int, excluded: frozenset[str], consumed: frozenset[str]
) -> None:
    """Whatever lies in the inbox, a grant holds by the plain words of the rule."""
    promotion = replace(PROMOTION, approvals=want, excluded=excluded)

    result = guard(promotion, said, [], consumed, NOW)

    assert result == guard(promotion, said[::-1], [], consumed, NOW)
    if isinstance(result, Granted):
        requests = {each.digest: each for each in said if each.statement.kind == "request"}
        asked = {each.person for each in requests.values() if each.statement.plan == PROMOTION.plan}
        persons = {SAME.get(each.person, each.person) for each in result.statements}
        assert len(persons) == len(result.statements) >= want
        assert persons.isdisjoint(asked)
        assert not any(name.split(" ")[0].casefold() in persons for name in excluded)
        assert all(agrees(each) for each in result.statements)
        assert {each.statement.request for each in result.statements} <= set(requests)
        assert consumed.isdisjoint(each.statement.nonce for each in result.statements)


@given(st.permutations(POOL), st.integers(1, 3))
def test_rejection_in_any_heap_refuses(said: list[Verified], want: int) -> None:
    """However many approve, the one who says no is heard, unless asked anew since."""
    newest = max(
        (each for each in said if each.statement.kind == "request"),
        key=lambda each: each.statement.not_before,
    )
    no = signed(a_rejection("carol", request=newest.digest))

    result = guard(replace(PROMOTION, approvals=want), [*said, no], [], frozenset(), NOW)

    assert isinstance(result, Refused)
    assert result.code == "E_REJECTED"


def test_excluded_person_is_known_by_every_part_of_a_git_name() -> None:
    assert set(spellings(["Bob Example <BOB@example.com>"])) == {
        "bob example <bob@example.com>",
        "bob example",
        "bob@example.com",
    }


@pytest.mark.parametrize("text", ["Stra\u00dfe", "STRASSE", "\uff33trasse"])
def test_loose_spelling_folds_case_and_width(text: str) -> None:
    assert loosely(text) == "strasse"
