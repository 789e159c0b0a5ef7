"""What a twin is made of: what AWS showed of one stage, and how long things are said to take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mcm.core.alarm import AlarmDefinition
from mcm.core.endpoint import EndpointView
from mcm.core.pipeline import ExecutionView, PipelineView, StageHistory
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.points import Points
from mcm.sandbox import twin_metrics


@dataclass(frozen=True)
class Seen:
    """What AWS showed of one stage; all that a twin is made of."""

    plan: Plan
    stage: StagePlan
    view: PipelineView
    declaration: Mapping[str, Any]
    executions: Mapping[str, ExecutionView]
    """The pinned one, and the latest of each stage."""
    history: StageHistory
    endpoints: Mapping[str, EndpointView]
    alarms: Mapping[str, AlarmDefinition]
    traffic: Points | None
    """Hourly sums of the last day; None when there is no metric or it was not read."""

    @property
    def slowest(self) -> timedelta:
        """How long the slowest alarm takes to ring, from the first bad minute."""
        needed = [twin_metrics.needs(twin_metrics.set_up(each)) for each in self.alarms.values()]
        return max(needed, default=timedelta(minutes=1)) + timedelta(minutes=2)


@dataclass(frozen=True)
class Tempo:
    """How long things take in a twin: nobody tells, so they are assumed."""

    update: timedelta = timedelta(minutes=5)
    """From the start of a deployment to the new content."""
    lingers: timedelta = timedelta(0)
    """For how long the deploy action runs on behind that."""

    @staticmethod
    def of(plan: Plan) -> "Tempo":
        """Return the tempo for the poll of a plan: real, or that of a sandbox."""
        is_quick = plan.poll < timedelta(seconds=5)
        return Tempo(timedelta(seconds=5)) if is_quick else Tempo()
