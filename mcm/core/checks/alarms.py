"""`alarms`: CloudWatch alarms by name, prefix or tag, judged by transitions (AWS-RULES 18–23).

Whether an alarm pages anybody changes no verdict: its state counts. It is told before the
promotion, while somebody can still mend it; only then are mute rules asked for.
"""

from dataclasses import replace

from mcm.core.alarm import IN_ALARM, AlarmView, Mutes, judge_alarm, times_rung, why_silent
from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.query import AlarmQuery, AlarmSetQuery, MutesQuery, Query
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict

Found = tuple[Kind, str]


def queries(guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query for each named alarm, one for the prefix, one for the tag, one for mutes."""
    named = (_query(name, watch) for name in guardrail.params["names"])
    mutes = (MutesQuery(watch.stage.place),) if watch.since is None else ()
    return frozenset((*named, *_sets(guardrail, watch), *mutes))


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """Return the worst of the alarms; what did not come back is an ERROR."""
    views, found = _seen(guardrail, watch, readings)
    mutes, unread = _muted(watch, readings)
    found += [_one(guardrail, watch, view, mutes) for view in views]
    if not found:
        return Verdict(guardrail.name, Kind.ERROR, "names no alarm")
    worst = max(kind for kind, _ in found)
    reasons = [reason for kind, reason in found if kind is worst]
    note = "; ".join((*_silent(views, mutes), *unread))
    passes = f"{len(found)} OK{f'; {note}' if note else ''}"
    summary = passes if worst is Kind.PASS else "; ".join(reasons)
    evidence = (*(reason for _, reason in found), *unread)
    verdict = Verdict(guardrail.name, worst, summary, evidence, note=note)
    if worst is not Kind.BREACH:
        return verdict
    others = max((kind for kind, _ in found if kind is not Kind.BREACH), default=Kind.PASS)
    rings = any(view.state == IN_ALARM and _one(guardrail, watch, view, mutes)[0] for view in views)
    rang = sum(times_rung(view, watch.since) for view in views)
    return replace(verdict, count=rang, newest=Kind.BREACH if rings else others)


def _seen(
    guardrail: Guardrail, watch: Watch, readings: Readings
) -> tuple[list[AlarmView], list[Found]]:
    """Return every alarm once, by name, and what could not be seen."""
    views: dict[str, AlarmView] = {}
    unseen: list[Found] = []
    for name in guardrail.params["names"]:
        alarm = readings.known(_query(name, watch), AlarmView)
        if alarm is None:
            unseen.append((Kind.ERROR, f"{name}: {readings.why_unknown(_query(name, watch))}"))
        else:
            views[name] = alarm
    for query in _sets(guardrail, watch):
        named = query.prefix or query.tag
        many = readings.known(query, tuple)
        least = guardrail.params.get("at_least", 1)
        if many is None:
            unseen.append((Kind.ERROR, f"{named}: {readings.why_unknown(query) or 'not read'}"))
        elif len(many) < least:
            unseen.append((Kind.ERROR, f"{named}: {len(many)} alarms, and {least} are expected"))
        views |= {view.name: view for view in many or () if isinstance(view, AlarmView)}
    return list(views.values()), unseen


def _one(guardrail: Guardrail, watch: Watch, alarm: AlarmView, mutes: Mutes | None) -> Found:
    enough = watch.samples is not None and watch.samples >= watch.stage.bake.min_samples
    kind, reason = judge_alarm(
        alarm,
        watch.since,
        silence_is_fine=alarm.name in guardrail.params.get("silent_ok", ()) and enough,
        excepted=alarm.name in watch.excepted,
        was_excepted=alarm.name in watch.once_excepted,
    )
    silent = why_silent(alarm, mutes)
    muted = f" (will not page: {silent})" if silent else ""
    return kind, f"{alarm.name}: {reason}{muted}"


def _muted(watch: Watch, readings: Readings) -> tuple[Mutes | None, tuple[str, ...]]:
    """Return the mute rules, where they are asked for, and why they cannot be told."""
    if watch.since is not None:
        return None, ()
    query = MutesQuery(watch.stage.place)
    mutes = readings.known(query, Mutes)
    unread = f"whether alarms are muted cannot be told: {readings.why_unknown(query)}"
    return mutes, () if mutes is not None else (unread,)


def _silent(views: list[AlarmView], mutes: Mutes | None) -> list[str]:
    """Name the alarms that will page nobody, each with why."""
    silent = ((view.name, why_silent(view, mutes)) for view in views)
    return [f"{name} will not page: {why}" for name, why in silent if why]


def _query(name: str, watch: Watch) -> AlarmQuery:
    return AlarmQuery(watch.stage.place, name, watch.since)


def _sets(guardrail: Guardrail, watch: Watch) -> list[AlarmSetQuery]:
    place, params = watch.stage.place, guardrail.params
    pairs = ((params.get("prefix", ""), ""), ("", params.get("tag", "")))
    wanted = ((prefix, tag) for prefix, tag in pairs if prefix or tag)
    return [AlarmSetQuery(place, prefix, tag, watch.since) for prefix, tag in wanted]
