"""Invariants 4, 5, 8 and 9: what a way back needs, where it goes, and that it comes in time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from mcm.core.errors import McmError
from mcm.core.history.fold import fold
from mcm.core.history.state import State
from mcm.sandbox.engine import LogEntry
from mcm.sandbox.pipeline_model import Execution, Status
from tests.kit.world import STAGE as NAME
from tests.simulation.promoting import STAGE, is_firing
from tests.simulation.shown import OLDEST
from tests.simulation.simulation import Simulation

REACTION = timedelta(minutes=10)
"""From an alarm that everybody can read to RollbackStage or a person: stopping included."""
TWICE = 2
"""A lag counts when the alarm is looked at, and again when what stops is."""
NOTICED = timedelta(seconds=90)
"""By when a walk has read what somebody says."""
COMPLETION = timedelta(minutes=40)
"""From RollbackStage to the end of the stage: two long updates, and looking at what is served."""


class GoingBack:
    """Judges each RollbackStage, and at each turn whether one is missing."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong
        self._pipeline = sim.world.scenario.pipeline
        self._sent = 0
        self._doubt: datetime | None = None
        self._due: datetime | None = None
        self._since: datetime | None = None

    def judge(self, write: LogEntry) -> None:
        """Judge a RollbackStage of mcm's that AWS accepted."""
        sim, target = self._sim, write.params["targetPipelineExecutionId"]
        seen = sim.conditions.horizon("GetPipelineState", "ListPipelineExecutions")
        self._again(write)
        self._sent += 1
        if write.reply_lost:
            self._doubt = sim.clock.now()
        if self._sent > 1:
            self._wrong("4: a second RollbackStage")
        has_cause = sim.setting.breaks and sim.deed_at is not None
        if not sim.setting.oncall and not has_cause:
            self._wrong("5: rolled back without a cause")
        if target == sim.setting.plan.execution or target in self._left_behind(seen):
            self._wrong(f"9: rolled back to {target}")
        vetoes = [s.statement for s in sim.world.people.statements if s.statement.kind == "veto"]
        # Nobody can veto a breach that is not in the store to be read.
        if not any(sim.lost) and any(
            sim.world.local.now() - veto.not_before > NOTICED for veto in vetoes
        ):
            self._wrong("4: rolled back although somebody vetoed it")
        self._doubled(write, seen)

    def tried(self, write: LogEntry) -> None:
        """Judge a RollbackStage that AWS refused."""
        if write.operation == "RollbackStage":
            self._again(write)
            seen = self._sim.conditions.horizon("GetPipelineState", "ListPipelineExecutions")
            self._doubled(write, seen - OLDEST)

    def _doubled(self, write: LogEntry, seen: datetime) -> None:
        """4: a rollback of others that could be seen is adopted, not doubled."""
        others = [one for one in self._since_promotion() if one.trigger_detail != write.arn]
        doubled = [one.id for one in others if one.started <= seen]
        if doubled:
            self._wrong(f"4: RollbackStage although {doubled} went back already")

    def _again(self, write: LogEntry) -> None:
        """4: while it may only not show yet, what is in doubt is not sent again."""
        sim, since = self._sim, self._doubt
        knows = not any(sim.lost) and not sim.others
        if since is not None and knows and sim.clock.now() - since < sim.world.settle:
            self._wrong(f"4: {write.operation} again, {sim.clock.now() - since} after it was lost")

    def _left_behind(self, seen: datetime) -> set[str]:
        """Return the executions that a ROLLBACK of the stage has passed over by `seen`."""
        runs = sorted(
            (one for one in self._pipeline.executions if STAGE in one.runs),
            key=lambda one: one.runs[STAGE].entered,
        )
        left: set[str] = set()
        for place, run in enumerate(runs):
            here = run.runs[STAGE]
            is_over = here.status is Status.SUCCEEDED and run.updated <= seen
            if run.rollback_target is None or not is_over:
                continue
            behind = [one.id for one in runs[:place]]
            aim = behind.index(run.rollback_target) if run.rollback_target in behind else 0
            left.update(behind[aim + 1 :])
        return left

    def _since_promotion(self) -> list[Execution]:
        """Return the ROLLBACKs that came to the stage after our execution entered it."""
        ours = self._pipeline.execution(self._sim.setting.plan.execution)
        if ours is None or STAGE not in ours.runs:
            return []
        return [
            one
            for one in self._pipeline.executions
            if one.rollback_target is not None
            and one.status in (Status.IN_PROGRESS, Status.SUCCEEDED)
            and one.started > ours.runs[STAGE].entered
        ]

    def watch(self, state: State) -> None:
        """8: count how long a way back has been due while nothing stood in its way."""
        sim, now = self._sim, self._sim.clock.now()
        is_well = now >= sim.conditions.until and sim.running_since is not None
        known = state.stage(NAME)
        others = sim.setting.oncall or sim.setting.observes is not None
        if not is_well or others or sim.setting.stops or known.outcome:
            self._due = self._since = None
            return
        back = self._since_promotion()
        self._due = self._from(self._due) if self._is_called_for() and not back else None
        reaction = REACTION + TWICE * sim.conditions.behind
        if self._due and now - self._due > reaction and not self._is_loud():
            self._wrong(f"8: an alarm since {self._due:%H:%M:%S} and no way back is begun")
        self._since = self._from(self._since) if back else None
        if self._since and now - self._since > COMPLETION and not self._is_loud():
            self._wrong(f"8: going back since {self._since:%H:%M:%S} and not at the end")

    def died(self, err: McmError) -> None:
        """8: a process ends by itself only where nothing is out there and nothing goes back."""
        if self._sim.setting.observes is not None:
            return  # nothing out there is its affair
        known = fold(self._sim.journal.entries(self._sim.setting.plan.change)).stage(NAME)
        if known.retry is not None and not self._sim.world.sent("RetryStageExecution"):
            return  # what failed is to be promoted once more, and is not yet
        if self._sim.setting.oncall or (self._is_out() and not known.outcome):
            self._wrong(f"8: it gave up what is out there: {err}")

    def _from(self, since: datetime | None) -> datetime:
        """Return since when: not before this process lived."""
        now, alive = self._sim.clock.now(), self._sim.running_since
        return max(since or now, alive or now)

    def _is_called_for(self) -> bool:
        sim = self._sim
        if not sim.setting.breaks or sim.deed_at is None:
            return False
        is_latest = self._pipeline.latest[STAGE] == sim.setting.plan.execution
        return self._is_out() and is_latest and is_firing(sim)

    def _is_out(self) -> bool:
        ours = self._pipeline.execution(self._sim.setting.plan.execution)
        return ours is not None and STAGE in ours.runs

    def _is_loud(self) -> bool:
        """Whether a person has been called, in the journal or where the store took nothing."""
        sim = self._sim
        stored = [entry for name in sim.journal.changes() for entry in sim.journal.entries(name)]
        lost = [entry for entries in sim.lost for entry in entries]
        return any(entry.kind == "person_needed" for entry in [*stored, *lost])
