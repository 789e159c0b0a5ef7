"""The pipeline of a twin: built as AWS shows it, with the pinned execution in front of the stage.

Executions, transitions and the past of the stage are those of the readings. What is under
way elsewhere is left out, and what the walk waits for (the stages before, the pipeline's
own approval) is taken as done; both are told as assumptions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mcm.core.pipeline import (
    RUNNING,
    SUCCEEDED,
    ExecutionView,
    PipelineView,
    StageHistory,
    StageView,
)
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.revision import Revision
from mcm.sandbox.pipeline_model import (
    ActionRun,
    ActionSpec,
    DeployTarget,
    Execution,
    Ids,
    SourceRevision,
    StageRun,
    Status,
    Timings,
    Transition,
    parse_structure,
)
from mcm.sandbox.pipeline_run import PipelineRun

NEW, OLD = "new", "old"
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_A_WHILE = timedelta(hours=1)
_MOMENT = timedelta(minutes=2)
"""How long ago the pinned execution came to where it waits."""


class TwinSources:
    """What an execution's revisions stand for: new content for the pinned one's, else old."""

    def __init__(self, pinned: tuple[SourceRevision, ...], stage: str) -> None:
        self._pinned = pinned
        self._stage = stage

    def pull(self) -> tuple[SourceRevision, ...]:
        """Nothing is merged while a drill lasts."""
        return self._pinned

    def find(self, action: str, revision_id: str) -> SourceRevision | None:
        found = (r for r in self._pinned if (r.action, r.revision_id) == (action, revision_id))
        return next(found, None)

    def configuration(self, revisions: tuple[SourceRevision, ...], endpoint: str) -> str | None:
        """Tell the content that a deploy action of the drilled stage puts in place.

        By identity: two executions may carry equal revisions and still be two.
        """
        if endpoint != self._stage:
            return None
        return NEW if revisions is self._pinned else OLD


@dataclass
class PipelineTwin:
    """Puts the pipeline together; `assumed` collects what differs from what AWS shows."""

    plan: Plan
    stage: StagePlan
    view: PipelineView
    declaration: Mapping[str, Any]
    executions: Mapping[str, ExecutionView]
    """The pinned one, and the latest of each stage."""
    history: StageHistory
    now: datetime
    approver: str
    """ARN of who answered the pipeline's approval, where one stands in front."""
    assumed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._made: dict[str, Execution] = {}

    def build(self, deploys: DeployTarget, *, seed: int, timings: Timings) -> PipelineRun:
        """Return the pipeline as of `now`."""
        spelled = _deploying(self.declaration, self.stage.pipeline_stage)
        structure = parse_structure(spelled, self.view.version, self.now)
        structure = replace(structure, declaration={**self.declaration})
        revisions = _sources(self.executions[self.plan.execution].revisions)
        run = PipelineRun(
            structure,
            sources=TwinSources(revisions, self.stage.pipeline_stage),
            deploys=deploys,
            ids=Ids(f"twin {seed}"),
            timings=timings,
        )
        self._run, self._ids = run, Ids(f"twin {seed} past")
        self._put_transitions()
        self._put_past()
        self._put_present(revisions)
        run.executions = sorted(self._made.values(), key=lambda one: one.started)
        return run

    def _put_transitions(self) -> None:
        for seen in self.view.stages:
            reason = seen.transition_reason or None
            at = self.now - _MOMENT
            move = Transition(seen.transition_enabled, "", at, reason)
            if seen.name == self.stage.gate.open and seen.transition_enabled:
                self.assumed.append(f"the way into {seen.name} is closed (it is open now)")
                move = Transition(False, "", at, "closed for the drill")
            self._run.transitions[seen.name] = move

    def _put_past(self) -> None:
        """Make what succeeded in the stage and what was rolled back there."""
        name = self.stage.pipeline_stage
        for run in self.history.succeeded:
            made = self._execution(run.execution)
            self._pass(made, name, run.entered, Status.SUCCEEDED)
        for back in self.history.rollbacks:
            target = self._made.get(back.target)
            made = Execution(
                id=back.id,
                pipeline_version=self.view.version,
                mode=self.view.mode,
                started=back.started,
                updated=back.started,
                revisions=target.revisions if target else (),
                trigger="ManualRollback",
                trigger_detail=back.started_by,
                rollback_target=back.target,
                status=_status(back.status),
            )
            self._made[back.id] = made
            self._pass(made, name, back.started, made.status)

    def _put_present(self, revisions: tuple[SourceRevision, ...]) -> None:
        pinned = self._execution(self.executions[self.plan.execution], revisions)
        pinned.status = Status.IN_PROGRESS
        way_in = self._way_in()
        names = [stage.name for stage in self._run.structure.stages]
        for place, seen in enumerate(self.view.stages):
            if place < names.index(way_in):
                self._pass_before(pinned, seen, place)
            elif seen.execution and seen.execution != pinned.id:
                self._show(seen)
        pinned.waiting_at, pinned.waiting_since = way_in, self.now - _MOMENT
        seen_there = self.view.stage(way_in)
        if not self.stage.gate.open and not self._run.transitions[way_in].enabled:
            self._run.transitions[way_in] = Transition(True, "", self.now - _MOMENT)
            self.assumed.append(f"the way into {way_in} is open (it is closed now)")
        if seen_there is None or pinned.id not in (*seen_there.inbound, seen_there.execution):
            self.assumed.append(f"the pinned execution has come to {way_in}")

    def _way_in(self) -> str:
        """Return the stage in front of which the pinned execution waits."""
        gate = self.stage.gate
        if gate.open or gate.approve is None:
            return gate.open or self.stage.pipeline_stage
        return gate.approve.stage

    def _pass_before(self, pinned: Execution, seen: StageView, place: int) -> None:
        """Let the pinned execution have passed a stage before the way in.

        Others that came behind it stay there, except where the walk needs it to be.
        """
        is_there = seen.execution in ("", pinned.id)
        if is_there and seen.status != SUCCEEDED:
            self.assumed.append(f"the pinned execution has passed {seen.name}")
        elif not is_there and seen.name == self.stage.predecessor:
            self.assumed.append(f"{seen.name} holds the pinned execution, not {seen.execution}")
            is_there = True
        since = max(pinned.started, self.now - _A_WHILE) + timedelta(seconds=place)
        self._pass(pinned, seen.name, since, Status.SUCCEEDED, is_latest=is_there)
        if not is_there:
            self._show(seen)

    def _show(self, seen: StageView) -> None:
        """Show the latest execution of a stage from the way in on, as it ended."""
        made = self._made.get(seen.execution) or self._execution(self.executions[seen.execution])
        status = _status(seen.status)
        if seen.status in RUNNING:
            self.assumed.append(f"{seen.execution} has ended in {seen.name} ({seen.status} now)")
            status = Status.SUCCEEDED
        run = made.runs.get(seen.name)
        entered = run.entered if run else made.started
        self._pass(made, seen.name, entered, status, is_latest=True)

    def _execution(
        self, view: ExecutionView, revisions: tuple[SourceRevision, ...] | None = None
    ) -> Execution:
        # AWS tells the start in lists only; without one it lies a while back.
        started = view.started if view.started > _LONG_AGO else self.now - _A_WHILE
        made = Execution(
            id=view.id,
            pipeline_version=self.view.version,
            mode=self.view.mode,
            started=started,
            updated=started,
            revisions=_sources(view.revisions) if revisions is None else revisions,
            trigger="StartPipelineExecution",
            trigger_detail=view.started_by,
            rollback_target=view.rollback_target or None,
            status=Status.SUCCEEDED if view.status in RUNNING else _status(view.status),
        )
        self._made[made.id] = made
        return made

    def _pass(
        self,
        made: Execution,
        stage: str,
        entered: datetime,
        status: Status,
        *,
        is_latest: bool = False,
    ) -> None:
        """Let an execution have run in a stage; the latest to do so is shown there."""
        spec = self._run.structure.stage(stage)
        run = StageRun(stage, entered, status)
        for action in spec.actions if spec else ():
            run.actions.append(self._action(made, stage, action, entered, status))
        made.runs[stage] = run
        if is_latest:
            self._run.latest[stage] = made.id
            for done in run.actions:
                self._run.last_runs[stage, done.spec.name] = done

    def _action(
        self, made: Execution, stage: str, spec: ActionSpec, at: datetime, status: Status
    ) -> ActionRun:
        done = status if status in (Status.SUCCEEDED, Status.FAILED) else Status.ABANDONED
        run = ActionRun(
            self._ids.next(), made.id, made.pipeline_version, stage, spec, at, at, status=done
        )
        if spec.is_approval:
            run.token, run.updated_by, run.summary = self._ids.next(), self.approver, "drill"
        return run


