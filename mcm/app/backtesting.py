"""Back-tests of a stage's guardrails over what AWS keeps of them: look, then replay.

Looked at in rounds: which alarms there are, how they and their children are set up, then
all points and histories in one observation.
"""

from datetime import timedelta

from mcm.app.observing import Observer
from mcm.core.backtests.alarms import (
    DEEPEST,
    alarm_names,
    alarm_replays,
    definitions_wanted,
    set_queries,
)
from mcm.core.backtests.compare import compare_replay
from mcm.core.backtests.threshold import threshold_replay
from mcm.core.backtests.tried import Cannot, Replay, Subject, Terms, Tried
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.query import Query
from mcm.core.reading import Reading, Readings

PATIENCE = timedelta(seconds=60)
"""Nobody is held up by it."""


def backtest_stage(
    stage: StagePlan, observer: Observer, lag: timedelta, terms: Terms
) -> tuple[Tried, ...]:
    """Replay each guardrail of a stage; those that cannot be say why, in their order."""
    alarms = _look_at_alarms(stage, observer, terms)
    replays = [each for g in stage.guardrails for each in _replays(stage, g, alarms, lag, terms)]
    wanted = {query for each in replays for query in each.queries()}
    readings = observer.observe(wanted, PATIENCE) if wanted else Readings({}, terms.now)
    return tuple(each.run(readings, terms) for each in replays)


def _look_at_alarms(stage: StagePlan, observer: Observer, terms: Terms) -> Readings:
    """See which alarms there are, then them, then the children of composite ones."""
    used = [each for each in stage.guardrails if each.kind == "alarms"]
    seen: dict[Query, Reading] = {}
    wanted: frozenset[Query] = frozenset(q for each in used for q in set_queries(stage, each))
    for _ in range(DEEPEST + 2):
        if wanted:
            seen |= dict(observer.observe(set(wanted), PATIENCE).items())
        readings = Readings(seen, terms.now)
        names = [name for each in used for name in alarm_names(stage, each, readings)]
        wanted = definitions_wanted(stage.place, names, readings) - seen.keys()
        if not wanted:
            break
    return Readings(seen, terms.now)


def _replays(
    stage: StagePlan, guardrail: Guardrail, alarms: Readings, lag: timedelta, terms: Terms
) -> list[Replay]:
    if guardrail.kind == "alarms":
        return list(alarm_replays(stage, guardrail, alarms, lag, terms))
    if guardrail.kind == "metric-threshold":
        return [threshold_replay(stage, guardrail, lag, terms)]
    if guardrail.kind == "metric-compare":
        return [compare_replay(stage, guardrail, lag, terms)]
    why = "nothing is kept of what it looks at"
    return [Cannot(Subject(stage, guardrail, guardrail.name), why)]
