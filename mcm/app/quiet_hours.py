"""Quiet hours of a stage, from the hourly traffic that CloudWatch has of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mcm.app.observing import Observer
from mcm.core.errors import BlindError, UsageError
from mcm.core.judging.replay import History
from mcm.core.judging.retention import kept_for
from mcm.core.plans.service import Service, StageConfig
from mcm.core.points import Points
from mcm.core.query import MetricQuery
from mcm.core.windows.quiet_week import Profile, build_profile
from mcm.core.windows.window import Freeze
from mcm.core.windows.zone import to_instant

HOUR = timedelta(hours=1)
PATIENCE = timedelta(seconds=60)
"""Nobody is held up by it."""


@dataclass(frozen=True)
class Traffic:
    """What is known of a stage's traffic."""

    source: str
    zone: ZoneInfo
    profile: Profile


def read_traffic(
    service: Service,
    stage: StageConfig,
    zone: ZoneInfo,
    denied: Iterable[Freeze],
    observer: Observer,
    now: datetime,
    weeks: int,
) -> Traffic:
    """Return the traffic of the newest `weeks`, by the hour; days in `denied` left out.

    Raises UsageError for a stage that counts no traffic, BlindError where it cannot be read.
    """
    if stage.traffic is None:
        raise UsageError(
            f"{stage.name} has no `traffic`, so nobody knows when it is low",
            hint="Name its metric in mcm.yaml as `traffic:`, or use --csv FILE.",
        )
    metric = replace(stage.traffic, period=HOUR)
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    # Only whole days count: one more, of 25 hours where clocks are turned back.
    reach = timedelta(weeks=weeks, days=1, hours=1)
    start = end - min(reach, kept_for(HOUR) - HOUR)
    query = MetricQuery(stage.place, metric, start, end, service.settle)
    readings = observer.observe({query}, PATIENCE)
    points = readings.known(query, Points)
    if points is None:
        why = readings.why_unknown(query) or "the answer is no points"
        raise BlindError(f"traffic of {stage.name} cannot be read: {why}")
    found = ((at, float(value)) for at, value in points.points)
    return Traffic(
        f"{metric.stat} of {metric.name} of {stage.name}",
        zone,
        build_profile(found, zone, Skips(tuple(denied), zone)),
    )


def traffic_of_file(history: History, name: str, zone: ZoneInfo) -> Traffic:
    """Return the traffic of a series in a file, added up by the hour."""
    hours: dict[datetime, float] = {}
    for index, value in enumerate(history.values):
        if value is not None:
            at = (history.start + index * history.period).replace(minute=0, second=0, microsecond=0)
            hours[at] = hours.get(at, 0.0) + float(value)
    return Traffic(name, zone, build_profile(hours.items(), zone, lambda _: False))


@dataclass(frozen=True)
class Skips:
    """Says of a local day whether it is denied for half of it or more."""

    denied: tuple[Freeze, ...]
    zone: ZoneInfo

    def __call__(self, day: date) -> bool:
        start = to_instant(datetime(day.year, day.month, day.day), self.zone)  # noqa: DTZ001
        end = start + timedelta(days=1)
        covered = sum(
            (
                max(timedelta(0), min(end, freeze.span.end) - max(start, freeze.span.start))
                for freeze in self.denied
            ),
            timedelta(0),
        )
        return covered >= timedelta(hours=12)
