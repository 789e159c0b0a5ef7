"""Which execution a plan pins, and what it replaces: read from the pipeline, never guessed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mcm.core.pipeline import (
    ROLLBACK,
    STANDARD,
    SUCCEEDED,
    ExecutionView,
    PipelineView,
    StageHistory,
    StageView,
)
from mcm.core.plans.change import Change
from mcm.core.plans.plan import Package
from mcm.core.plans.service import Service, StageConfig
from mcm.core.query import ExecutionQuery, HistoryQuery
from mcm.core.reading import Readings
from mcm.core.revision import Revision

_WAITING = "InProgress"
"""AWS's status of an execution that waits at a transition or an approval."""
_SHORT = 7
"""Fewest digits by which a written commit may stand for a whole one, as git shows them."""


def waiting(view: PipelineView, stages: Sequence[StageConfig]) -> tuple[str, ...]:
    """Return the executions that wait in front of the first of `stages` where any wait.

    A stage where none waits is taken as past: the change may be planned again half-way.
    """
    for stage in stages:
        found = _waiting_at(view, stage)
        if found:
            return found
    return ()


def _waiting_at(view: PipelineView, stage: StageConfig) -> tuple[str, ...]:
    """Those inbound at the stage or its gates, and the one that holds its approval."""
    found: list[str] = []
    approve = stage.gate.approve
    for name in (approve.stage if approve else "", stage.gate.open, stage.pipeline_stage):
        seen = view.stage(name)
        if seen is None:
            continue
        found += seen.inbound
        if approve and name == approve.stage and _holds_approval(seen, stage):
            found.append(seen.execution)
    return tuple(dict.fromkeys(found))


def _holds_approval(seen: StageView, stage: StageConfig) -> bool:
    if seen.type != STANDARD or not seen.running or stage.gate.approve is None:
        return False
    action = next((a for a in seen.actions if a.name == stage.gate.approve.action), None)
    # A gate inside the stage: once it is answered, the execution no longer waits there.
    return seen.name != stage.pipeline_stage or (action is not None and action.awaiting)


def pin_execution(
    view: PipelineView,
    service: Service,
    change: Change,
    stages: Sequence[StageConfig],
    readings: Readings,
) -> ExecutionView | tuple[str, ...]:
    """Return the execution to promote, or every reason why none can be pinned.

    The change's own, else the newest of those that wait (`waiting`). It must be a
    STANDARD execution still under way in the pipeline's current version.
    """
    ids = (change.execution,) if change.execution else waiting(view, stages)
    if not ids:
        first = stages[0].pipeline_stage if stages else "the change's stages"
        what_to_do = "release a change, or name an execution as `execution:` in change.yaml"
        return (f"no execution waits in front of {first}: {what_to_do}",)
    seen: list[ExecutionView] = []
    problems: list[str] = []
    for execution in ids:
        found = _execution(execution, service, readings)
        if isinstance(found, ExecutionView):
            seen.append(found)
        else:
            problems.append(found)
    if problems:
        return tuple(problems)
    pinned = max(seen, key=lambda execution: (execution.started, execution.id))
    return _pinned_problems(pinned, view) or pinned


def _pinned_problems(pinned: ExecutionView, view: PipelineView) -> tuple[str, ...]:
    who = f"execution {pinned.id}"
    problems = []
    if pinned.type != STANDARD:
        problems.append(f"{who} is of type {pinned.type or 'unknown'}: pin a STANDARD one")
    if pinned.status != _WAITING:
        problems.append(
            f"{who} is {pinned.status or 'of unknown status'}: pin one that is still under way"
        )
    if pinned.version != view.version:
        ran = f"version {pinned.version}" if pinned.version else "a version that AWS does not name"
        problems.append(
            f"{who} runs in {ran} of the pipeline, which is now at {view.version}: "
            "release the change again and pin the new execution"
        )
    if not pinned.revisions:
        problems.append(f"{who} shows no source revisions: nobody can say what it carries")
    return tuple(problems)


