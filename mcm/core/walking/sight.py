"""What the judges of a stage may know, and which traffic is asked for beside them."""

from datetime import datetime

from mcm.core.checks.watch import Watch
from mcm.core.history import attempts
from mcm.core.history.state import StageState, State
from mcm.core.plans.plan import ALARM, Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import MetricQuery
from mcm.core.reading import Readings


def watch(
    plan: Plan,
    stage: StagePlan,
    state: State,
    samples: int | None = None,
    *,
    deployed: bool,
    now: datetime | None = None,
) -> Watch:
    """Return what the judges of this stage may know."""
    known = state.stage(stage.name)
    sent = attempts.promoted(stage, state)
    since = sent.at if sent is not None else known.entered_at
    alarms = [e for e in plan.exceptions if e.gate.startswith(ALARM)]
    baseline = {content.endpoint: content for content in known.baseline}
    return Watch(
        stage,
        since,
        deployed,
        baseline,
        samples,
        known.baking_since,
        plan.change,
        plan.digest,
        frozenset(e.gate.removeprefix(ALARM) for e in alarms if now is not None and now < e.until),
        frozenset(e.gate.removeprefix(ALARM) for e in alarms if now is None or now >= e.until),
        plan.settle,
    )


def samples(query: MetricQuery | None, readings: Readings) -> int | None:
    """Return the requests that `traffic` asks for; None when nobody asked or can tell."""
    points = readings.known(query, Points) if query else None
    return points.total() if points else None


def traffic(plan: Plan, stage: StagePlan, known: StageState) -> MetricQuery | None:
    """Ask for the requests of the bake so far; none before it or without a traffic metric."""
    if stage.traffic is None or known.baking_since is None:
        return None
    return MetricQuery(stage.place, stage.traffic, known.baking_since, None, plan.settle)


def traffic_before(plan: Plan, stage: StagePlan) -> MetricQuery | None:
    """Ask for the requests of as long a time as the bake, where an alarm may be silent.

    Such an alarm needs traffic in front of the promotion, too (AWS-RULES 19).
    """
    silent = any(item.params.get("silent_ok") for item in stage.guardrails)
    if stage.traffic is None or not silent:
        return None
    return MetricQuery(stage.place, stage.traffic, None, None, plan.settle, stage.bake.lasts)
