"""The traffic of a week hour by hour as SVG: a row for each day, a number in each hour.

The numbers say it without colours; the darker an hour, the more requests. The hours of
the window are framed.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mcm.core.graphs.graph import DAYS, Cell, Heat, about_heat, number, window_words
from mcm.core.sanitize import clean
from mcm.record.svg import EMPTY, INK, MUTED, OPEN, drawing, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (10.0, 3.9)
SHADES = (
    ("#e3effb", "#1f2329"),
    ("#c3ddf6", "#1f2329"),
    ("#98c4ee", "#1f2329"),
    ("#66a6e4", "#1f2329"),
    ("#2873bd", "#fffffe"),
    ("#1c5fa8", "#fffffe"),
    ("#0f427e", "#fffffe"),
)
"""Of an hour and of its number, the least traffic first; the same in light and dark."""


def draw_heat(heat: Heat, salt: str) -> bytes:
    """Return the heat map as SVG; `salt`, its file's name, keeps names apart on one page."""
    from matplotlib.figure import Figure

    with drawing(salt):
        figure = Figure(figsize=_SIZE)
        axes = figure.add_axes((0.055, 0.11, 0.93, 0.68))
        axes.set_xlim(0, 24)
        axes.set_ylim(7, 0)
        _draw_cells(axes, heat)
        _draw_frames(axes, heat.window)
        _draw_axes(axes)
        title = f"{heat.measured} of {heat.stage} by hour of the week"
        figure.text(0.012, 0.94, clean(title, 90), size=12, weight="bold", va="center")
        figure.text(0.012, 0.865, clean(f"{window_words(heat)}.", 130), color=MUTED, va="center")
        weeks = max(1, round((heat.until - heat.since).days / 7))
        figure.text(
            0.985,
            0.03,
            f"median of {weeks} weeks, times in {heat.zone}; framed: the window",
            color=MUTED,
            size=8,
            ha="right",
            va="center",
        )
        return to_svg(figure, about_heat(heat))


def _draw_cells(axes: "Axes", heat: Heat) -> None:
    from matplotlib.patches import Rectangle

    shades = _shades(heat.cells)
    for day in range(7):
        for hour in range(24):
            cell = (day, hour)
            value = heat.cells.get(cell)
            back, front = (EMPTY, MUTED) if value is None else SHADES[shades[cell]]
            box = Rectangle((hour + 0.02, day + 0.03), 0.96, 0.94, facecolor=back, lw=0)
            axes.add_patch(box)
            text = "–" if value is None else number(value, 2)
            axes.text(hour + 0.5, day + 0.53, text, ha="center", va="center", size=7.5, color=front)


def _shades(cells: Mapping[Cell, float]) -> dict[Cell, int]:
    """Return the shade of each cell, evenly from the least to the most."""
    if not cells:
        return {}
    low, high = min(cells.values()), max(cells.values())
    steps = len(SHADES)
    return {
        cell: min(steps - 1, int(steps * (value - low) / (high - low))) if high > low else 0
        for cell, value in cells.items()
    }


def _draw_frames(axes: "Axes", window: frozenset[Cell]) -> None:
    """Frame the window's hours together: a side is drawn where the next hour is not of it."""
    for (x0, y0), (x1, y1) in _sides(window):
        axes.plot([x0, x1], [y0, y1], color=OPEN, lw=2.6, solid_capstyle="round", clip_on=False)


def _sides(window: frozenset[Cell]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for day, hour in sorted(window):
        if (day - 1, hour) not in window:
            yield (hour, day), (hour + 1, day)
        if (day + 1, hour) not in window:
            yield (hour, day + 1), (hour + 1, day + 1)
        if hour == 0 or (day, hour - 1) not in window:
            yield (hour, day), (hour, day + 1)
        if hour == 23 or (day, hour + 1) not in window:
            yield (hour + 1, day), (hour + 1, day + 1)


def _draw_axes(axes: "Axes") -> None:
    hours = range(24)
    axes.set_xticks([hour + 0.5 for hour in hours], [f"{hour:02d}" for hour in hours])
    axes.set_yticks([day + 0.5 for day in range(7)], list(DAYS))
    axes.tick_params(length=0, labelsize=8.5, labelcolor=INK)
    for side in axes.spines.values():
        side.set_visible(False)
