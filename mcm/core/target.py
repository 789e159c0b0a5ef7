"""Where rollback goes: one rule, for the plan, the walk and on-call alike.

The target is the newest STANDARD execution that succeeded in the stage, older than the
effective one, in the current pipeline version, leaving out each execution that a later
successful ROLLBACK of this stage passed over. A breached execution also stands among
those that succeeded, because its stage succeeded before its bake: once a rollback has
passed over it, it is never a target again (AWS-RULES 6).
"""

from dataclasses import dataclass

from mcm.core.pipeline import (
    ENDED_BADLY,
    STANDARD,
    SUCCEEDED,
    PipelineView,
    StageHistory,
    StageRun,
    StageView,
)

CAN_ROLL_BACK = frozenset({"SUPERSEDED", "QUEUED"})
"""Execution modes with stage rollback; PARALLEL has none, an unknown one is not trusted."""


@dataclass(frozen=True)
class Target:
    """Where a rollback of a stage would go."""

    execution: str
    effective: str
    """What the stage runs now and the rollback would take back."""


@dataclass(frozen=True)
class NoTarget:
    """Why there is nowhere to go back to."""

    reason: str
    effective: str


def effective_execution(stage: StageView, history: StageHistory) -> str:
    """Return what the stage really runs: its latest execution, or where a ROLLBACK went.

    Empty when that cannot be told.
    """
    if not stage.in_rollback:
        return stage.execution
    for run in history.rollbacks:
        if run.id == stage.execution:
            return run.target
    return ""


def replaced(stage: StageView, history: StageHistory) -> str:
    """Return what a rollback begun now would take back; empty when that cannot be told."""
    if stage.in_rollback and stage.status in ENDED_BADLY:
        return stage.execution
    return effective_execution(stage, history)


def find_target(
    view: PipelineView,
    history: StageHistory,
    stage: str,
    *,
    signed: str = "",
    left_behind: frozenset[str] = frozenset(),
) -> Target | NoTarget:
    """Compute where a rollback of `stage` goes now; prefer `signed` when it is feasible.

    `left_behind` are executions that a redeployment has taken back.

    `signed` is the target in a verified plan for the effective execution.
    """
    cannot = _cannot(view, stage, unread_is_fine=True)
    if cannot is not None:
        return cannot
    seen = view.stage(stage)
    assert seen is not None  # `_cannot` refused a stage that is not there
    effective = effective_execution(seen, history)
    if not effective:
        return NoTarget("what the stage runs now cannot be told", "")
    if seen.in_rollback and seen.status != SUCCEEDED and seen.status not in ENDED_BADLY:
        # Whether it went back is not known: taken as done, the target were one too far.
        word = seen.status or "without a status"
        return NoTarget(f"the rollback {seen.execution} in {stage} is {word}", effective)
    if seen.in_rollback and seen.status in ENDED_BADLY:
        # A rollback that failed did not go back: its target is still the place to go.
        return Target(effective, seen.execution)
    older = [run.execution.id for run in _older(_standing(history), effective)]
    ids = [name for name in older if name not in left_behind]
    if not ids:
        return _none_left(view, stage, effective)
    return Target(signed if signed in ids else ids[0], effective)


def find_older(
    view: PipelineView,
    history: StageHistory,
    stage: str,
    left_behind: frozenset[str] = frozenset(),
) -> Target | NoTarget:
    """Compute what a redeployment of `stage` deploys: the same rule, whatever the version.

    `history` is over all versions. `left_behind` are executions that a redeployment has
    taken back, which the pipeline itself does not know.
    """
    seen = view.stage(stage)
    if seen is None:
        return NoTarget(f"the pipeline has no stage {stage}", "")
    # A PARALLEL pipeline shows nothing in its stages: there the newest to enter counts.
    effective = replaced(seen, history) if seen.execution else history.latest
    if not effective:
        return NoTarget("what the stage runs now cannot be told", "")
    if seen.in_rollback and seen.status in ENDED_BADLY:
        aim = effective_execution(seen, history)
        return Target(aim, effective) if aim else NoTarget("that rollback has no target", effective)
    older = [run.execution.id for run in _older(_standing(history), effective)]
    ids = [name for name in older if name not in left_behind]
    if not ids:
        return NoTarget(f"nothing else that succeeded in {stage} is known", effective)
    return Target(ids[0], effective)


def target_after(
    view: PipelineView, history: StageHistory, stage: str, pinned: str
) -> Target | NoTarget:
    """Compute where a rollback would go once `pinned` had been promoted into `stage`."""
    cannot = _cannot(view, stage)
    if cannot is not None:
        return cannot
    ids = [run.execution.id for run in _standing(history) if run.execution.id != pinned]
    return Target(ids[0], pinned) if ids else _none_left(view, stage, pinned)


def _cannot(view: PipelineView, stage: str, *, unread_is_fine: bool = False) -> NoTarget | None:
    """Say why no rollback of `stage` can be; None when one can.

    Before a promotion a mode that cannot be read is none to trust. A rollback that is
    wanted now goes ahead: AWS says no by itself.
    """
    seen = view.stage(stage)
    if seen is None:
        return NoTarget(f"the pipeline has no stage {stage}", "")
    if view.mode not in CAN_ROLL_BACK and not (unread_is_fine and view.unread):
        mode = view.mode or f"that cannot be read ({view.unread or 'it is being changed'})"
        return NoTarget(f"a pipeline in mode {mode} cannot roll back a stage", seen.execution)
    if view.stages[0].name == stage:
        return NoTarget("a source stage cannot be rolled back", seen.execution)
    return None


def _none_left(view: PipelineView, stage: str, effective: str) -> NoTarget:
    reason = f"no earlier execution succeeded in {stage} in pipeline version {view.version}"
    return NoTarget(reason, effective)


def _standing(history: StageHistory) -> list[StageRun]:
    """Return the executions that no later rollback passed over, newest first."""
    standard = [run for run in history.succeeded if run.execution.type == STANDARD]
    passed = _passed_over(standard, history)
    left = [run for run in standard if run.execution.id not in passed]
    return sorted(left, key=lambda run: run.entered, reverse=True)


def _older(standing: list[StageRun], effective: str) -> list[StageRun]:
    """Keep what entered before `effective`; all, when that one never succeeded there."""
    current = next((run for run in standing if run.execution.id == effective), None)
    if current is None:
        return [run for run in standing if run.execution.id != effective]
    return [run for run in standing if run.entered < current.entered]


def _passed_over(standard: list[StageRun], history: StageHistory) -> set[str]:
    entered = {run.execution.id: run.entered for run in standard}
    passed: set[str] = set()
    for rollback in history.rollbacks:
        if rollback.status != SUCCEEDED or rollback.target not in entered:
            continue
        start = entered[rollback.target]
        passed |= {name for name, at in entered.items() if start < at < rollback.started}
    return passed
