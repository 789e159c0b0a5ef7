"""What an approver should know of a stage's alarms: those that would page nobody now."""

from datetime import timedelta

from mcm.app.observing import Observer
from mcm.core.checks import kinds
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Plan

_WITHIN = timedelta(seconds=20)


def alarm_warnings(plan: Plan, observer: Observer) -> tuple[str, ...]:
    """Name the alarms of each stage that are muted, suppressed or have no actions.

    Where that cannot be told it says so. No plan depends on it: an alarm's state counts
    whoever hears of it (AWS-RULES 23).
    """
    watched = [
        (guardrail, Watch(stage, None, deployed=False, baseline={}, samples=None))
        for stage in plan.stages
        for guardrail in stage.guardrails
        if guardrail.kind == "alarms"
    ]
    wanted = {query for guardrail, watch in watched for query in kinds.queries(guardrail, watch)}
    if not wanted:
        return ()
    readings = observer.observe(wanted, _WITHIN)
    notes = (
        (watch.stage.name, guardrail.name, kinds.judge(guardrail, watch, readings).note)
        for guardrail, watch in watched
    )
    return tuple(f"stage {stage}, {name}: {note}" for stage, name, note in notes if note)
