"""The algebra of windows and freezes: fail closed, [start, end), DST nights, room to go back."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.core.windows.opening import Openness, is_open, openings
from mcm.core.windows.window import Freeze, Once, Span, Window

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
LA = "America/Los_Angeles"
QUIET = Window("quiet-us", "0 2 * * tue-thu", 3 * HOUR, LA)


def at(text: str) -> datetime:
    """Read a UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


PEAK = Freeze("peak", local("2026-11-25T00:00"), local("2026-12-02T00:00"), LA, "peak season")


def ask(now: str, *freezes: Freeze, windows: tuple[Window, ...] = (QUIET,)) -> Openness:
    return is_open(windows, freezes, at(now), production=True)


def test_a_production_stage_without_a_window_is_closed() -> None:
    """Nobody said when it may be touched, so it may not be."""
    answer = is_open([], [], at("2026-03-18T09:00"), production=True)

    assert not answer.open
    assert (answer.opens_at, answer.closes_at, answer.gate) == (None, None, "window")
    assert answer.reason == "no window is configured, and a production stage opens only in one"
    assert list(openings([], [], at("2026-03-18T09:00"), production=True)) == []


def test_another_stage_without_a_window_is_open() -> None:
    answer = is_open([], [], at("2026-03-18T09:00"), production=False)

    assert answer == Openness(
        True, "open: no window is configured, and this is not a production stage", None, None
    )


def test_a_stage_that_is_not_production_keeps_to_the_window_it_has() -> None:
    assert not is_open([QUIET], [], at("2026-03-18T08:00"), production=False).open


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        is_open([QUIET], [], local("2026-03-18T09:00"), production=True)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at("2026-03-18T09:00") - TICK, False),
        (at("2026-03-18T09:00"), True),
        (at("2026-03-18T12:00") - TICK, True),
        (at("2026-03-18T12:00"), False),
    ],
)
def test_the_start_is_in_and_the_end_is_out(moment: datetime, expected: bool) -> None:
    assert is_open([QUIET], [], moment, production=True).open is expected


def test_closed_says_which_window_opens_when_and_how_long_to_wait() -> None:
    answer = ask("2026-03-18T04:48")

    assert answer.reason == "window quiet-us opens Wed 18 Mar 02:00 PDT (in 4h12m)"
    assert answer.opens_at == at("2026-03-18T09:00")
    assert answer.closes_at is None
    assert answer.gate == "window"


def test_open_says_until_when() -> None:
    answer = ask("2026-03-18T09:00")

    assert answer.reason == "open until Wed 18 Mar 05:00 PDT"
    assert answer.closes_at == at("2026-03-18T12:00")
    assert answer.gate is None


def test_a_freeze_wins_over_an_open_window() -> None:
    """Wednesday 02:30 in Los Angeles is inside the window, and frozen."""
    answer = ask("2026-11-25T10:30", PEAK)

    assert not answer.open
    assert answer.reason == "freeze peak until Wed 02 Dec 00:00 PST: peak season"
    assert answer.gate == "freeze:peak"
    assert answer.opens_at == at("2026-12-02T10:00")


def test_a_freeze_holds_a_stage_without_windows_too() -> None:
    answer = is_open([], [PEAK], at("2026-11-25T10:30"), production=False)

    assert not answer.open
    assert answer.opens_at == at("2026-12-02T08:00")


def test_a_frozen_production_stage_without_a_window_never_opens() -> None:
    assert is_open([], [PEAK], at("2026-11-25T10:30"), production=True).opens_at is None


def test_a_freeze_starts_with_its_first_instant_and_is_over_at_its_end() -> None:
    night = Window("night", "0 0 * * *", 24 * HOUR, LA)

    assert ask("2026-11-25T07:59:59", PEAK, windows=(night,)).open
    assert not ask("2026-11-25T08:00", PEAK, windows=(night,)).open
    assert not ask("2026-12-02T07:59:59.999999", PEAK, windows=(night,)).open
    assert ask("2026-12-02T08:00", PEAK, windows=(night,)).open


def test_opening_waits_for_the_end_of_every_freeze() -> None:
    """The window at hand is frozen, the freeze behind it overlaps, then the week is over."""
    audit = Freeze("audit", local("2026-12-01T12:00"), local("2026-12-03T23:00"), LA, "")

    answer = ask("2026-11-24T20:00", PEAK, audit)

    assert answer.reason == "window quiet-us opens Tue 08 Dec 02:00 PST (in 13d14h)"
    assert ask("2026-12-02T00:00", PEAK, audit).reason == "freeze audit until Thu 03 Dec 23:00 PST"


def test_a_freeze_that_ends_inside_a_window_opens_it_there() -> None:
    early = Freeze("early", local("2026-03-17T22:00"), local("2026-03-18T03:15"), LA, "x")

    assert ask("2026-03-18T05:00", early).opens_at == at("2026-03-18T10:15")


