"""A metric over the last days as SVG: its curve, its line, the side beyond, the windows.

Nothing is told by colour alone: the line has its number, the side beyond and the windows
have their words. matplotlib is loaded when something is drawn, and no earlier.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mcm.core.graphs.graph import DAYS, Graph, MarkKind, about_graph, number
from mcm.core.sanitize import clean
from mcm.core.windows.window import Span
from mcm.core.windows.zone import to_instant, to_local
from mcm.record.svg import BAD, CURVE, GRID, INK, MUTED, OPEN, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (10.0, 3.5)
"""Inches of 72 points."""
_BUCKETS = 480
"""Stretches that the curve is drawn in; each shows its worst and its whole range."""
_TICKS = (
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(hours=6), timedelta(minutes=30)),
    (timedelta(days=1, hours=12), timedelta(hours=3)),
    (timedelta(days=4), timedelta(hours=6)),
    (timedelta(days=10), timedelta(hours=12)),
    (timedelta(days=20), timedelta(days=1)),
)
"""(longest span, distance of its ticks)."""
_ALARMS = {MarkKind.FALSE: ("v", BAD), MarkKind.RIGHT: ("o", OPEN)}
_INCIDENTS = {MarkKind.NOTICED: ("-", OPEN), MarkKind.MISSED: ((0, (1, 1)), BAD)}
_LEGEND = (
    (MarkKind.FALSE, "▼ false alarm"),
    (MarkKind.RIGHT, "● right alarm"),
    (MarkKind.NOTICED, "▬ incident noticed"),
    (MarkKind.MISSED, "▪▪▪ incident missed"),
)
Stretch = tuple[float, float, float, float]
"""(middle in hours since the beginning, worst value, lowest, highest)."""


def draw_graph(graph: Graph, salt: str) -> bytes:
    """Return the graph as SVG; `salt`, its file's name, keeps names apart on one page."""
    from matplotlib.figure import Figure

    with drawing(salt):
        figure = Figure(figsize=_SIZE)
        axes = figure.add_axes((0.065, 0.17, 0.905, 0.60))
        low, high = _limits(graph)
        axes.set_ylim(low, high)
        axes.set_xlim(0, _hours(graph, graph.end))
        _draw_windows(axes, graph)
        _draw_lines(axes, graph, low, high)
        _draw_values(axes, graph)
        _draw_marks(axes, graph)
        _draw_axes(axes, graph)
        figure.text(0.012, 0.935, clean(graph.title, 90), size=12, weight="bold", va="center")
        figure.text(0.012, 0.855, clean(graph.rule, 130), color=MUTED, va="center")
        figure.text(
            0.97, 0.935, clean(graph.stage, 40), color=MUTED, va="center", ha="right", size=10
        )
        return to_svg(figure, about_graph(graph))


def _limits(graph: Graph) -> tuple[float, float]:
    values = [v for _, v in graph.values if math.isfinite(v)] + [x.value for x in graph.lines]
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low or 1.0) * 0.18
    return (low - room if low < 0 else low), high + room


def _draw_windows(axes: "Axes", graph: Graph) -> None:
    for span in graph.windows:
        start, end = _hours(graph, span.start), _hours(graph, span.end)
        ahead = span.end > graph.until
        axes.axvspan(max(start, 0.0), end, color=OPEN, alpha=0.16 if ahead else 0.09, lw=0)
    if graph.coming is not None:
        axes.text(
            1,
            1.015,
            _window(graph.coming, graph),
            transform=axes.transAxes,
            ha="right",
            va="bottom",
            size=8,
            color=OPEN,
            weight="bold",
        )
    if graph.end > graph.until:
        axes.axvline(_hours(graph, graph.until), color=MUTED, lw=1, ls=(0, (1, 2)))


def _draw_lines(axes: "Axes", graph: Graph, low: float, high: float) -> None:
    for line in graph.lines:
        axes.axhspan(line.value, high if line.above else low, color=BAD, alpha=0.09, lw=0)
        axes.axhline(line.value, color=BAD, lw=1.4, ls=(0, (5, 3)))
        shown = f"{line.sign} {number(line.value)} {graph.unit}".rstrip()
        axes.annotate(
            f"beyond: {shown}",
            (0, line.value),
            xycoords=("axes fraction", "data"),
            xytext=(6, 4 if line.above else -4),
            textcoords="offset points",
            va="bottom" if line.above else "top",
            color=BAD,
            weight="bold",
        )


