"""What somebody who was just woken must know before a rollback: readings in, facts out.

Pure, and for people only: no decision rests on it, so everything may be unknown, and is
then said to be. Times are UTC. All text of others is still as they wrote it here; the
layout cleans it (AWS-RULES 40).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mcm.core.history.goal import GoBack
from mcm.core.past import Commits, GitCommit, Passage
from mcm.core.pipeline import (
    ROLLBACK,
    SUCCEEDED,
    ExecutionView,
    Identity,
    PipelineView,
    StageHistory,
    StageView,
)
from mcm.core.plans.plan import Plan
from mcm.core.query import (
    CommitsQuery,
    ExecutionsQuery,
    HistoryQuery,
    IdentityQuery,
    PassagesQuery,
    PipelineQuery,
    Place,
    Query,
)
from mcm.core.reading import Readings
from mcm.core.revision import Revision

_SAMPLES = 5
_SOURCES = 5
_GIT_MOST = 50


@dataclass(frozen=True)
class Scene:
    """What there is to tell from."""

    goal: GoBack
    source: str
    """The execution that would be taken back; empty when that cannot be told."""
    target: str
    now: datetime
    plan: Plan | None = None
    """The plan that pins `source`, if one does."""
    operator: str = ""
    """Who promoted it by that plan, says its journal."""
    alarms: tuple[tuple[Place, str], ...] = ()
    """The alarms of the stage's guardrails; none where no file names them."""
    vetoed: str = ""
    """Who did not want mcm's own rollback of it, says the journal, and why."""


@dataclass(frozen=True)
class Held:
    """An execution whose content the stage has, had or will have."""

    execution: str
    since: datetime | None
    """When it entered the stage; None when that cannot be told."""
    revisions: tuple[Revision, ...] | None
    """None when they cannot be told."""


@dataclass(frozen=True)
class Commit:
    """A revision that the rollback takes out of the stage."""

    revision: Revision
    execution: str


@dataclass(frozen=True)
class Expected:
    """How long it took before."""

    middle: timedelta
    least: timedelta
    most: timedelta
    count: int
    by_rollbacks: bool
    """True when these were rollbacks of the stage, false when they were deployments."""


@dataclass(frozen=True)
class Facts:
    """What somebody should know before a rollback."""

    scene: Scene
    current: Held
    whose: str
    """By whose change it is there; empty when nothing tells."""
    target: Held
    commits: tuple[Commit, ...] | None
    """What would be taken back, newest first; None when that cannot be told."""
    between: tuple[str, ...]
    """Executions that were in the stage after the target and before the current one."""
    under_way: tuple[str, ...]
    """What else goes on in the pipeline, one clause each."""
    way_in: str
    expected: Expected | None
    caller: Identity | None
    is_running: bool = False
    by_rollback: bool = False
    """Whether the stage was rolled back to what it has now."""
    why_unknown: Mapping[str, str] = field(default_factory=dict)
    """Why something cannot be told: `past` or `executions`, and the reason."""

    git: tuple[GitCommit, ...] = ()
    """The commits themselves, newest first, where a clone at hand has them."""
    git_more: bool = False

    @property
    def entered(self) -> datetime | None:
        """When what runs now entered the stage."""
        return self.current.since


def past_queries(goal: GoBack) -> frozenset[Query]:
    """Return what is read beside the rollback's own readings, by the same calls to AWS."""
    return frozenset({PassagesQuery(goal.pipeline), ExecutionsQuery(goal.pipeline)})


def build_facts(scene: Scene, readings: Readings) -> Facts:
    """Put together what `readings` tell; what they do not tell is unknown in it."""
    goal = scene.goal
    view = readings.known(PipelineQuery(goal.pipeline), PipelineView)
    stage = view.stage(goal.pipeline_stage) if view else None
    passages: tuple[Passage, ...] = readings.known(PassagesQuery(goal.pipeline), tuple) or ()
    runs = _runs(goal, readings)
    here = [each for each in passages if each.stage == goal.pipeline_stage]
    source = scene.source or (stage.execution if stage else "")
    by_rollback = bool(stage and stage.in_rollback and stage.status == SUCCEEDED)
    entered = _entered(here, stage.execution if by_rollback and stage else source)
    current = Held(source, entered or _succeeded_at(goal, readings, source), _of(runs, source))
    target = Held(scene.target, _entered(here, scene.target), _of(runs, scene.target))
    target = _with_time(target, _succeeded_at(goal, readings, scene.target))
    between = _between(here, current, target, runs)
    return Facts(
        scene=scene,
        current=current,
        whose=_whose(scene, runs.get(source)),
        target=target,
        commits=_commits(current, between, target, runs),
        between=between,
        under_way=tuple(_under_way(goal, view)) if view else (),
        way_in=_way_in(stage),
        expected=_expected(here, runs),
        caller=readings.known(IdentityQuery(goal.pipeline.place), Identity),
        is_running=bool(stage and stage.running),
        by_rollback=by_rollback,
        why_unknown=_unknown(goal, readings),
    )


def commit_queries(facts: Facts) -> tuple[CommitsQuery, ...]:
    """Return what to ask of a clone: each source's way from the target to what runs now."""
    old = {each.source: each.id for each in facts.target.revisions or ()}
    now = facts.current.revisions or ()
    pairs = [(old[each.source], each.id) for each in now if each.source in old]
    return tuple(CommitsQuery(a, b, _GIT_MOST) for a, b in pairs[:_SOURCES] if a != b)


