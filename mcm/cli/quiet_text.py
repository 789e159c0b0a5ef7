"""Quiet hours in words, as a picture of the week, and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from mcm.app.quiet_hours import Traffic
from mcm.core.sanitize import clean
from mcm.core.windows.cron import WEEKDAYS
from mcm.core.windows.quiet_week import (
    QUIET,
    Profile,
    QuietWindow,
    flat_share,
    quiet_windows,
    quietest_share,
    why_too_little,
)

_COLUMN = 12
_SHADES = " .:-=+*#%@"
"""From no requests to those of the busiest hour of the week, in ten equal steps."""


def suggestion_lines(
    traffic: Traffic, stage: str, lasts: int, weekdays: Sequence[int]
) -> Iterator[str]:
    """Yield what is known of a week's traffic and the windows to take, with lines to paste."""
    profile = traffic.profile
    yield f"{'traffic':<{_COLUMN}}{clean(traffic.source, 120)}"
    yield f"{'seen':<{_COLUMN}}{_seen(profile)}"
    why = why_too_little(profile)
    if why:
        yield f"{'suggestion':<{_COLUMN}}none: {why}"
        return
    yield ""
    yield from _picture(profile, traffic.zone.key)
    yield ""
    found = quiet_windows(profile, lasts, weekdays)
    if not found:
        yield f"{'suggestion':<{_COLUMN}}none: {_no_quiet_hour(profile, lasts, weekdays)}"
        return
    for number, window in enumerate(found, start=1):
        yield f"{number}. {_told(window)}"
    yield ""
    yield from _paste(found[0], stage, traffic.zone.key)


def suggestion_json(
    traffic: Traffic, stage: str, lasts: int, weekdays: Sequence[int]
) -> dict[str, Any]:
    """Return the document of `mcm windows suggest --json`."""
    profile = traffic.profile
    why = why_too_little(profile)
    found = () if why else quiet_windows(profile, lasts, weekdays)
    if not found and not why:
        why = _no_quiet_hour(profile, lasts, weekdays)
    return {
        "version": 1,
        "stage": stage,
        "source": traffic.source,
        "timezone": traffic.zone.key,
        "days": len(profile.days),
        "days_left_out": profile.skipped,
        "hours_without_data": profile.empty,
        "requests_a_day": round(profile.daily, 3),
        "hours": lasts,
        "none": why,
        "windows": [
            {
                "cron": each.cron,
                "duration": f"{each.lasts}h",
                "share": round(each.share, 5),
                "worst_share": round(each.worst, 5),
                "percentile": each.percentile,
                "quiet_nights": each.held,
                "nights": each.nights,
                "per_minute": each.per_minute,
            }
            for each in found
        ],
    }


def _seen(profile: Profile) -> str:
    days = sorted(profile.days)
    span = f"{len(days)} whole days" + (f", {days[0]} to {days[-1]}" if days else "")
    left = f"; {profile.skipped} days left out as holidays or freezes" if profile.skipped else ""
    empty = f"; {profile.empty} hours without data count as no requests" if profile.empty else ""
    return f"{span}; {profile.daily:.0f} requests a day{left}{empty}"


def _picture(profile: Profile, zone: str) -> Iterator[str]:
    yield f"{'':<{_COLUMN}}{''.join(f'{hour:<6}' for hour in range(0, 24, 3))}".rstrip()
    busiest = max(profile.usual.values()) or 1.0
    for weekday, name in enumerate(WEEKDAYS):
        row = "".join(
            _SHADES[min(9, int(10 * profile.usual[weekday, hour] / busiest))] * 2
            for hour in range(24)
        )
        yield f"{name:<{_COLUMN}}{row}".rstrip()
    yield f"blank: hardly any; then {_SHADES[1:]} up to the busiest hour, {busiest:.0f} requests"
    yield f"by the clock of {zone}"


def _told(window: QuietWindow) -> str:
    return (
        f"{window.cron} for {window.lasts}h: {window.share:.1%} of a day's requests at risk, "
        f"{window.worst:.1%} on a bad night; {window.percentile} of 100 windows of the week have "
        f"less; quiet on {window.held} of {window.nights} nights"
    )


def _no_quiet_hour(profile: Profile, lasts: int, weekdays: Sequence[int]) -> str:
    best, flat = quietest_share(profile, lasts, weekdays), flat_share(lasts)
    if best <= QUIET * flat:
        return f"no {lasts} hours are reliably quiet: what is quiet on most nights is not on others"
    return (
        f"there is no quiet hour: the quietest {lasts} hours have {best:.1%} of a day's requests, "
        f"and of a day without rhythm they would have {flat:.1%}"
    )


def _paste(window: QuietWindow, stage: str, zone: str) -> Iterator[str]:
    name = f"quiet-{stage}"
    yield "windows:"
    yield f'  {name}: {{cron: "{window.cron}", duration: {window.lasts}h, timezone: {zone}}}'
    yield f"# and in the stage {stage}:"
    low = f"{{per_minute: {window.per_minute}, over: 15m}}"
    yield f"    window: {{allow: [{name}], low_traffic: {low}}}"
