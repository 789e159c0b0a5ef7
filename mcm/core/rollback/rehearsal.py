"""The proof of the way back, before anything is promoted (AWS-RULES 6, 8).

This turn's readings are edited to what they would show with the pinned execution in the
stage, and the real way back is turned on them until it ends, each of its writes carried
out on the edited values. So the proof and the rollback cannot disagree about the order.

What is unknown proves nothing. What no reading can tell is outside: rights, how long AWS
takes, and whether it takes the rollback at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from mcm.core.endpoint import EndpointView
from mcm.core.pipeline import PipelineView, StageHistory
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import EndpointQuery, HistoryQuery, PipelineQuery, Query
from mcm.core.reading import Readings
from mcm.core.rollback.what_if import Step, WhatIf

FIRST_TARGETS = datetime(2024, 2, 1, tzinfo=UTC)
"""Executions that started before this cannot be gone back to."""


@dataclass(frozen=True)
class Proof:
    """What a rollback of one stage would do once the pinned execution is in it."""

    stage: str
    target: str
    """Where it goes, by the plan; empty for nowhere."""
    steps: tuple[Step, ...]
    """In their order; as far as they go when the way is not proven."""
    doubts: tuple[str, ...]
    """What the way has to live with: it does not close the gate."""
    why_not: str
    """Why the way is not proven; empty when it is."""

    @property
    def is_proven(self) -> bool:
        return not self.why_not


def queries(plan: Plan, stage: StagePlan) -> frozenset[Query]:
    """Return what must be seen to prove the way back of one stage."""
    return frozenset(
        [
            PipelineQuery(plan.pipeline),
            HistoryQuery(plan.pipeline, stage.pipeline_stage),
            *(EndpointQuery(stage.place, name) for name in stage.endpoints),
        ]
    )


def prove(plan: Plan, stage: StagePlan, readings: Readings, now: datetime) -> Proof:
    """Prove the way back of `stage` on readings from before the promotion."""
    why = _unknown(plan, stage, readings)
    if why:
        return Proof(stage.name, stage.rollback_target, (), (), why)
    rehearsal = WhatIf(plan, stage, readings, now)
    why = rehearsal.play() or _wrong_target(stage, rehearsal)
    steps, doubts = tuple(rehearsal.steps), tuple(rehearsal.doubts)
    return Proof(stage.name, stage.rollback_target, steps, doubts, why)


def _unknown(plan: Plan, stage: StagePlan, readings: Readings) -> str:
    """Say what was not seen that a proof rests on; empty when all of it was."""
    pipeline = PipelineQuery(plan.pipeline)
    past = HistoryQuery(plan.pipeline, stage.pipeline_stage)
    view = readings.known(pipeline, PipelineView)
    history = readings.known(past, StageHistory)
    if view is None:
        return f"the pipeline cannot be read: {readings.why_unknown(pipeline)}"
    if view.unread:
        return f"what is an approval cannot be read: {view.unread}"
    if history is None:
        why = readings.why_unknown(past)
        return f"the past of {stage.pipeline_stage} cannot be read: {why}"
    if view.version != plan.pipeline_version:
        was, now = plan.pipeline_version, view.version
        return f"the pipeline is of version {now}, planned was {was}: no earlier target is left"
    if not stage.rollback_target:
        return "the plan has no execution to go back to"
    return next(_unknown_endpoints(stage, readings), "")


def _unknown_endpoints(stage: StagePlan, readings: Readings) -> Iterator[str]:
    for name in stage.endpoints:
        query = EndpointQuery(stage.place, name)
        view = readings.known(query, EndpointView)
        if view is None:
            yield f"what {name} serves cannot be read: {readings.why_unknown(query)}"
        elif not view.in_service:
            yield f"{name} is {view.status or 'without a status'}: nothing to compare with later"


def _wrong_target(stage: StagePlan, rehearsal: WhatIf) -> str:
    """Say why the execution that it goes back to cannot be the right one."""
    if rehearsal.target != stage.rollback_target:
        return f"it would go to {rehearsal.target}, the plan says {stage.rollback_target}"
    run = next(
        (r.execution for r in rehearsal.history.succeeded if r.execution.id == rehearsal.target),
        None,
    )
    if run is None:
        return f"{rehearsal.target} is not among the executions that succeeded there"
    if run.version not in (0, rehearsal.view.version):
        return f"{run.id} ran in pipeline version {run.version}, not {rehearsal.view.version}"
    if run.started < FIRST_TARGETS:
        return f"{run.id} started before 2024-02-01: AWS goes back to none of that age"
    return ""
