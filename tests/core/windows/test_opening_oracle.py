"""Windows against a slow oracle, sampled; `make windows` sweeps all of its ten years."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.windows.opening import is_open
from mcm.core.windows.window import Freeze, Window
from tests.core.opening_oracle import (
    DAY,
    HOUR,
    MINUTE,
    REACH,
    SHAPES,
    SINCE,
    UNTIL,
    ZONES,
    changes,
    differing,
    may_start,
    open_minutes,
    turn_of,
)

DST = tuple(zone for zone in ZONES if zone != "Asia/Tokyo")


@cache
def turns(zone: str) -> list[datetime]:
    return changes(ZoneInfo(zone))


@st.composite
def nights(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draw a zone and one of its changes of offset."""
    zone = draw(st.sampled_from(DST))
    return zone, draw(st.sampled_from(turns(zone)))


def test_the_zones_change_their_offset_as_they_should() -> None:
    """Twice a year, Casablanca around Ramadan; Tokyo never does."""
    assert {
        zone: len(turns(zone)) for zone in ("Africa/Casablanca", "Asia/Tokyo", "Europe/Berlin")
    } == {
        "Africa/Casablanca": 21,
        "Asia/Tokyo": 0,
        "Europe/Berlin": 20,
    }


@given(nights(), st.sampled_from(SHAPES))
@settings(max_examples=12, deadline=None)
def test_each_minute_around_a_change_agrees(
    night: tuple[str, datetime], shape: tuple[str, timedelta]
) -> None:
    zone, turn = night
    window = Window("w", *shape, zone)

    assert differing(window, turn - REACH, turn + REACH, MINUTE) == []


@given(st.sampled_from(ZONES), st.sampled_from(SHAPES), st.integers(0, 3640))
@settings(max_examples=8, deadline=None)
def test_every_quarter_of_an_hour_elsewhere_agrees(
    zone: str, shape: tuple[str, timedelta], day: int
) -> None:
    since = SINCE + day * DAY
    window = Window("w", *shape, zone)

    assert differing(window, since, since + 10 * DAY, 15 * MINUTE) == []


@given(nights(), st.sampled_from(SHAPES), st.integers(0, 96))
@settings(max_examples=8, deadline=None)
def test_the_next_turn_agrees(
    night: tuple[str, datetime], shape: tuple[str, timedelta], start: int
) -> None:
    """At odd moments around a change, opens_at and closes_at are the oracle's next turn."""
    zone, turn = night
    window = Window("w", *shape, zone)
    states = list(open_minutes(window, turn - REACH, turn + REACH))
    for number in range(start, len(states), 97):
        now, is_expected = states[number]
        after = (moment for moment, state in states[number:] if state is not is_expected)
        expected = next(after, None)
        found, promised = turn_of(window, now)
        assert found is is_expected
        if expected is not None:
            assert promised == expected


@given(
    nights(),
    st.lists(st.sampled_from(SHAPES), min_size=1, max_size=2),
    st.integers(-30, 30),
    st.integers(1, 20),
    st.integers(0, 90),
)
@settings(max_examples=6, deadline=None)
def test_windows_a_freeze_and_room_to_go_back_agree(
    night: tuple[str, datetime],
    shapes: list[tuple[str, timedelta]],
    begins: int,
    lasts: int,
    room: int,
) -> None:
    """Any window, no freeze, and so many minutes of it left."""
    zone, turn = night
    windows = [Window(f"w{number}", *shape, zone) for number, shape in enumerate(shapes)]
    local = (turn + begins * HOUR).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    freezes = []
    with suppress(ValueError):  # it lies within the hour that clocks skip
        freezes = [Freeze("f", local, local + lasts * HOUR, zone, "")]
    since, until = turn - REACH / 2, turn + REACH / 2
    expected = may_start(windows, freezes, since, until, room)
    for number in range(0, len(expected), 13):
        now = since + number * MINUTE
        found = is_open(windows, freezes, now, production=True, needs=room * MINUTE)
        assert found.open is expected[number], now


def test_ten_years_are_swept() -> None:
    assert (UNTIL - SINCE) // (365 * DAY) == 10
