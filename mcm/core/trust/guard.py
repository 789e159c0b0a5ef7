"""The guard: whether enough persons approved exactly this promotion.

One function, through which a request, an approval and a promotion all go, so that no
second door leads past a rule. It takes only statements that `mcm.trust` has verified,
and counts persons, never keys or signatures. Equality is strict where it grants and
loose (NFKC and casefold, over ids and every other name of a person) where it denies.

The guard does not read the clock or the store: the caller brings `now` and the consumed
nonces, and marks the granted nonces as consumed in the transaction that journals the
promotion.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.core.trust import counting, glass
from mcm.core.trust.counting import Promotion, Refused
from mcm.core.trust.statement import Opening, Rejected, Statement, Verified

__all__ = [
    "Granted",
    "GrantedByGlass",
    "GuardResult",
    "Missing",
    "Promotion",
    "Refused",
    "check_clock",
    "guard",
]

CLOCK_SKEW = timedelta(seconds=120)
"""How far the local clock may differ from AWS's `Date` header."""

_TELLING = (
    "E_REJECTED",
    "E_SELF_APPROVAL",
    "E_AUTHOR_APPROVAL",
    "E_REALM",
    "E_PLAN_CHANGED",
    "E_REQUEST_MISMATCH",
    "E_TOUCH_REQUIRED",
    "E_CONSUMED",
    "E_EXPIRED",
    "E_NOT_YET",
    "E_THRESHOLD",
)
"""Refusals from the most to the least telling; codes of the inbox come after them."""

_SOURCE = re.compile(r"([a-z]+)-([0-9]+)(?:-(.+))?\.json", re.ASCII)


@dataclass(frozen=True, slots=True)
class Granted:
    """Enough persons approved; `statements` are the approvals to consume, one per person."""

    statements: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class GrantedByGlass(Granted):
    """Nobody approved: one person broke the glass, and that is the statement to consume."""

    @property
    def glass(self) -> Verified:
        return self.statements[0]

    @property
    def opens(self) -> tuple[Opening, ...]:
        """The gates that it opens besides."""
        return self.glass.statement.exceptions


@dataclass(frozen=True, slots=True)
class Missing:
    """Nobody did anything wrong, but not enough persons have approved yet."""

    have: int
    want: int
    reason: str


GuardResult = Granted | Missing | Refused


def guard(
    promotion: Promotion,
    verified: Sequence[Verified],
    rejected: Sequence[Rejected],
    consumed: frozenset[str],
    now: datetime,
) -> GuardResult:
    """Judge whether `promotion` has its quorum of persons at `now` (aware).

    A quorum wins over other, invalid statements, but not over a rejection. Without a
    quorum the answer is the most telling refusal if somebody tried, else Missing. To
    approve, pass the new approval among `verified`; it counts if it is in `Granted` or
    raises `Missing.have`. A broken glass stands in for a quorum, and before one if it opens
    gates, since those nobody approved; a rejection ends it, too.
    """
    if isinstance(promotion.approvals, bool) or promotion.approvals < 1:
        return Refused("E_TRUST_POLICY", f"approvals is {promotion.approvals!r}; at least 1 person")
    requests = [each for each in verified if _is_own(each, "request")]
    matching = [each for each in requests if counting.mismatch(promotion, each.statement) is None]
    current = max(matching, key=_age, default=None)
    no = _rejection(promotion, verified, current, requests)
    if no is not None:
        return no
    broken = glass.judge(promotion, verified, consumed, now)
    if isinstance(broken, Verified) and broken.statement.exceptions:
        return GrantedByGlass((broken,))
    answer = _quorum(promotion, verified, rejected, consumed, now, current, requests, matching)
    if isinstance(answer, Granted) or broken is None:
        return answer
    return broken if isinstance(broken, Refused) else GrantedByGlass((broken,))


def _quorum(
    promotion: Promotion,
    verified: Sequence[Verified],
    rejected: Sequence[Rejected],
    consumed: frozenset[str],
    now: datetime,
    current: Verified | None,
    requests: Sequence[Verified],
    matching: Sequence[Verified],
) -> GuardResult:
    """Count the persons who approved; see `guard`."""
    if current is None:
        return _without_request(promotion, requests, verified, rejected)
    dead = counting.not_usable(current, consumed, now)
    if dead is not None:
        return dead
    granted, problems = _count(promotion, verified, current, matching, consumed, now)
    if len(granted) >= promotion.approvals:
        return Granted(tuple(granted))
    return _fall_short(promotion, granted, _attempts(promotion, problems, requests), rejected)


def check_clock(now: datetime, newest: datetime | None, service: datetime | None) -> Refused | None:
    """Refuse a clock that cannot be right: E_CLOCK.

    `newest` is the time of the newest journal entry, `service` AWS's own `Date`; each is
    None if there is none. `now` may not lie before the one, nor over 120 s off the other.
    """
    if newest is not None and now < newest:
        return Refused("E_CLOCK", f"the clock says {now}, but the journal has reached {newest}")
    if service is not None and abs(now - service) > CLOCK_SKEW:
        return Refused("E_CLOCK", f"the clock says {now}, but AWS says {service}")
    return None


