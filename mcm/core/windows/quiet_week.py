"""Where in the week few would be hurt: windows from weeks of hourly traffic.

Traffic is looked at by the local clock, hour by hour of the week, so a night stays the same
night when clocks change: an hour that is shown twice gives two samples, one that is skipped
none. Each hour of the week counts as the median of its weeks, which neither a campaign nor
an outage moves; holidays and freezes are left out, for nobody promotes then. What comes out
is advice for a person; no gate rests on it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from mcm.core.windows.cron import WEEKDAYS, spell_weekdays
from mcm.core.windows.zone import to_instant, to_local

WEEKS = 4
"""Fewer say too little about an hour of the week."""
QUIET = 0.5
"""A window is quiet with at most this share of what a flat day would have in it."""
HELD = 0.75
"""And it must have been so on this share of its nights."""
USUAL = 2
"""Hour at which most people sleep, where nothing else is known."""
_LEAST_DAYS = 2
_MOST = 3
_DAY = timedelta(days=1)
_HEADROOM = 1.5
"""Above the busiest usual hour of a window: what `low_traffic` lets through."""

Slot = tuple[int, int]
"""Weekday (0 is Monday) and hour by the local clock."""


@dataclass(frozen=True)
class Profile:
    """A week of traffic, as it usually is."""

    usual: Mapping[Slot, float]
    """Requests in each of the 168 hours: the median."""
    days: Mapping[date, Mapping[int, float]]
    """Requests by local day and hour; an hour without data on a day with data is 0."""
    skipped: int
    """Days left out as holidays or freezes."""
    empty: int
    """Hours without data that count as hours without requests."""

    @property
    def weeks(self) -> float:
        return len(self.days) / 7

    @property
    def daily(self) -> float:
        """Requests of a usual day."""
        return sum(self.usual.values()) / 7

    def share(self, slots: Iterable[Slot]) -> float:
        """Return the share of a usual day's requests that falls into these hours."""
        return sum(self.usual[slot] for slot in slots) / self.daily if self.daily else 0.0


@dataclass(frozen=True)
class QuietWindow:
    """A window that opens at one local hour on some weekdays."""

    hour: int
    lasts: int
    """Hours."""
    weekdays: tuple[int, ...]
    share: float
    """Of a usual day's requests: what is at risk."""
    worst: float
    """The same, in all but one of ten nights at most."""
    percentile: int
    """So many of a hundred windows of this length in the week have less."""
    held: int
    """Nights on which it was quiet."""
    nights: int
    per_minute: int
    """What `low_traffic` may allow: usual traffic with some room."""

    @property
    def cron(self) -> str:
        return f"0 {self.hour} * * {spell_weekdays(self.weekdays)}"


@dataclass(frozen=True)
class QuietHours:
    """The same hours of every day, quiet or not."""

    start: int
    """Local hour at which they begin."""
    requests: float | None
    """Requests in each of them, as a rule; None when that is not known."""


def build_profile(
    points: Iterable[tuple[datetime, float]], zone: ZoneInfo, is_skipped: Callable[[date], bool]
) -> Profile:
    """Return the week of these hourly points, each stamped with the aware start of its hour.

    Local days that the points cover in part only are left out.
    """
    hours: dict[date, dict[int, list[float]]] = {}
    skipped: set[date] = set()
    known = sorted(points)
    for start, value in known:
        local = to_local(start, zone)
        if is_skipped(local.date()):
            skipped.add(local.date())
        elif known[0][0] <= _midnight(local.date(), zone):
            hours.setdefault(local.date(), {}).setdefault(local.hour, []).append(value)
    if known:  # of the first and the last day there may be only a part
        last = known[-1][0] + timedelta(hours=1)
        hours = {day: of for day, of in hours.items() if _midnight(day + _DAY, zone) <= last}
    whole = {day: of for day, of in hours.items() if any(sum(each) for each in of.values())}
    empty = sum(len(_clock(day, zone) - set(of)) for day, of in whole.items())
    days = {
        day: {hour: _mean(of.get(hour, ())) for hour in range(24)}
        for day, of in sorted(whole.items())
    }
    samples: dict[Slot, list[float]] = {}
    for day, of in days.items():
        for hour, value in of.items():
            samples.setdefault((day.weekday(), hour), []).append(value)
    slots = ((weekday, hour) for weekday in range(7) for hour in range(24))
    usual = {slot: median(samples[slot]) if slot in samples else 0.0 for slot in slots}
    return Profile(usual, days, len(skipped), empty)


