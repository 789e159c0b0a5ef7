"""What must hold in every run, whatever happens. Judged on the engine's own truth."""

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from mcm.core.errors import Exit
from mcm.core.journal import Entry, verify
from mcm.sandbox.engine import LogEntry
from mcm.sandbox.identity import user_key
from mcm.sandbox.pipeline_model import Status
from tests.kit.world import US
from tests.simulation.draw import Drawn, draw
from tests.simulation.simulation import FINAL, Simulation

OPS = {
    "EnableStageTransition": "open_transition",
    "DisableStageTransition": "close_transition",
    "PutApprovalResult": "answer_approval",
    "StopPipelineExecution": "stop_execution",
    "RollbackStage": "roll_back_stage",
}
ONCE = ("close_transition",)
"""What is not tried again for long: a way in that AWS does not let us close."""
STAGE = "ProdUS"
NOTICED = timedelta(minutes=8)
"""By when an alarm on errors has told everybody who polls."""


class Invariants:
    """Watches one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self.sim = simulation
        self.pipeline = simulation.world.scenario.pipeline
        self.rollbacks = 0
        self.rolled_back_from: set[str] = set()
        simulation.checks.append(self.after_call)

    def wrong(self, problem: str) -> None:
        self.sim.say(f"PROBLEM {problem}")
        self.sim.problems.append(problem)

    def after_call(self, before: int) -> None:
        for entry in self.sim.world.engine.log.writes[before:]:
            if entry.access_key_id == user_key("alice") and entry.is_accepted:
                lost = " (reply lost)" if entry.reply_lost else ""
                self.sim.say(f"  WRITE {entry.operation} {entry.params}{lost}")
                self._explained(entry)
                self._judge(entry)

    def journals(self) -> list[list[Entry]]:
        """Return every chain: one a change, and what the store did not take."""
        sim = self.sim
        lost = sim.world.listener.lost_entries
        stored = [sim.journal.entries(change) for change in sim.journal.changes()]
        return [[*entries, *lost] for entries in stored] or [lost]

    def _explained(self, write: LogEntry) -> None:
        """6: an intent of that kind stands in the journal, and no outcome of it yet."""
        for entries in self.journals():
            done = {e.body["intent"] for e in entries if e.kind == "outcome"}
            intents = [e for e in entries if e.kind == "intent" and e.seq not in done]
            if OPS.get(write.operation) in {e.body["instruction"]["op"] for e in intents}:
                return
        self.wrong(f"6: {write.operation} without an intent before it")

    def _judge(self, write: LogEntry) -> None:
        if write.operation == "EnableStageTransition":
            waiting = self.pipeline.waiting_at(STAGE)
            if not any(one.rollback_target for one in waiting):
                self._promotion([one.id for one in waiting])
            elif len(waiting) > 1:
                self.wrong("3: a transition opened for a ROLLBACK with others beside it")
        elif write.operation == "RollbackStage":
            self._rollback(write)

    def _promotion(self, waiting: list[str]) -> None:
        sim, plan, now = self.sim, self.sim.setting.plan, self.sim.clock.now()
        if waiting != [plan.execution] and not sim.lags("GetPipelineState"):
            self.wrong(f"3: opened for {waiting}, pinned is {plan.execution}")
        said = [each.statement for each in sim.world.people.statements]
        signed = any(
            s.kind == "approval"
            and s.approver not in ("", "alice")
            and s.plan == plan.digest
            and s.execution == plan.execution
            and now < s.expires
            for s in said
        )
        if not signed or any(s.kind == "rejection" for s in said):
            self.wrong("1: promoted without a quorum")
        local = now.astimezone(ZoneInfo("America/Los_Angeles"))
        if not 2 <= local.hour < 5 or sim.world.people.freezes:
            self.wrong(f"2: promoted at {local}, outside the window or in a freeze")
        if self.pipeline.structure.version != plan.pipeline_version and not sim.lags(
            "GetPipelineState"
        ):
            self.wrong("3: promoted in another version of the pipeline")
        if self._red() and not sim.lags("DescribeAlarms"):
            self.wrong("2: promoted with an alarm in ALARM")

    def _red(self) -> bool:
        port = self.sim.world.port("bob", US.region)
        reply = port.call("cloudwatch", "DescribeAlarms", {"AlarmNamePrefix": "photo-check"})
        return any(alarm["StateValue"] == "ALARM" for alarm in reply["MetricAlarms"])

    def _rollback(self, write: LogEntry) -> None:
        sim = self.sim
        self.rollbacks += 1
        if self.rollbacks > 1:
            self.wrong("4: a second RollbackStage")
        if not sim.setting.oncall and (not sim.setting.breaks or sim.deed_at is None):
            self.wrong("5: rolled back without a cause")
        target = write.params["targetPipelineExecutionId"]
        if target == sim.setting.plan.execution or target in self.rolled_back_from:
            self.wrong(f"9: rolled back to {target}")
        ours = sim.setting.plan.execution
        started = [one for one in self.pipeline.executions if one.id == ours]
        for one in self.pipeline.executions:
            doubled = (
                one.rollback_target
                and one.trigger_detail != write.arn
                and one.status in (Status.IN_PROGRESS, Status.SUCCEEDED)
                and started
                and STAGE in started[0].runs
                and one.started > started[0].runs[STAGE].entered
            )
            if doubled and not sim.lags("GetPipelineState"):
                self.wrong(f"4: RollbackStage although {one.id} went back already")

    # At the end

    def finish(self) -> None:
        """Judge the end, and what the same command does when it is run once more."""
        sim = self.sim
        if sim.problems:
            return
        if not sim.endings:
            self.wrong("7: the command never came to an end")
            return
        last = sim.endings[-1]
        self._end(last.exit)
        writes = len(sim.world.engine.log.accepted())
        again = sim.again()
        if sim.world.listener.lost_entries:
            pass  # without its journal it can only say what the pipeline shows
        elif again is None or again.exit != last.exit:
            if last.exit in FINAL and not last.gate and not sim.setting.oncall:
                self.wrong(f"7: run again it ended otherwise: {again}")
            elif again is not None:
                self._end(again.exit)
        elif last.exit in FINAL and len(sim.world.engine.log.accepted()) != writes:
            self.wrong("7: run again after its end it wrote again")
        self._journal()

    def _end(self, found: Exit) -> None:
        sim = self.sim
        allowed = set(sim.setting.exits)
        if self._window_is_over():
            allowed.add(Exit.HELD)
        now = sim.clock.now()
        if any(now >= each.statement.expires for each in sim.world.people.statements):
            allowed.add(Exit.REFUSED)
        used_up = self._used_up()
        if used_up & {"roll_back_stage", "close_transition", "stop_execution"}:
            allowed.add(Exit.NEEDS_PERSON)
        if "open_transition" in used_up:
            allowed |= {Exit.HELD, Exit.NEEDS_PERSON}
        if sim.setting.breaks and not sim.world.sent("EnableStageTransition"):
            allowed.add(Exit.HELD)
        if sim.setting.breaks and sim.deed_at is None:
            allowed |= {Exit.DONE, Exit.HELD}
        if found not in allowed:
            self.wrong(f"7: ended with {found!r}, allowed {sorted(allowed)}")
        latest = self.pipeline.execution(self.pipeline.latest[STAGE])
        assert latest is not None
        back = bool(latest.rollback_target) and latest.status is Status.SUCCEEDED
        if found is Exit.ROLLED_BACK and not back:
            self.wrong(f"4: says rolled back, but {latest.id} is {latest.status}")
        if found is Exit.DONE and sim.setting.oncall != back:
            self.wrong(f"4: says done, but the stage has {latest.id}, {latest.status}")
        if found is Exit.DONE and sim.setting.breaks and not sim.setting.oncall:
            at = sim.deed_at
            if at is not None and sim.clock.now() - at > NOTICED:
                self.wrong("4: a breach was passed over in silence")

    def _used_up(self) -> set[str]:
        """Return the kinds of instruction whose three attempts all came to nothing."""
        failed: Counter[str] = Counter()
        for entries in self.journals():
            ops = {e.seq: e.body["instruction"]["op"] for e in entries if e.kind == "intent"}
            for entry in entries:
                is_refused = entry.kind == "outcome" and entry.body["result"] == "refused"
                if is_refused or (entry.kind == "settled" and not entry.body["happened"]):
                    failed[ops.get(entry.body["intent"], "")] += 1
        return {op for op, count in failed.items() if count >= (1 if op in ONCE else 3)}

    def _window_is_over(self) -> bool:
        local = self.sim.clock.now().astimezone(ZoneInfo("America/Los_Angeles"))
        return not 2 <= local.hour < 5

    def _journal(self) -> None:
        sim = self.sim
        for change in sim.journal.changes():
            problems = verify(sim.journal.entries(change))
            if problems:
                self.wrong(f"6: the chain of {change} does not hold: {problems}")
        if sim.world.listener.lost_entries:
            return
        entries = {change: sim.journal.entries(change) for change in sim.journal.changes()}
        for change, found in entries.items():
            intents = {e.seq: e for e in found if e.kind == "intent"}
            known = {e.body["intent"] for e in found if e.kind in ("outcome", "settled")}
            doubtful = {
                e.body["intent"]
                for e in found
                if e.kind == "outcome" and e.body["result"] == "in_doubt"
            } - {e.body["intent"] for e in found if e.kind == "settled"}
            for seq in (set(intents) - known) | doubtful:
                if sim.endings[-1].exit in FINAL:
                    self.wrong(f"6: nobody says what became of entry {seq} of {change}")


def simulate(seed: int) -> tuple[Drawn, Simulation]:
    """Play one seed and judge it; `problems` of the simulation is empty when all held."""
    drawn = draw(seed)
    return drawn, play(drawn)


def play(drawn: Drawn) -> Simulation:
    """Play one scenario and judge it."""
    simulation = Simulation(drawn)
    invariants = Invariants(simulation)
    simulation.play()
    invariants.finish()
    return simulation


def report(drawn: Drawn, simulation: Simulation) -> str:
    """Return what a person needs to understand a failing seed."""
    lines = [str(drawn), *simulation.trace, "", *simulation.problems]
    return "\n".join([*lines, "", f"replay: {drawn.replay}"])
