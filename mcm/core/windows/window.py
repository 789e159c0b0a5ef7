"""Windows and freezes: spans in which a stage may be promoted, and in which it may not.

A window is open during `[start, start + duration)`: the start is local, by cron in an
IANA zone; the duration is elapsed time, also over a DST night. A one-shot window is open
once. `opening` puts them together: a freeze closes every window while it lasts.
Everything here is about promoting; a rollback never asks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from mcm.core.duration import spell
from mcm.core.windows.cron import Cron
from mcm.core.windows.zone import find_zone, to_instant, to_local

HORIZON = timedelta(days=400)
"""How far ahead anything is looked for."""

_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=31)
_ZONE_SLACK = 2
"""Days of calendar by which a zone may move its clocks at once (Apia skipped a whole one)."""

_parse_cron = lru_cache(maxsize=256)(Cron.parse)


@dataclass(frozen=True)
class Span:
    """The instants from `start` up to, not including, `end` (aware UTC)."""

    start: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True)
class Window:
    """When promoting is allowed.

    Raises ValueError for a bad cron or zone, or a duration outside 1 m to 31 d.
    """

    name: str
    cron: str
    """Local start, five fields; see `cron`."""
    duration: timedelta
    timezone: str

    def __post_init__(self) -> None:
        _parse_cron(self.cron)
        find_zone(self.timezone)
        if not _SHORTEST <= self.duration <= _LONGEST:
            raise ValueError(
                f"window duration {spell(self.duration)} is not valid: "
                f"write {spell(_SHORTEST)} to {spell(_LONGEST)}"
            )

    @property
    def zone(self) -> ZoneInfo:
        return find_zone(self.timezone)

    def span_at(self, moment: datetime) -> Span | None:
        """Return the newest span that holds `moment`; the one that also ends last."""
        zone, cron = self.zone, _parse_cron(self.cron)
        local = to_local(moment, zone)
        days = self.duration.days + 1 + _ZONE_SLACK
        newest = cron.last(local, days)
        start = None if newest is None else to_instant(newest, zone)
        if local.fold:
            # In the second showing of an hour, later times of the clock have already been.
            for candidate in cron.starts(local, 1):
                instant = to_instant(candidate, zone)
                if instant > moment:
                    break
                start = instant
        if start is None or moment >= start + self.duration:
            return None
        return Span(start, start + self.duration)

    def next_start(self, after: datetime) -> datetime | None:
        """Return the first start later than `after`, or None within the horizon."""
        zone = self.zone
        days = HORIZON.days + _ZONE_SLACK
        for candidate in _parse_cron(self.cron).starts(to_local(after, zone), days):
            instant = to_instant(candidate, zone)
            if instant > after:
                return instant if instant <= after + HORIZON else None
        return None


@dataclass(frozen=True)
class _Dates:
    """From local `start` up to local `end`.

    Raises ValueError for a bad zone, a time with an offset, or an end that is not after the
    start.
    """

    KIND: ClassVar[str]
    SHORTER: ClassVar[bool]
    """Which reading counts where a local time is doubled."""

    name: str
    start: datetime
    """Naive; clocks of `timezone` show it."""
    end: datetime
    timezone: str

    def __post_init__(self) -> None:
        _check_local(self.KIND, self.name, self.start, self.end)
        _check_span(self.KIND, self)

    @property
    def zone(self) -> ZoneInfo:
        return find_zone(self.timezone)

    @cached_property
    def span(self) -> Span:
        start = to_instant(self.start, self.zone, later=self.SHORTER)
        return Span(start, to_instant(self.end, self.zone, later=not self.SHORTER))


@dataclass(frozen=True)
class Once(_Dates):
    """When promoting is allowed a single time; where a local time is doubled, for less long."""

    KIND: ClassVar[str] = "window"
    SHORTER: ClassVar[bool] = True

    def span_at(self, moment: datetime) -> Span | None:
        """Return the span if it holds `moment`."""
        return self.span if self.span.holds(moment) else None

    def next_start(self, after: datetime) -> datetime | None:
        """Return the start if it is later than `after`, and within the horizon."""
        return self.span.start if after < self.span.start <= after + HORIZON else None


@dataclass(frozen=True)
class Freeze(_Dates):
    """When promoting is forbidden; where a local time is doubled, for longer."""

    KIND: ClassVar[str] = "freeze"
    SHORTER: ClassVar[bool] = False

    reason: str


AnyWindow = Window | Once


def _check_local(kind: str, name: str, start: datetime, end: datetime) -> None:
    if start.tzinfo is not None or end.tzinfo is not None:
        raise ValueError(
            f"a {kind} takes local times without an offset: "
            "write 2026-11-25T00:00 and name the zone in timezone"
        )
    if not all(1970 <= year <= 9000 for year in (start.year, end.year)):
        raise ValueError(f"{kind} {name}: write years from 1970 to 9000")


def _check_span(kind: str, each: _Dates) -> None:
    if each.span.start >= each.span.end:
        raise ValueError(
            f"{kind} {each.name} ends at {each.end.isoformat()}, "
            f"which is not after its start {each.start.isoformat()}"
        )
