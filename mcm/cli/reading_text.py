"""Queries and readings in words: what was looked at, and what was seen.

Whatever AWS or others wrote is cleaned here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from mcm.core import query as queries
from mcm.core.alarm import AlarmView, Mutes
from mcm.core.capture import CaptureView
from mcm.core.endpoint import EndpointView
from mcm.core.http import HttpView
from mcm.core.points import Points
from mcm.core.query import Query
from mcm.core.reading import Known, Reading
from mcm.core.sanitize import clean

_LONG = 300


def asked(query: Query) -> str:
    """Say in a few words what a query is about."""
    teller = _ASKED.get(type(query))
    return clean(teller(query) if teller else type(query).__name__.removesuffix("Query"), _LONG)


def answered(reading: Reading) -> str:
    """Say what was seen, or why nothing was."""
    if not isinstance(reading, Known):
        return f"unknown, {clean(reading.reason, _LONG)}"
    teller = next((tell for kind, tell in _ANSWERED if isinstance(reading.value, kind)), None)
    return clean(teller(reading.value) if teller else "read", _LONG)


def _metric(query: queries.MetricQuery) -> str:
    if isinstance(query.metric, queries.Expression):
        return f"expression {query.metric.text}"
    values = ",".join(pair[1] for pair in query.metric.dimensions)
    return f"metric {query.metric.stat} {query.metric.name}{f' of {values}' if values else ''}"


def _points(value: Points) -> str:
    if value.start is None or value.end is None:
        return "no period has closed yet"
    newest = ", ".join(f"{number:f}" for _, number in sorted(value.points)[-5:])
    span = f"{value.start:%H:%M:%S} to {value.end:%H:%M:%SZ}"
    return f"{len(value.points)} points, {span}" + (f", newest {newest}" if newest else "")


def _alarm(value: AlarmView) -> str:
    since = f" since {value.transitioned_at:%Y-%m-%dT%H:%M:%SZ}" if value.transitioned_at else ""
    doubt = f", evaluation {value.evaluation_state}" if value.evaluation_state else ""
    return f"{value.state or 'no state'}{since}{doubt}"


def _endpoint(value: EndpointView) -> str:
    variants = (*value.content.live, *value.content.shadow)
    models = ", ".join(f"{each.name} {each.model}" for each in variants)
    return f"{value.status} at {value.config_name}: {models}"


def _mutes(value: Mutes) -> str:
    told = [f"{rule.name} mutes {', '.join(rule.alarms) or 'nothing'}" for rule in value.rules]
    return "; ".join(told) or "none is active"


def _capture(value: CaptureView) -> str:
    if value.written_at is None:
        return "none in this hour and the one before"
    broken = f", no JSON: {value.problem}" if value.problem else ""
    return f"{value.key} of {value.written_at:%H:%M:%SZ}{broken}"


_ASKED: Mapping[type, Callable[[Any], str]] = {
    queries.AlarmQuery: lambda query: f"alarm {query.name}",
    queries.AlarmSetQuery: lambda query: f"alarms {query.prefix or query.tag}",
    queries.MetricQuery: _metric,
    queries.EndpointQuery: lambda query: f"endpoint {query.name}",
    queries.MutesQuery: lambda query: f"mute rules of {query.place.region}",
    queries.CaptureQuery: lambda query: f"newest record of {query.variant} in {query.bucket}",
    queries.HttpQuery: lambda query: f"GET {query.url}",
}
_ANSWERED: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (AlarmView, _alarm),
    (Points, _points),
    (EndpointView, _endpoint),
    (Mutes, _mutes),
    (CaptureView, _capture),
    (HttpView, lambda value: f"{value.status} in {value.took.total_seconds():.1f} s"),
)
