"""Windows against a slow oracle: each minute within 36 h of each offset change of 2026.

The oracle knows nothing of folds. It watches the clock on the wall minute by minute: a
local time fires when the wall first shows it, or first shows more than it.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcm.core.cron import Cron
from mcm.core.opening import is_open
from mcm.core.window import Window

MINUTE = timedelta(minutes=1)
REACH = timedelta(hours=36)
ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"]
SHAPES = [
    ("30 1 * * *", timedelta(hours=3)),
    ("30 2 * * *", timedelta(hours=1)),
    ("0 0 * * *", timedelta(hours=24)),
    ("59 23 * * *", timedelta(hours=2)),
    ("*/15 * * * *", timedelta(minutes=7)),
    ("45 0-3 * * sun", timedelta(minutes=30)),
    ("10 23 * * sat", timedelta(hours=26)),
]


def changes(zone: ZoneInfo) -> list[datetime]:
    """Return the hours of 2026 after which the offset differs."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(hours=1) for n in range(365 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]


def fired(cron: Cron, zone: ZoneInfo, since: datetime, until: datetime) -> list[datetime]:
    """Return the instants at which the wall reaches a local time of the schedule."""
    starts = []
    moment = since
    highest = moment.astimezone(zone).replace(tzinfo=None)
    while moment < until:
        moment += MINUTE
        wall = moment.astimezone(zone).replace(tzinfo=None)
        while highest < wall:
            highest += MINUTE
            if cron.matches(highest):
                starts.append(moment)
    return starts


@pytest.mark.parametrize("zone_name", ZONES)
@pytest.mark.parametrize(("cron", "duration"), SHAPES)
def test_each_minute_around_each_change_agrees(
    zone_name: str, cron: str, duration: timedelta
) -> None:
    zone = ZoneInfo(zone_name)
    window = Window("w", cron, duration, zone_name)
    found = changes(zone)
    assert len(found) == 2
    for change in found:
        since, until = change - REACH, change + REACH
        starts = fired(Cron.parse(cron), zone, since - duration, until)
        expected = []
        actual = []
        moment = since
        while moment < until:
            expected.append(any(s <= moment < s + duration for s in starts))
            actual.append(window.span_at(moment) is not None)
            moment += MINUTE
        differing = [since + n * MINUTE for n in range(len(actual)) if actual[n] != expected[n]]
        assert differing == []


@pytest.mark.parametrize("zone_name", ZONES)
@pytest.mark.parametrize(("cron", "duration"), SHAPES)
def test_the_next_turn_agrees(zone_name: str, cron: str, duration: timedelta) -> None:
    """At odd moments around each change, opens_at and closes_at are the oracle's next turn."""
    zone = ZoneInfo(zone_name)
    window = Window("w", cron, duration, zone_name)
    for change in changes(zone):
        since, until = change - REACH, change + REACH
        starts = fired(Cron.parse(cron), zone, since - duration, until)
        minutes = [since + n * MINUTE for n in range(72 * 60)]
        states = [any(s <= m < s + duration for s in starts) for m in minutes]
        for n in range(0, len(minutes), 97):
            turns = [k for k in range(n, len(minutes)) if states[k] != states[n]]
            if turns:
                answer = is_open([window], [], minutes[n], production=True)
                assert answer.open is states[n]
                promised = answer.closes_at if answer.open else answer.opens_at
                assert promised == minutes[turns[0]]
