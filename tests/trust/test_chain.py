"""The strict profile: versions that lead to one another by the signatures of their roots."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mcm.core.errors import RefusedError
from mcm.trust.chain import (
    DELAY,
    NAMESPACE,
    check_chain,
    check_delay,
    check_link,
    gains,
    read_version,
    signers,
)
from mcm.trust.persons import TrustFile
from mcm.trust.pins import Pins, TrustPinError, check_pin
from mcm.trust.signing import find_ssh_keygen, run_ssh_keygen
from tests.trust.people import NOW, People, public_line

LATER = (NOW + timedelta(days=100)).isoformat()
TOMORROW = (NOW + DELAY).isoformat()


@dataclass
class Chain:
    """Versions of a strict file: alice, bob and carol; alice and carol are roots."""

    people: People
    folder: Path
    files: dict[int, TrustFile] = field(default_factory=dict)

    def value(self, number: int, **changed: Any) -> dict[str, Any]:
        value = self.people.value()
        for person in value["persons"]:
            if person["id"] in ("alice", "carol"):
                person["roles"] = [*person["roles"], "root"]
        value |= {"version": number, "profile": "strict", "expires": LATER}
        if number > 1:
            value["prev"] = self.files[number - 1].digest
        return value | changed

    def write(self, value: dict[str, Any], *who: str) -> TrustFile:
        """File a version with the signatures of these people."""
        trust = TrustFile.from_value(value)
        self.files[trust.version] = trust
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{trust.version}.json").write_bytes(trust.content)
        for name in who:
            (self.folder / f"{trust.version}-{name}.sig").write_text(self.sign(trust, name))
        return trust

    def sign(self, trust: TrustFile, who: str, space: str = NAMESPACE) -> str:
        return run_ssh_keygen(find_ssh_keygen(), space, self.people.keys[who], trust.content)

    def add(self, value: dict[str, Any], who: str = "mallory", **more: Any) -> dict[str, Any]:
        """Return `value` with another approver."""
        key = public_line(self.people.keys[who])
        person = {"id": who, "roles": ["approver"], "ssh": [key], **more}
        return value | {"persons": [*value["persons"], person]}


@pytest.fixture
def chain(people: People, tmp_path: Path) -> Chain:
    """A first version, signed by both of its roots."""
    found = Chain(people, tmp_path / "trust")
    found.write(found.value(1), "alice", "carol")
    return found


def refusal(check: Callable[[], object]) -> str:
    """Return the code with which `check` refuses."""
    with pytest.raises(RefusedError) as caught:
        check()
    return caught.value.code


def test_two_roots_of_the_version_before_make_the_next_one(chain: Chain) -> None:
    first = chain.files[1]
    second = chain.write(chain.value(2), "alice", "carol")

    check_chain(chain.folder, first, None, NOW)
    check_chain(chain.folder, second, first, NOW)
    check_chain(chain.folder, second, None, NOW)
    found = read_version(chain.folder, 2)
    assert found is not None
    assert signers(second, found.signatures, first) == ("alice", "carol")


def test_who_was_away_for_some_versions_walks_them_all(chain: Chain) -> None:
    """And one link that does not hold breaks the chain for good."""
    chain.write(chain.value(2), "alice", "carol")
    third = chain.write(chain.value(3), "alice", "carol")
    check_chain(chain.folder, third, chain.files[1], NOW)

    (chain.folder / "2-carol.sig").unlink()
    check = lambda: check_chain(chain.folder, third, chain.files[1], NOW)  # noqa: E731
    assert refusal(check) == "E_TRUST_THRESHOLD"
    (chain.folder / "2.json").unlink()
    assert refusal(check) == "E_TRUST_UNSIGNED"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ((), "E_TRUST_UNSIGNED"),
        (("alice",), "E_TRUST_THRESHOLD"),
        (("alice", "bob"), "E_TRUST_THRESHOLD"),
        (("mallory", "bob"), "E_TRUST_THRESHOLD"),
    ],
)
def test_threat_28_without_two_roots_nobody_is_added(
    chain: Chain, who: tuple[str, ...], code: str
) -> None:
    """Nor by a root's signature beside those of people who are none."""
    value = chain.add(chain.value(2), not_before=TOMORROW)
    second = chain.write(value, *who)

    assert refusal(lambda: check_chain(chain.folder, second, chain.files[1], NOW)) == code


