"""Invariant 7 by comparison: a run that crashed ends like one of the same seed that did not.

The twin is the same scenario without its deaths. Where that ends otherwise, the reason may
be the time that went by while the process was dead; so a second twin stands still for as
long, at the same boundaries, and lives. Only an end that neither of them has is wrong.
"""

from collections.abc import Callable

from mcm.sandbox.identity import user_key
from tests.simulation.draw import Drawn
from tests.simulation.simulation import Simulation
from tests.simulation.stories_observing import OBSERVING

EVERY = 10
"""One seed in so many is compared: a twin costs as much as the run itself."""
RACES = frozenset(
    {
        "edited",
        "edited_breach",
        "superseded",
        "stopped_by_others",
        "foreign_rollback",
        "breach_and_foreign_rollback",
        "breach_and_oncall",
        "oncall_beside",
        "auto_rollback",
        "breach_and_auto_rollback",
        *OBSERVING,
    }
)
"""Stories in which seconds decide between mcm and others: no twin has the same seconds."""


PROMOTES = frozenset({"EnableStageTransition", "PutApprovalResult", "RetryStageExecution"})


def is_due(drawn: Drawn, sim: Simulation) -> bool:
    """Say whether the end of a run is to be compared."""
    return bool(sim.crashes) and drawn.seed % EVERY == 0 and drawn.story not in RACES


def end_of(sim: Simulation) -> tuple[str, bool]:
    """Return how the command ended, and whether the stage then has the plan's execution."""
    pipeline = sim.world.scenario.pipeline
    latest = pipeline.execution(pipeline.latest["ProdUS"])
    assert latest is not None
    effective = latest.rollback_target or latest.id
    how = sim.endings[-1].exit.name if sim.endings else "no end"
    return how, effective == sim.setting.plan.execution


def held_unmoved(sim: Simulation) -> bool:
    """Say whether the run holds at a gate and never promoted.

    A process that died before its write asks the gates anew, and is right to hold at what
    went red meanwhile; a twin that lives sends the write that it had decided on.
    """
    writes = sim.world.engine.log.accepted()
    ours = user_key("alice")
    promoted = any(e.operation in PROMOTES and e.access_key_id == ours for e in writes)
    return bool(sim.endings and sim.endings[-1].gate) and not promoted


def compare(drawn: Drawn, crashed: Simulation, play: Callable[[Drawn], Simulation]) -> str:
    """Return what is wrong with the end of `crashed`; empty when a twin has the same."""
    found = end_of(crashed)
    if held_unmoved(crashed):
        return ""
    others = []
    for twin in (drawn.crashless(), drawn.paused()):
        other = play(twin)
        other.people.close()
        others.append(end_of(other))
        if others[-1] == found:
            return ""
    return f"7: ended with {found}, without the crashes with {others}"
