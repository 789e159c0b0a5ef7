"""What must hold in every run, whatever happens. Judged on the engine's own truth.

A broken invariant is said with its number: docs/simulation.md lists them.
"""

from mcm.sandbox.engine import LogEntry
from mcm.sandbox.identity import user_key
from mcm.sandbox.pipeline_model import Execution
from tests.simulation import twin
from tests.simulation.baking import Baking
from tests.simulation.draw import Drawn, draw
from tests.simulation.ending import Ending
from tests.simulation.going_back import GoingBack
from tests.simulation.promoting import STAGE, Promoting
from tests.simulation.simulation import Simulation


class Invariants:
    """Watches one simulation: each call of mcm's, each turn, and the end."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation
        self._promoting = Promoting(simulation, self.wrong)
        self._going_back = GoingBack(simulation, self.wrong)
        self._ending = Ending(simulation, self.wrong)
        self._judged = len(simulation.world.engine.log.writes)
        simulation.checks.append(self._after_call)
        simulation.deaths.append(self._going_back.died)
        simulation.hears.append(self._promoting.heard)
        simulation.hears.append(Baking(simulation, self.wrong).heard)
        simulation.watches.append(self._going_back.watch)

    def wrong(self, problem: str) -> None:
        if problem not in self._sim.problems:
            self._sim.say(f"PROBLEM {problem}")
            self._sim.problems.append(problem)

    def finish(self) -> None:
        """Judge the end, unless something was wrong on the way."""
        if not self._sim.problems:
            self._promoting.finish(self._ending.journals())
            self._ending.finish()

    def _after_call(self) -> None:
        writes = self._sim.world.engine.log.writes
        new, self._judged = writes[self._judged :], len(writes)
        for entry in new:
            if entry.access_key_id != user_key("alice"):
                continue
            if self._sim.setting.observes is not None:
                self.wrong(f"10: {entry.operation} by one who only observes")
            elif not entry.is_accepted:
                self._promoting.tried(entry)
                self._going_back.tried(entry)
            else:
                lost = " (reply lost)" if entry.reply_lost else ""
                self._sim.say(f"  WRITE {entry.operation} {dict(entry.params)}{lost}")
                self._ending.explained(entry)
                self._promoting.judge(entry, self._waiting())
                self._judge_rollback(entry)

    def _judge_rollback(self, entry: LogEntry) -> None:
        if entry.operation == "RollbackStage":
            self._going_back.judge(entry)

    def _waiting(self) -> list[Execution]:
        return self._sim.world.scenario.pipeline.waiting_at(STAGE)


def play(drawn: Drawn) -> Simulation:
    """Play one scenario and judge it."""
    simulation = Simulation(drawn)
    invariants = Invariants(simulation)
    try:
        simulation.play()
        invariants.finish()
    finally:
        simulation.people.close()
    if not simulation.problems and twin.is_due(drawn, simulation):
        unlike = twin.compare(drawn, simulation, lambda other: Simulation(other).play())
        if unlike:
            invariants.wrong(unlike)
    return simulation


def simulate(seed: int) -> tuple[Drawn, Simulation]:
    """Draw the scenario of a seed and play it; `problems` is empty when all held."""
    drawn = draw(seed)
    return drawn, play(drawn)


def report(drawn: Drawn, simulation: Simulation) -> str:
    """Return what a person needs to understand a failing seed."""
    lines = [str(drawn), *simulation.trace, "", *simulation.problems]
    return "\n".join([*lines, "", f"replay: {drawn.replay}"])