def test_threat_5_threat_28_two_keys_of_one_root_count_once(chain: Chain, people: People) -> None:
    value = chain.value(1)
    value["persons"][0]["ssh"].append(public_line(people.keys["bob-two"]))
    chain.write(value, "alice", "carol")
    second = chain.write(chain.value(2), "alice", "bob-two")

    assert (
        refusal(lambda: check_chain(chain.folder, second, chain.files[1], NOW))
        == "E_TRUST_THRESHOLD"
    )


def test_threat_28_a_new_root_does_not_vote_itself_in(chain: Chain) -> None:
    """Roots of the version before sign; where roots change, those of the new one, too."""
    value = chain.value(2)
    value["persons"][1]["roles"] = ["approver", "root"]
    value["persons"][2]["roles"] = ["requester", "approver"]
    check = lambda: check_chain(chain.folder, chain.files[2], chain.files[1], NOW)  # noqa: E731

    chain.write(value, "alice", "bob")
    assert refusal(check) == "E_TRUST_THRESHOLD"
    chain.write(value, "alice", "carol")
    (chain.folder / "2-bob.sig").unlink()
    assert refusal(check) == "E_TRUST_THRESHOLD"
    chain.write(value, "alice", "bob", "carol")
    check()


def test_threat_28_another_file_than_the_signed_one_is_unsigned(chain: Chain) -> None:
    chain.write(chain.value(2), "alice", "carol")
    other = TrustFile.from_value(chain.add(chain.value(2), not_before=TOMORROW))

    assert (
        refusal(lambda: check_chain(chain.folder, other, chain.files[1], NOW)) == "E_TRUST_UNSIGNED"
    )


def test_threat_20_signatures_of_another_namespace_are_none(chain: Chain) -> None:
    second = TrustFile.from_value(chain.value(2))
    signed = [chain.sign(second, who, "approval.v1@mcm") for who in ("alice", "carol")]

    assert refusal(lambda: check_link(chain.files[1], second, signed, NOW)) == "E_TRUST_UNSIGNED"


@pytest.mark.parametrize("gain", ["person", "key", "stage", "role"])
def test_threat_28_who_gains_waits_a_day(chain: Chain, people: People, gain: str) -> None:
    """A new approver, and one who may approve more or with another key."""
    first = chain.value(1)
    first["persons"][1]["stages"] = ["prod-eu"]
    before = chain.write(first, "alice", "carol")
    value = chain.value(2)
    value["persons"][1]["stages"] = ["prod-eu"]
    index = 1
    if gain == "person":
        value, index = chain.add(value), 3
    elif gain == "key":
        value["persons"][1]["ssh"].append(public_line(people.keys["bob-two"]))
    elif gain == "stage":
        value["persons"][1]["stages"] = ["prod-eu", "prod-us"]
    else:
        value["persons"][0]["roles"] = ["requester", "root", "approver"]
        index = 0
    after = chain.write(value, "alice", "carol")
    assert [who.id for who in gains(before, after)] == [value["persons"][index]["id"]]
    assert refusal(lambda: check_chain(chain.folder, after, before, NOW)) == "E_TRUST_POLICY"

    value["persons"][index]["not_before"] = (NOW + DELAY - timedelta(seconds=1)).isoformat()
    soon = TrustFile.from_value(value)
    assert refusal(lambda: check_delay(before, soon, NOW)) == "E_TRUST_POLICY"
    value["persons"][index]["not_before"] = TOMORROW
    after = chain.write(value, "alice", "carol")
    check_delay(before, after, NOW)
    check_chain(chain.folder, after, before, NOW)


def test_threat_28_an_old_not_before_is_no_delay(chain: Chain, people: People) -> None:
    first = chain.value(1)
    first["persons"][1]["not_before"] = (NOW - timedelta(days=9)).isoformat()
    before = chain.write(first, "alice", "carol")
    value = chain.value(2)
    value["persons"] = [dict(person) for person in first["persons"]]
    value["persons"][1]["ssh"] = [public_line(people.keys["bob-two"])]
    after = chain.write(value, "alice", "carol")

    assert refusal(lambda: check_chain(chain.folder, after, before, NOW)) == "E_TRUST_POLICY"