def _execution(execution: str, service: Service, readings: Readings) -> ExecutionView | str:
    query = ExecutionQuery(service.pipeline, execution)
    found = readings.known(query, ExecutionView)
    if found is not None and found.id == execution:
        return found
    why = readings.why_unknown(query) or "the answer is of another execution"
    return f"execution {execution} is unknown: {why}"


def base_stage(stages: Sequence[StageConfig]) -> StageConfig | None:
    """Return the stage that tells what is deployed now: the first production one."""
    return next((s for s in stages if s.production), stages[0] if stages else None)


def name_packages(
    view: PipelineView,
    service: Service,
    change: Change,
    stages: Sequence[StageConfig],
    pinned: ExecutionView,
    readings: Readings,
) -> tuple[Package, ...] | tuple[str, ...]:
    """Return what changes in each source, sorted by name, or what keeps that unknown.

    `before` is what the first production stage of the change runs now, empty when it has
    never run. A range that change.yaml states must say the same.
    """
    base = base_stage(stages)
    seen = view.stage(base.pipeline_stage) if base else None
    if base is None or seen is None:
        return ("no stage tells what is deployed now",)
    before = _deployed(seen, service, pinned, readings)
    if isinstance(before, str):
        return (before,)
    old = {revision.source: revision.id for revision in before}
    new = {revision.source: revision.id for revision in pinned.revisions}
    packages = tuple(
        Package(name, old.get(name, ""), new.get(name, "")) for name in sorted(old | new)
    )
    problems = _range_problems(change, {package.name: package for package in packages})
    return problems or tuple(p for p in packages if p.before != p.after)


def _deployed(
    seen: StageView, service: Service, pinned: ExecutionView, readings: Readings
) -> tuple[Revision, ...] | str:
    """Revisions that the stage runs, or why nobody knows."""
    if not seen.execution:
        return ()
    if seen.status == SUCCEEDED and seen.execution != pinned.id:
        # A ROLLBACK carries the revisions of the execution that it went back to.
        held = _execution(seen.execution, service, readings)
        return held if isinstance(held, str) else held.revisions
    if seen.running and not _only_waits(seen, pinned):
        return (
            f"stage {seen.name} is {seen.status} with {seen.execution}: "
            "what it runs is not settled; plan again once it has ended"
        )
    query = HistoryQuery(service.pipeline, seen.name)
    history = readings.known(query, StageHistory)
    if history is None:
        return f"history of {seen.name} is unknown: {readings.why_unknown(query)}"
    return _newest_success(seen, history, pinned)


def _only_waits(seen: StageView, pinned: ExecutionView) -> bool:
    """The pinned execution stands at an approval inside the stage: nothing was deployed."""
    return seen.execution == pinned.id and any(action.awaiting for action in seen.actions)


def _newest_success(
    seen: StageView, history: StageHistory, pinned: ExecutionView
) -> tuple[Revision, ...] | str:
    """What the stage ran before an attempt that has not succeeded."""
    runs = [r for r in history.succeeded if r.execution.type != ROLLBACK]
    runs = [r for r in runs if r.execution.id != pinned.id]
    events: list[tuple[datetime, str]] = [(r.entered, r.execution.id) for r in runs]
    events += [(r.started, r.target) for r in history.rollbacks if r.status == SUCCEEDED]
    if not events:
        return ()
    _, newest = max(events)
    found = next((r.execution for r in runs if r.execution.id == newest), None)
    if found is None:
        return f"stage {seen.name} was rolled back to {newest}, which its history does not show"
    return found.revisions


def _range_problems(change: Change, found: Mapping[str, Package]) -> tuple[str, ...]:
    problems = []
    for stated in change.packages:
        real = found.get(stated.name)
        if real is None:
            problems.append(
                f"package {stated.name}: no source of the pipeline has that name; "
                f"it has {', '.join(found) or 'none'}"
            )
            continue
        for side in ("before", "after"):
            want, have = getattr(stated, side), getattr(real, side)
            if want and not _same_revision(want, have):
                problems.append(
                    f"package {stated.name}: change.yaml says {side} {want}, "
                    f"the pipeline says {have or 'nothing'}"
                )
    return tuple(problems)


def _same_revision(stated: str, real: str) -> bool:
    return stated == real or (len(stated) >= _SHORT and real.startswith(stated))