def _draw_values(axes: "Axes", graph: Graph) -> None:
    stretches = _stretches(graph)
    if not stretches:
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", color=MUTED, size=14)
        return
    x, worst, low, high = (
        list(column) for column in zip(*_with_gaps(graph, stretches), strict=True)
    )
    if any(a != b for a, b in zip(low, high, strict=True) if not math.isnan(a)):
        axes.fill_between(x, low, high, color=CURVE, alpha=0.22, lw=0)
    axes.plot(x, worst, color=CURVE, lw=1.5, solid_capstyle="round", clip_on=False)
    lone = [i for i in range(len(x)) if _is_lone(worst, i)]
    axes.plot(
        [x[i] for i in lone], [worst[i] for i in lone], ".", color=CURVE, ms=3.5, clip_on=False
    )


def _draw_marks(axes: "Axes", graph: Graph) -> None:
    """Alarms at the top edge, incidents as bands with a bar at the bottom; signs, not colours."""
    across = axes.get_xaxis_transform()
    for mark in graph.marks:
        start, end = _hours(graph, mark.span.start), _hours(graph, mark.span.end)
        if mark.kind in _ALARMS:
            sign, colour = _ALARMS[mark.kind]
            axes.plot([start], [0.95], sign, transform=across, color=colour, ms=6, clip_on=False)
        else:
            dashes, colour = _INCIDENTS[mark.kind]
            axes.axvspan(max(start, 0.0), end, color=colour, alpha=0.10, lw=0)
            axes.plot([start, end], [0.02, 0.02], transform=across, color=colour, lw=4, ls=dashes)
    told = [words for kind, words in _LEGEND if any(mark.kind is kind for mark in graph.marks)]
    if told:
        words = " · ".join(told)
        axes.text(
            1, 1.015, words, transform=axes.transAxes, ha="right", va="bottom", size=8, color=MUTED
        )


def _stretches(graph: Graph) -> list[Stretch]:
    """Join the periods into stretches, so that none of the bad ones is lost."""
    step = _step(graph)
    found: dict[int, list[float]] = {}
    for start, value in graph.values:
        if math.isfinite(value):
            found.setdefault((start - graph.since) // step, []).append(value)
    worst = min if graph.lines and not any(line.above for line in graph.lines) else max
    hours = step / timedelta(hours=1)
    return [((i + 0.5) * hours, worst(v), min(v), max(v)) for i, v in sorted(found.items())]


def _step(graph: Graph) -> timedelta:
    periods = max(1, (graph.until - graph.since) // graph.period)
    return graph.period * max(1, math.ceil(periods / _BUCKETS))


def _with_gaps(graph: Graph, stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield the stretches, and a hole in the curve where periods have no data."""
    step = _step(graph) / timedelta(hours=1)
    before = stretches[0][0]
    for each in stretches:
        if each[0] - before > 1.5 * step:
            yield (before + step, math.nan, math.nan, math.nan)
        yield each
        before = each[0]


def _is_lone(values: Sequence[float], i: int) -> bool:
    """Whether a value has a hole on both sides: a line of one point is invisible."""
    around = [values[j] for j in (i - 1, i + 1) if 0 <= j < len(values)]
    return not math.isnan(values[i]) and all(math.isnan(value) for value in around)


def _draw_axes(axes: "Axes", graph: Graph) -> None:
    ticks = list(_ticks(graph.since, graph.end, graph.where))
    axes.set_xticks([_hours(graph, at) for at, _ in ticks], [label for _, label in ticks])
    axes.yaxis.set_major_formatter(lambda value, _: number(value))
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(length=3, labelsize=8.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    unit = f" ({graph.unit})" if graph.unit else ""
    axes.set_title(clean(f"{graph.measured}{unit}", 90), loc="left", size=8.5, color=INK, pad=4)
    axes.annotate(
        f"times in {graph.zone}",
        (1, 0),
        xycoords="axes fraction",
        xytext=(0, -38),
        textcoords="offset points",
        ha="right",
        size=8,
        color=MUTED,
    )


def _ticks(since: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, str]]:
    """Yield round local times; the day stands below midnight, and below the first of all."""
    length = end - since
    step = next((each for most, each in _TICKS if length <= most), timedelta(days=7))
    first = to_local(since, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    named = ""
    for index in range(int((length + timedelta(days=2)) / step) + 1):
        local = first + index * step
        at = to_instant(local, zone)
        if since <= at <= end:
            day = f"{DAYS[local.weekday()]} {local.day:02d}"
            yield at, f"{local:%H:%M}" + (f"\n{day}" if day != named else "")
            named = day


def _hours(graph: Graph, moment: datetime) -> float:
    return (moment - graph.since) / timedelta(hours=1)


def _window(span: Span, graph: Graph) -> str:
    start, end = to_local(span.start, graph.where), to_local(span.end, graph.where)
    word = "next window" if span.start > graph.until else "window"
    return f"{word} {DAYS[start.weekday()]} {start:%d %H:%M}–{end:%H:%M}"
