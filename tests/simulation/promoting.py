"""Invariants 2 and 3, and 1 by `approving`: what must be so in the moment of a promotion."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from mcm.core.history.fold import fold
from mcm.core.history.journal import Entry
from mcm.sandbox.engine import LogEntry
from mcm.sandbox.pipeline_model import Execution, Status
from tests.kit.world import US, WINDOW
from tests.simulation.approving import Approving
from tests.simulation.opening import Opening
from tests.simulation.simulation import Simulation

STAGE = "ProdUS"
ZONE = ZoneInfo(WINDOW.windows[0].timezone)
_READS = {
    "alarms": "DescribeAlarms",
    "sagemaker-endpoint": "DescribeEndpoint",
    "metric-threshold": "GetMetricData",
    "metric-compare": "GetMetricData",
    "shadow-traffic": "GetMetricData",
    "open-incidents": "DescribeOpsItems",
}
"""What the guardrails of a kind read of AWS."""


SKEW = timedelta(seconds=125)
"""By how much a clock may be off: two minutes, and how long an answer of AWS's takes."""


class Promoting:
    """Judges each opening and each retry, on the engine's own state and on the journal."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong
        self._pipeline = sim.world.scenario.pipeline
        self._approving = Approving(sim, wrong)
        self._opening = Opening(sim, wrong)

    def judge(self, write: LogEntry, waiting: list[Execution]) -> None:
        """Judge a write of mcm's that AWS accepted; `waiting` is who stood there before it."""
        self._leased(must=False)
        if write.operation == "RetryStageExecution":
            self._promotion([write.params["pipelineExecutionId"]])
        elif write.operation == "EnableStageTransition":
            if not waiting and self._was_for_rollback():
                return
            if not any(one.rollback_target for one in waiting):
                self._shown_in_front()
                self._promotion([one.id for one in waiting])
            elif len(waiting) > 1:
                self._wrong("3: a transition opened for a ROLLBACK with others beside it")

    def tried(self, write: LogEntry) -> None:
        """3: judge what AWS refused; mcm must not even have asked."""
        opens = write.operation in ("EnableStageTransition", "RetryStageExecution")
        planned, shown = self._sim.setting.plan.pipeline_version, self._sim.conditions.shown.version
        if opens and not self._sim.setting.oncall and shown != planned:
            self._wrong(f"3: asked for a promotion in version {shown}, planned is {planned}")

    def _promotion(self, waiting: list[str]) -> None:
        sim, plan = self._sim, self._sim.setting.plan
        lags = sim.conditions.lags("GetPipelineState")
        if sim.setting.oncall:
            self._wrong("3: a rollback promoted")
        if not sim.conditions.shown.is_reread:
            self._wrong("3: promoted, and who waits was not looked at after the intent")
        if waiting != [plan.execution] and not lags and not self._overtaken(waiting):
            self._wrong(f"3: opened for {waiting}, pinned is {plan.execution}")
        if self._pipeline.structure.version != plan.pipeline_version and not lags:
            self._wrong("3: promoted in another version of the pipeline")
        self._approving.promotes()
        self._leased(must=True)
        self._shown()
        self._hours()
        self._opening.promotes(plan.stages[0].window or WINDOW)
        self._held()
        if is_firing(sim) and not sim.conditions.lags("DescribeAlarms"):
            self._wrong("2: promoted with an alarm in ALARM")
        self._ages()

    def heard(self, entry: Entry, by: object) -> None:
        """What an intent rests on is looked at once more before the act."""
        del by
        if entry.kind == "intent":
            self._sim.conditions.shown.is_reread = False

    def _overtaken(self, waiting: list[str]) -> bool:
        """Whether another came after the last look, as only the story of that makes happen."""
        ours = self._pipeline.execution(self._sim.setting.plan.execution)
        is_gone = ours is not None and ours.status is Status.SUPERSEDED
        return self._sim.setting.overtaken is not None and is_gone and len(waiting) == 1

    def _was_for_rollback(self) -> bool:
        """Whether a late read showed a ROLLBACK shut out that has entered by now."""
        if not self._sim.conditions.lags("GetPipelineState"):
            return False
        shown = map(self._pipeline.execution, self._sim.conditions.shown.waiting(STAGE))
        return any(one is not None and one.rollback_target for one in shown)

    def _shown_in_front(self) -> None:
        """3: what mcm was shown last, whatever was true by then, was the pinned one alone."""
        found = self._sim.conditions.shown.waiting(STAGE)
        if found != [self._sim.setting.plan.execution]:
            self._wrong(f"3: opened, and was shown {found} in front")

    def _shown(self) -> None:
        """2, 3: the same of the version and of the alarms."""
        plan, shown = self._sim.setting.plan, self._sim.conditions.shown
        if shown.version != plan.pipeline_version:
            self._wrong(f"3: promoted, and was shown version {shown.version} of the pipeline")
        for guardrail in plan.stages[0].guardrails:
            for name in guardrail.params.get("names", ()):
                if shown.alarm(name, self._sim.clock.now()) != "OK":
                    self._wrong(f"2: promoted, and {name} was not shown as OK")

    def _leased(self, *, must: bool) -> None:
        """3: one driver: nobody writes beside one who holds the lease, unless the lock was broken.

        Where nobody can tell who holds it, what is out there is watched without.
        """
        desk, change = self._sim.desk, self._sim.setting.plan.change
        if self._sim.setting.oncall or desk.at_work is None:
            return
        # A lease that is held is kept, also while nobody can tell who holds it.
        desk.leases.broken, why = "", desk.leases.broken
        driver, desk.leases.broken = desk.leases.driver(change), why
        if must or desk.at_work not in desk.barred:
            self._held_by(driver.pid if driver else None, must=must)

    def _held_by(self, pid: int | None, *, must: bool) -> None:
        if (must and pid is None) or (pid is not None and pid != self._sim.desk.at_work):
            self._wrong("3: written by a process that does not hold the lease")

    def _hours(self) -> None:
        sim = self._sim
        local = sim.world.local.now().astimezone(ZONE)
        if not 2 <= local.hour < 5:
            self._wrong(f"2: promoted at {local}, outside the window")
        off = abs(sim.world.local.now() - sim.clock.now())
        if off > SKEW:
            self._wrong(f"2: promoted by a clock that is off by {off}")
        if sim.world.people.freezes:
            self._wrong("2: promoted in a freeze")

    def _held(self) -> None:
        """Judged by what the journal said when the intent was written."""
        plan = self._sim.setting.plan
        entries = self._sim.journal.entries(plan.change)
        intent = next((e for e in reversed(entries) if e.kind == "intent"), None)
        before = [e for e in entries if intent is not None and e.seq < intent.seq]
        if fold(before).held(plan.stages[0].name) is not None:
            self._wrong("2: promoted while a person held it")

    def _ages(self) -> None:
        now, shown = self._sim.clock.now(), self._sim.conditions.shown
        used = {guardrail.kind for guardrail in self._sim.setting.plan.stages[0].guardrails}
        read = ("GetPipelineState", *(_READS[kind] for kind in used if kind in _READS))
        old = [name for name in read if not shown.is_fresh(name, now)]
        if old:
            self._wrong(f"2: promoted on readings older than 10 s: {old}")

    def finish(self, journals: list[list[Entry]]) -> None:
        """Judge what only the whole run shows."""
        for entries in journals:
            self._approving.claimed(entries)
        self._twice()

    def _twice(self) -> None:
        """3: what was promoted once and entered is not promoted again."""
        writes = self._sim.world.engine.log.accepted("EnableStageTransition")
        counts = Counter(write.arn for write in writes)
        if max(counts.values(), default=0) > 9:
            self._wrong("3: the transition was opened again and again")


def is_firing(sim: Simulation) -> bool:
    """Say whether an alarm of the stage is in ALARM, whatever mcm is shown."""
    port = sim.world.port("bob", US.region)
    reply = port.call("cloudwatch", "DescribeAlarms", {"AlarmNamePrefix": "photo-check"})
    return any(alarm["StateValue"] == "ALARM" for alarm in reply["MetricAlarms"])