def _deploying(declaration: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """Let one action of the drilled stage deploy its content: the last that can.

    AWS does not tell which action changes which endpoint.
    """
    stages = []
    for each in declaration["stages"]:
        actions = [dict(action) for action in each["actions"]]
        for action in actions:
            _take_stack(action, "")
        if each["name"] == stage:
            able = [a for a in actions if a["actionTypeId"]["category"] != "Approval"]
            deploys = [a for a in able if a["actionTypeId"]["category"] == "Deploy"] or able
            if deploys:
                _take_stack(deploys[-1], stage)
                kind = {**deploys[-1]["actionTypeId"], "category": "Deploy"}
                deploys[-1]["actionTypeId"] = kind
        stages.append({**each, "actions": actions})
    return {**declaration, "stages": stages}


def _take_stack(action: dict[str, Any], name: str) -> None:
    action["configuration"] = {**action.get("configuration", {}), "StackName": name}


def _sources(revisions: Iterable[Revision]) -> tuple[SourceRevision, ...]:
    return tuple(SourceRevision(r.source, r.id, r.summary, r.url) for r in revisions)


def _status(word: str) -> Status:
    """Read AWS's word; one that is not known here is over, and not well."""
    try:
        return Status(word)
    except ValueError:
        return Status.STOPPED
