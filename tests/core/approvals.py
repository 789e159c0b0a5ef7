"""A promotion, and what alice, bob and others say about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.core.trust.guard import GuardResult, Promotion, Refused, guard
from mcm.core.trust.statement import Rejected, Statement, TrustRef, Verified

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
PROMOTION = Promotion(
    realm="aws:aws:111111111111:us-east-1",
    change="MCM-1",
    edition=2,
    plan="a" * 64,
    stage="prod-us",
    pipeline="ParcelPhotoCheck",
    execution="exec-7",
    rollback_to="exec-5",
    approvals=1,
    excluded=frozenset(),
)


def signed(statement: Statement, person: str = "", *aliases: str, key: str = "k") -> Verified:
    """Return the statement as if its signature had been checked."""
    who = person or statement.signer
    return Verified(statement, who, statement.digest, key, frozenset(aliases))


def a_request(**changes: Any) -> Statement:
    """Return alice's request for the promotion."""
    values: dict[str, Any] = {
        "kind": "request",
        "realm": PROMOTION.realm,
        "change": PROMOTION.change,
        "edition": PROMOTION.edition,
        "plan": PROMOTION.plan,
        "stages": ("prod-eu", "prod-us"),
        "pipeline": PROMOTION.pipeline,
        "execution": PROMOTION.execution,
        "requester": "alice",
        "trust": TrustRef(1, "b" * 64),
        "not_before": NOW - timedelta(hours=1),
        "expires": NOW + timedelta(hours=24),
        "nonce": "0" * 32,
    }
    return Statement(**{**values, **changes})


def an_approval(who: str = "bob", number: int = 1, **changes: Any) -> Statement:
    """Return an approval of prod-us by `who` with its own nonce."""
    values: dict[str, Any] = {
        "kind": "approval",
        "stage": "prod-us",
        "stages": (),
        "rollback_to": PROMOTION.rollback_to,
        "request": a_request().digest,
        "approver": who,
        "decision": "approve",
        "nonce": f"{who.encode().hex():0>24}{number:08x}",
    }
    return a_request(**{**values, **changes})


def a_rejection(who: str = "carol", **changes: Any) -> Statement:
    """Return a rejection of the request by `who`."""
    return an_approval(who, kind="rejection", decision="reject", **changes)


def a_glass(who: str = "carol", number: int = 1, **changes: Any) -> Statement:
    """Return `who` breaking the glass for prod-us."""
    values: dict[str, Any] = {
        "kind": "breakglass",
        "decision": "break",
        "request": "",
        "reason": "photos of every parcel are lost",
        "ticket": "INC-7",
        "not_before": NOW - timedelta(minutes=5),
        "expires": NOW + timedelta(minutes=25),
    }
    return an_approval(who, number, **{**values, **changes})


def judged(
    *verified: Verified | Statement,
    promotion: Promotion = PROMOTION,
    rejected: tuple[Rejected, ...] = (),
    consumed: frozenset[str] = frozenset(),
    now: datetime = NOW,
) -> GuardResult:
    """Guard the promotion with alice's request and these statements."""
    request = signed(a_request())
    said = [each if isinstance(each, Verified) else signed(each) for each in verified]
    return guard(promotion, [request, *said], rejected, consumed, now)


def code(result: GuardResult) -> str:
    """Return the refusal's code, or the name of another result."""
    return result.code if isinstance(result, Refused) else type(result).__name__
