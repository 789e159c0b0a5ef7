"""The stages of a plan in words: window, gate, bake, end state, guardrails, way back."""

from mcm.core import commands
from mcm.core.duration import spell
from mcm.core.history.state import StageState
from mcm.core.plans.plan import Bake, Gate, Plan, StagePlan
from mcm.core.windows.hours import spell_hours
from mcm.record.guardrails import describe
from mcm.record.view import StageLine


def build_stage(plan: Plan, stage: StagePlan, known: StageState) -> StageLine:
    """Return what the record says of one stage; `known` is what the journal says of it."""
    aws = commands.aws_rollback(plan.pipeline, stage.pipeline_stage, stage.rollback_target)
    return StageLine(
        name=stage.name,
        pipeline_stage=stage.pipeline_stage,
        where=f"{stage.place.account} {stage.place.region}",
        window=spell_hours(stage.window, production=stage.production),
        gate=spell_gate(stage.gate),
        bake=spell_bake(stage.bake, counted=stage.traffic is not None),
        approvals=_count(stage.approvals, "person besides the requester", "persons besides"),
        target=stage.rollback_target,
        expected=tuple(
            f"{item.endpoint}: shadow variant {item.variant} serves model {item.model}"
            for item in stage.expect
        ),
        unchanged=_unchanged(stage),
        guardrails=tuple(describe(each) for each in stage.guardrails),
        rollback=(commands.rollback(stage.name), *aws),
        outcome=spell_outcome(known),
    )


def spell_gate(gate: Gate) -> str:
    """Say what stands between the execution and the stage."""
    parts = []
    if gate.approve is not None:
        parts.append(f"approval {gate.approve.stage}/{gate.approve.action}")
    if gate.open:
        parts.append(f"transition into {gate.open}")
    return ", then ".join(parts) or "none"


def spell_bake(bake: Bake, *, counted: bool) -> str:
    """Say how long the stage is watched, and for how many requests."""
    asked = f" and {bake.min_samples} requests" if bake.min_samples and counted else ""
    return f"{spell(bake.lasts)}{asked}, at most {spell(bake.limit)}"


def spell_outcome(known: StageState) -> str:
    """Say how far the stage is, in one clause."""
    if known.outcome:
        because = f": {known.reason}" if known.reason else ""
        return f"{known.outcome.replace('_', ' ')}{because}"
    if known.breach:
        return f"breach: {known.breach}"
    if known.baking_since is not None:
        return "baking"
    if known.entered_at is not None:
        return "deploying"
    return "started" if known.started_at is not None else "not started"


def _unchanged(stage: StagePlan) -> tuple[str, ...]:
    """Name what must stay as it was; it is compared by content before and after."""
    expecting = {item.endpoint for item in stage.expect}
    return tuple(
        f"{name}: every live variant" if name in expecting else f"{name}: every variant"
        for name in stage.endpoints
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {many} the requester"
