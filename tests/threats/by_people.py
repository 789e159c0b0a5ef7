"""Attempts with statements: who signs what, in whose name, when, and how often."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from mcm.clock import SystemClock
from mcm.core.gates.every_gate import holder_of
from mcm.core.history.journal import Draft
from mcm.store.sqlite import SqliteJournal
from mcm.trust.envelope import Envelope, Proof
from mcm.trust.signing import find_ssh_keygen, run_ssh_keygen, sign
from mcm.trust.sshsig import ED25519
from tests.threats.ground import CHANGE, STAGE, Attempt, Entry, Ground
from tests.trust.handmade import HandKey

HOUR = timedelta(hours=1)


def own_key(g: Ground) -> None:
    g.edit_trust(lambda who: who["alice"].update(roles=["requester", "approver"]))
    g.requested()
    g.approve(key="alice", who="alice")


def in_bobs_name(g: Ground) -> None:
    g.requested()
    g.approve(key="alice", who="bob")


def second_key(g: Ground) -> None:
    def change(who: dict[str, Entry]) -> None:
        who["alice"]["ssh"].append(g.line("alice-laptop"))
        who["alice"]["roles"] = ["requester", "approver"]

    g.edit_trust(change)
    g.requested()
    g.approve(key="alice-laptop", who="alice")


def second_profile(g: Ground) -> None:
    """alice has an AWS user and a role under one entry; the key is bob's."""
    enforced = {"arn": "arn:aws:sts::111111111111:assumed-role/deployer/alice"}
    enforced["session_name"] = "enforced"
    g.edit_trust(lambda who: who["alice"]["aws"].append(enforced))
    g.requested()
    g.shop.type(f"approve {CHANGE} --profile alice --key .mcm-sandbox/keys/bob", f"{CHANGE}\n")
    g.approve(key="alice", who="bob")


def stranger(g: Ground) -> None:
    g.requested()
    g.approve(key="mallory", who="bob")


def twice(g: Ground, key: str) -> None:
    def change(who: dict[str, Entry]) -> None:
        who["bob"]["ssh"].append(g.line("bob-laptop"))
        who["carol"]["roles"] = ["approver"]

    g.edit_trust(change)
    g.edit("mcm.yaml", "approvals: 1", "approvals: 2")
    g.requested()
    g.approve()
    g.file(sign(g.said(), g.key(key)), "approval-1-prod-us-bob-2.json")


def of_another(g: Ground, **changes: Any) -> None:
    g.requested()
    g.approve(**changes)


def used_elsewhere(g: Ground) -> None:
    """Another promotion has claimed the nonce of the very approval that bob signs."""
    g.requested()
    said = g.said(nonce="7" * 32)
    journal = SqliteJournal(g.journal)
    seen = len(journal.entries(CHANGE))
    holder = holder_of(g.shop.plan(), replace(g.shop.plan().stages[0], name="prod-eu"))
    body = {
        "stage": STAGE,
        "purpose": "promote",
        "instruction": {},
        "claims": [{"nonce": said.nonce, "holder": holder}],
    }
    draft = Draft("intent", body, SystemClock().now())
    journal.append(CHANGE, [draft], after=seen, claims={said.nonce: holder})
    journal.close()
    g.file(sign(said, g.key("bob")))


def set_back(g: Ground) -> None:
    """The journal has reached tomorrow, so this clock is behind."""
    g.requested()
    g.approve()
    journal = SqliteJournal(g.journal)
    seen = len(journal.entries(CHANGE))
    tomorrow = SystemClock().now() + timedelta(days=1)
    journal.append(CHANGE, [Draft("note", {"text": "later"}, tomorrow)], after=seen)
    journal.close()


def over(g: Ground, **when: str) -> None:
    g.edit_trust(lambda who: who["bob"].update(when))
    g.edit_trust(lambda who: who["carol"].update(roles=["approver"]))
    g.requested()
    g.approve()


def backdated(g: Ground) -> None:
    """bob's entry has ended; he signs as of a time when it had not."""
    now = SystemClock().now()
    over(g, not_after=(now - HOUR).isoformat())
    g.approve(not_before=now - 2 * HOUR, expires=now + HOUR)


def for_another_purpose(g: Ground, space: str) -> None:
    g.requested()
    said = sign(g.said(), g.key("bob"))
    sig = run_ssh_keygen(find_ssh_keygen(), space, g.key("bob"), said.payload)
    g.file(replace(said, proofs=(Proof("ssh", sig),)))


def request_as_approval(g: Ground) -> None:
    g.requested()
    request = Envelope.from_bytes((g.statements / "request-1.json").read_bytes())
    g.file(replace(request, kind="approval"))


def hand_key(g: Ground, key: HandKey, *, touch: bool = False, **signing: Any) -> None:
    g.edit_trust(lambda who: who["bob"]["ssh"].append(key.line))
    if touch:
        touch_stage(g)
    g.requested()
    g.approve_by_hand(key, **signing)


