"""Graphs as values and in words: the words say the numbers, and unknown is no zero."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcm.core.graphs.graph import (
    Graph,
    Heat,
    Line,
    about_graph,
    about_heat,
    hour_cells,
    number,
    window_cells,
    window_words,
)
from mcm.core.windows.window import Span

NOW = datetime(2026, 3, 17, 20, tzinfo=UTC)
LA = ZoneInfo("America/Los_Angeles")
HOUR = timedelta(hours=1)


ABOVE = Line(5, True, ">")


def graph(*values: float, line: Line = ABOVE) -> Graph:
    since = NOW - timedelta(days=7)
    return Graph(
        stage="prod-us",
        title="photo-check-5xx",
        measured="Sum of Errors per 1h",
        rule="The alarm fires",
        unit="ms",
        lines=(line,),
        period=HOUR,
        since=since,
        until=NOW,
        values=tuple((since + HOUR * n, value) for n, value in enumerate(values)),
        windows=(),
        coming=None,
        zone="America/Los_Angeles",
    )


def test_the_words_say_range_time_and_how_often_the_line_was_crossed() -> None:
    assert about_graph(graph(1, 7, 2, 6)) == (
        "photo-check-5xx in prod-us: Sum of Errors per 1h, last 7 days up to 2026-03-17 20:00Z:"
        " lowest 1, highest 7 ms on Tue 10 Mar 14:00 PDT, 2 of 4 periods were > 5."
        " The alarm fires."
    )


def test_a_line_that_was_never_crossed_is_said_so() -> None:
    assert "never > 5" in about_graph(graph(1, 5))


def test_no_data_is_no_zero() -> None:
    assert "no data at all" in about_graph(graph())


@pytest.mark.parametrize(
    ("line", "crossed"),
    [
        (Line(5, True, ">"), 1),
        (Line(5, True, ">="), 2),
        (Line(5, False, "<"), 1),
        (Line(5, False, "<="), 2),
    ],
)
def test_beyond_is_what_the_sign_says(line: Line, crossed: int) -> None:
    assert graph(4, 5, 6, line=line).crossed() == crossed


def test_the_right_edge_is_the_present_or_the_end_of_the_window_ahead() -> None:
    ahead = Span(NOW + HOUR, NOW + 2 * HOUR)
    assert graph(1).end == NOW
    assert replace(graph(1), windows=(ahead,)).end == ahead.end


@pytest.mark.parametrize(
    ("value", "shown", "short"),
    [
        (0, "0", "0"),
        (0.25, "0.25", "0.25"),
        (0.000012, "0.000012", "0.000012"),
        (312, "312", "312"),
        (999.6, "1k", "1k"),
        (1540, "1.54k", "1.5k"),
        (67_400, "67.4k", "67k"),
        (250_000, "250k", "250k"),
        (20_000_000, "20M", "20M"),
        (3.2e9, "3.2G", "3.2G"),
        (-1540, "-1.54k", "-1.5k"),
    ],
)
def test_numbers_are_short_and_have_no_exponent(value: float, shown: str, short: str) -> None:
    assert (number(value), number(value, 2)) == (shown, short)


def test_an_hour_is_the_median_of_its_weeks_in_local_time() -> None:
    monday = datetime(2026, 2, 2, 10, tzinfo=UTC)  # 02:00 in Los Angeles
    points = [
        (monday + timedelta(weeks=week), float(value)) for week, value in enumerate((5, 1, 9))
    ]

    assert hour_cells(points, LA) == {(0, 2): 5.0}


def test_a_change_of_the_clocks_moves_hours_with_them() -> None:
    """02:00 by the clock is one hour of the week before and after, an hour of UTC apart."""
    before, after = (datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((2, 10), (9, 9)))

    assert set(hour_cells([(before, 1.0), (after, 3.0)], LA)) == {(0, 2)}


def test_a_window_touches_whole_hours_over_midnight() -> None:
    start = datetime(2026, 3, 18, 6, 30, tzinfo=UTC)  # Tue 23:30 in Los Angeles
    span = Span(start, start + timedelta(hours=2))

    assert window_cells([span], LA) == {(1, 23), (2, 0), (2, 1)}
    assert len(window_cells([Span(start, start + timedelta(days=300))], LA)) == 168


def heat(window: set[tuple[int, int]], *values: float) -> Heat:
    cells = {(0, hour): value for hour, value in enumerate(values)}
    since = NOW - timedelta(weeks=4)
    return Heat("prod-us", "Invocations", since, NOW, cells, frozenset(window), "UTC")


def test_a_quiet_window_is_compared_with_the_rest_by_its_busiest_hour() -> None:
    quiet = heat({(0, 0), (0, 1)}, 10, 20, 15, 30, 40, 50)

    assert quiet.quieter_than() == 75
    assert (
        window_words(quiet) == "In the window 10 to 20 an hour, less than in 75% of the other hours"
    )
    assert "10 to 50 an hour. In the window" in about_heat(quiet)


def test_a_busy_window_is_not_called_quiet() -> None:
    words = window_words(heat({(0, 5)}, 10, 20, 15, 30, 40, 50))

    assert words == "In the window 50 an hour: no quiet time, 100% of the other hours have less"


def test_what_is_unknown_of_the_window_is_said() -> None:
    assert window_words(heat(set(), 1, 2)) == "No window opens in the coming week"
    assert window_words(heat({(6, 6)}, 1, 2)) == "Of the window's own hours there is no data"
    assert window_words(heat({(0, 0), (0, 1)}, 1, 2)) == "In the window 1 to 2 an hour"
    assert about_heat(heat({(0, 0)})).endswith("no data at all.")
