"""Back-tests of a stage's guardrails over what AWS keeps of them: look, then replay.

Looked at in rounds: which alarms there are, how they and their children are set up, then
all points and histories in one observation.
"""

from dataclasses import replace
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
from mcm.core.checks.open_incidents import past_incidents
from mcm.core.plans.plan import Guardrail, StagePlan
from mcm.core.query import Query
from mcm.core.reading import Reading, Readings
from mcm.core.windows.window import Span

PATIENCE = timedelta(seconds=60)
"""Nobody is held up by it."""


def backtest_stage(
    stage: StagePlan, observer: Observer, lag: timedelta, terms: Terms
) -> tuple[Tried, ...]:
    """Replay each guardrail of a stage; those that cannot be say why, in their order."""
    terms, about = _with_incidents(stage, observer, terms)
    alarms = _look_at_alarms(stage, observer, terms)
    replays = [each for g in stage.guardrails for each in _replays(stage, g, alarms, lag, terms)]
    wanted = {query for each in replays for query in each.queries()}
    readings = observer.observe(wanted, PATIENCE) if wanted else Readings({}, terms.now)
    found = (each.run(readings, terms) for each in replays)
    return tuple(replace(each, why_not=about.get(each.guardrail, each.why_not)) for each in found)


def _with_incidents(
    stage: StagePlan, observer: Observer, terms: Terms
) -> tuple[Terms, dict[str, str]]:
    """Take the OpsItems of the days as known incidents, where a guardrail looks at them.

    Returns what is to be said of each such guardrail: it is not replayed, the others are
    held against what it would have looked at.
    """
    used = {each.name: each for each in stage.guardrails if each.kind == "open-incidents"}
    since = terms.start(timedelta(0))
    asked = {name: past_incidents(stage, each, since) for name, each in used.items()}
    if not asked:
        return terms, {}
    readings = observer.observe(set(asked.values()), PATIENCE)
    spans, about = set(terms.incidents), {}
    for name, query in asked.items():
        known = readings.known(query, tuple)
        if known is None:
            about[name] = f"OpsItems are not known: {readings.why_unknown(query)}"
            continue
        found = [Span(each.started_at, each.ended_at or terms.now) for each in known]
        inside = [each for each in found if since < each.end and each.start < each.end]
        spans |= set(inside)
        about[name] = f"not replayed: OpsItems taken as known incidents: {len(inside)}"
    ordered = tuple(sorted(spans, key=lambda span: (span.start, span.end)))
    return replace(terms, incidents=ordered), about


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
