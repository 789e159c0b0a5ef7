"""Who could approve, said before anybody signs: the rules of the guard, asked early."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.core.trust.layers import Answerer
from mcm.core.trust.principal import parse
from mcm.trust.persons import TrustFile
from mcm.trust.review import answerers, standing
from tests.trust.people import NOW, People


def trust_of(people: People, **changed: Any) -> TrustFile:
    """Return the example's trust file, with keys of bob's entry changed."""
    value = people.value()
    value["persons"][1] |= changed
    return TrustFile.from_value(value, sandbox=True)


def test_the_requester_is_left_out_whatever_their_roles(people: People) -> None:
    """carol may both ask and approve, but not her own change."""
    trust = trust_of(people)

    assert standing(trust, "prod-us", NOW, requester="alice").may == ("bob", "carol")
    assert standing(trust, "prod-us", NOW, requester="carol").may == ("bob",)


@pytest.mark.parametrize(
    "changed",
    [
        {"stages": ["prod-eu"]},
        {"roles": ["requester"]},
        {"ssh": []},
        {"not_after": NOW.isoformat()},
        {"not_before": (NOW + timedelta(seconds=1)).isoformat()},
    ],
)
def test_who_could_not_sign_for_this_stage_now_is_not_named(
    people: People, changed: dict[str, Any]
) -> None:
    """Threat 62: stage, role, key and validity all count."""
    assert standing(trust_of(people, **changed), "prod-us", NOW).may == ("carol",)


@pytest.mark.parametrize("author", ["Bob <BOB@example.com>", "Robert <bob@example.com>", "bob"])
def test_threat_10_an_author_is_named_apart(people: People, author: str) -> None:
    trust = trust_of(people, email="bob@example.com")
    found = standing(trust, "prod-us", NOW, requester="alice", authors=(author,))

    assert (found.may, found.authors) == (("carol",), ("bob",))


def test_threat_6_a_session_that_anybody_may_name_stands_for_nobody(people: People) -> None:
    user = "arn:aws:iam::111111111111:user/bob"
    session = "arn:aws:sts::111111111111:assumed-role/Deployer/bob"
    mine = {"arn": "arn:aws:sts::111111111111:assumed-role/Named/bob", "session_name": "enforced"}
    trust = trust_of(people, aws=[user, session, mine])

    assert answerers(trust, "prod-us", NOW) == (
        Answerer("bob", frozenset({parse(user), parse(mine["arn"])}), frozenset({parse(session)})),
        Answerer("carol"),
    )
