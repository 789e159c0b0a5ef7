"""Pictures: the same bytes each time, small, readable in light and dark, text as text."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from mcm.core.graphs.graph import Graph, Heat, Line, about_graph, about_heat
from mcm.core.windows.window import Span
from mcm.record import svg
from mcm.record.draw_graph import draw_graph
from mcm.record.draw_heat import draw_heat

NOW = datetime(2026, 3, 17, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SINCE = NOW - timedelta(days=7)
COMING = Span(NOW + 60 * MINUTE, NOW + 240 * MINUTE)
GRAPH = Graph(
    stage="prod-us",
    title="photo-check-latency",
    measured="p99 of ModelLatency per 1m",
    rule="The alarm fires at > 250 ms in 2 of 3 periods of 1m; then the stage is rolled back",
    unit="ms",
    lines=(Line(250, True, ">"),),
    period=MINUTE,
    since=SINCE,
    until=NOW,
    values=tuple(
        (SINCE + MINUTE * n, 120 + 80 * math.sin(n / 200) + n % 37)
        for n in range(7 * 1440)
        if not 3000 < n < 3400
    ),
    windows=(Span(SINCE + 900 * MINUTE, SINCE + 1080 * MINUTE), COMING),
    coming=COMING,
    zone="America/Los_Angeles",
)
HEAT = Heat(
    stage="prod-us",
    measured="Invocations",
    since=NOW - timedelta(weeks=4),
    until=NOW,
    cells={(d, h): 1000.0 * h + d for d in range(7) for h in range(24) if (d, h) != (6, 23)},
    window=frozenset({(1, 2), (1, 3), (2, 2)}),
    zone="America/Los_Angeles",
)
HOSTILE = (
    "</title><script>alert(1)</script>",
    "$x^2$ \\frac{1} $",
    "]]><!-- a -- b -->&amp;&#0;",
    "\x00\x1b[31m\u202e\ufeff",
    '"><svg onload=alert(1)>',
    "x" * 100_000,
    "写真 фото 📷",
    "url(#x) href='http://evil.example/' style=fill:red",
)
DRAWN: dict[str, Callable[[str], bytes]] = {
    "graph": lambda text: draw_graph(replace(GRAPH, title=text, measured=text, rule=text), "a"),
    "heat": lambda text: draw_heat(replace(HEAT, stage=text, measured=text), "a"),
}


def texts(page: bytes) -> list[str]:
    """Return what is written in a picture, word for word."""
    root = ET.fromstring(page)
    return ["".join(each.itertext()) for each in root.iter() if each.tag.endswith("}text")]


def shape(page: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """Return elements and their attributes without what is written in them."""
    root = ET.fromstring(page)
    return [(each.tag, tuple(sorted(each.attrib))) for each in root.iter()]


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_the_same_picture_is_the_same_bytes_and_small(name: str) -> None:
    page = DRAWN[name]("photo-check")

    assert page == DRAWN[name]("photo-check")
    assert len(page) < 100_000
    assert b"2026-" not in re.sub(rb"<title>.*?</title>", b"", page)


def test_the_line_its_side_and_the_window_have_words() -> None:
    written = texts(draw_graph(GRAPH, "a"))

    assert "beyond: > 250 ms" in written
    assert "next window Tue 17 14:00–17:00" in written
    assert "times in America/Los_Angeles" in written
    assert {"00:00", "12:00", "Wed 11"} <= set(written)


def test_each_hour_of_the_heat_map_has_its_number() -> None:
    written = texts(draw_heat(HEAT, "a"))

    assert {"Mon", "Sun", "00", "23", "23k", "–"} <= set(written)
    assert sum(bool(re.fullmatch(r"[\d.]+k?|–", each)) for each in written) == 7 * 24 + 24


def test_the_description_is_the_words_of_the_core() -> None:
    for page, about in (
        (draw_graph(GRAPH, "a"), about_graph(GRAPH)),
        (draw_heat(HEAT, "a"), about_heat(HEAT)),
    ):
        root = ET.fromstring(page)
        assert root.find("{http://www.w3.org/2000/svg}title").text == about  # type: ignore[union-attr]
        assert root.get("role") == "img"


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_threat_57_no_name_adds_anything_but_itself(name: str) -> None:
    expected = shape(DRAWN[name]("harmless"))
    for text in HOSTILE:
        page = DRAWN[name](text)

        assert shape(page) == expected, text
        assert b"<script" not in page
        assert b"<!--" not in page
        assert len(page) < 100_000


def test_what_is_written_stays_as_it_is() -> None:
    """Numbers are rounded and names dropped in tags only."""
    for text in ('v1.23456 id="a" rotate(-0 1 2)', "a < b & c > d", "$x$"):
        assert text in texts(draw_graph(replace(GRAPH, title=text), "a"))


@pytest.mark.parametrize(
    "values",
    [(), ((SINCE, 3.0),), ((SINCE, math.nan),), ((SINCE, math.inf), (NOW - MINUTE, -5.0))],
)
def test_no_data_one_point_and_no_numbers_are_drawn(
    values: tuple[tuple[datetime, float], ...],
) -> None:
    page = draw_graph(replace(GRAPH, values=values, windows=(), coming=None), "a")

    assert ("no data" in texts(page)) is (not any(math.isfinite(v) for _, v in values))


def test_an_empty_week_is_drawn() -> None:
    assert texts(draw_heat(replace(HEAT, cells={}), "a")).count("–") == 7 * 24


def test_a_short_span_has_ticks_of_minutes() -> None:
    short = replace(GRAPH, since=NOW - 180 * MINUTE, values=GRAPH.values[-180:], windows=())

    assert {"10:30", "12:00"} <= set(texts(draw_graph(short, "a")))


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [svg.INK, svg.MUTED, svg.CURVE, svg.BAD, svg.OPEN])
def test_text_and_curves_stand_out_from_the_paper_in_light_and_dark(colour: str) -> None:
    """WCAG 2 AA for text: 4.5 to 1."""
    assert _contrast(colour, svg.PAPER) >= 4.5
    assert _contrast(svg.DARK[colour], svg.DARK[svg.PAPER]) >= 4.5


def test_numbers_in_the_heat_map_stand_out_from_their_hour() -> None:
    from mcm.record.draw_heat import SHADES

    assert all(_contrast(back, front) >= 4.5 for back, front in SHADES)


def test_every_colour_has_its_dark_one() -> None:
    page = draw_graph(GRAPH, "a").decode()
    body = page[page.index("</style>") :]

    assert set(re.findall(r"#[0-9a-f]{6}\b", body)) <= set(svg.DARK)