def test_a_coming_freeze_closes_an_open_window() -> None:
    cut = Freeze("cut", local("2026-03-18T04:00"), local("2026-03-19T00:00"), LA, "x")

    answer = ask("2026-03-18T09:00", cut)

    assert answer.closes_at == at("2026-03-18T11:00")
    assert answer.reason == "open until Wed 18 Mar 04:00 PDT, then freeze cut"


def test_a_window_that_cannot_open_within_the_horizon_says_so() -> None:
    leap = Window("leap", "0 0 29 2 *", HOUR, "UTC")
    long = Freeze("long", local("2026-01-01T00:00"), local("9000-01-01T00:00"), LA, "sold")

    assert ask("2026-03-18T00:00", windows=(leap,)).opens_at is None
    assert (
        ask("2026-03-18T00:00", windows=(leap,)).reason
        == "window leap does not open in the next 400 days"
    )
    assert ask("2026-03-18T00:00", long).opens_at is None
    assert ask("2027-02-01T00:00", windows=(leap,)).opens_at == at("2028-02-29T00:00")


def test_several_windows_join() -> None:
    """Open in any of them; one that follows without a gap carries on; the last one names it."""
    tail = Window("tail", "0 5 * * wed", HOUR, LA)
    early = Window("early", "0 1 * * wed", 2 * HOUR, LA)
    windows = (tail, QUIET, early)

    answer = ask("2026-03-18T08:30", windows=windows)

    assert answer.closes_at == at("2026-03-18T13:00")
    assert ask("2026-03-18T07:30", windows=windows).reason.startswith("window early opens")


def test_a_window_around_the_clock_does_not_close() -> None:
    day = Window("day", "0 0 * * *", 24 * HOUR, "UTC")

    answer = ask("2026-03-18T00:00", windows=(day,))

    assert answer.reason == "open, and does not close in the next 400 days"
    assert answer.closes_at is None
    assert ask("2026-03-18T00:00", PEAK, windows=(day,)).closes_at == at("2026-11-25T08:00")


def test_joining_minutes_one_by_one_ends_early_rather_than_late() -> None:
    """The search is bounded; what it promises as open is open."""
    each = Window("each", "* * * * *", MINUTE, "UTC")

    answer = ask("2026-03-18T00:00", windows=(each,))

    assert answer.closes_at is not None
    assert answer.closes_at > at("2026-03-31T00:00")


def test_a_day_long_window_leaves_an_hour_closed_in_the_long_night() -> None:
    """The duration is elapsed time, and that day has 25 hours."""
    day = Window("day", "0 0 * * *", 24 * HOUR, "America/New_York")

    answer = ask("2026-10-30T12:00", windows=(day,))

    assert answer.closes_at == at("2026-11-02T04:00")
    assert ask("2026-11-02T04:30", windows=(day,)).opens_at == at("2026-11-02T05:00")


def test_a_window_over_midnight_stays_open_into_the_next_day() -> None:
    late = Window("late", "59 23 31 12 *", 2 * HOUR, "Europe/Berlin")

    answer = ask("2026-12-31T23:30", windows=(late,))

    assert answer.reason == "open until Fri 01 Jan 01:59 CET"
    assert ask("2026-12-31T22:58", windows=(late,)).opens_at == at("2026-12-31T22:59")


def test_a_start_in_the_skipped_hour_opens_at_the_jump() -> None:
    """02:30 does not exist in New York that night: open from 03:00, for the full hour."""
    window = Window("w", "30 2 * * *", HOUR, "America/New_York")

    assert window.span_at(at("2026-03-08T07:00")) == Span(
        at("2026-03-08T07:00"), at("2026-03-08T08:00")
    )
    assert ask("2026-03-08T06:00", windows=(window,)).opens_at == at("2026-03-08T07:00")


def test_a_start_in_the_doubled_hour_counts_once() -> None:
    """01:30 comes twice in New York that night; half an hour is open, not twice that."""
    window = Window("w", "30 1 * * *", HOUR / 2, "America/New_York")

    spans = openings([window], [], at("2026-11-01T00:00"), production=True)

    assert list(islice(spans, 2)) == [
        Span(at("2026-11-01T05:30"), at("2026-11-01T06:00")),
        Span(at("2026-11-02T06:30"), at("2026-11-02T07:00")),
    ]


def test_openings_leave_the_freezes_out() -> None:
    """What a person can plan with: today's rest, a cut night, the nights after."""
    cut = Freeze("cut", local("2026-03-18T03:00"), local("2026-03-18T04:00"), LA, "x")

    spans = openings([QUIET], [cut], at("2026-03-17T10:00"), production=True)

    assert list(islice(spans, 4)) == [
        Span(at("2026-03-17T10:00"), at("2026-03-17T12:00")),
        Span(at("2026-03-18T09:00"), at("2026-03-18T10:00")),
        Span(at("2026-03-18T11:00"), at("2026-03-18T12:00")),
        Span(at("2026-03-19T09:00"), at("2026-03-19T12:00")),
    ]


