"""Approvals given in the pipeline itself: who answered, with what line, and what cannot count."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mcm.core.pipeline import ActionRun
from mcm.core.trust.counting import Promotion
from mcm.core.trust.guard import Granted, GuardResult, Refused, guard
from mcm.core.trust.statement import Rejected, Verified
from mcm.trust.console import console_approval
from mcm.trust.persons import TrustFile
from mcm.trust.signing import sign
from mcm.trust.verify import verify
from tests.trust.people import AWS, NOW, People, a_request, an_approval

ROLE = "arn:aws:sts::111111111111:assumed-role/Deployer"
SSO = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/bob@example.com"
USER = "arn:aws:iam::111111111111:user"
LATER = NOW + timedelta(minutes=5)
PROMOTION = Promotion(
    realm=AWS,
    change="MCM-1",
    edition=2,
    plan="a" * 64,
    stage="prod-us",
    pipeline="ParcelPhotoCheck",
    execution="exec-7",
    rollback_to="exec-5",
    approvals=1,
    excluded=frozenset(),
    requester="alice",
)
RUN = ActionRun(
    "ApproveUS", "Approve", "Succeeded", f"{USER}/bob", f"mcm1 MCM-1 prod-us {'a' * 12}", NOW
)


def trust_of(people: People) -> TrustFile:
    """Return the people with AWS callers: bob's session of a plain role is enforced."""
    value = people.value()
    aws: dict[str, list[Any]] = {
        "alice": [f"{USER}/alice", {"arn": f"{ROLE}/alice", "session_name": "enforced"}],
        "bob": [f"{USER}/bob", SSO, {"arn": f"{ROLE}/bob", "session_name": "enforced"}],
        "carol": [f"{ROLE}/carol"],
    }
    persons = [{**each, "aws": aws[each["id"]]} for each in value["persons"]]
    dave = {"id": "dave", "roles": ["requester"], "aws": [f"{USER}/dave"]}
    erin = {"id": "erin", "roles": ["approver"], "stages": ["prod-eu"], "aws": [f"{USER}/erin"]}
    return TrustFile.from_value({**value, "persons": [*persons, dave, erin]})


class Desk:
    """alice's request, and answers in the pipeline."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.trust = trust_of(people)
        self.request = self.ask()

    def ask(self, **changes: Any) -> Verified:
        envelope = sign(a_request(self.trust, **changes), self.people.keys["alice"])
        return verify(envelope.to_bytes(), self.trust, AWS, LATER)

    def read(self, promotion: Promotion = PROMOTION, **run: Any) -> Verified | Rejected | None:
        answer = replace(RUN, id="act-1", updated=NOW + timedelta(minutes=1))
        answer = replace(answer, **run)
        return console_approval(answer, promotion, [self.request], self.trust, LATER)

    def judge(self, promotion: Promotion = PROMOTION, **run: Any) -> GuardResult:
        """Ask the guard with the request and this answer."""
        found = self.read(promotion, **run)
        verified = [self.request, *([found] if isinstance(found, Verified) else [])]
        rejected = [found] if isinstance(found, Rejected) else []
        return guard(promotion, verified, rejected, frozenset(), LATER)


@pytest.fixture
def desk(people: People) -> Desk:
    return Desk(people)


@pytest.mark.parametrize("arn", [f"{USER}/bob", SSO, f"{ROLE}/bob"])
def test_the_approvers_own_answer_with_the_line_counts(desk: Desk, arn: str) -> None:
    found = desk.judge(answered_by=arn, summary=RUN.summary + "\n")

    assert isinstance(found, Granted)
    [each] = found.statements
    assert (each.person, each.answered_by, each.key) == ("bob", arn, "")
    assert each.statement.request == desk.request.digest


def test_the_same_answer_is_the_same_approval_in_every_turn(desk: Desk) -> None:
    """Its nonce is the action's own, so it is used up once, however often it is read."""
    assert desk.read() == desk.read()
    other = desk.read(id="act-2")
    first = desk.read()
    assert isinstance(first, Verified)
    assert isinstance(other, Verified)
    assert first.statement.nonce != other.statement.nonce
    used = frozenset({first.statement.nonce})
    found = guard(PROMOTION, [desk.request, first], [], used, LATER)
    assert isinstance(found, Refused)
    assert found.code == "E_CONSUMED"


