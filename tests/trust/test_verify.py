"""From bytes to a verified statement: who signed, as whom, for which realm, and when."""

import ast
import base64
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import mcm
from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.trust.guard import Granted, Promotion, Refused, guard
from mcm.core.trust.statement import Statement, TrustRef
from mcm.trust.envelope import Envelope, Proof
from mcm.trust.persons import TrustFile
from mcm.trust.signing import sign, unsigned
from mcm.trust.verify import verify
from tests.trust.people import AWS, NOW, SANDBOX, People, a_request, an_approval, public_line


def code(
    envelope: Envelope | bytes,
    trust: TrustFile,
    *,
    realm: str = AWS,
    now: datetime = NOW,
    touch: bool = False,
) -> str:
    """Return the code with which an envelope is refused."""
    data = envelope if isinstance(envelope, bytes) else envelope.to_bytes()
    with pytest.raises(RefusedError) as refused:
        verify(data, trust, realm, now, touch=touch)
    return refused.value.code


def trust_with(people: People, number: int, **entry: Any) -> TrustFile:
    """Return the example trust file with more said in one entry."""
    value = people.value()
    value["persons"][number].update(entry)
    return TrustFile.from_value(value)


def test_signed_statement_is_verified(people: People) -> None:
    trust = trust_with(people, 1, name="Bob Example", email="bob@example.com")
    approval = an_approval(trust)

    verified = verify(sign(approval, people.keys["bob"]).to_bytes(), trust, AWS, NOW)

    assert (verified.statement, verified.person) == (approval, "bob")
    assert verified.digest == approval.digest
    assert verified.key == trust.persons[1].ssh[0].fingerprint
    assert verified.aliases == {"Bob Example", "bob@example.com"}


def test_second_key_of_a_person_is_the_same_person(people: People) -> None:
    keys = [public_line(people.keys["bob"]), public_line(people.keys["bob-two"])]
    trust = trust_with(people, 1, ssh=keys)

    envelope = sign(an_approval(trust), people.keys["bob-two"])

    assert verify(envelope.to_bytes(), trust, AWS, NOW).person == "bob"


def test_threat_3_key_in_nobodys_entry(people: People) -> None:
    trust = people.trust()

    assert code(sign(an_approval(trust), people.keys["mallory"]), trust) == "E_UNKNOWN_SIGNER"


@pytest.mark.parametrize("who", ["bob", "dave"])
def test_threat_1_signing_in_another_persons_name(people: People, who: str) -> None:
    """alice holds a trusted key, but not bob's; what counts is the key, not the name."""
    trust = people.trust()

    assert code(sign(an_approval(trust, who), people.keys["alice"]), trust) == "E_UNKNOWN_SIGNER"


def test_threat_15_changed_payload(people: People) -> None:
    trust = people.trust()
    envelope = sign(an_approval(trust), people.keys["bob"])
    other = an_approval(trust, execution="exec-8")

    forged = replace(envelope, payload=canonical.encode(other.to_value()))

    assert code(forged, trust) == "E_SIGNATURE"


def test_threat_20_request_signed_by_bob_is_no_approval(people: People) -> None:
    trust = people.trust()
    request = a_request(trust, requester="carol")
    envelope = sign(request, people.keys["carol"])

    relabelled = replace(envelope, kind="approval")

    assert verify(envelope.to_bytes(), trust, AWS, NOW).person == "carol"
    assert code(relabelled, trust) == "E_NAMESPACE"


def test_threat_20_payload_of_another_kind_than_its_label(people: People) -> None:
    """An approval's bytes, signed in good faith as something else, stay what they were."""
    trust = people.trust(sandbox=True)
    inner = unsigned(an_approval(trust, realm=SANDBOX))

    assert code(replace(inner, kind="hold"), trust, realm=SANDBOX) == "E_NAMESPACE"


@pytest.mark.parametrize("realm", [SANDBOX, "aws:aws:222222222222:us-east-1"])
def test_threat_32_statement_of_another_realm(people: People, realm: str) -> None:
    trust = people.trust()

    assert code(sign(an_approval(trust, realm=realm), people.keys["bob"]), trust) == "E_REALM"


