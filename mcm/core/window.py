"""Windows and freezes: may a stage be promoted now, and if not, when.

A window is open during `[start, start + duration)`: the start is local, by cron in an
IANA zone; the duration is elapsed time, also over a DST night. A freeze closes every
window while it lasts. Everything here is about promoting; a rollback never asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mcm.core.cron import Cron
from mcm.core.duration import spell, spell_wait
from mcm.core.zone import find_zone, spell_local, to_instant, to_local

HORIZON = timedelta(days=400)
"""How far ahead anything is looked for."""

_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=31)
_ZONE_SLACK = 2
"""Days of calendar by which a zone may move its clocks at once (Apia skipped a whole one)."""
_MOST_STEPS = 20_000
"""Bound on joining spans; reached only if minutes are joined one by one for two weeks."""

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
class Freeze:
    """When promoting is forbidden, from local `start` up to local `end`.

    Where a local time is doubled the freeze takes the longer reading. Raises ValueError
    for a bad zone, a time with an offset, or an end that is not after the start.
    """

    name: str
    start: datetime
    """Naive; clocks of `timezone` show it."""
    end: datetime
    timezone: str
    reason: str

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise ValueError(
                "a freeze takes local times without an offset: "
                "write 2026-11-25T00:00 and name the zone in timezone"
            )
        if not all(1970 <= year <= 9000 for year in (self.start.year, self.end.year)):
            raise ValueError(f"freeze {self.name}: write years from 1970 to 9000")
        if self.span.start >= self.span.end:
            raise ValueError(
                f"freeze {self.name} ends at {self.end.isoformat()}, "
                f"which is not after its start {self.start.isoformat()}"
            )

    @property
    def zone(self) -> ZoneInfo:
        return find_zone(self.timezone)

    @property
    def span(self) -> Span:
        zone = self.zone
        return Span(to_instant(self.start, zone), to_instant(self.end, zone, later=True))


@dataclass(frozen=True)
class Openness:
    """Whether a stage may be promoted at an instant, and why."""

    open: bool
    reason: str
    """For a person, in the zone of the window or freeze it speaks of."""
    opens_at: datetime | None
    """When closed: the next instant at which it is open; None if not within the horizon."""
    closes_at: datetime | None
    """When open: the first instant at which it is not; None if not within the horizon.

    A window joined from more than 20,000 spans may be open for longer than this says.
    """
    gate: str | None = None
    """When closed: `freeze:NAME` or `window`, the name that an exception must give."""


def is_open(
    windows: Sequence[Window], freezes: Sequence[Freeze], now: datetime, *, production: bool
) -> Openness:
    """Say whether a stage with these windows may be promoted at the aware instant `now`.

    Any one window suffices and any freeze wins. Without windows a production stage is
    closed, since nobody said when it may be touched, and another one is open. To honour a signed
    exception the caller leaves its freeze out. Raises ValueError if `now` is naive.
    """
    now = _in_utc(now)
    always = not windows and not production
    hours = _Hours(windows, freezes, always=always)
    frozen = hours.freeze_at(now)
    if frozen is not None:
        until = spell_local(frozen.span.end, frozen.zone, now)
        why = f": {frozen.reason}" if frozen.reason else ""
        reason = f"freeze {frozen.name} until {until}{why}"
        return Openness(False, reason, hours.opens(now), None, f"freeze:{frozen.name}")
    if not windows and not always:
        reason = "no window is configured, and a production stage opens only in one"
        return Openness(False, reason, None, None, "window")
    if hours.window_at(now) or always:
        closes_at = hours.closes(now)
        return Openness(True, _say_open(hours, now, closes_at), None, closes_at)
    opens_at = hours.opens(now)
    return Openness(False, _say_closed(hours, now, opens_at), opens_at, None, "window")


def openings(
    windows: Sequence[Window], freezes: Sequence[Freeze], since: datetime, *, production: bool
) -> Iterator[Span]:
    """Yield the spans in which the stage may be promoted, joined, without the freezes.

    The first starts at `since` if the stage is open then; one that does not close within
    400 days of its start ends there. Nothing starts later than 400 days from `since`.
    """
    since = _in_utc(since)
    hours = _Hours(windows, freezes, always=not windows and not production)
    start = hours.opens(since)
    while start is not None and start <= since + HORIZON:
        end = hours.closes(start) or start + HORIZON
        yield Span(start, end)
        start = hours.opens(end)


@dataclass(frozen=True)
class _Hours:
    """Windows and freezes together; all instants are aware UTC."""

    windows: Sequence[Window]
    freezes: Sequence[Freeze]
    always: bool
    """Open outside freezes, without any window."""

    def freeze_at(self, moment: datetime) -> Freeze | None:
        """Return the freeze in force, of several the one that ends last."""
        active = [freeze for freeze in self.freezes if freeze.span.holds(moment)]
        return max(active, key=lambda freeze: freeze.span.end, default=None)

    def window_at(self, moment: datetime) -> Window | None:
        """Return the window that is open, of several the one that ends last."""
        spans = ((window.span_at(moment), window) for window in self.windows)
        active = [(span.end, window) for span, window in spans if span is not None]
        return max(active, key=lambda pair: pair[0])[1] if active else None

    def opens(self, since: datetime) -> datetime | None:
        """Return the first instant from `since` on that is open, or None within the horizon."""
        moment: datetime | None = since
        while moment is not None and moment <= since + HORIZON:
            frozen = self.freeze_at(moment)
            if frozen is not None:
                moment = frozen.span.end
            elif self.always or self.window_at(moment):
                return moment
            else:
                starts = (window.next_start(moment) for window in self.windows)
                moment = min((start for start in starts if start is not None), default=None)
        return None

    def closes(self, since: datetime) -> datetime | None:
        """Return the first instant after the open `since` that is not open, or None.

        At the bound on steps it returns how far it got: sooner than the truth, never later.
        """
        limit = min(
            (f.span.start for f in self.freezes if f.span.start > since), default=since + HORIZON
        )
        moment = limit if self.always else since
        for _ in range(_MOST_STEPS):
            if moment >= limit:
                break
            spans = (window.span_at(moment) for window in self.windows)
            end = max((span.end for span in spans if span is not None), default=None)
            if end is None:
                return moment
            moment = end
        else:
            return moment
        return limit if limit < since + HORIZON else None


def _say_open(hours: _Hours, now: datetime, closes_at: datetime | None) -> str:
    window = hours.window_at(now)
    if closes_at is None:
        if window is None:
            return "open: no window is configured, and this is not a production stage"
        return f"open, and does not close in the next {HORIZON.days} days"
    freeze = hours.freeze_at(closes_at)
    zone = window.zone if window else freeze.zone if freeze else find_zone("UTC")
    then = f", then freeze {freeze.name}" if freeze else ""
    return f"open until {spell_local(closes_at, zone, now)}{then}"


def _say_closed(hours: _Hours, now: datetime, opens_at: datetime | None) -> str:
    window = hours.window_at(opens_at) if opens_at else None
    if opens_at is None or window is None:
        names = ", ".join(window.name for window in hours.windows)
        do = "windows {} do" if len(hours.windows) > 1 else "window {} does"
        return f"{do.format(names)} not open in the next {HORIZON.days} days"
    wait = spell_wait(opens_at - now)
    return f"window {window.name} opens {spell_local(opens_at, window.zone, now)} (in {wait})"


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("the instant needs a time zone")
    return moment.astimezone(UTC)
