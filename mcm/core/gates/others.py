"""Other changes, and what the record assumes: gates in front of the first move.

Two changes at one stage would watch each other's effects, and a rollback of one would take
back the other. A change may rest on another one, and on assumptions that a check can look
at. Whatever of this is unknown closes its gate (promise 2).
"""

from dataclasses import dataclass

from mcm.core.checks import kinds
from mcm.core.checks.watch import Watch
from mcm.core.history.turn import GateView
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import ChangesQuery, PipelineId, Place, Query
from mcm.core.reading import Readings
from mcm.core.verdict import Kind


@dataclass(frozen=True)
class OtherChange:
    """How another change stands, by its own journal."""

    change: str
    under_way: tuple[tuple[PipelineId, str], ...]
    """Pipeline stages that a walk was begun for and that have no outcome yet."""
    endpoints: tuple[tuple[Place, str], ...]
    """Endpoints of those stages."""
    succeeded: bool
    """Whether every stage of its plan has."""
    stands: str
    """How it stands, in a word or two."""


def queries(plan: Plan, stage: StagePlan, watch: Watch) -> frozenset[Query]:
    """Return what these gates need to see."""
    wanted: set[Query] = {ChangesQuery(plan.change)}
    for each in stage.assumptions:
        wanted |= kinds.queries(each.check, watch)
    return frozenset(wanted)


def judge(plan: Plan, stage: StagePlan, watch: Watch, readings: Readings) -> tuple[GateView, ...]:
    """Judge the gates `conflict` and, where the plan has any, `depends` and `assumption`."""
    found = [_conflict_gate(plan, stage, readings)]
    if plan.depends_on:
        found.append(_depends_gate(plan, readings))
    if stage.assumptions:
        found.append(_assumption_gate(stage, watch, readings))
    return tuple(found)


def _conflict_gate(plan: Plan, stage: StagePlan, readings: Readings) -> GateView:
    """Closed while another change is under way at this pipeline stage or its endpoints."""
    others = _others(plan, readings)
    if isinstance(others, str):
        return GateView("conflict", False, others)
    here = (plan.pipeline, stage.pipeline_stage)
    mine = {(stage.place, name) for name in stage.endpoints}
    for other in others:
        if here in other.under_way:
            reason = f"{other.change} is under way at {stage.pipeline_stage}: {other.stands}"
            return GateView("conflict", False, reason)
        shared = sorted(name for _, name in mine & set(other.endpoints))
        if shared:
            reason = f"{other.change} is under way at endpoint {shared[0]}: {other.stands}"
            return GateView("conflict", False, reason)
    return GateView("conflict", True, "no other change is under way here")


def _depends_gate(plan: Plan, readings: Readings) -> GateView:
    """Closed until every change that this one rests on has succeeded in all its stages."""
    others = _others(plan, readings)
    if isinstance(others, str):
        return GateView("depends", False, others)
    known = {other.change: other for other in others}
    for name in plan.depends_on:
        other = known.get(name)
        if other is None:
            return GateView("depends", False, f"{name}, on which this rests, is not known here")
        if not other.succeeded:
            reason = f"{name}, on which this rests, has not succeeded: {other.stands}"
            return GateView("depends", False, reason)
    return GateView("depends", True, f"{', '.join(plan.depends_on)} succeeded")


def _assumption_gate(stage: StagePlan, watch: Watch, readings: Readings) -> GateView:
    """Closed while anything that the record takes for granted is not seen to be so."""
    for each in stage.assumptions:
        verdict = kinds.judge(each.check, watch, readings)
        if verdict.kind is not Kind.PASS:
            word = "does not hold" if verdict.kind is Kind.BREACH else "cannot be told"
            return GateView("assumption", False, f"“{each.says}” {word}: {verdict.reason}")
    return GateView("assumption", True, f"{len(stage.assumptions)} assumptions hold")


def _others(plan: Plan, readings: Readings) -> tuple[OtherChange, ...] | str:
    query = ChangesQuery(plan.change)
    found = readings.known(query, tuple)
    if found is None:
        return f"other changes cannot be read: {readings.why_unknown(query)}"
    return tuple(each for each in found if isinstance(each, OtherChange))
