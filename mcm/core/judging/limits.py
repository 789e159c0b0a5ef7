"""How many bad measurements of a guardrail are one too many: three limits, kept apart.

`failure_limit` tolerates breaches: 0 means that the first counts. A tolerated breach is
INCONCLUSIVE while it lasts, so nothing is promoted or ended on it. The other two never
turn into a breach: they say when a person is called, and hold while the guardrail does
not pass (promise 2). Without them the bake's own limit says that.

A kind that sees its past says itself how many breaches there were (`Verdict.count`), so a
restart counts the same. Of the others each measurement is counted in the journal, once a
poll, and only where a limit asks for it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from mcm.core.history.state import Tally
from mcm.core.plans.plan import Guardrail
from mcm.core.verdict import Kind, Verdict

NOTHING = Tally()
"""Nothing was counted so far."""


def count(
    guardrail: Guardrail, verdict: Verdict, before: Tally, now: datetime, poll: timedelta
) -> Tally:
    """Return the tally with this measurement in it; `before` itself when nothing is to be kept.

    Turns that follow each other faster than half a poll are one measurement.
    """
    if not _is_counted(guardrail):
        return before
    if before.at is not None and now - before.at < poll / 2:
        return before
    counts = verdict.kind is Kind.BREACH and not verdict.count
    after = replace(
        before,
        breaches=before.breaches + int(counts),
        errors=before.errors + 1 if verdict.kind is Kind.ERROR else 0,
        inconclusive=before.inconclusive + int(verdict.kind is Kind.INCONCLUSIVE),
    )
    return before if after == before else replace(after, at=now)


def apply(guardrail: Guardrail, verdict: Verdict, tally: Tally) -> Verdict:
    """Return the verdict by which the walk goes on, breaches within the limit tolerated."""
    if verdict.kind is not Kind.BREACH or not guardrail.failure_limit or verdict.code:
        return verdict
    found = verdict.count or max(tally.breaches, 1)
    if found > guardrail.failure_limit:
        return verdict
    told = f"{found} of {guardrail.failure_limit} tolerated breaches: {verdict.reason}"
    kind = Kind.INCONCLUSIVE if verdict.newest is Kind.BREACH else verdict.newest
    return replace(verdict, kind=kind, reason=told)


def exceeded(
    guardrail: Guardrail, verdict: Verdict, tallies: Mapping[str, Tally]
) -> Verdict | None:
    """Return the verdict for which a person is called now; None while there is none."""
    tally = tallies.get(guardrail.name, NOTHING)
    pairs = (
        (Kind.ERROR, tally.errors, guardrail.consecutive_error_limit, "errors in a row"),
        (Kind.INCONCLUSIVE, tally.inconclusive, guardrail.inconclusive_limit, "inconclusive"),
    )
    for kind, found, limit, words in pairs:
        if verdict.kind is kind and limit is not None and found > limit:
            return replace(verdict, reason=f"{verdict.reason} ({found} {words}, {limit} allowed)")
    return None


def _is_counted(guardrail: Guardrail) -> bool:
    limits = (guardrail.consecutive_error_limit, guardrail.inconclusive_limit)
    return bool(guardrail.failure_limit) or any(limit is not None for limit in limits)
