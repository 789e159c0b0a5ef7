"""The rules of `mcm lint --aws`: alarms as they are set up, and traffic as it was.

Over what `mcm doctor` reads too; nothing is written. What could not be read is no finding
here: doctor names it, and the gates stay closed.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from mcm.app.lint import Finding, at
from mcm.app.seen import SeenStage, Survey
from mcm.config.places import Places, Spot
from mcm.core.duration import spell
from mcm.core.judging.alarm_faults import FaultKind
from mcm.core.plans.service import Service, StageConfig
from mcm.core.plans.stage_hours import StageHours, hours_of_config
from mcm.core.windows.zone import to_local

_HOUR = timedelta(hours=1)
_LEAST_DAYS = 3
"""Fewer days with data say too little about an hour."""
_RULE_OF = {
    FaultKind.CANNOT_FIRE: "threshold-cannot-fire",
    FaultKind.SILENT: "alarm-silent",
    FaultKind.DOUBTFUL: "alarm-silent",
    FaultKind.DOES_NOT_PAGE: "alarm-silent",
}


def lint_aws(service: Service, places: Places, seen: Survey) -> Iterator[Finding]:
    """Yield what AWS shows to be wrong with what mcm.yaml asks for."""
    by_name = {stage.name: number for number, stage in enumerate(service.stages)}
    for each in seen.stages:
        number = by_name.get(each.name)
        if number is None or each.config is None:
            continue
        yield from _of_alarms(each, number, each.config, places)
        yield from _of_traffic(
            each, service, each.config, places.of("stages", number, "bake"), seen.at
        )


def _of_alarms(
    each: SeenStage, number: int, stage: StageConfig, places: Places
) -> Iterator[Finding]:
    for name in each.missing:
        spot = _place_of(name, number, stage, places)
        yield at(spot, "alarm-missing", f"there is no alarm {name} in {stage.place.region}")
    for alarm in each.alarms:
        name = alarm.definition.name
        for fault in alarm.faults:
            rule = _RULE_OF.get(fault.kind)
            if rule and not (fault.kind is FaultKind.SILENT and _may_be_silent(stage, name)):
                yield at(
                    _place_of(name, number, stage, places), rule, f"alarm {name}: {fault.text}"
                )


def _place_of(name: str, number: int, stage: StageConfig, places: Places) -> Spot:
    for item, use in enumerate(stage.guardrails):
        names = use.params.get("names", ())
        if name in names:
            return places.of(
                "stages", number, "guardrails", item, "with", "names", names.index(name)
            )
    return places.of("stages", number)


def _may_be_silent(stage: StageConfig, name: str) -> bool:
    return any(name in use.params.get("silent_ok", ()) for use in stage.guardrails)


def _of_traffic(
    each: SeenStage, service: Service, stage: StageConfig, spot: Spot, now: datetime
) -> Iterator[Finding]:
    wanted = stage.bake.min_samples
    hours = hours_of_config(stage, service.freezes, ())
    start = next(hours.starts(now), None)
    if not wanted or not each.requests or start is None:
        return
    local = to_local(start.start, hours.zone).hour
    found = requests_at(each.requests, hours, local)
    if len(found) < _LEAST_DAYS:
        return
    # In the mean of these nights; the least and the most are what a reader believes.
    an_hour = sum(found) / len(found)
    takes = _HOUR * (wanted / an_hour) if an_hour else None
    if takes is not None and takes <= stage.bake.limit:
        return
    needs = f"{wanted} need {_tell(takes)}" if takes else f"{wanted} never come"
    enough = int(an_hour * (stage.bake.limit / _HOUR) * 0.8)
    yield at(
        spot,
        "bake-samples",
        f"{stage.name}: {local:02}:00-{(local + 1) % 24:02}:00 sees"
        f" {min(found):,.0f}-{max(found):,.0f} requests; {needs}, and it bakes"
        f" {spell(stage.bake.limit)} at most",
        write=f"    bake: {{for: {spell(stage.bake.lasts)}, min_samples: {enough}}}",
    )


def requests_at(
    requests: Sequence[tuple[datetime, float]], hours: StageHours, local: int
) -> list[float]:
    """Return the requests of each day in one local hour; a day without a point had none."""
    days: dict[object, float] = {}
    for moment, _ in requests:
        days.setdefault(to_local(moment, hours.zone).date(), 0.0)
    for moment, value in requests:
        at_home = to_local(moment, hours.zone)
        if at_home.hour == local:
            days[at_home.date()] += value
    whole = sorted(days, key=str)[1:-1]  # the first and the last day are there in part
    return [days[day] for day in whole]


def _tell(span: timedelta) -> str:
    hours = span / _HOUR
    return f"{hours:.1f} h" if hours >= 1 else f"{span / timedelta(minutes=1):.0f} min"