def _count(
    promotion: Promotion,
    verified: Sequence[Verified],
    current: Verified,
    matching: Sequence[Verified],
    consumed: frozenset[str],
    now: datetime,
) -> tuple[list[Verified], list[tuple[Verified, Refused]]]:
    # One statement may be read from two files; it is still one.
    approvals = {
        (each.person, each.digest): each for each in verified if each.statement.kind == "approval"
    }
    ordered = [approvals[key] for key in sorted(approvals)]
    requesters = counting.names_of(matching)
    excluded = frozenset(counting.spellings(promotion.excluded))
    granted: list[Verified] = []
    problems: list[tuple[Verified, Refused]] = []
    for each in ordered:
        if each.statement.stage != promotion.stage:
            continue  # each stage has approvals of its own; another's is no attempt at this one
        problem = (
            counting.who_problem(each, requesters, excluded)
            or counting.mismatch(promotion, each.statement)
            or counting.answers(current, each.statement)
            or counting.untouched(promotion, each)
            or counting.reused(each, ordered)
            or counting.not_usable(each, consumed, now)
            or counting.counted_already(each, granted)
        )
        if problem is None:
            granted.append(each)
        else:
            problems.append((each, problem))
    seen = counting.names_of(granted)
    # A person who counts already may have an older, dead approval lying about: no attempt.
    return granted, [
        (each, problem)
        for each, problem in problems
        if problem.code == "E_THRESHOLD" or not counting.names(each) & seen
    ]


def _rejection(
    promotion: Promotion,
    verified: Sequence[Verified],
    current: Verified | None,
    requests: Sequence[Verified],
) -> Refused | None:
    """One rejection ends its request, whatever its stage or age; only a newer request reopens."""
    ended = {each.digest for each in requests if current and _age(each) < _age(current)}
    for each in verified:
        said = each.statement
        here = (said.realm, said.change) == (promotion.realm, promotion.change)
        same = said.plan == promotion.plan or said.edition == promotion.edition
        answers_current = current is not None and said.request == current.digest
        if said.kind != "rejection" or not here:
            continue
        if answers_current or (same and said.request not in ended):
            return Refused("E_REJECTED", f"{each.person} rejected {said.change}{_why(said)}")
    return None


def _without_request(
    promotion: Promotion,
    requests: Sequence[Verified],
    verified: Sequence[Verified],
    rejected: Sequence[Rejected],
) -> GuardResult:
    """Answer where no verified request is for this plan: nothing can be granted."""
    tried = [*requests, *(each for each in verified if each.statement.kind == "approval")]
    problems = [
        problem
        for each in tried
        if (problem := counting.mismatch(promotion, each.statement)) is not None
    ]
    if not problems and tried:
        problems = [Refused("E_REQUEST_MISMATCH", "an approval answers a request that is not here")]
    return _fall_short(promotion, [], problems, rejected)


def _fall_short(
    promotion: Promotion,
    granted: Sequence[Verified],
    problems: Sequence[Refused],
    rejected: Sequence[Rejected],
) -> GuardResult:
    unread = [
        Refused(each.code, f"{each.source}: {each.reason}")
        for each in rejected
        if _concerns(promotion, each.source)
    ]
    tried = sorted([*problems, *unread], key=_rank)
    if tried:
        return tried[0]
    have, want = len(granted), promotion.approvals
    reason = f"{have} of {want} persons approved {promotion.change} for {promotion.stage}"
    return Missing(have, want, reason)


def _attempts(
    promotion: Promotion,
    problems: Iterable[tuple[Verified, Refused]],
    requests: Sequence[Verified],
) -> list[Refused]:
    """Leave out history: an approval of an older edition beside the request it answered."""
    past = {each.digest for each in requests if each.statement.edition < promotion.edition}
    return [
        problem
        for each, problem in problems
        if not (
            each.statement.change == promotion.change
            and each.statement.realm == promotion.realm
            and each.statement.request in past
        )
    ]


def _age(each: Verified) -> tuple[datetime, str]:
    return each.statement.not_before, each.digest


def _is_own(each: Verified, kind: str) -> bool:
    return each.statement.kind == kind and each.person == each.statement.signer


def _concerns(promotion: Promotion, source: str) -> bool:
    """Say whether an unverified file was meant for this promotion, going by its name.

    The name is untrusted, but it only chooses between two ways of not granting.
    """
    parts = _SOURCE.fullmatch(source)
    if parts is None:
        return True
    kind, edition, rest = parts[1], parts[2], parts[3] or ""
    if edition.lstrip("0") != str(promotion.edition):
        return False
    return kind not in ("approval", "breakglass") or rest.startswith(f"{promotion.stage}-")


def _rank(problem: Refused) -> tuple[int, str]:
    known = problem.code in _TELLING
    return (_TELLING.index(problem.code) if known else len(_TELLING), problem.reason)


def _why(said: Statement) -> str:
    return f": {said.reason}" if said.reason else ""
