"""Invariants 4, 6 and 7 at the end of a run: how it ended, and whether the journal tells."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from mcm.core.errors import Exit
from mcm.core.history.attempts import ASKS
from mcm.core.history.journal import Entry, verify
from mcm.sandbox.engine import LogEntry
from mcm.sandbox.identity import user_key
from tests.simulation.promoting import STAGE, ZONE, is_firing
from tests.simulation.simulation import FINAL, Simulation

OPS = {
    "EnableStageTransition": "open_transition",
    "DisableStageTransition": "close_transition",
    "PutApprovalResult": "answer_approval",
    "StopPipelineExecution": "stop_execution",
    "RollbackStage": "roll_back_stage",
    "RetryStageExecution": "retry_stage",
}
ONCE = ("close_transition",)
"""What is not tried again for long: a way in that AWS does not let us close."""
NOTICED = timedelta(minutes=8)
"""By when an alarm on errors has told everybody who polls."""


class Ending:
    """Judges each write by the journal, and the end of the run."""

    def __init__(self, sim: Simulation, wrong: Callable[[str], None]) -> None:
        self._sim = sim
        self._wrong = wrong

    def journals(self) -> list[list[Entry]]:
        """Return every chain: one a change, and one a process for what the store did not take."""
        stored = [list(self._sim.journal.entries(one)) for one in self._sim.journal.changes()]
        return [*stored, *self._sim.lost]

    def explained(self, write: LogEntry) -> None:
        """6: an intent of that kind stands in the journal, and no outcome of it yet."""
        for entries in self.journals():
            if OPS.get(write.operation) in _waiting(entries).values():
                return
        self._wrong(f"6: {write.operation} without an intent before it")

    def finish(self) -> None:
        """Judge the end, and what the same command does when it is run once more."""
        sim = self._sim
        if not sim.endings:
            self._wrong("7: the command never came to an end")
            return
        last = sim.endings[-1]
        self._end(last.exit)
        if last.gate == "transition" and self._closings() < ASKS:
            self._wrong("3: nothing fails any more, and the way in is not closed")
        if sim.setting.observes is not None:
            self._observed()
            return
        writes = len(sim.world.engine.log.accepted())
        again = sim.again()
        if any(sim.lost):
            pass  # without its journal it can only say what the pipeline shows
        elif again is None or again.exit != last.exit:
            if last.exit in FINAL and not last.gate and not sim.setting.oncall:
                self._wrong(f"7: run again it ended otherwise: {again}")
            elif again is not None:
                self._end(again.exit)
        elif last.exit in FINAL and len(sim.world.engine.log.accepted()) != writes:
            self._wrong("7: run again after its end it wrote again")
        self._journal()

    def _closings(self) -> int:
        ops = (
            e.body["instruction"]["op"] for j in self.journals() for e in j if e.kind == "intent"
        )
        return sum(op == "close_transition" for op in ops)

    def _observed(self) -> None:
        """10: an observer that saw it all says what it would have done, or how it ended."""
        sim, tells = self._sim, self._sim.setting.tells
        said = {entry.kind for name in sim.noted.changes() for entry in sim.noted.entries(name)}
        (*before, last), came = sim.endings, "entered" in said
        saw = came and not before and not sim.crashes and last.exit is Exit.DONE
        if saw and tells and tells not in said:
            self._wrong(f"10: an observer saw it all and noted no {tells}")

    def _end(self, found: Exit) -> None:
        sim = self._sim
        allowed = set(sim.setting.exits) | self._excused()
        if found not in allowed:
            self._wrong(f"7: ended with {found!r}, allowed {sorted(allowed)}")
        if found in (Exit.DONE, Exit.ABORTED):
            self._way_in()
        if found is Exit.DONE and sim.setting.breaks and not sim.setting.oncall:
            is_ours = sim.world.scenario.pipeline.latest.get("ProdUS") == sim.setting.plan.execution
            if is_ours and is_firing(sim):
                self._silence()

    def _way_in(self) -> None:
        """3: what mcm opened for one execution is closed behind it."""
        moved = ("EnableStageTransition", "DisableStageTransition")
        log = self._sim.world.engine.log
        moves = [
            e for e in log.accepted() if e.operation in moved and e.params["stageName"] == STAGE
        ]
        is_ours = bool(moves) and moves[-1].access_key_id == user_key("alice")
        if (
            is_ours
            and moves[-1].operation == moved[0]
            and "close_transition" not in self._used_up()
        ):
            self._wrong("3: the walk ended with the way in open")

    def _silence(self) -> None:
        """4: what baked to its end with an alarm in ALARM was passed over."""
        at = self._sim.deed_at
        ended = next(
            (e.at for entries in self.journals() for e in entries if e.kind == "stage_ended"), None
        )
        if at is not None and (ended is None or ended - at > NOTICED):
            self._wrong("4: a breach was passed over in silence")

    def _excused(self) -> set[Exit]:
        """Return the ends that circumstances allow, whatever the story."""
        sim, excused = self._sim, set[Exit]()
        local = sim.clock.now().astimezone(ZONE)
        if not 2 <= local.hour < 5:
            excused.add(Exit.HELD)
        now = sim.clock.now()
        if any(now >= each.statement.expires for each in sim.world.people.statements):
            excused.add(Exit.REFUSED)
        used_up = self._used_up()
        if used_up & {"roll_back_stage", "close_transition", "stop_execution"}:
            excused.add(Exit.NEEDS_PERSON)
        if used_up & {"open_transition", "retry_stage"}:
            excused |= {Exit.HELD, Exit.NEEDS_PERSON}
        if sim.setting.breaks and not sim.world.sent("EnableStageTransition"):
            excused.add(Exit.HELD)
        if sim.setting.breaks and sim.deed_at is None:
            excused |= {Exit.DONE, Exit.HELD}
        return excused

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

    def _journal(self) -> None:
        """6: the chain verifies, and says of each act what became of it."""
        sim = self._sim
        for change in sim.journal.changes():
            if problems := verify(sim.journal.entries(change)):
                self._wrong(f"6: the chain of {change} does not hold: {problems}")
        if any(sim.lost) or sim.endings[-1].exit not in FINAL:
            return
        # Nobody starts an on-call's command again that died beside the walk.
        ours = sim.journal.changes() if sim.setting.oncall else (sim.setting.plan.change,)
        for change in ours:
            for seq in sorted(_open(sim.journal.entries(change))):
                self._wrong(f"6: nobody says what became of entry {seq} of {change}")


def _waiting(entries: list[Entry]) -> dict[int, str]:
    """Return the intents that wait for their outcome, and what they are for.

    In order, since processes that lost their store number their entries alike.
    """
    found: dict[int, str] = {}
    for entry in entries:
        if entry.kind == "intent":
            found[entry.seq] = entry.body["instruction"]["op"]
        elif entry.kind == "outcome":
            found.pop(entry.body["intent"], None)
    return found


def _open(entries: tuple[Entry, ...]) -> set[int]:
    """Return the intents that have no outcome, or one in doubt that nobody settled."""
    intents = {e.seq for e in entries if e.kind == "intent"}
    settled = {e.body["intent"] for e in entries if e.kind == "settled"}
    told = {
        e.body["intent"] for e in entries if e.kind == "outcome" and e.body["result"] != "in_doubt"
    }
    return intents - settled - told
