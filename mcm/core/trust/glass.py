"""Breaking the glass: forward by one person alone, for one stage, for half an hour.

A statement of kind `breakglass` takes the place of the approvals, and may open the window,
a freeze or the checks besides. It is bound like an approval (plan, stage, execution) and
used up like one. Somebody else reviews it within a day, or nothing of the service goes
forward any more. `judge` is a part of the guard; `gate` looks over the whole service.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mcm.core.history.glass_told import Glass
from mcm.core.trust import counting
from mcm.core.trust.counting import Promotion, Refused
from mcm.core.trust.statement import Verified

KIND = "breakglass"

_CODES = {"E_CONSUMED": "E_BREAKGLASS_USED", "E_EXPIRED": "E_BREAKGLASS_EXPIRED"}


def judge(
    promotion: Promotion, verified: Sequence[Verified], consumed: frozenset[str], now: datetime
) -> Verified | Refused | None:
    """Return the broken glass that lets this promotion through, why none does, or None.

    Of two that are open at one time only the first counts. One of an older edition is
    history; so is one for another stage, once it is used or its time is over.
    """
    found = sorted(
        (each for each in verified if each.statement.kind == KIND and _is_ours(promotion, each)),
        key=_age,
    )
    problems = []
    for each in found:
        problem = _problem(promotion, each, found, consumed, now)
        if problem is None:
            return each
        if not _is_history(promotion, each, consumed, now):
            problems.append(problem)
    return problems[-1] if problems else None


def review_of(glass: Glass, verified: Iterable[Verified]) -> str:
    """Return who reviewed `glass`: anyone but the one who broke it; empty for nobody."""
    breaker = counting.loosely(glass.by)
    for each in verified:
        said = each.statement
        about = (said.change, said.stage, said.request)
        if said.kind != "review" or about != (glass.change, glass.stage, glass.statement):
            continue
        if breaker not in counting.names(each):
            return each.person
    return ""


def review_problem(glass: Glass, names: Iterable[str]) -> Refused | None:
    """Refuse the one who broke the glass, under whichever of their names, as its reviewer."""
    if counting.loosely(glass.by) in {counting.loosely(name) for name in names}:
        who = f"{glass.by} broke the glass for {glass.stage} and cannot review it"
        return Refused("E_SELF_APPROVAL", who)
    return None


def open_already(glasses: Iterable[Glass], now: datetime, but: str = "") -> Refused | None:
    """Refuse a second glass while one is open anywhere in the service; `but` is no second."""
    for each in glasses:
        if each.is_open(now) and each.statement != but:
            reason = (
                f"{each.by} broke the glass of {each.change} for {each.stage}, "
                f"which is open until {each.expires:%H:%M:%SZ}: one at a time"
            )
            return Refused("E_BREAKGLASS_SECOND", reason)
    return None


def overdue(glasses: Iterable[Glass], now: datetime) -> Refused | None:
    """Refuse to go forward while a glass of the service waits for its review too long."""
    late = sorted((each for each in glasses if each.is_overdue(now)), key=lambda each: each.at)
    if not late:
        return None
    first, more = late[0], f" (and {len(late) - 1} more)" if len(late) > 1 else ""
    reason = (
        f"{first.by} broke the glass of {first.change} for {first.stage} "
        f"at {first.at:%Y-%m-%d %H:%M}Z{more}, and nobody else has reviewed it"
    )
    return Refused("E_BREAKGLASS_OPEN", reason)


def older_first(glasses: Iterable[Glass], used: Verified | None, now: datetime) -> Refused | None:
    """Refuse a promotion by a glass that is not the first of those open in the service."""
    if used is None:
        return None
    mine = _age(used)
    before = [each for each in glasses if (each.at, each.statement) < mine]
    return open_already(before, now)


def _problem(
    promotion: Promotion,
    each: Verified,
    found: Sequence[Verified],
    consumed: frozenset[str],
    now: datetime,
) -> Refused | None:
    said = each.statement
    if said.stage != promotion.stage:
        reason = f"{each.person} broke the glass for {said.stage}, not for {promotion.stage}"
        return Refused("E_BREAKGLASS_STAGE", reason)
    if not promotion.break_glass:
        reason = f"the plan lets nobody break the glass for {promotion.stage}"
        return Refused("E_BREAKGLASS_NEVER", reason)
    wrong = counting.mismatch(promotion, said) or counting.untouched(promotion, each)
    if wrong is None and each.person != said.approver:
        wrong = Refused("E_REQUEST_MISMATCH", f"{each.person} signed in another person's name")
    wrong = wrong or _dead(each, consumed, now)
    if wrong is None and _age(found[0]) != _age(each):
        first = next((one for one in found if _is_open(one, now)), each)
        if _age(first) < _age(each):
            reason = f"{first.person} broke the glass before {each.person}: one at a time"
            return Refused("E_BREAKGLASS_SECOND", reason)
    return wrong


def _dead(each: Verified, consumed: frozenset[str], now: datetime) -> Refused | None:
    dead = counting.not_usable(each, consumed, now)
    return dead and Refused(_CODES.get(dead.code, dead.code), dead.reason)


def _is_ours(promotion: Promotion, each: Verified) -> bool:
    said = each.statement
    here = (said.realm, said.change) == (promotion.realm, promotion.change)
    return not (here and said.edition < promotion.edition)


def _is_history(
    promotion: Promotion, each: Verified, consumed: frozenset[str], now: datetime
) -> bool:
    elsewhere = each.statement.stage != promotion.stage
    return elsewhere and _dead(each, consumed, now) is not None


def _is_open(each: Verified, now: datetime) -> bool:
    return each.statement.not_before <= now < each.statement.expires


def _age(each: Verified) -> tuple[datetime, str]:
    return each.statement.not_before, each.digest
