"""Two trust files compared, in the words of the people who are in them."""

from typing import Any

import pytest

from mcm.trust.changes import trust_differences
from mcm.trust.persons import TrustFile
from tests.trust.people import People, public_line


def told(people: People, version: int = 2, **changed: Any) -> str:
    """Return what is told when bob's entry changes so, in one text."""
    value = people.value()
    old = TrustFile.from_value(value)
    value["version"] = version
    value["persons"][1] |= changed
    return "\n".join(trust_differences(old, TrustFile.from_value(value)))


def test_equal_files_differ_in_nothing(people: People) -> None:
    assert trust_differences(people.trust(), people.trust()) == ()


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"roles": ["approver", "root"]}, "bob is now root"),
        ({"roles": []}, "bob is no longer approver"),
        ({"stages": ["prod-us"]}, "bob may approve prod-us, before: all stages"),
        ({"email": "bob@example.com"}, "e-mail of bob: none → bob@example.com"),
        ({"not_after": "2026-05-01T00:00:00Z"}, "bob is valid from ever until 2026-05-01"),
        ({"aws": ["arn:aws:iam::111111111111:user/bob"]}, "bob has another AWS user: arn:aws:iam"),
    ],
)
def test_what_changed_is_told(people: People, changed: dict[str, Any], shown: str) -> None:
    assert shown in told(people, **changed)


def test_threat_28_whoever_was_added_or_given_a_key_is_told_with_it(people: People) -> None:
    key = public_line(people.keys["mallory"])
    value = people.value()
    old = TrustFile.from_value(value)
    value["persons"].append({"id": "mallory", "roles": ["approver"], "ssh": [key]})
    lines = trust_differences(old, TrustFile.from_value(value))
    fingerprint = TrustFile.from_value(value).persons[-1].ssh[0].fingerprint

    assert lines[0] == "version is still 1, though the file changed"
    assert lines[1] == f"mallory ADDED as approver of all stages; {fingerprint}"
    assert f"bob has another key: {fingerprint}" in told(
        people, ssh=[public_line(people.keys["bob"]), key]
    )


def test_who_went_is_told(people: People) -> None:
    value = people.value()
    old = TrustFile.from_value(value)
    del value["persons"][2]

    assert "carol removed; was as approver, requester of all stages" in trust_differences(
        old, TrustFile.from_value({**value, "version": 2})
    )
