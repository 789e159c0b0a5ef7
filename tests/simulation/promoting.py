"""Invariants 1, 2 and 3: what must be so at the moment in which something is promoted."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from mcm.core.fold import fold
from mcm.core.journal import Entry
from mcm.sandbox.engine import LogEntry
from mcm.sandbox.pipeline_model import Execution
from tests.kit.world import US, WINDOW
from tests.simulation.simulation import Simulation

STAGE = "ProdUS"
ZONE = ZoneInfo(WINDOW.windows[0].timezone)
OLDEST = timedelta(seconds=10)
_READ = ("GetPipelineState", "DescribeAlarms", "DescribeEndpoint")
"""What the gates of the example read."""


class Promoting:
    """Judges each opening and each retry, on the engine's own state and on the journal."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong
        self._pipeline = sim.world.scenario.pipeline
        self._spent: dict[str, str] = {}

    def judge(self, write: LogEntry, waiting: list[Execution]) -> None:
        """Judge a write of mcm's that AWS accepted; `waiting` is who stood there before it."""
        if write.operation == "RetryStageExecution":
            self._promotion([write.params["pipelineExecutionId"]])
        elif write.operation == "EnableStageTransition":
            if not any(one.rollback_target for one in waiting):
                self._promotion([one.id for one in waiting])
            elif len(waiting) > 1:
                self._wrong("3: a transition opened for a ROLLBACK with others beside it")

    def _promotion(self, waiting: list[str]) -> None:
        sim, plan = self._sim, self._sim.setting.plan
        lags = sim.conditions.lags("GetPipelineState")
        if sim.setting.oncall:
            self._wrong("3: a rollback promoted")
        if waiting != [plan.execution] and not lags:
            self._wrong(f"3: opened for {waiting}, pinned is {plan.execution}")
        if self._pipeline.structure.version != plan.pipeline_version and not lags:
            self._wrong("3: promoted in another version of the pipeline")
        self._quorum()
        self._hours()
        self._held()
        if is_firing(sim) and not sim.conditions.lags("DescribeAlarms"):
            self._wrong("2: promoted with an alarm in ALARM")
        self._ages()

    def _quorum(self) -> None:
        sim, plan, now = self._sim, self._sim.setting.plan, self._sim.world.local.now()
        said = [each for each in sim.world.people.statements if each.statement.plan == plan.digest]
        if any(each.statement.kind == "rejection" for each in said):
            self._wrong("1: promoted although somebody rejected")
        persons = {
            each.person
            for each in said
            if each.statement.kind == "approval"
            and each.statement.execution == plan.execution
            and each.statement.stage == plan.stages[0].name
            and each.statement.not_before <= now < each.statement.expires
        } - {plan.requester, ""}
        if len(persons) < plan.stages[0].approvals:
            self._wrong(f"1: promoted with {sorted(persons)} of {plan.stages[0].approvals}")

    def _hours(self) -> None:
        sim = self._sim
        local = sim.world.local.now().astimezone(ZONE)
        if not 2 <= local.hour < 5:
            self._wrong(f"2: promoted at {local}, outside the window")
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
        now, read = self._sim.clock.now(), self._sim.conditions.read_at
        old = [name for name in _READ if name not in read or now - read[name] > OLDEST]
        if old and not self._is_unread(old):
            self._wrong(f"2: promoted on readings older than 10 s: {old}")

    def _is_unread(self, old: list[str]) -> bool:
        """Guardrails that the plan does not have are not read."""
        used = {guardrail.check for guardrail in self._sim.setting.plan.stages[0].guardrails}
        return old == ["DescribeEndpoint"] and "sagemaker-endpoint" not in used

    def claimed(self, entries: list[Entry]) -> None:
        """1: each approval is used for one purpose only."""
        for entry in entries:
            for claim in entry.body.get("claims", ()) if entry.kind == "intent" else ():
                holder = self._spent.setdefault(claim["nonce"], claim["holder"])
                if holder != claim["holder"]:
                    self._wrong(f"1: an approval of {holder} was used by {claim['holder']} too")

    def twice(self) -> None:
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