def test_removals_count_at_once(chain: Chain) -> None:
    value = chain.value(2)
    value["persons"][2]["roles"] = ["root"]
    second = chain.write(value, "alice", "carol")

    check_chain(chain.folder, second, chain.files[1], NOW)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"prev": "0" * 64}, "E_TRUST_CHAIN"),
        ({"version": 3}, "E_TRUST_CHAIN"),
        ({"expires": (NOW + timedelta(days=181)).isoformat()}, "E_TRUST_POLICY"),
        ({"expires": NOW.isoformat()}, "E_TRUST_EXPIRED"),
    ],
)
def test_threat_29_a_version_that_does_not_follow_is_refused(
    chain: Chain, changed: dict[str, Any], code: str
) -> None:
    value = chain.value(2) | changed
    after = TrustFile.from_value(value)
    signed = [chain.sign(after, who) for who in ("alice", "carol")]

    assert refusal(lambda: check_link(chain.files[1], after, signed, NOW)) == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"root_threshold": 1}, "E_TRUST_POLICY"),
        ({"root_threshold": 0}, "E_TRUST_POLICY"),
        ({"root_threshold": "2"}, "E_TRUST_POLICY"),
        ({"root_threshold": 3}, "E_TRUST_POLICY"),
        ({"prev": ""}, "E_TRUST_CHAIN"),
        ({"prev": "x"}, "E_TRUST_SYNTAX"),
        ({"profile": "lax"}, "E_TRUST_SYNTAX"),
    ],
)
def test_threat_29_thresholds_of_less_than_two_do_not_load(
    chain: Chain, changed: dict[str, Any], code: str
) -> None:
    assert refusal(lambda: TrustFile.from_value(chain.value(2) | changed)) == code


def test_threat_29_without_roots_or_an_end_it_does_not_load(chain: Chain, people: People) -> None:
    value = chain.value(2)
    del value["expires"]
    assert refusal(lambda: TrustFile.from_value(value)) == "E_TRUST_POLICY"
    emptied = chain.value(2) | {"persons": people.value()["persons"]}
    assert refusal(lambda: TrustFile.from_value(emptied)) == "E_TRUST_POLICY"


def test_threat_29_strict_does_not_go_back_to_basic(chain: Chain, people: People) -> None:
    basic = TrustFile.from_value(people.value() | {"version": 2})

    assert refusal(lambda: check_chain(chain.folder, basic, chain.files[1], NOW)) == "E_TRUST_CHAIN"


def test_threat_29_two_files_of_one_version_are_refused(chain: Chain) -> None:
    other = TrustFile.from_value(chain.value(1, root_threshold=2))

    assert refusal(lambda: check_chain(chain.folder, other, chain.files[1], NOW)) == "E_TRUST_CHAIN"


def test_a_pin_follows_the_signatures_and_tells_what_changed(chain: Chain, tmp_path: Path) -> None:
    """threat 28: with them nobody is asked; without them nothing moves."""
    pins = Pins(tmp_path / "config" / "pins.json")
    assert check_pin(pins, "shop", chain.files[1], chain.folder, NOW) is None
    value = chain.add(chain.value(2), not_before=TOMORROW)
    second = chain.write(value, "alice")
    check = lambda: check_pin(pins, "shop", second, chain.folder, NOW)  # noqa: E731
    assert refusal(check) == "E_TRUST_THRESHOLD"

    chain.write(value, "alice", "carol")
    told = check()
    assert told is not None
    assert any(line.startswith("mallory ADDED as approver") for line in told)
    assert check() == ()
    assert (
        refusal(lambda: check_pin(pins, "shop", chain.files[1], chain.folder, NOW))
        == "E_TRUST_CHAIN"
    )


def test_threat_28_the_first_strict_file_after_a_basic_one_is_pinned_by_hand(
    chain: Chain, people: People, tmp_path: Path
) -> None:
    """Its own roots sign it; whether they are the right ones, a person says."""
    pins = Pins(tmp_path / "config" / "pins.json")
    basic = people.trust()
    check_pin(pins, "shop", basic, chain.folder, NOW)
    chain.files[1] = basic
    value = chain.value(2)
    for person in value["persons"]:
        if "approver" in person["roles"] and person["id"] != "bob":
            person["roles"] = [*people.value()["persons"][2]["roles"], "root"]
    second = chain.write(value, "alice", "carol")

    with pytest.raises(TrustPinError) as caught:
        check_pin(pins, "shop", second, chain.folder, NOW)
    assert "profile: basic → strict" in caught.value.details