def test_threat_32_unsigned_statement_counts_in_the_sandbox_only(people: People) -> None:
    """It takes the reader's realm and the loaded trust file, not the statement's word."""
    strict, loose = people.trust(), people.trust(sandbox=True)
    inside = unsigned(an_approval(loose, realm=SANDBOX))

    assert verify(inside.to_bytes(), loose, SANDBOX, NOW).key == ""
    assert code(inside, strict, realm=SANDBOX) == "E_SIGNATURE"
    assert code(inside, loose, realm=AWS) == "E_SIGNATURE"
    assert code(unsigned(an_approval(loose)), loose, realm=AWS) == "E_SIGNATURE"
    assert code(inside, loose, realm=SANDBOX, touch=True) == "E_SIGNATURE"
    stranger = unsigned(an_approval(loose, "dave", realm=SANDBOX))
    assert code(stranger, loose, realm=SANDBOX) == "E_UNKNOWN_SIGNER"


def test_sandbox_still_refuses_a_bent_signature(people: People) -> None:
    trust = people.trust(sandbox=True)
    bent = replace(unsigned(an_approval(trust, realm=SANDBOX)), proofs=(Proof("ssh", "x"),))

    assert code(bent, trust, realm=SANDBOX) == "E_SIGNATURE"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"not_after": NOW.isoformat()}, "E_KEY_NOT_VALID"),
        ({"not_before": (NOW + timedelta(seconds=1)).isoformat()}, "E_KEY_NOT_VALID"),
        ({"stages": ["prod-eu"]}, "E_ROLE"),
        ({"stages": []}, "E_ROLE"),
        ({"roles": ["requester"]}, "E_ROLE"),
    ],
)
def test_threat_19_person_who_may_not_approve_now(
    people: People, entry: dict[str, Any], expected: str
) -> None:
    trust = trust_with(people, 1, **entry)

    assert code(sign(an_approval(trust), people.keys["bob"]), trust) == expected


def test_requester_needs_the_role(people: People) -> None:
    trust = people.trust()

    assert code(sign(a_request(trust, requester="bob"), people.keys["bob"]), trust) == "E_ROLE"


def test_expired_trust_file_trusts_nobody(people: People) -> None:
    trust = TrustFile.from_value({**people.value(), "expires": NOW.isoformat()})

    assert code(sign(an_approval(trust), people.keys["bob"]), trust) == "E_TRUST_EXPIRED"


def test_new_trust_file_voids_what_grants_and_not_what_stops(people: People) -> None:
    """Who said no under the old file has still said no."""
    trust = people.trust()
    old = TrustRef(1, "e" * 64)
    request = replace(a_request(trust), trust=old)
    approval = replace(an_approval(trust), trust=old)
    rejection = replace(approval, kind="rejection", decision="reject")

    for said, who in ((request, "alice"), (approval, "bob")):
        assert code(sign(said, people.keys[who]), trust) == "E_TRUST_CHANGED"
    assert verify(sign(rejection, people.keys["bob"]).to_bytes(), trust, AWS, NOW).person == "bob"


@pytest.mark.parametrize(("kind", "decision"), [("rejection", "reject"), ("hold", "hold")])
def test_anyone_in_the_file_may_stop(people: People, kind: str, decision: str) -> None:
    trust = people.trust()
    said = an_approval(trust, "alice", kind=kind, decision=decision)

    assert verify(sign(said, people.keys["alice"]).to_bytes(), trust, AWS, NOW).person == "alice"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b'{"a":1,"a":1}',
        b'{"a":NaN}',
        b'{"a":1e400}',
        b'{"a":"\\ud800"}',
        b"[" * 5000,
        b'{"a":' + b"9" * 5000 + b"}",
        b"\xff",
    ],
)
def test_threat_53_signed_bytes_that_are_no_statement(people: People, payload: bytes) -> None:
    """A true signature does not make odd JSON readable (the sandbox needs none at all)."""
    trust = people.trust(sandbox=True)
    envelope = Envelope("approval", payload, ())

    assert code(envelope, trust, realm=SANDBOX) in ("E_CANONICAL", "E_STATEMENT")


def test_threat_53_statement_in_another_spelling(people: People) -> None:
    trust = people.trust(sandbox=True)
    good = unsigned(an_approval(trust, realm=SANDBOX))
    for bent in (good.payload + b"\n", good.payload.replace(b'"v":1', b'"v": 1')):
        assert code(replace(good, payload=bent), trust, realm=SANDBOX) == "E_CANONICAL"


def test_threat_23_touch_is_passed_on(people: People) -> None:
    trust = people.trust()
    envelope = sign(an_approval(trust), people.keys["bob"])

    assert code(envelope, trust, touch=True) == "E_TOUCH_REQUIRED"


def promotion(statement: Statement) -> Promotion:
    """Return the promotion that an approval is for."""
    said = statement
    return Promotion(
        realm=said.realm,
        change=said.change,
        edition=said.edition,
        plan=said.plan,
        stage=said.stage,
        pipeline=said.pipeline,
        execution=said.execution,
        rollback_to=said.rollback_to,
        approvals=1,
        excluded=frozenset(),
    )


