"""A guardrail that could not be asked for a while has not watched the bake (ADR 0020).

The journal tells since when: a verdict is noted when it becomes another one. A kind that
sees its past is left out, since its next look shows what the failed ones missed.
"""

from datetime import datetime, timedelta

from mcm.core import canonical
from mcm.core.checks import kinds
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState
from mcm.core.plans.plan import StagePlan
from mcm.core.verdict import Verdict
from mcm.core.walking.unwatched import longest_gap


def judge_gaps(
    stage: StagePlan,
    known: StageState,
    verdicts: tuple[Verdict, ...],
    now: datetime,
    poll: timedelta,
) -> tuple[Draft, ...]:
    """Return what begins the bake anew, now that a guardrail can be asked again.

    One entry for each that was an ERROR, or gave no answer in time, for longer than a bake may
    go unwatched; what went before the bake does not count. Nothing while it lasts: neither
    ends a bake well.
    """
    if known.baking_since is None:
        return ()
    drafts = []
    for item, verdict in zip(stage.guardrails, verdicts, strict=True):
        before = known.verdicts.get(item.name)
        if before is None or before.unasked_since is None or verdict.unasked:
            continue
        if kinds.sees_past(item):
            continue
        since = max(before.unasked_since, known.baking_since)
        if now - since > longest_gap(poll):
            body = {"stage": stage.name, "since": canonical.instant(since), "check": item.name}
            drafts.append(Draft("unwatched", body, now))
    return tuple(drafts)