@pytest.mark.parametrize(
    ("code", "run"),
    [
        ("E_ROLE", {"answered_by": f"{USER}/alice"}),
        ("E_ROLE", {"answered_by": f"{ROLE}/alice"}),
        ("E_PLAN_CHANGED", {"summary": f"mcm1 MCM-1 prod-us {'b' * 12}"}),
        ("E_REQUEST_MISMATCH", {"summary": f"mcm1 MCM-1 prod-eu {'a' * 12}"}),
        ("E_REQUEST_MISMATCH", {"summary": f"mcm1 MCM-2 prod-us {'a' * 12}"}),
        ("E_SESSION_UNTRUSTED", {"answered_by": f"{ROLE}/carol"}),
        ("E_SESSION_UNTRUSTED", {"answered_by": f"{ROLE}/mallory"}),
        ("E_NOT_A_PERSON", {"answered_by": "arn:aws:iam::111111111111:root"}),
        ("E_NOT_A_PERSON", {"answered_by": f"{ROLE}/i-0123456789abcdef0"}),
        ("E_NOT_A_PERSON", {"answered_by": f"{ROLE}/botocore-session-1700000000"}),
        ("E_NOT_A_PERSON", {"answered_by": f"{USER}/mallory"}),
        ("E_NOT_A_PERSON", {"answered_by": "arn:aws:iam::222222222222:user/bob"}),
        ("E_NOT_A_PERSON", {"answered_by": f"{USER}/BOB"}),
        ("E_NOT_A_PERSON", {"answered_by": ""}),
        ("E_ROLE", {"answered_by": f"{USER}/dave"}),
        ("E_ROLE", {"answered_by": f"{USER}/erin"}),
        ("E_CLOCK", {"updated": LATER + timedelta(minutes=10)}),
        ("E_REQUEST_MISMATCH", {"updated": NOW - timedelta(minutes=10)}),
    ],
)
def test_threat_1_threat_6_threat_7_what_cannot_count_is_refused(
    desk: Desk, code: str, run: dict[str, Any]
) -> None:
    found = desk.judge(**run)

    assert isinstance(found, Refused)
    assert found.code == code


def test_threat_1_the_requester_cannot_answer_even_as_an_approver(people: People) -> None:
    """The same human with the approver's role as well."""
    plain = people.value()
    persons = [{**each, "roles": ["requester", "approver"]} for each in plain["persons"]]
    persons[0]["aws"] = [f"{USER}/alice"]
    desk = Desk(people)
    desk.trust = TrustFile.from_value({**plain, "persons": persons})
    desk.request = desk.ask()

    found = desk.judge(answered_by=f"{USER}/alice")
    assert isinstance(found, Refused)
    assert found.code == "E_SELF_APPROVAL"


def test_threat_10_an_author_cannot_answer(desk: Desk) -> None:
    found = desk.judge(replace(PROMOTION, excluded=frozenset({"bob"})))

    assert isinstance(found, Refused)
    assert found.code == "E_AUTHOR_APPROVAL"


def test_threat_13_a_plan_edited_afterwards_voids_it(desk: Desk) -> None:
    """The line names the plan that was there; the request no longer fits either."""
    found = desk.judge(replace(PROMOTION, plan="b" * 64))

    assert isinstance(found, Refused)
    assert found.code == "E_PLAN_CHANGED"


def test_threat_23_a_stage_with_touch_takes_no_answer(desk: Desk) -> None:
    found = desk.judge(replace(PROMOTION, touch=True))

    assert isinstance(found, Refused)
    assert found.code == "E_TOUCH_REQUIRED"


def test_threat_5_a_signature_and_an_answer_of_one_person_count_once(desk: Desk) -> None:
    envelope = sign(an_approval(desk.trust, request=desk.request.digest), desk.people.keys["bob"])
    signed = verify(envelope.to_bytes(), desk.trust, AWS, LATER)
    answer = desk.read()
    assert isinstance(answer, Verified)
    two = replace(PROMOTION, approvals=2)

    found = guard(two, [desk.request, signed, answer], [], frozenset(), LATER)
    assert isinstance(found, Refused)
    assert found.code == "E_THRESHOLD"


@pytest.mark.parametrize(
    "run",
    [
        {"summary": "looks good to me"},
        {"summary": ""},
        {"summary": f"mcm1 MCM-1 prod-us {'a' * 64}"},
        {"summary": f"mcm1 MCM-1 prod-us {'a' * 64} 3:{'b' * 12}"},
        {"summary": f"mcm1 MCM-1 prod-us {'a' * 12} and more"},
        {"summary": f"mcm1  MCM-1 prod-us {'a' * 12}"},
        {"status": "Failed"},
        {"status": "InProgress"},
        {"id": ""},
        {"updated": None},
        {"updated": LATER + timedelta(seconds=30)},
    ],
)
def test_another_answer_is_no_approval(desk: Desk, run: dict[str, Any]) -> None:
    """Free text, mcm's own summaries, an answer of no, and what AWS does not tell in full."""
    assert desk.read(**run) is None


def test_it_ends_as_a_signature_would(desk: Desk) -> None:
    found = desk.read()
    assert isinstance(found, Verified)
    late = found.statement.expires

    answer = guard(PROMOTION, [desk.request, found], [], frozenset(), late)
    assert isinstance(answer, Refused)


def test_an_expired_trust_file_takes_no_answer(desk: Desk) -> None:
    value = {**desk.people.value(), "expires": NOW.isoformat()}
    value["persons"][1]["aws"] = [f"{USER}/bob"]
    desk.trust = TrustFile.from_value(value)
    desk.request = replace(desk.request, statement=a_request(desk.trust))

    found = desk.read()
    assert isinstance(found, Rejected)
    assert found.code == "E_TRUST_EXPIRED"
