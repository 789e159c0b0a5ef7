"""What watches one stage: its endpoints, its alarms and what is wrong with them, its traffic."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcm.app.observing import Observer
from mcm.app.seen import SeenAlarm, SeenStage
from mcm.core.alarm import AlarmDefinition, Mutes
from mcm.core.endpoint import EndpointView
from mcm.core.judging import alarm_faults, watched
from mcm.core.past import Alarms, EndpointNames
from mcm.core.plans.layout import Layout
from mcm.core.plans.service import StageConfig
from mcm.core.points import Points
from mcm.core.query import (
    AlarmDefinitionQuery,
    AlarmsQuery,
    EndpointQuery,
    EndpointsQuery,
    Metric,
    MetricQuery,
    MutesQuery,
    Place,
    Query,
)
from mcm.core.reading import Blindness, Readings, Unknown

_WITHIN = timedelta(seconds=60)
_HOUR = timedelta(hours=1)


def look_at(
    each: SeenStage, layout: Layout, readings: Readings, observer: Observer, now: datetime
) -> SeenStage:
    """Return the stage with what watches it; `readings` have the lists of its place."""
    return _Look(observer, now, each, layout).look(readings)


@dataclass(frozen=True)
class _Look:
    observer: Observer
    now: datetime
    each: SeenStage
    layout: Layout

    def look(self, readings: Readings) -> SeenStage:
        each = self.each
        site, place = each.site, each.site.place
        unread = [
            f"{what} of {place.region}: {why}"
            for what, query in (
                ("the alarms", AlarmsQuery(place)),
                ("the endpoints", EndpointsQuery(place)),
                ("the mute rules of alarms", MutesQuery(place)),
            )
            if (why := readings.why_unknown(query))
        ]
        listed = readings.known(EndpointsQuery(place), EndpointNames)
        known = readings.known(AlarmsQuery(place), Alarms)
        names = self._endpoint_names(listed)
        alarms, missing = self._alarms(known, names)
        more = self.observer.observe(
            {
                *(EndpointQuery(place, name) for name in names),
                *(self._counts(place, alarms)),
            },
            _WITHIN,
        )
        endpoints = tuple(more.known(EndpointQuery(place, n), EndpointView) or n for n in names)
        unread += [
            f"endpoint {name}: {why}"
            for name in names
            if (why := more.why_unknown(EndpointQuery(place, name)))
        ]
        bake = each.config.bake.lasts if each.config else None
        mutes = readings.known(MutesQuery(place), Mutes) or Mutes(())
        seen = tuple(
            SeenAlarm(
                one,
                alarm_faults.faults(
                    one, self._has_data(place, one, more), bake, mutes.of(one.name)
                ),
            )
            for one in alarms
        )
        traffic, requests = self._traffic(endpoints, alarms)
        return replace(
            each,
            site=site,
            endpoints=endpoints,
            alarms=seen,
            missing=missing,
            traffic=traffic,
            requests=requests,
            unread=tuple(unread),
        )

    def _endpoint_names(self, listed: EndpointNames | None) -> tuple[str, ...]:
        each = self.each
        if each.config is not None:
            return _configured(each.config, "endpoint")
        names = listed.names if listed else ()
        return watched.endpoints_of(each.site, names, self.layout.sites)

    def _alarms(
        self, known: Alarms | None, endpoints: Sequence[str]
    ) -> tuple[tuple[AlarmDefinition, ...], tuple[str, ...]]:
        """Return the stage's alarms, and those named that are not there."""
        each = self.each
        definitions = known.definitions if known else ()
        if each.config is None:
            found = watched.alarms_of(each.site, endpoints, definitions, self.layout.sites)
            return found, ()
        names = _configured(each.config, "names")
        there = {one.name: one for one in definitions}
        if known is None or known.more:  # what a cut list lacks may be there all the same
            place = each.site.place
            queries = {n: AlarmDefinitionQuery(place, n) for n in names if n not in there}
            readings = self.observer.observe(queries.values(), _WITHIN)
            for name, query in queries.items():
                if (one := readings.known(query, AlarmDefinition)) is not None:
                    there[name] = one
            gone = {n for n, q in queries.items() if _is_absent(readings, q)}
            return tuple(there[n] for n in names if n in there), tuple(sorted(gone))
        return (
            tuple(there[name] for name in names if name in there),
            tuple(name for name in names if name not in there),
        )

    def _counts(self, place: Place, alarms: Iterable[AlarmDefinition]) -> set[MetricQuery]:
        return {
            query
            for alarm in alarms
            for metric in alarm_faults.metrics(alarm)
            for query in self._span(place, metric)
        }

    def _span(self, place: Place, metric: Metric) -> tuple[MetricQuery, MetricQuery]:
        """The closed hours, and the minutes of the one that is open."""
        hours = MetricQuery(place, metric, self.now - alarm_faults.LOOKED, None, timedelta(0))
        minutes = replace(metric, period=timedelta(minutes=1))
        return hours, MetricQuery(place, minutes, self.now - 2 * _HOUR, None, timedelta(0))

    def _has_data(self, place: Place, alarm: AlarmDefinition, readings: Readings) -> bool | None:
        found: list[bool | None] = []
        for metric in alarm_faults.metrics(alarm):
            hours, minutes = (readings.known(q, Points) for q in self._span(place, metric))
            if any(points.points for points in (hours, minutes) if points is not None):
                found.append(True)
            else:
                found.append(None if hours is None or minutes is None else False)
        if not found:
            return None
        # A metric that is computed lacks data as soon as one of its parts does.
        return False if False in found else None if None in found else True

    def _traffic(
        self, endpoints: Iterable[EndpointView | str], alarms: Iterable[AlarmDefinition]
    ) -> tuple[Metric | None, tuple[tuple[datetime, float], ...]]:
        each, place = self.each, self.each.site.place
        views = [one for one in endpoints if isinstance(one, EndpointView)]
        configured = each.config.traffic if each.config else None
        metric = configured or watched.traffic_of(views, alarms)
        if metric is None:
            return None, ()
        hourly = replace(metric, period=_HOUR)
        query = MetricQuery(place, hourly, self.now - alarm_faults.LOOKED, None, timedelta(0))
        points = self.observer.observe([query], _WITHIN).known(query, Points)
        values = points.points if points else ()
        return metric, tuple((at, float(value)) for at, value in values)


def _configured(config: StageConfig, key: str) -> tuple[str, ...]:
    """Return the endpoints (`endpoint`) or alarms (`names`) of a stage's guardrails."""
    found: list[str] = []
    for use in config.guardrails:
        value = use.params.get(key, ())
        found += [value] if isinstance(value, str) else [str(each) for each in value]
    return tuple(dict.fromkeys(found))


def _is_absent(readings: Readings, query: Query) -> bool:
    found = readings.get(query)
    return isinstance(found, Unknown) and found.why is Blindness.ABSENT