@given(
    st.sampled_from([QUIET, Window("late", "59 23 13 * fri", 5 * HOUR, "Australia/Lord_Howe")]),
    st.datetimes(
        min_value=local("2026-01-01"), max_value=local("2027-12-31"), timezones=st.just(UTC)
    ),
)
@settings(max_examples=60, deadline=None)
def test_the_promised_instant_is_kept(window: Window, now: datetime) -> None:
    """It opens exactly at opens_at and shuts exactly at closes_at, not a tick off."""
    answer = is_open([window], [PEAK], now, production=True)
    turn = answer.closes_at if answer.open else answer.opens_at

    assert turn is not None
    assert is_open([window], [PEAK], turn, production=True).open is not answer.open
    assert is_open([window], [PEAK], turn - TICK, production=True).open is answer.open


NIGHT = Once("launch", local("2026-03-20T23:59"), local("2026-03-21T00:30"), LA)


def test_a_one_shot_window_opens_once_over_midnight() -> None:
    spans = openings([NIGHT], [], at("2026-03-18T09:00"), production=True)

    assert list(spans) == [Span(at("2026-03-21T06:59"), at("2026-03-21T07:30"))]


def test_a_one_shot_window_joins_the_nightly_one() -> None:
    late = Once("late", local("2026-03-18T05:00"), local("2026-03-18T06:00"), LA)

    answer = is_open([QUIET, late], [], at("2026-03-18T09:00"), production=True)

    assert answer.closes_at == at("2026-03-18T13:00")


def test_a_window_that_is_over_says_that_it_does_not_open() -> None:
    answer = is_open([NIGHT], [], at("2026-03-22T00:00"), production=True)

    assert answer.reason == "window launch does not open in the next 400 days"


def test_a_promotion_needs_room_for_the_bake_and_a_way_back() -> None:
    """What is left of the window must hold both; the last of it is too late to start in."""
    early = is_open([QUIET], [], at("2026-03-18T10:59"), production=True, needs=HOUR)
    late = is_open([QUIET], [], at("2026-03-18T11:00"), production=True, needs=HOUR)

    assert (early.open, early.closes_at) == (True, at("2026-03-18T11:00"))
    assert (late.open, late.gate, late.opens_at) == (False, "window", at("2026-03-19T09:00"))
    assert late.reason == (
        "too late to start: open until Wed 18 Mar 05:00 PDT, and bake and a way back take 1h; "
        "opens Thu 19 Mar 02:00 PDT (in 22h)"
    )


def test_a_freeze_that_cuts_a_window_short_leaves_no_room() -> None:
    cut = Freeze("cut", local("2026-03-18T02:30"), local("2026-03-18T04:30"), LA, "x")

    answer = is_open([QUIET], [cut], at("2026-03-18T09:00"), production=True, needs=HOUR)

    assert (answer.open, answer.opens_at) == (False, at("2026-03-19T09:00"))


def test_a_window_that_is_never_long_enough_says_so() -> None:
    answer = is_open([QUIET], [], at("2026-03-18T04:00"), production=True, needs=3 * HOUR)

    assert answer.opens_at is None
    assert answer.reason == ("window quiet-us does not open for long enough in the next 400 days")


def test_a_stage_without_windows_keeps_room_before_a_freeze() -> None:
    answer = is_open([], [PEAK], at("2026-11-25T07:30"), production=False, needs=HOUR)

    assert (answer.open, answer.opens_at) == (False, at("2026-12-02T08:00"))


@given(
    st.datetimes(
        min_value=local("2026-01-01"), max_value=local("2027-12-31"), timezones=st.just(UTC)
    ),
    st.integers(0, 200),
)
@settings(max_examples=60, deadline=None)
def test_whoever_starts_has_the_room(now: datetime, needs: int) -> None:
    """Open with needs is: open now, and open without a gap until all is done."""
    room = needs * MINUTE
    may = is_open([QUIET], [PEAK], now, production=True, needs=room).open
    plain = is_open([QUIET], [PEAK], now, production=True)

    held = plain.open and plain.closes_at is not None and now + room < plain.closes_at
    assert may is held


@given(
    st.datetimes(
        min_value=local("2026-01-01"), max_value=local("2027-12-31"), timezones=st.just(UTC)
    ),
)
@settings(max_examples=30, deadline=None)
def test_openings_with_room_are_the_openings_less_their_end(now: datetime) -> None:
    whole = list(islice(openings([QUIET], [PEAK], now, production=True), 5))
    starts = list(islice(openings([QUIET], [PEAK], now, production=True, needs=HOUR), 5))

    expected = [Span(s.start, s.end - HOUR) for s in whole if s.start < s.end - HOUR]
    assert starts[: len(expected)] == expected
