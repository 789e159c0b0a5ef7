"""Trying a check now: what is read, what is measured, and the verdict; nothing is changed.

The same queries and judges as in a walk, on one observation that may take longer: nobody
waits for a promotion, so a slow check gets its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.observing import Observer
from mcm.app.ports import Clock
from mcm.core.checks import kinds
from mcm.core.checks.watch import Watch
from mcm.core.errors import Exit, most_severe
from mcm.core.plans.plan import Bake, Gate, Guardrail, StagePlan
from mcm.core.query import Place, Query
from mcm.core.reading import Reading
from mcm.core.verdict import Kind, Verdict

WITHIN = timedelta(minutes=2)
"""How long the readings of one try may take."""
EXITS = {
    Kind.PASS: Exit.DONE,
    Kind.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Kind.ERROR: Exit.BLIND,
    Kind.BREACH: Exit.ROLLED_BACK,
}


@dataclass(frozen=True)
class Trial:
    """One guardrail, tried once."""

    stage: StagePlan
    guardrail: Guardrail
    at: datetime
    readings: tuple[tuple[Query, Reading], ...]
    verdict: Verdict

    @property
    def exit(self) -> Exit:
        return EXITS[self.verdict.kind]


def try_checks(
    stage: StagePlan,
    guardrails: Sequence[Guardrail],
    observer: Observer,
    clock: Clock,
    *,
    settle: timedelta,
    since: timedelta | None = None,
) -> tuple[Trial, ...]:
    """Judge `guardrails` as before a promotion, or as `since` after one that has just ended."""
    began = None if since is None else clock.now() - since
    watch = Watch(stage, began, since is not None, {}, None, began, settle=settle)
    asked = {item.name: kinds.queries(item, watch) for item in guardrails}
    readings = observer.observe({q for wanted in asked.values() for q in wanted}, WITHIN)
    now = clock.now()
    return tuple(
        Trial(
            stage,
            item,
            now,
            tuple((query, readings.get(query)) for query in sorted(asked[item.name], key=repr)),
            kinds.judge(item, watch, readings),
        )
        for item in guardrails
    )


def exit_of(trials: Sequence[Trial]) -> Exit:
    """Return the code of the most severe verdict."""
    return most_severe(trial.exit for trial in trials)


def nowhere(place: Place) -> StagePlan:
    """Return a stage for a check that is tried outside of any: nothing is expected of it."""
    return StagePlan(
        name="",
        pipeline_stage="",
        place=place,
        production=False,
        gate=Gate(None, ""),
        window=None,
        traffic=None,
        bake=Bake(timedelta(0), 0, timedelta(0)),
        guardrails=(),
        endpoints=(),
        expect=(),
        predecessor="",
        rollback_target="",
        approvals=1,
        stop_wait=timedelta(0),
        abandon=False,
    )
