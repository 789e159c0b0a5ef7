"""Rollback readiness: where a stage would go back to now, and how often it could not have.

AWS goes back only to what ran in the pipeline's present version (docs/aws-rules.md), so
each edit of the pipeline takes every target away until one more deployment has
succeeded. Pure: readings in, numbers out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mcm.core.past import Passage, Past
from mcm.core.pipeline import ROLLBACK, SUCCEEDED, PipelineView, StageHistory
from mcm.core.target import NoTarget, find_target


@dataclass(frozen=True)
class Readiness:
    """One stage."""

    stage: str
    target: str
    """Where a rollback would go now; empty for nowhere."""
    target_since: datetime | None
    """When the target entered the stage."""
    why_not: str
    """Why there is none, or why that is not known; empty when there is one."""
    effective: str
    """What the stage runs now; empty when that cannot be told."""
    deployments: int | None
    """How many came into the stage in the time looked at; None when that is not known."""
    impossible: int
    """For how many of them the pipeline could not have gone back."""
    is_known: bool = True
    """False when it cannot be told whether there is a target."""


@dataclass(frozen=True)
class Edits:
    """How often the pipeline's version changed in the time looked at."""

    count: int | None
    """None when that is not known."""
    last: datetime | None
    """When it changed last, whenever that was; None when AWS does not say."""


def judge_stage(
    stage: str,
    view: PipelineView | None,
    history: StageHistory | None,
    past: Past | None,
    since: datetime,
    *,
    why_unknown: str = "",
) -> Readiness:
    """Return how ready `stage` is to be rolled back; None stands for what cannot be read.

    Deployments are counted from `since` on; `past` may reach further back.
    """
    counted, lost = (None, 0) if past is None else count(stage, past, since, view, history)
    if view is None or history is None:
        reason = f"not known: {why_unknown or 'it was not read'}"
        return Readiness(stage, "", None, reason, "", counted, lost, is_known=False)
    found = find_target(view, history, stage)
    if isinstance(found, NoTarget):
        return Readiness(stage, "", None, found.reason, found.effective, counted, lost)
    runs = history.succeeded
    entered = next((r.entered for r in runs if r.execution.id == found.execution), None)
    return Readiness(stage, found.execution, entered, "", found.effective, counted, lost)


def count(
    stage: str,
    past: Past,
    since: datetime,
    view: PipelineView | None,
    history: StageHistory | None,
) -> tuple[int, int]:
    """Return how many executions came into `stage`, and for how many there was no way back.

    There was one when another execution had succeeded in the stage before, in the same
    version of the pipeline. A deployment counts as one without only when that is sure:
    its version is the present one, whose whole history AWS lists, or an older version ran
    before it within `past`.
    """
    returns = {run.id for run in past.executions if run.type == ROLLBACK}
    here = sorted((p for p in past.passages if p.stage == stage), key=lambda p: p.entered)
    came = [each for each in here if each.execution not in returns and each.deploys]
    impossible = sum(
        1
        for index, each in enumerate(came)
        if each.entered >= since
        and not _had_way_back(each, came[:index], view, history)
        and _is_sure(each, past, view, history)
    )
    return sum(1 for each in came if each.entered >= since), impossible


def _had_way_back(
    each: Passage,
    before: Sequence[Passage],
    view: PipelineView | None,
    history: StageHistory | None,
) -> bool:
    present = view is not None and view.version == each.version
    if present and history is not None:
        runs = (r for r in history.succeeded if r.execution.id != each.execution)
        return any(run.entered < each.entered for run in runs)
    return any(o.version == each.version and o.status == SUCCEEDED for o in before)


def _is_sure(
    each: Passage, past: Past, view: PipelineView | None, history: StageHistory | None
) -> bool:
    if not each.version:
        return False
    if view is not None and history is not None and view.version == each.version:
        return True
    earlier = (p for p in past.passages if p.version and p.entered < each.entered)
    return any(other.version < each.version for other in earlier)


def count_edits(
    past: Past | None, since: datetime, version: int, updated: datetime | None
) -> Edits:
    """Return how often the version changed since then, by the versions that anything ran in.

    Each edit raises the version by one, so those that nothing ran in show as well. What
    was in force at `since` is the newest that ran before; without any, the oldest after.
    """
    if past is None:
        return Edits(None, updated)
    ran = sorted((p.entered, p.version) for p in past.passages if p.version)
    before = [number for entered, number in ran if entered < since]
    after = [number for entered, number in ran if entered >= since]
    start = before[-1] if before else min(after, default=version)
    untouched = updated is not None and updated < since
    return Edits(0 if untouched else max(0, version - start), updated)
