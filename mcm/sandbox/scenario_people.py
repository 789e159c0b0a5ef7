"""The people at the console: they pass executions through stages that nobody tests.

They act on the pipeline directly, as the engine's time goes by, so the engine's log holds
only what came in through a call.
"""

from collections.abc import Collection
from datetime import datetime

from mcm.sandbox.pipeline_model import ActionRun, Execution, Status
from mcm.sandbox.pipeline_run import PipelineRun

CLOSED_REASON = "opened by hand when the stage is quiet"


class People:
    """Standing orders for STANDARD executions: approve, open, and close behind.

    A stage in `stages` has its approvals answered and, if its inbound transition is
    disabled, opened once for each execution that comes and disabled after the entry.
    """

    def __init__(self, pipeline: PipelineRun, arn: str, stages: Collection[str] = ()) -> None:
        self.stages = set(stages)
        self._pipeline = pipeline
        self._arn = arn
        self._opened: dict[str, str] = {}
        self._seen: set[tuple[str, str]] = set()

    def next_event(self) -> datetime | None:
        """People follow the pipeline; they bring no instant of their own."""
        return None

    def advance(self, now: datetime) -> None:
        open_ones = [one for one in self._pipeline.executions if one.is_open]
        if not open_ones and not self._opened:
            return
        for stage in self._pipeline.structure.stages:
            self._close_behind(stage.name, now)
            if stage.name in self.stages:
                self._open_for(stage.name, now)
                self._approve(stage.name, now)

    def close(self, stage: str, now: datetime) -> None:
        """Disable the inbound transition of `stage`."""
        self._pipeline.move_transition(
            stage, enabled=False, reason=CLOSED_REASON, by=self._arn, now=now
        )

    def _open_for(self, stage: str, now: datetime) -> None:
        if self._pipeline.transitions[stage].enabled:
            return
        coming = [one for one in self._pipeline.waiting_at(stage) if _is_standard(one)]
        if not coming:
            return
        key = (coming[-1].id, stage)
        if key not in self._seen:
            self._seen.add(key)
            self._opened[stage] = coming[-1].id
            self._pipeline.move_transition(stage, enabled=True, reason=None, by=self._arn, now=now)

    def _close_behind(self, stage: str, now: datetime) -> None:
        if stage in self._opened and self._pipeline.latest.get(stage) == self._opened[stage]:
            del self._opened[stage]
            self.close(stage, now)

    def _approve(self, stage: str, now: datetime) -> None:
        execution = self._pipeline.running_in(stage)
        if execution is None or not _is_standard(execution):
            return
        for run in execution.runs[stage].actions:
            if _is_open_approval(run):
                self._pipeline.finish_action(
                    run, Status.SUCCEEDED, now, summary="Go on", by=self._arn
                )


def _is_standard(execution: Execution) -> bool:
    return execution.rollback_target is None


def _is_open_approval(run: ActionRun) -> bool:
    return run.spec.is_approval and run.status is Status.IN_PROGRESS