@pytest.mark.parametrize(("who", "expected"), [("bob", Granted), ("carol", Refused)])
def test_threat_1_from_key_to_guard(people: People, who: str, expected: type) -> None:
    """carol may do both, so she is refused as her own approver and bob is not."""
    trust = people.trust()
    request = a_request(trust, requester="carol")
    approval = an_approval(trust, who, requester="carol", request=request.digest)
    said = [sign(request, people.keys["carol"]), sign(approval, people.keys[who])]

    verified = [verify(each.to_bytes(), trust, AWS, NOW) for each in said]
    result = guard(promotion(approval), verified, [], frozenset(), NOW)

    assert isinstance(result, expected)
    assert not isinstance(result, Refused) or result.code == "E_SELF_APPROVAL"


def test_payload_is_what_ssh_keygen_verifies_too(people: People) -> None:
    """An auditor needs no mcm: the envelope holds the very bytes that were signed."""
    envelope = sign(an_approval(people.trust()), people.keys["bob"])

    assert base64.b64encode(envelope.payload) in envelope.to_bytes()
    assert canonical.digest_bytes(envelope.payload) == an_approval(people.trust()).digest


def test_only_one_place_builds_verified_statements() -> None:
    """The guard takes `Verified` at its word, so no other part of mcm may make one."""
    root = Path(mcm.__file__).parent
    makers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") or getattr(node.func, "attr", "")) == "Verified"
    }

    assert makers == {"trust/verify.py"}


def test_no_other_place_takes_verified_apart_or_renames_it() -> None:
    """`Verified as V` or `import *` would hide a constructor from the test above."""
    root = Path(mcm.__file__).parent
    odd = [
        f"{path.relative_to(root).as_posix()}:{node.lineno}"
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "mcm.core.trust.statement"
        for alias in node.names
        if alias.name == "*"
        or (alias.name == "Verified" and alias.asname not in (None, "Verified"))
    ]

    assert odd == []


def test_threat_23_a_plain_key_is_never_touched(people: People) -> None:
    trust = people.trust()
    data = sign(an_approval(trust), people.keys["bob"]).to_bytes()

    assert not verify(data, trust, AWS, NOW).touched


def a_glass(trust: TrustFile, who: str = "bob", **changes: Any) -> Statement:
    values: dict[str, Any] = {
        "kind": "breakglass",
        "decision": "break",
        "request": "",
        "reason": "photos of every parcel are lost",
        "ticket": "INC-7",
        "expires": NOW + timedelta(minutes=30),
    }
    return an_approval(trust, who, **{**values, **changes})


def test_whoever_has_the_role_may_break_the_glass(people: People) -> None:
    trust = trust_with(people, 1, roles=["breakglass"], stages=["prod-us"])
    said = a_glass(trust)

    assert verify(sign(said, people.keys["bob"]).to_bytes(), trust, AWS, NOW).statement == said


@pytest.mark.parametrize(
    "entry", [{"roles": ["approver"]}, {"roles": ["breakglass"], "stages": ["prod-eu"]}]
)
def test_threat_46_without_the_role_at_that_stage_it_is_refused(
    people: People, entry: dict[str, Any]
) -> None:
    trust = trust_with(people, 1, **entry)

    assert code(sign(a_glass(trust), people.keys["bob"]), trust) == "E_ROLE"


def test_threat_46_another_trust_file_voids_a_broken_glass(people: People) -> None:
    trust = trust_with(people, 1, roles=["breakglass"])
    said = replace(a_glass(trust), trust=TrustRef(1, "c" * 64))

    assert code(sign(said, people.keys["bob"]), trust) == "E_TRUST_CHANGED"


def test_threat_47_only_an_approver_reviews(people: People) -> None:
    trust = people.trust()
    changes = {"kind": "review", "decision": "reviewed", "request": "a" * 64}
    bobs = sign(an_approval(trust, **changes), people.keys["bob"])

    assert verify(bobs.to_bytes(), trust, AWS, NOW).person == "bob"
    alices = sign(an_approval(trust, "alice", **changes), people.keys["alice"])
    assert code(alices, trust) == "E_ROLE"


def test_threat_20_a_broken_glass_passes_for_nothing_else(people: People) -> None:
    trust = trust_with(people, 1, roles=["breakglass", "approver"])
    envelope = sign(a_glass(trust), people.keys["bob"])
    posing = Envelope("approval", envelope.payload, envelope.proofs)

    assert code(posing, trust) in ("E_NAMESPACE", "E_SIGNATURE")
