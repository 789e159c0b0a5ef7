"""Seeing what a twin is made of: one stage as AWS shows it now. Reads only."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from mcm.app.observing import Observer
from mcm.app.planning import PATIENCE
from mcm.core.alarm import AlarmDefinition
from mcm.core.endpoint import EndpointView
from mcm.core.errors import BlindError, UsageError
from mcm.core.pipeline import Declaration, ExecutionView, PipelineView, StageHistory
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.points import Points
from mcm.core.query import (
    AlarmDefinitionQuery,
    DeclarationQuery,
    EndpointQuery,
    ExecutionQuery,
    HistoryQuery,
    MetricQuery,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Readings
from mcm.core.rollback import rehearsal
from mcm.sandbox.twin_seen import Seen

T = TypeVar("T")
_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=25)
"""The last day, and the hour that is open."""


class NothingLeftError(UsageError):
    """The pinned execution is in the stage already, so that there is nothing to rehearse."""


def see_stages(
    plan: Plan, stages: Iterable[StagePlan], observer: Observer, now: datetime
) -> tuple[Seen, ...]:
    """See all of `stages` that are still to be promoted; raise as `see_stage` when none is."""
    found, done = [], None
    for stage in stages:
        try:
            found.append(see_stage(plan, stage, observer, now))
        except NothingLeftError as err:
            done = err
    if not found and done is not None:
        raise done
    return tuple(found)


def see_stage(plan: Plan, stage: StagePlan, observer: Observer, now: datetime) -> Seen:
    """Return all that a twin of `stage` is made of.

    Raises BlindError when any of it cannot be read, the traffic aside; NothingLeftError,
    and UsageError when the pipeline is not the planned one.
    """
    names = alarm_names(stage)
    traffic = _traffic(plan, stage, now)
    wanted: set[Query] = {
        *rehearsal.queries(plan, stage),
        DeclarationQuery(plan.pipeline),
        *(AlarmDefinitionQuery(stage.place, name) for name in names),
        *([traffic] if traffic else []),
    }
    readings = observer.observe(wanted, PATIENCE)
    view = _known(readings, PipelineQuery(plan.pipeline), PipelineView, "the pipeline")
    past = HistoryQuery(plan.pipeline, stage.pipeline_stage)
    history = _known(readings, past, StageHistory, f"the past of {stage.pipeline_stage}")
    declared = _known(readings, DeclarationQuery(plan.pipeline), Declaration, "its structure")
    _check_structure(plan, stage, view, declared)
    _look_for_pinned(plan, stage, view, history)
    return Seen(
        plan=plan,
        stage=stage,
        view=view,
        declaration=declared.pipeline,
        executions=_executions(plan, view, observer),
        history=history,
        endpoints={
            name: _known(readings, EndpointQuery(stage.place, name), EndpointView, name)
            for name in stage.endpoints
        },
        alarms={
            name: _known(
                readings, AlarmDefinitionQuery(stage.place, name), AlarmDefinition, f"alarm {name}"
            )
            for name in names
        },
        traffic=readings.known(traffic, Points) if traffic else None,
    )


def alarm_names(stage: StagePlan) -> tuple[str, ...]:
    """Return the alarms that guard a stage, each once."""
    found = (n for g in stage.guardrails if g.kind == "alarms" for n in g.params["names"])
    return tuple(dict.fromkeys(found))


def _traffic(plan: Plan, stage: StagePlan, now: datetime) -> MetricQuery | None:
    if stage.traffic is None:
        return None
    hourly = replace(stage.traffic, period=_HOUR)
    return MetricQuery(stage.place, hourly, now - _DAY, None, plan.settle)


def _executions(plan: Plan, view: PipelineView, observer: Observer) -> dict[str, ExecutionView]:
    """Read the pinned execution, and the latest one of each stage."""
    ids = {plan.execution, *(stage.execution for stage in view.stages if stage.execution)}
    queries = {name: ExecutionQuery(plan.pipeline, name) for name in sorted(ids)}
    readings = observer.observe(queries.values(), PATIENCE)
    return {
        name: _known(readings, query, ExecutionView, f"execution {name}")
        for name, query in queries.items()
    }


def _check_structure(
    plan: Plan, stage: StagePlan, view: PipelineView, declared: Declaration
) -> None:
    """Refuse a pipeline that is not the planned one, or that changes while it is read."""
    if declared.version != view.version:
        raise BlindError(
            f"cannot build a twin: {plan.pipeline.name} changes from version {view.version}"
            f" to {declared.version} right now",
            hint="Run it again.",
        )
    if view.version != plan.pipeline_version:
        raise UsageError(
            f"{plan.pipeline.name} is of version {view.version}, planned was"
            f" {plan.pipeline_version}: the plan is void",
            hint=f"Run `mcm plan {plan.change}` first.",
        )
    approve = stage.gate.approve
    needed = (stage.pipeline_stage, stage.gate.open, approve.stage if approve else "")
    for name in filter(None, needed):
        if view.stage(name) is None:
            raise UsageError(f"{plan.pipeline.name} has no stage {name}, which the plan names")


def _look_for_pinned(
    plan: Plan, stage: StagePlan, view: PipelineView, history: StageHistory
) -> None:
    seen = view.stage(stage.pipeline_stage)
    known: Iterable[str] = (run.execution.id for run in history.succeeded)
    inside = stage.gate.approve is not None and stage.gate.approve.stage == stage.pipeline_stage
    there = seen is not None and seen.execution == plan.execution and not inside
    if there or plan.execution in known:
        raise NothingLeftError(
            f"{stage.name} has the pinned execution already: nothing is left to rehearse",
            hint=f"`mcm rollback --stage {stage.name}` takes it back.",
        )


def _known(readings: Readings, query: Query, kind: type[T], what: str) -> T:
    found = readings.known(query, kind)
    if found is None:
        why = readings.why_unknown(query) or "the answer is of another kind"
        raise BlindError(
            f"cannot build a twin, {what} cannot be read: {why}",
            hint="Run it again with credentials that may read all that the plan names.",
        )
    return found
