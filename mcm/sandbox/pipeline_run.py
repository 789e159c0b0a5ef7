"""One simulated pipeline moving through time.

The rules are the facts of docs/aws-rules.md, CodePipeline: a stage is locked by the
execution in it, an open approval included; executions overtake one another only between
stages; a disabled inbound transition holds what arrives. Nothing here knows the API:
requests come in through `pipeline_ops`, and who may roll back to what is judged in
`pipeline_rollback`.
"""

from datetime import datetime

from mcm.sandbox.pipeline_model import (
    ActionRun,
    ActionSpec,
    DeployStatus,
    DeployTarget,
    Execution,
    Ids,
    SourceRevision,
    Sources,
    StageRun,
    Status,
    Structure,
    Timings,
    Transition,
)


class PipelineRun:
    """The state of one pipeline, and what time brings to it."""

    def __init__(
        self,
        structure: Structure,
        *,
        sources: Sources,
        deploys: DeployTarget,
        ids: Ids,
        timings: Timings,
        rollback_passes_disabled_transition: bool = True,
    ) -> None:
        self.structures = [structure]
        self.sources = sources
        self.deploys = deploys
        self.timings = timings
        self.rollback_passes_disabled_transition = rollback_passes_disabled_transition
        self.executions: list[Execution] = []
        """Oldest first."""
        self.transitions = {stage.name: Transition() for stage in structure.stages}
        self.latest: dict[str, str] = {}
        """By stage: the id of the execution that entered it last."""
        self.last_runs: dict[tuple[str, str], ActionRun] = {}
        """By stage and action: the newest run, which may be an earlier execution's."""
        self.coming_failures: dict[tuple[str, str], int] = {}
        """By stage and action: how many of its next runs fail."""
        self._ids = ids
        self._now = structure.updated

    @property
    def structure(self) -> Structure:
        return self.structures[-1]

    def execution(self, execution_id: str) -> Execution | None:
        return next((one for one in self.executions if one.id == execution_id), None)

    def running_in(self, stage: str) -> Execution | None:
        """Return the execution that holds the lock of `stage`."""
        return next((one for one in reversed(self.executions) if one.stage == stage), None)

    def waiting_at(self, stage: str) -> list[Execution]:
        """Return the inbound executions of `stage`, oldest first."""
        return [one for one in self.executions if one.waiting_at == stage]

    def succeeded_in(self, stage: str) -> list[Execution]:
        """Return what succeeded in `stage` in the current version, newest first."""
        version = self.structure.version
        return [
            one
            for one in reversed(self.executions)
            if one.pipeline_version == version and one.succeeded_in(stage)
        ]

    # Time

    def next_event(self) -> datetime | None:
        """Return when something happens next if nobody calls; it may lie in the past."""
        ends = [run.ends for run in self._open_actions() if run.ends is not None]
        entries = [entry[0] for entry in self._entries()]
        return min([*ends, *entries], default=None)

    def advance(self, now: datetime) -> None:
        """Let everything up to and including `now` happen, in order."""
        while (event := self.next_event()) is not None and event <= now:
            # A lock that a call has just freed lets in who could have come earlier.
            due = self._now = max(event, self._now)
            for run in self._open_actions():
                if run.ends is not None and run.ends <= due:
                    self._look_at(run, due)
            for when, execution in self._entries():
                if when <= due and execution.waiting_at is not None:
                    self._enter(execution, execution.waiting_at, due)
        self._now = max(now, self._now)

    def _open_actions(self) -> list[ActionRun]:
        return [
            run
            for execution in self.executions
            if execution.stage is not None
            for run in execution.runs[execution.stage].actions
            if run.status is Status.IN_PROGRESS
        ]

    def _entries(self) -> list[tuple[datetime, Execution]]:
        """Return who may enter its next stage, and from when, at most one a stage."""
        found = []
        inbound = {one.waiting_at for one in self.executions if one.waiting_at is not None}
        for stage in self.structure.stages if inbound else ():
            waiting = self.waiting_at(stage.name) if stage.name in inbound else []
            if not waiting or (self.running_in(stage.name) and waiting[0].mode != "PARALLEL"):
                continue
            ready = [
                (when, execution)
                for execution in waiting
                if (when := self._may_enter(execution, stage.name)) is not None
            ]
            if ready:
                found.append(ready[0] if waiting[0].mode == "QUEUED" else ready[-1])
        return found

    def _may_enter(self, execution: Execution, stage: str) -> datetime | None:
        transition = self.transitions[stage]
        passes = execution.rollback_target and self.rollback_passes_disabled_transition
        since = execution.waiting_since
        if since is None or not (transition.enabled or passes):
            return None
        if stage == self.structure.stages[0].name:
            return since
        if transition.enabled and transition.changed_at is not None:
            since = max(since, transition.changed_at)
        return since + self.timings.transition

    # What executions do

    def begin(
        self,
        revisions: tuple[SourceRevision, ...],
        now: datetime,
        *,
        trigger: str = "StartPipelineExecution",
        detail: str = "",
    ) -> Execution:
        """Start a STANDARD execution."""
        execution = self._create(revisions, trigger, detail, now)
        self._arrive(execution, self.structure.stages[0].name, now)
        self.advance(now)
        return execution

    def begin_rollback(
        self, stage: str, target: Execution, now: datetime, *, trigger: str, detail: str
    ) -> Execution:
        """Start a ROLLBACK execution of one stage; `pipeline_rollback` has judged the target."""
        execution = self._create(target.revisions, trigger, detail, now)
        execution.rollback_target = target.id
        self._arrive(execution, stage, now)
        self.advance(now)
        return execution

    def _create(
        self, revisions: tuple[SourceRevision, ...], trigger: str, detail: str, now: datetime
    ) -> Execution:
        execution = Execution(
            id=self._ids.next(),
            pipeline_version=self.structure.version,
            mode=self.structure.mode,
            started=now,
            updated=now,
            revisions=revisions,
            trigger=trigger,
            trigger_detail=detail,
        )
        self.executions.append(execution)
        return execution

    def _arrive(self, execution: Execution, stage: str, now: datetime) -> None:
        if execution.mode == "SUPERSEDED" and execution.rollback_target is None:
            for older in self.waiting_at(stage):
                if older.rollback_target is None:
                    self.end(older, Status.SUPERSEDED, now)
        execution.waiting_at = stage
        execution.waiting_since = now

    def _enter(self, execution: Execution, stage: str, now: datetime) -> None:
        execution.waiting_at = execution.waiting_since = None
        execution.stage = stage
        execution.updated = now
        execution.runs[stage] = StageRun(stage, now)
        self.latest[stage] = execution.id
        self._start_next_actions(execution, now)

    def _start_next_actions(self, execution: Execution, now: datetime) -> bool:
        """Start the actions of the next run order; False when none is left."""
        run = execution.runs[execution.stage or ""]
        spec = self.structure.stage(run.stage)
        done = max((action.spec.run_order for action in run.actions), default=0)
        orders = [action.run_order for action in spec.actions] if spec else []
        coming = min((order for order in orders if order > done), default=None)
        if spec is None or coming is None:
            return False
        for action in spec.actions:
            if action.run_order == coming:
                run.actions.append(self._start_action(execution, run.stage, action, now))
        return True

    def _start_action(
        self, execution: Execution, stage: str, spec: ActionSpec, now: datetime
    ) -> ActionRun:
        run = ActionRun(
            id=self._ids.next(),
            execution_id=execution.id,
            pipeline_version=execution.pipeline_version,
            stage=stage,
            spec=spec,
            started=now,
            updated=now,
            ends=now + (spec.timeout if spec.is_approval else self.timings.of(spec.category)),
        )
        if spec.is_approval:
            run.token = self._ids.next()
        if spec.category == "Deploy":
            endpoint = spec.configuration.get("StackName", "")
            run.configuration = self.sources.configuration(execution.revisions, endpoint)
            if run.configuration is not None:
                self.deploys.begin(spec.region or "", endpoint, run.configuration, now)
        self.last_runs[stage, spec.name] = run
        return run

    def _look_at(self, run: ActionRun, now: datetime) -> None:
        """Finish an action whose time has come, or look again later."""
        if run.spec.is_approval:
            self.finish_action(run, Status.FAILED, now, error="approval timed out")
            return
        if run.configuration is not None:
            endpoint = run.spec.configuration.get("StackName", "")
            status = self.deploys.status(run.spec.region or "", endpoint, run.configuration)
            if status is DeployStatus.IN_PROGRESS:
                run.ends = now + self.timings.poll
                return
            if status is DeployStatus.FAILED:
                self.finish_action(run, Status.FAILED, now, error="the stack update failed")
                return
        left = self.coming_failures.get((run.stage, run.spec.name), 0)
        if left:
            self.coming_failures[run.stage, run.spec.name] = left - 1
            self.finish_action(run, Status.FAILED, now, error="the action failed")
            return
        self.finish_action(run, Status.SUCCEEDED, now)

    def finish_action(
        self,
        run: ActionRun,
        status: Status,
        now: datetime,
        *,
        summary: str = "",
        by: str = "",
        error: str | None = None,
    ) -> None:
        """End an action in progress and let its stage go on."""
        run.status, run.updated, run.ends = status, now, None
        run.summary, run.updated_by, run.error = summary, by, error
        execution = self.execution(run.execution_id)
        if execution is not None and execution.stage == run.stage:
            self._settle(execution, now)

    def _settle(self, execution: Execution, now: datetime) -> None:
        """Let the stage go on, or end it, once no action of it is in progress."""
        run = execution.runs[execution.stage or ""]
        execution.updated = now
        if any(action.status is Status.IN_PROGRESS for action in run.actions):
            return
        if execution.status is Status.STOPPING:
            self.end(execution, Status.STOPPED, now)
        elif execution.is_cancelled:
            self._cancel(execution, now)
        elif any(action.status is Status.FAILED for action in run.actions):
            self.end(execution, Status.FAILED, now)
            self._roll_back_by_itself(run.stage, execution, now)
        elif not self._start_next_actions(execution, now):
            self._leave(execution, run, now)

    def _leave(self, execution: Execution, run: StageRun, now: datetime) -> None:
        run.status = Status.SUCCEEDED
        coming = self.structure.after(run.stage)
        if coming is None or execution.rollback_target is not None:
            self.end(execution, Status.SUCCEEDED, now)
            return
        execution.stage = None
        self._arrive(execution, coming.name, now)

    def end(self, execution: Execution, status: Status, now: datetime) -> None:
        """End an execution wherever it is; its stage, if it is in one, ends the same way."""
        if execution.stage is not None:
            execution.runs[execution.stage].status = status
        execution.stage = execution.waiting_at = execution.waiting_since = None
        execution.status, execution.updated = status, now

    def _roll_back_by_itself(self, stage: str, failed: Execution, now: datetime) -> None:
        """Carry out `onFailure: ROLLBACK`: to the newest success of the stage, if any."""
        spec = self.structure.stage(stage)
        if spec is None or spec.on_failure != "ROLLBACK" or failed.rollback_target is not None:
            return
        for target in self.succeeded_in(stage):
            if target.rollback_target is None:
                detail = f"FailedPipelineExecutionId: {failed.id}"
                self.begin_rollback(stage, target, now, trigger="AutomatedRollback", detail=detail)
                return

    # What people do to executions and to the pipeline

    def stop(self, execution: Execution, reason: str | None, now: datetime, abandon: bool) -> None:
        """Stop an open execution: after its actions in progress, or at once if `abandon`."""
        execution.stop_reason = reason
        if execution.stage is None:
            self.end(execution, Status.STOPPED, now)
            return
        run = execution.runs[execution.stage]
        execution.status = run.status = Status.STOPPING
        execution.updated = now
        if abandon:
            for action in run.actions:
                if action.status is Status.IN_PROGRESS:
                    action.status, action.updated, action.ends = Status.ABANDONED, now, None
            self.end(execution, Status.STOPPED, now)

    def retry(self, execution: Execution, stage: str, now: datetime, *, all_actions: bool) -> None:
        """Run the failed (or all) actions of the stage where `execution` failed again."""
        run = execution.runs[stage]
        kept = [] if all_actions else [a for a in run.actions if a.status is Status.SUCCEEDED]
        replaced = [one for one in run.actions if one not in kept]
        again = [] if all_actions else [one.spec for one in replaced]
        run.retried += replaced
        execution.status = run.status = Status.IN_PROGRESS
        execution.stage, execution.updated = stage, now
        run.actions = kept + [self._start_action(execution, stage, one, now) for one in again]
        if not again:
            self._start_next_actions(execution, now)

    def move_transition(
        self, stage: str, *, enabled: bool, reason: str | None, by: str, now: datetime
    ) -> None:
        """Enable or disable the inbound transition of `stage`."""
        self.transitions[stage] = Transition(enabled, by, now, reason)

    def action_by_token(self, stage: str, action: str, token: str) -> ActionRun | None:
        """Return the approval request, open or not, that was given `token`."""
        for execution in self.executions:
            run = execution.runs.get(stage)
            for one in run.actions if run else ():
                if one.spec.name == action and one.token == token:
                    return one
        return None

    def update(self, structure: Structure, now: datetime) -> None:
        """Take a new structure: what waits is cancelled now, what runs after its actions."""
        self.structures.append(structure)
        for stage in structure.stages:
            self.transitions.setdefault(stage.name, Transition())
        for execution in self.executions:
            if not execution.is_open or execution.mode == "PARALLEL":
                continue
            if execution.stage is None:
                self._cancel(execution, now)
            else:
                execution.is_cancelled = True

    def _cancel(self, execution: Execution, now: datetime) -> None:
        execution.status_summary = "The pipeline was updated while the execution was in progress"
        self.end(execution, Status.CANCELLED, now)
