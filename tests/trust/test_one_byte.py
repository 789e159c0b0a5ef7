"""One byte changed in a plan, a statement, a trust file or a vouched-for entry is refused."""

import json
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.gates.every_gate import promotion_of
from mcm.core.history import journal
from mcm.core.history.anchor import Anchor, contradiction
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft, Entry, chain_all
from mcm.core.plans.plan import Plan
from mcm.core.trust.guard import Granted, guard
from mcm.core.trust.statement import Verified
from mcm.trust.persons import TrustFile
from mcm.trust.plain_yaml import parse
from mcm.trust.signing import sign
from mcm.trust.verify import verify
from tests.kit.clock import START
from tests.kit.world import STAGE, World
from tests.trust.people import AWS, NOW, People, an_approval

REFUSED = object()
SPOTS = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
FIVE = chain_all(
    None,
    [Draft("verdict_changed", {"number": n, "reason": "é €"}, START) for n in range(5)],
)


def spoilt(data: bytes, spot: tuple[float, int]) -> bytes:
    """Return `data` with one byte changed."""
    place, change = spot
    found = bytearray(data)
    found[int(place * len(found))] ^= change
    return bytes(found)


@cache
def planned() -> tuple[Plan, tuple[Verified, ...]]:
    """A plan that alice requested and bob approved."""
    world = World()
    plan = world.plan()
    world.approve(plan)
    return plan, tuple(world.people.statements)


def granted(data: bytes) -> bool:
    """Say whether the plan in these bytes may be promoted by what bob signed."""
    _, statements = planned()
    plan = Plan.from_bytes(data)
    promotion = promotion_of(GoForward(plan, (STAGE,)), plan.stages[0])
    found = guard(promotion, statements, (), frozenset(), START + timedelta(minutes=20))
    return isinstance(found, Granted)


def test_the_plan_as_it_was_signed_is_granted() -> None:
    assert granted(planned()[0].to_bytes())


@settings(deadline=None, max_examples=200)
@given(SPOTS)
def test_threat_13_a_byte_of_the_plan(spot: tuple[float, int]) -> None:
    """It is no plan, or another one than bob signed."""
    with suppress(RefusedError):
        assert not granted(spoilt(planned()[0].to_bytes(), spot))


@pytest.fixture(scope="session")
def envelope(people: People) -> bytes:
    trust = people.trust()
    return sign(an_approval(trust), people.keys["bob"]).to_bytes()


def refused(data: bytes, trust: TrustFile) -> bool:
    try:
        verify(data, trust, AWS, NOW)
    except RefusedError:
        return True
    return False


def test_the_statement_as_it_was_signed_is_taken(people: People, envelope: bytes) -> None:
    assert not refused(envelope, people.trust())


@settings(deadline=None, max_examples=200)
@given(spot=SPOTS)
def test_threat_53_a_byte_of_a_statement(
    spot: tuple[float, int], people: People, envelope: bytes
) -> None:
    assert refused(spoilt(envelope, spot), people.trust())


@settings(deadline=None, max_examples=300)
@given(spot=SPOTS)
def test_threat_27_a_byte_of_the_trust_file(
    spot: tuple[float, int], people: People, envelope: bytes
) -> None:
    """Whatever it says now: it does not load, or it is not the one under which was signed.

    YAML has bytes that say nothing, a space among them: then it is the same file.
    """
    data = json.dumps(people.value(), indent=1).encode()
    try:
        value = parse(spoilt(data, spot))
        trust = TrustFile.from_value(value)
    except RefusedError:
        return
    same = value == people.value()
    assert refused(envelope, trust) is not same


def rechained(entries: tuple[Entry, ...], data: bytes, at: int) -> tuple[Entry, ...] | object:
    """Chain anew what somebody with the file can make of entry `at` with these bytes."""
    try:
        value = canonical.decode(data)
        drafts = [Draft(e.kind, e.body, e.at) for e in entries]
        moment = canonical.parse_instant(value["at"])
        drafts[at - 1] = Draft(value["kind"], value["body"], moment)
        return chain_all(None, drafts)
    except (RefusedError, ValueError, KeyError, TypeError, AttributeError):
        return REFUSED


@settings(deadline=None, max_examples=300)
@given(SPOTS, st.integers(1, 5))
def test_threat_39_and_40_a_byte_of_an_anchored_entry(spot: tuple[float, int], at: int) -> None:
    """Seen at once by its hash, and with all hashes made right by the head kept elsewhere."""
    rows = [(journal.to_stored(entry), entry.hash) for entry in FIVE]
    data = spoilt(rows[at - 1][0], spot)
    rows[at - 1] = (data, rows[at - 1][1])
    held, problem = journal.from_stored(rows)
    assert problem is not None
    assert (problem.code, problem.seq, len(held)) == ("E_CHAIN", at, at - 1)

    again = rechained(FIVE, data, at)
    if isinstance(again, tuple) and again != FIVE:
        found = contradiction(again, Anchor(5, FIVE[4].hash[:12], "bob"))
        assert found is not None
        assert found.code == "E_SIGNED_HEAD"


@pytest.mark.parametrize("what", ["plan", "request", "approval", "entry"])
def test_threat_53_what_is_hashed_and_signed_is_spelled_as_rfc_8785_has_it(what: str) -> None:
    """The real documents, by another implementation."""
    plan, (request, approval) = planned()
    data: dict[str, bytes] = {
        "plan": plan.to_bytes(),
        "request": canonical.encode(request.statement.to_value()),
        "approval": canonical.encode(approval.statement.to_value()),
        "entry": journal.to_stored(FIVE[2]),
    }
    value: Any = json.loads(data[what])
    assert rfc8785.dumps(value) == data[what]
