"""`alarms`: named CloudWatch alarms, judged by transitions (AWS-RULES 18–23)."""

from dataclasses import replace

from mcm.core.alarm import IN_ALARM, AlarmView, judge_alarm, times_rung
from mcm.core.checks.watch import Watch
from mcm.core.plan import Guardrail
from mcm.core.query import AlarmQuery, Query
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query an alarm."""
    return frozenset(_query(name, watch) for name in guardrail.params["names"])


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Return the worst of the named alarms; one that did not come back is an ERROR."""
    silent_ok = guardrail.params.get("silent_ok", ())
    enough = watch.samples is not None and watch.samples >= watch.stage.bake.min_samples
    found: list[tuple[Kind, str]] = []
    rang, rings = 0, False
    for name in guardrail.params["names"]:
        query = _query(name, watch)
        alarm = readings.known(query, AlarmView)
        if alarm is None:
            found.append((Kind.ERROR, f"{name}: {readings.why_unknown(query)}"))
            continue
        kind, reason = judge_alarm(alarm, watch.since, silence_is_fine=name in silent_ok and enough)
        rang += times_rung(alarm, watch.since)
        rings = rings or alarm.state == IN_ALARM
        muted = "" if alarm.pages else " (will not page)"
        found.append((kind, f"{name}: {reason}{muted}"))
    if not found:
        return Verdict(guardrail.name, Kind.ERROR, "names no alarm")
    worst = max(kind for kind, _ in found)
    reasons = [reason for kind, reason in found if kind is worst]
    summary = f"{len(found)} OK" if worst is Kind.PASS else "; ".join(reasons)
    verdict = Verdict(guardrail.name, worst, summary, tuple(reason for _, reason in found))
    if worst is not Kind.BREACH:
        return verdict
    others = max((kind for kind, _ in found if kind is not Kind.BREACH), default=Kind.PASS)
    return replace(verdict, count=rang, newest=Kind.BREACH if rings else others)


def _query(name: str, watch: Watch) -> AlarmQuery:
    return AlarmQuery(watch.stage.place, name, watch.since)
