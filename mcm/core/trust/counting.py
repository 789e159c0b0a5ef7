"""Whether one statement counts for one promotion: the guard's rules, one by one.

Each rule looks at one statement and returns a `Refused` with its reason, or None if it
finds nothing wrong. What follows from them together, `mcm.core.trust.guard` says.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mcm.core.trust.statement import Statement, Verified


@dataclass(frozen=True, slots=True)
class Promotion:
    """The promotion that is asked for, as the verified plan and AWS's state have it now."""

    realm: str
    change: str
    edition: int
    plan: str
    stage: str
    pipeline: str
    execution: str
    rollback_to: str
    approvals: int
    """How many persons besides the requester must approve; at least 1."""
    excluded: frozenset[str]
    """Persons whose approval does not count: ids, e-mails or git's `Name <e-mail>`."""
    requester: str = ""
    """The plan's requester, whose request alone counts; "" takes any requester's."""
    touch: bool = False
    """Whether an approval counts only when its security key was touched."""
    break_glass: bool = True
    """Whether one person alone may go forward here by breaking the glass."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody said no, or tried what does not count; `code` as in docs/security-design.md."""

    code: str
    reason: str


def loosely(text: str) -> str:
    """Fold `text` for comparisons that deny: NFKC, casefold, NFKC again, no outer space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def mismatch(promotion: Promotion, said: Statement) -> Refused | None:
    """Say in what a request or an approval is not about this promotion; None if in nothing."""
    pairs: list[tuple[str, str, object, object]] = [
        ("E_REALM", "realm", said.realm, promotion.realm),
        ("E_REQUEST_MISMATCH", "change", said.change, promotion.change),
        ("E_REQUEST_MISMATCH", "edition", said.edition, promotion.edition),
        ("E_PLAN_CHANGED", "plan", said.plan, promotion.plan),
        ("E_REQUEST_MISMATCH", "pipeline", said.pipeline, promotion.pipeline),
        ("E_REQUEST_MISMATCH", "execution", said.execution, promotion.execution),
    ]
    if said.kind == "request":
        if promotion.requester:
            pairs.append(("E_REQUEST_MISMATCH", "requester", said.requester, promotion.requester))
    else:
        pairs += [
            ("E_REQUEST_MISMATCH", "stage", said.stage, promotion.stage),
            ("E_REQUEST_MISMATCH", "rollback_to", said.rollback_to, promotion.rollback_to),
        ]
    for code, name, theirs, ours in pairs:
        if theirs != ours or type(theirs) is not type(ours):
            what = f"the {said.kind} by {said.signer} is for {name} {theirs!r}"
            return Refused(code, f"{what}, this is {ours!r}")
    if said.kind == "request" and promotion.stage not in said.stages:
        reason = f"the request does not cover stage {promotion.stage}"
        return Refused("E_REQUEST_MISMATCH", reason)
    return None


def answers(current: Verified, said: Statement) -> Refused | None:
    """Refuse an approval that answers another request than `current`."""
    if said.request == current.digest and said.requester == current.statement.requester:
        return None
    return Refused("E_REQUEST_MISMATCH", f"the approval by {said.approver} answers another request")


def who_problem(
    each: Verified, requesters: frozenset[str], excluded: frozenset[str]
) -> Refused | None:
    """Refuse a requester, an excluded person and one who signed in another's name.

    `requesters` and `excluded` hold loose spellings (`names_of`, `spellings`).
    """
    if names(each) & requesters:
        return Refused("E_SELF_APPROVAL", f"{each.person} requested this and cannot approve it")
    if names(each) & excluded:
        return Refused("E_AUTHOR_APPROVAL", f"{each.person} wrote part of it and cannot approve it")
    if each.person != each.statement.approver:
        return Refused("E_REQUEST_MISMATCH", f"{each.person} signed in another person's name")
    return None


def not_usable(each: Verified, consumed: frozenset[str], now: datetime) -> Refused | None:
    """Refuse a statement that was used, or that `now` is not within `[not_before, expires)`."""
    said = each.statement
    what = f"the {said.kind} by {each.person}"
    if said.nonce in consumed:
        return Refused("E_CONSUMED", f"{what} has been used")
    if now < said.not_before:
        return Refused("E_NOT_YET", f"{what} counts from {said.not_before.isoformat()}")
    if now >= said.expires:
        return Refused("E_EXPIRED", f"{what} expired at {said.expires.isoformat()}")
    return None


def untouched(promotion: Promotion, each: Verified) -> Refused | None:
    """Refuse a signature that an agent could have made alone, where a touch is asked for."""
    if not promotion.touch or each.touched:
        return None
    reason = f"{each.person} signed without touching a security key, which {promotion.stage} takes"
    return Refused("E_TOUCH_REQUIRED", reason)


def reused(each: Verified, approvals: Sequence[Verified]) -> Refused | None:
    """Refuse a nonce that two approvals share: using one would use up the other."""
    for other in approvals:
        if other.digest != each.digest and other.statement.nonce == each.statement.nonce:
            return Refused("E_CONSUMED", f"the approval by {each.person} shares its nonce")
    return None


def counted_already(each: Verified, granted: Sequence[Verified]) -> Refused | None:
    """Refuse a second approval of a person, under whatever key or name."""
    if names(each) & names_of(granted):
        return Refused("E_THRESHOLD", f"{each.person} signed twice and counts as one person")
    return None


def names(each: Verified) -> frozenset[str]:
    """Return every name of the signer in its loose spelling."""
    return frozenset(loosely(name) for name in (each.person, *each.aliases) if name)


def names_of(those: Iterable[Verified]) -> frozenset[str]:
    """Return every name of all these signers."""
    return frozenset(name for each in those for name in names(each))


def spellings(persons: Iterable[str]) -> Iterator[str]:
    """Yield each id, e-mail or `Name <e-mail>` loosely, whole and in its parts."""
    for name in persons:
        yield loosely(name)
        yield from (loosely(part) for part in re.split("[<>]", name) if part.strip())