def why_too_little(profile: Profile) -> str:
    """Say why no window can be suggested from this; empty when it is enough."""
    if profile.weeks < WEEKS:
        return f"{len(profile.days)} days with data: {WEEKS} weeks are needed"
    seen = {day.weekday() for day in profile.days}
    missing = [WEEKDAYS[each] for each in range(7) if each not in seen]
    return f"no data of any {', '.join(missing)}" if missing else ""


def quiet_windows(
    profile: Profile, lasts: int, weekdays: Sequence[int] = range(7)
) -> tuple[QuietWindow, ...]:
    """Return the quietest windows of so many hours on these weekdays, at most three.

    They do not overlap. None: no hour is quiet, or none reliably; `quietest_share` says how
    far from it the best one is.
    """
    found = [each for hour in range(24) if (each := _window(profile, hour, lasts, weekdays))]
    chosen: list[QuietWindow] = []
    for window in sorted(found, key=lambda each: (each.share, each.hour)):
        apart = (min((window.hour - o.hour) % 24, (o.hour - window.hour) % 24) for o in chosen)
        if all(distance >= lasts for distance in apart):
            chosen.append(window)
    return tuple(chosen[:_MOST])


def quietest_hours(profile: Profile, lasts: int) -> QuietHours:
    """Return so many hours of the day with the fewest requests, however many those are.

    For a first guess, also from less than `WEEKS`. Too little data gives `USUAL`; of several
    that are alike, the hours nearest to it.
    """
    starts = [hours_from(profile, start, lasts) for start in range(24)]
    if starts[0].requests is None:
        return QuietHours(USUAL, None)
    return min(starts, key=lambda each: (each.requests, (each.start - USUAL) % 24))


def hours_from(profile: Profile, start: int, lasts: int) -> QuietHours:
    """Return what the hours from `start` on see, on the days of the week that are known."""
    seen = sorted({day.weekday() for day in profile.days})
    if len(profile.days) < _LEAST_DAYS:
        return QuietHours(start, None)
    hours = [(start + more) % 24 for more in range(lasts)]
    total = sum(profile.usual[day, hour] for day in seen for hour in hours)
    return QuietHours(start, total / len(seen) / lasts)


def quietest_share(profile: Profile, lasts: int, weekdays: Sequence[int] = range(7)) -> float:
    """Return the least share of a usual day that any window of so many hours has."""
    return min(
        profile.share(_slots(weekday, hour, lasts)) for weekday in weekdays for hour in range(24)
    )


def flat_share(lasts: int) -> float:
    """Return what a window would have of a day whose traffic is the same at all hours."""
    return lasts / 24


def _window(profile: Profile, hour: int, lasts: int, weekdays: Sequence[int]) -> QuietWindow | None:
    limit = QUIET * flat_share(lasts)
    shares = {day: profile.share(_slots(day, hour, lasts)) for day in weekdays}
    days = tuple(day for day in weekdays if shares[day] <= limit)
    if not days:
        return None
    nights = [
        share for day in profile.days if day.weekday() in days
        for share in _night(profile, day, hour, lasts)
    ]  # fmt: skip
    held = sum(share <= limit for share in nights)
    if not nights or held / len(nights) < HELD:
        return None
    share = sum(shares[day] for day in days) / len(days)
    every = [profile.share(_slots(d, h, lasts)) for d in range(7) for h in range(24)]
    busiest = max(profile.usual[slot] for day in days for slot in _slots(day, hour, lasts))
    return QuietWindow(
        hour,
        lasts,
        days,
        share,
        sorted(nights)[int(0.9 * (len(nights) - 1))],
        round(100 * sum(each < share for each in every) / len(every)),
        held,
        len(nights),
        max(1, -int(-busiest * _HEADROOM // 60)),
    )


def _night(profile: Profile, day: date, hour: int, lasts: int) -> Iterator[float]:
    """Yield the share that one night had of a usual day; nothing where its end is not known."""
    spans = [(day + timedelta(days=n // 24), n % 24) for n in range(hour, hour + lasts)]
    if profile.daily and all(each in profile.days for each, _ in spans):
        yield sum(profile.days[each][at] for each, at in spans) / profile.daily


def _slots(weekday: int, hour: int, lasts: int) -> list[Slot]:
    return [((weekday + n // 24) % 7, n % 24) for n in range(hour, hour + lasts)]


def _clock(day: date, zone: ZoneInfo) -> set[int]:
    """Return the hours that clocks show on a day: 23 of them when one is skipped."""
    start, end = _midnight(day, zone), _midnight(day + _DAY, zone)
    count = (end - start) // timedelta(hours=1)
    return {to_local(start + n * timedelta(hours=1), zone).hour for n in range(count)}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return to_instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - it is local


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
