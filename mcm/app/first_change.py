"""What can be known of a change before anybody has written a word: from AWS and the clone.

Reads only. What cannot be known is said, and stops nothing: the file is written all the
same, and `mcm plan` looks again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mcm.app.observing import Observer
from mcm.app.planning import People
from mcm.core.commits.commit_range import CommitRange
from mcm.core.pipeline import SUCCEEDED, ExecutionView, PipelineView, StageHistory
from mcm.core.plans.change import Change
from mcm.core.plans.pinning import name_packages, pin_execution
from mcm.core.plans.plan import Package
from mcm.core.plans.planning import more_queries, plan_queries
from mcm.core.plans.service import Service, StageConfig
from mcm.core.query import ExecutionQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Readings
from mcm.core.target import Target, target_after

PATIENCE = timedelta(seconds=10)


@dataclass(frozen=True)
class StageNow:
    """What one stage of the change runs now."""

    name: str
    execution: str
    """Empty when it has never run."""
    status: str
    revisions: tuple[tuple[str, str], ...]
    """(source, id) of what it runs, as far as AWS tells."""
    target: str
    """Where a rollback would go once the pinned execution is in; empty for nowhere."""

    def holds(self, execution: str) -> bool:
        """Say whether `execution` is in the stage, and well."""
        return self.execution == execution and self.status == SUCCEEDED


@dataclass(frozen=True)
class Found:
    at: datetime
    execution: str = ""
    """The one that waits, and would be pinned; empty when nobody knows."""
    packages: tuple[Package, ...] = ()
    ranges: tuple[CommitRange, ...] = ()
    stages: tuple[StageNow, ...] = ()
    passed: tuple[str, ...] = ()
    """Stages that hold that execution already."""
    unknown: tuple[str, ...] = ()
    """What could not be found out, and why."""


def discover(
    service: Service, change: Change, observer: Observer, people: People, now: datetime
) -> Found:
    """Look at the pipeline, what its stages run and what waits; read the commits from git."""
    first = observer.observe(plan_queries(service, change), PATIENCE)
    if why := first.blind():
        return Found(now, unknown=(why,))
    query = PipelineQuery(service.pipeline)
    view = first.known(query, PipelineView)
    if view is None:
        return Found(now, unknown=(f"the pipeline: {first.why_unknown(query)}",))
    stages = tuple(each for each in service.stages if each.name in change.stages)
    wanted = {*more_queries(service, change, first), *_held(service, view, stages)}
    second = observer.observe(wanted, PATIENCE) if wanted else first
    answers: dict[Query, object] = {**first.items(), **second.items()}
    readings = Readings(answers, first.oldest())  # type: ignore[arg-type]
    pinned = pin_execution(view, service, change, stages, readings)
    if not isinstance(pinned, ExecutionView):
        seen = tuple(_stage_now(service, view, each, readings, "") for each in stages)
        return Found(now, stages=seen, unknown=pinned)
    seen = tuple(_stage_now(service, view, each, readings, pinned.id) for each in stages)
    passed = tuple(each.name for each in seen if each.holds(pinned.id))
    left = tuple(each for each in stages if each.name not in passed)
    stages = left or stages  # what is new is new to those that still wait for it
    named = name_packages(view, service, change, stages, pinned, readings)
    packages = tuple(each for each in named if isinstance(each, Package))
    return Found(
        now,
        execution=pinned.id,
        packages=packages,
        ranges=people.ranges(packages, pinned.revisions),
        stages=seen,
        passed=passed if left else (),
        unknown=tuple(each for each in named if isinstance(each, str)),
    )


def _held(service: Service, view: PipelineView, stages: tuple[StageConfig, ...]) -> set[Query]:
    """Return what asks for the executions that the stages hold."""
    held = (view.stage(each.pipeline_stage) for each in stages)
    return {
        ExecutionQuery(service.pipeline, each.execution) for each in held if each and each.execution
    }


def _stage_now(
    service: Service, view: PipelineView, stage: StageConfig, readings: Readings, pinned: str
) -> StageNow:
    seen = view.stage(stage.pipeline_stage)
    if seen is None:
        return StageNow(stage.name, "", "is not in the pipeline", (), "")
    held = readings.known(ExecutionQuery(service.pipeline, seen.execution), ExecutionView)
    history = readings.known(HistoryQuery(service.pipeline, stage.pipeline_stage), StageHistory)
    target = target_after(view, history, stage.pipeline_stage, pinned) if history else None
    return StageNow(
        name=stage.name,
        execution=seen.execution,
        status=seen.status,
        revisions=tuple((r.source, r.id) for r in held.revisions) if held else (),
        target=target.execution if isinstance(target, Target) and pinned else "",
    )
