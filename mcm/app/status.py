"""How the changes stand, by their plans and journals alone: no call to AWS."""

from dataclasses import dataclass

from mcm.core.journal import Journal
from mcm.core.plan import Plan
from mcm.core.state import State, fold


@dataclass(frozen=True)
class StageStatus:
    stage: str
    outcome: str
    """`succeeded`, `rolled_back`, …; `under_way`, `rolling_back` or `not_started` before."""
    reason: str
    gates: tuple[tuple[str, str], ...]
    """Closed gates with their reasons, as last seen."""


@dataclass(frozen=True)
class ChangeStatus:
    change: str
    title: str
    edition: int
    """0 when the change has not been planned."""
    requested: bool
    approvals: int
    stages: tuple[StageStatus, ...]


def read_status(change: str, title: str, plan: Plan | None, journal: Journal) -> ChangeStatus:
    """Return how one change stands."""
    entries = journal.entries(change)
    state = fold(entries)
    names = [stage.name for stage in plan.stages] if plan else sorted(state.stages)
    digest = plan.digest if plan else ""
    mine = [entry for entry in entries if entry.body.get("plan") == digest]
    return ChangeStatus(
        change=change,
        title=title,
        edition=plan.edition if plan else 0,
        requested=any(entry.kind == "requested" for entry in mine),
        approvals=sum(1 for entry in mine if entry.kind == "approved"),
        stages=tuple(_stage(state, name) for name in names),
    )


def _stage(state: State, name: str) -> StageStatus:
    known = state.stage(name)
    outcome = known.outcome
    if not outcome:
        outcome = "under_way" if known.started_at else "not_started"
        outcome = "rolling_back" if known.rollback else outcome
    last = known.rollbacks[-1] if known.rollbacks else None
    if last and last.ended_at and known.ended_at and last.ended_at > known.ended_at:
        # On-call took it back after the walk had ended well.
        outcome, reason = last.outcome, last.detail
    else:
        reason = known.reason
    gates = () if known.outcome else tuple(sorted(known.gates.items()))
    return StageStatus(name, outcome, reason, gates)