def with_commits(facts: Facts, readings: Readings) -> Facts:
    """Return the facts with the commits that a clone has; the same when it has none."""
    known = [found for q in commit_queries(facts) if (found := readings.known(q, Commits))]
    if not known:
        return facts
    commits = tuple(commit for found in known for commit in found.commits)
    return replace(facts, git=commits, git_more=any(found.more for found in known))


def _unknown(goal: GoBack, readings: Readings) -> dict[str, str]:
    asked: dict[str, Query] = {
        "past": PassagesQuery(goal.pipeline),
        "executions": ExecutionsQuery(goal.pipeline),
    }
    found = {name: readings.why_unknown(query) for name, query in asked.items()}
    return {name: why for name, why in found.items() if why}


def _runs(goal: GoBack, readings: Readings) -> dict[str, ExecutionView]:
    """Every execution that some reading shows, by id."""
    history = readings.known(HistoryQuery(goal.pipeline, goal.pipeline_stage), StageHistory)
    found = {run.execution.id: run.execution for run in history.succeeded} if history else {}
    listed: tuple[ExecutionView, ...] = readings.known(ExecutionsQuery(goal.pipeline), tuple) or ()
    return found | {run.id: run for run in listed}


def _of(runs: Mapping[str, ExecutionView], execution: str) -> tuple[Revision, ...] | None:
    run = runs.get(execution)
    return run.revisions if run is not None and run.revisions else None


def _entered(here: Iterable[Passage], execution: str) -> datetime | None:
    return next((each.entered for each in here if each.execution == execution), None)


def _succeeded_at(goal: GoBack, readings: Readings, execution: str) -> datetime | None:
    history = readings.known(HistoryQuery(goal.pipeline, goal.pipeline_stage), StageHistory)
    runs = history.succeeded if history else ()
    return next((run.entered for run in runs if run.execution.id == execution), None)


def _with_time(held: Held, since: datetime | None) -> Held:
    return held if held.since else Held(held.execution, since, held.revisions)


def _whose(scene: Scene, run: ExecutionView | None) -> str:
    plan = scene.plan
    if plan is not None:
        by = f", promoted by {scene.operator}" if scene.operator else ""
        return f"{plan.change} ({plan.title}), asked for by {plan.requester}{by}"
    return f"started by {run.started_by}" if run is not None and run.started_by else ""


def _between(
    here: Iterable[Passage], current: Held, target: Held, runs: Mapping[str, ExecutionView]
) -> tuple[str, ...]:
    """Return the executions that entered after the target and before the current, newest first."""
    if current.since is None or target.since is None:
        return ()
    return tuple(
        each.execution
        for each in here
        if target.since < each.entered < current.since
        and each.execution not in (current.execution, target.execution)
        and not _is_rollback(runs, each.execution)
    )


def _is_rollback(runs: Mapping[str, ExecutionView], execution: str) -> bool:
    run = runs.get(execution)
    return run is not None and run.type == ROLLBACK


def _commits(
    current: Held, between: tuple[str, ...], target: Held, runs: Mapping[str, ExecutionView]
) -> tuple[Commit, ...] | None:
    """Return what is in the stage and not in the target, by the heads that AWS knows."""
    if current.revisions is None or target.revisions is None:
        return None
    seen = {(each.source, each.id) for each in target.revisions}
    found: list[Commit] = []
    for execution in (current.execution, *between):
        for revision in _of(runs, execution) or ():
            if (revision.source, revision.id) not in seen:
                seen.add((revision.source, revision.id))
                found.append(Commit(revision, execution))
    return tuple(found)


def _under_way(goal: GoBack, view: PipelineView) -> Iterator[str]:
    """Say what else goes on: rollbacks first, then what waits here, then the other stages."""
    others = [each for each in view.stages if each.name != goal.pipeline_stage]
    for stage in others:
        if stage.in_rollback and stage.running:
            yield f"{stage.name} is rolling back ({stage.execution})"
    here = view.stage(goal.pipeline_stage)
    if here is not None:
        if here.running:
            what = "is rolling back" if here.in_rollback else "is deploying: that is stopped first"
            yield f"{here.name} {what} ({here.execution})"
        for execution in here.inbound:
            returning = " to go back" if execution in here.inbound_rollbacks else ""
            yield f"{execution} waits in front of {here.name}{returning}"
    for stage in others:
        if stage.running and not stage.in_rollback:
            waits = any(action.approval and action.awaiting for action in stage.actions)
            what = "waits for an approval" if waits else "runs"
            yield f"{stage.execution} {what} in {stage.name}"


def _way_in(stage: StageView | None) -> str:
    if stage is None:
        return ""
    if stage.transition_enabled:
        return "the way in is open: it is closed first and stays closed"
    reason = f": {stage.transition_reason}" if stage.transition_reason else ""
    return f"the way in is closed{reason}"


def _expected(here: Iterable[Passage], runs: Mapping[str, ExecutionView]) -> Expected | None:
    """Return how long the last rollbacks of the stage took; without any, its deployments."""
    over = [each for each in here if each.status == SUCCEEDED and each.left is not None]
    back = [each for each in over if _is_rollback(runs, each.execution)]
    taken = [each.left - each.entered for each in (back or over)[:_SAMPLES] if each.left]
    if not taken:
        return None
    taken.sort()
    return Expected(taken[len(taken) // 2], taken[0], taken[-1], len(taken), bool(back))