def touch_stage(g: Ground) -> None:
    stage = "    pipeline_stage: ProdUS"
    g.edit("mcm.yaml", stage, f"{stage}\n    touch: true")


def forwarded_agent(g: Ground) -> None:
    """Whoever holds bob's agent can sign with his plain key, and with no other."""
    g.edit_trust(lambda who: who["bob"]["ssh"].append(HandKey().line))
    touch_stage(g)
    g.requested()
    g.approve()


def rejected(g: Ground) -> None:
    g.requested()
    no = g.said("rejection", "carol", reason="not tonight")
    g.file(sign(no, g.key("carol")), "rejection-1-prod-us-carol.json")
    g.approve()


def other_proof(g: Ground, kind: str, *, beside: bool = False) -> None:
    """A proof of a kind that this mcm does not know is refused, never passed over."""
    g.requested()
    said = sign(g.said(), g.key("bob"))
    other = Proof(kind, "AKIDEXAMPLE 20260318 us-east-1")
    g.file(replace(said, proofs=(*said.proofs, other) if beside else (other,)))


NOW = SystemClock().now
PLAIN = HandKey(ED25519)
ATTEMPTS = [
    Attempt(1, "own key", "E_SELF_APPROVAL", own_key),
    Attempt(1, "own key in a colleagues name", "E_UNKNOWN_SIGNER", in_bobs_name),
    Attempt(2, "second key of one entry", "E_SELF_APPROVAL", second_key),
    Attempt(2, "second AWS profile of one entry", "E_UNKNOWN_SIGNER", second_profile),
    Attempt(3, "key in nobodys entry", "E_UNKNOWN_SIGNER", stranger),
    Attempt(5, "one key twice", "E_THRESHOLD", lambda g: twice(g, "bob")),
    Attempt(5, "two keys of one person", "E_THRESHOLD", lambda g: twice(g, "bob-laptop")),
    Attempt(11, "change", "E_REQUEST_MISMATCH", lambda g: of_another(g, change="CM-0002")),
    Attempt(11, "edition", "E_REQUEST_MISMATCH", lambda g: of_another(g, edition=2)),
    Attempt(11, "request", "E_REQUEST_MISMATCH", lambda g: of_another(g, request="e" * 64)),
    Attempt(11, "plan", "E_PLAN_CHANGED", lambda g: of_another(g, plan="e" * 64)),
    Attempt(11, "target", "E_REQUEST_MISMATCH", lambda g: of_another(g, rollback_to="old")),
    Attempt(11, "execution", "E_REQUEST_MISMATCH", lambda g: of_another(g, execution="other")),
    Attempt(12, "used elsewhere", "E_CONSUMED", used_elsewhere),
    Attempt(
        18,
        "expired",
        "E_EXPIRED",
        lambda g: of_another(g, not_before=NOW() - 2 * HOUR, expires=NOW() - HOUR),
    ),
    Attempt(
        18,
        "not yet",
        "E_NOT_YET",
        lambda g: of_another(g, not_before=NOW() + HOUR, expires=NOW() + 2 * HOUR),
    ),
    Attempt(18, "clock set back", "E_CLOCK", set_back),
    Attempt(
        19, "entry ended", "E_KEY_NOT_VALID", lambda g: over(g, not_after="2020-01-01T00:00:00Z")
    ),
    Attempt(19, "backdated", "E_KEY_NOT_VALID", backdated),
    Attempt(20, "git", "E_NAMESPACE", lambda g: for_another_purpose(g, "git")),
    Attempt(20, "file", "E_NAMESPACE", lambda g: for_another_purpose(g, "file")),
    Attempt(20, "request", "E_NAMESPACE", lambda g: for_another_purpose(g, "request.v1@mcm")),
    Attempt(20, "request as approval", "E_NAMESPACE", request_as_approval),
    Attempt(21, "md5", "E_SIGNATURE", lambda g: hand_key(g, PLAIN, hashed="md5")),
    Attempt(21, "sha1", "E_SIGNATURE", lambda g: hand_key(g, PLAIN, hashed="sha1")),
    Attempt(
        23,
        "nobody touched it",
        "E_TOUCH_REQUIRED",
        lambda g: hand_key(g, HandKey(), touch=True, flags=0),
    ),
    Attempt(25, "forwarded agent", "E_TOUCH_REQUIRED", forwarded_agent),
    Attempt(32, "another sandbox", "E_REALM", lambda g: of_another(g, realm="sandbox:0000")),
    Attempt(
        32,
        "of a real account",
        "E_REALM",
        lambda g: of_another(g, realm="aws:aws:111111111111:us-east-1"),
    ),
    *(
        Attempt(n, kind, "E_ENVELOPE", lambda g, kind=kind: other_proof(g, kind))
        for n, kind in ((34, "aws-sts"), (35, "aws-sts"), (36, "aws-sts"), (37, "aws-jwt"))
    ),
    Attempt(
        38, "beside a signature", "E_ENVELOPE", lambda g: other_proof(g, "aws-jwt", beside=True)
    ),
    Attempt(44, "approved after a rejection", "E_REJECTED", rejected),
]
