"""How the other changes of a project stand, from their plans and journals here."""

from collections.abc import Callable, Iterable
from datetime import datetime

from mcm.core.errors import McmError, UsageError
from mcm.core.gates.others import OtherChange
from mcm.core.history.fold import fold
from mcm.core.history.journal import Journal
from mcm.core.history.state import StageState, State
from mcm.core.plans.plan import Plan


def read_others(
    change: str, names: Iterable[str], read_plan: Callable[[str], bytes | None], journal: Journal
) -> tuple[OtherChange, ...]:
    """Return every other change that has a plan; raise McmError naming one that is unreadable.

    Of two that wait in front of a stage the one that began first is in the other's way, and
    not the other way round, or both would wait for ever.
    """
    found = []
    began = _began(change, read_plan(change), journal)
    for name in names:
        data = read_plan(name) if name != change else None
        if data is None:
            continue
        try:
            state = fold(journal.entries(name))
            found.append(_stands(name, Plan.from_bytes(data), state, began))
        except McmError as err:
            raise UsageError(f"{name}: {str(err).splitlines()[0]}") from err
    return tuple(found)


def _began(change: str, data: bytes | None, journal: Journal) -> datetime | None:
    """Return when the walk of a change's own plan began; None when it has not."""
    if data is None:
        return None
    plan, state = Plan.from_bytes(data), fold(journal.entries(change))
    stages = (state.stage(stage.name) for stage in plan.stages)
    starts = [stage.started_at for stage in stages if stage.started_at is not None]
    return min(starts, default=None) if state.plan == plan.digest else None


def _goes_first(known: StageState, began: datetime | None) -> bool:
    """Say whether another change has the stage already, or came to it before ours."""
    has_it = known.entered_at is not None or bool(known.baseline_execution)
    if has_it or known.rollback is not None or began is None or known.started_at is None:
        return True
    return known.started_at <= began


def _stands(name: str, plan: Plan, state: State, began: datetime | None) -> OtherChange:
    """Say how one change stands; a plan that nobody has walked yet is in nobody's way."""
    own = state if state.plan == plan.digest else State()
    stages = {stage.name: stage for stage in plan.stages}
    going = [
        stages[each]
        for each in sorted(own.begun & stages.keys())
        if (not own.stage(each).outcome or own.stage(each).rollback is not None)
        and _goes_first(own.stage(each), began)
    ]
    outcomes = {own.stage(each).outcome or "not begun" for each in stages}
    succeeded = outcomes == {"succeeded"}
    stands = f"open at {', '.join(s.name for s in going)}" if going else ", ".join(sorted(outcomes))
    return OtherChange(
        change=name,
        under_way=tuple((plan.pipeline, stage.pipeline_stage) for stage in going),
        endpoints=tuple((stage.place, each) for stage in going for each in stage.endpoints),
        succeeded=succeeded,
        stands=stands,
    )
