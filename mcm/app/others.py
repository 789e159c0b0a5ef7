"""How the other changes of a project stand, from their plans and journals here."""

from collections.abc import Callable, Iterable

from mcm.core.errors import McmError, UsageError
from mcm.core.fold import fold
from mcm.core.journal import Journal
from mcm.core.others import OtherChange
from mcm.core.plan import Plan
from mcm.core.state import State


def read_others(
    change: str, names: Iterable[str], read_plan: Callable[[str], bytes | None], journal: Journal
) -> tuple[OtherChange, ...]:
    """Return every other change that has a plan; raise McmError naming one that is unreadable."""
    found = []
    for name in names:
        data = read_plan(name) if name != change else None
        if data is None:
            continue
        try:
            found.append(_stands(name, Plan.from_bytes(data), fold(journal.entries(name))))
        except McmError as err:
            raise UsageError(f"{name}: {str(err).splitlines()[0]}") from err
    return tuple(found)


def _stands(name: str, plan: Plan, state: State) -> OtherChange:
    """Say how one change stands; a plan that nobody has walked yet is in nobody's way."""
    own = state if state.plan == plan.digest else State()
    stages = {stage.name: stage for stage in plan.stages}
    going = [
        stages[each]
        for each in sorted(own.begun & stages.keys())
        if not own.stage(each).outcome or own.stage(each).rollback is not None
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
