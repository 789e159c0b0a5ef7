"""A slow oracle of windows: it knows nothing of folds and watches the clock on the wall.

Minute by minute a local time fires when the wall first shows it, or first shows more than
it. `python -m tests.core.opening_oracle` sweeps ten years in eight zones: each minute within
36 h of every change of offset, every 15 minutes elsewhere.
"""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mcm.core.windows.cron import Cron
from mcm.core.windows.opening import is_open
from mcm.core.windows.window import Freeze, Window

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REACH = 36 * HOUR
SINCE, UNTIL = datetime(2021, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Santiago",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
)
SHAPES = (
    ("30 1 * * *", 3 * HOUR),
    ("30 2 * * *", HOUR),
    ("0 0 * * *", 24 * HOUR),
    ("59 23 * * *", 2 * HOUR),
    ("*/15 * * * *", 7 * MINUTE),
    ("45 0-3 * * sun", 30 * MINUTE),
    ("10 23 * * sat", 26 * HOUR),
    ("0 2 13 * fri", 3 * HOUR),
)


def changes(zone: ZoneInfo, since: datetime = SINCE, until: datetime = UNTIL) -> list[datetime]:
    """Return the hours after which the offset differs."""
    found, before, moment = [], since.astimezone(zone).utcoffset(), since
    while moment < until:
        moment += HOUR
        offset = moment.astimezone(zone).utcoffset()
        if offset != before:
            found.append(moment)
        before = offset
    return found


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


def open_minutes(
    window: Window, since: datetime, until: datetime, step: timedelta = MINUTE
) -> Iterator[tuple[datetime, bool]]:
    """Yield each moment of a span with whether the window is open then."""
    starts = fired(Cron.parse(window.cron), window.zone, since - window.duration - DAY, until)
    newest, index, moment = None, 0, since
    while moment < until:
        while index < len(starts) and starts[index] <= moment:
            newest = starts[index]
            index += 1
        yield moment, newest is not None and moment < newest + window.duration
        moment += step


def may_start(
    windows: Sequence[Window],
    freezes: Sequence[Freeze],
    since: datetime,
    until: datetime,
    room: int,
) -> list[bool]:
    """Return for each minute whether a promotion that needs `room` minutes may start."""
    rows = [list(open_minutes(window, since, until + room * MINUTE)) for window in windows]
    count = (until - since) // MINUTE + room
    opened = [
        any(row[n][1] for row in rows)
        and not any(freeze.span.holds(since + n * MINUTE) for freeze in freezes)
        for n in range(count)
    ]
    run = 0
    lasts = [0] * count
    for n in reversed(range(count)):
        run = run + 1 if opened[n] else 0
        lasts[n] = run
    return [opened[n] and lasts[n] > room for n in range((until - since) // MINUTE)]


def differing(window: Window, since: datetime, until: datetime, step: timedelta) -> list[datetime]:
    """Return the moments of a span at which the product and the oracle disagree."""
    return [
        moment
        for moment, is_expected in open_minutes(window, since, until, step)
        if (window.span_at(moment) is not None) is not is_expected
    ]


def sweep(zone: str) -> list[str]:
    """Compare ten years of one zone; return what differs, in words."""
    found = []
    turns = changes(ZoneInfo(zone))
    spans = [(SINCE, UNTIL, 15 * MINUTE)]
    spans += [(turn - REACH, turn + REACH, MINUTE) for turn in turns]
    for cron, duration in SHAPES:
        window = Window("w", cron, duration, zone)
        for since, until, step in spans:
            wrong = differing(window, since, until, step)
            found += [f"{zone} {cron!r} for {duration}: {moment}" for moment in wrong[:5]]
    return found


def main() -> int:
    """Sweep all zones on all cores; print what differs."""
    with ProcessPoolExecutor() as pool:
        wrong = [line for lines in pool.map(sweep, ZONES) for line in lines]
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(ZONES)} zones, {len(SHAPES)} windows, ten years: {len(wrong)} differ\n")
    return 1 if wrong else 0


def turn_of(window: Window, now: datetime) -> tuple[bool, datetime | None]:
    """Return what the product says of `now`: open or not, and when that changes."""
    answer = is_open([window], [], now, production=True)
    return answer.open, answer.closes_at if answer.open else answer.opens_at


if __name__ == "__main__":
    sys.exit(main())
