"""What a graph shows, as values, and the same in words for those who do not see it.

Two kinds: a metric of the last days with the line at which a guardrail acts, and the
requests of a week hour by hour, which show why a window is a quiet time. Nothing here
draws or fetches; foreign text is cleaned where a graph is built.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

from mcm.core.duration import spell
from mcm.core.windows.window import Span
from mcm.core.windows.zone import find_zone, spell_local, to_local

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOUR = timedelta(hours=1)
_QUIET = 50
"""Percent of the other hours that must be busier, or a window is not called quiet."""
Cell = tuple[int, int]
"""Day of the week, Monday being 0, and hour of the day."""


@dataclass(frozen=True)
class Line:
    """A value beyond which a guardrail acts."""

    value: float
    above: bool
    """Whether what lies above it is beyond; else what lies below."""
    sign: str
    """`>`, `>=`, `<` or `<=`: a value of that kind is beyond."""

    def is_crossed(self, value: float) -> bool:
        """Say whether `value` is beyond."""
        if value == self.value:
            return self.sign.endswith("=")
        return (value > self.value) is self.above


class MarkKind(StrEnum):
    """What a back-test marks; each has a sign of its own in a drawing."""

    FALSE = "false alarm"
    RIGHT = "right alarm"
    NOTICED = "incident noticed"
    MISSED = "incident missed"


@dataclass(frozen=True)
class Mark:
    span: Span
    kind: MarkKind


@dataclass(frozen=True)
class Graph:
    """A metric over the last days, with the lines that matter."""

    stage: str
    title: str
    """The alarm's or the guardrail's name."""
    measured: str
    """What the values are, in words: `Sum of Invocation5XXErrors per 1m`."""
    rule: str
    """When it acts and what happens then, in words."""
    unit: str
    """Empty where none is declared."""
    lines: tuple[Line, ...]
    period: timedelta
    since: datetime
    until: datetime
    """When it was drawn, rounded to a period."""
    values: tuple[tuple[datetime, float], ...]
    """(start of the period, value), oldest first; a period without data has none."""
    windows: tuple[Span, ...]
    """When promoting was or will be allowed, as far as the graph reaches."""
    coming: Span | None
    """The window that is open or opens next, wherever it ends; None when none is near."""
    zone: str
    marks: tuple[Mark, ...] = ()
    """Alarms and incidents of a back-test."""

    @property
    def where(self) -> ZoneInfo:
        return find_zone(self.zone)

    @property
    def end(self) -> datetime:
        """The right edge: the present, or the end of a window soon to come."""
        return max([self.until, *(span.end for span in self.windows)])

    def crossed(self) -> int:
        """Return how many periods lie beyond a line."""
        return sum(any(line.is_crossed(v) for line in self.lines) for _, v in self.values)


@dataclass(frozen=True)
class Heat:
    """The traffic of a week, hour by hour, in local time."""

    stage: str
    measured: str
    since: datetime
    until: datetime
    cells: Mapping[Cell, float]
    """The median of the same hour of all weeks; an hour without data is not there."""
    window: frozenset[Cell]
    """The hours in which the stage may be promoted."""
    zone: str

    def window_values(self) -> tuple[float, ...]:
        """Return the traffic in the window's hours, as far as it is known, least first."""
        return tuple(sorted(self.cells[cell] for cell in self.window if cell in self.cells))

    def quieter_than(self) -> int | None:
        """Return how many percent of the other hours have more than the window's busiest one.

        None where there is nothing to compare.
        """
        own = self.window_values()
        others = [value for cell, value in self.cells.items() if cell not in self.window]
        if not own or not others:
            return None
        return 100 * sum(value > own[-1] for value in others) // len(others)


def hour_cells(points: Sequence[tuple[datetime, float]], zone: ZoneInfo) -> dict[Cell, float]:
    """Return the median of each hour of the week; `points` are of an hour each."""
    found: dict[Cell, list[float]] = {}
    for start, value in points:
        local = to_local(start, zone)
        found.setdefault((local.weekday(), local.hour), []).append(value)
    return {cell: float(median(values)) for cell, values in sorted(found.items())}


def window_cells(spans: Sequence[Span], zone: ZoneInfo) -> frozenset[Cell]:
    """Return the hours of the week that the spans touch; a week of them is all."""
    found = set()
    for span in spans:
        at = span.start
        for _ in range(24 * 7):
            if at >= span.end:
                break
            local = to_local(at, zone)
            found.add((local.weekday(), local.hour))
            into = timedelta(minutes=local.minute, seconds=local.second)
            at += HOUR - into
    return frozenset(found)


def about_graph(graph: Graph) -> str:
    """Say in words what a graph shows, numbers and all."""
    what = f"{graph.title} in {graph.stage}: {graph.measured}, {_span(graph.since, graph.until)}"
    if not graph.values:
        return f"{what}: no data at all. {graph.rule}."
    low = min(graph.values, key=lambda point: point[1])[1]
    at, high = max(graph.values, key=lambda point: point[1])
    when = spell_local(at, graph.where, graph.until)
    parts = [f"lowest {number(low)}, highest {number(high)} {graph.unit}".rstrip() + f" on {when}"]
    count = graph.crossed()
    if graph.lines:
        lines = " or ".join(f"{line.sign} {number(line.value)}" for line in graph.lines)
        of = f"{count} of {len(graph.values)} periods {'was' if count == 1 else 'were'} {lines}"
        parts.append(of if count else f"never {lines}")
    return f"{what}: {', '.join(parts)}. {graph.rule}.{_marked(graph)}"


def _marked(graph: Graph) -> str:
    """Count what is marked, in words."""
    counts = Counter(mark.kind for mark in graph.marks)
    told = (
        f"{counts[kind]} {kind.replace(' ', 's ' if counts[kind] != 1 else ' ', 1)}"
        if kind in (MarkKind.NOTICED, MarkKind.MISSED)
        else f"{counts[kind]} {kind}{'s' * (counts[kind] != 1)}"
        for kind in MarkKind
        if counts[kind]
    )
    return f" {', '.join(told)}." if graph.marks else ""


def about_heat(heat: Heat) -> str:
    """Say in words what a heat map shows, numbers and all."""
    what = f"{heat.measured} of {heat.stage} by hour of the week, {_span(heat.since, heat.until)}"
    if not heat.cells:
        return f"{what}: no data at all."
    values = sorted(heat.cells.values())
    text = f"{what}, times in {heat.zone}: {number(values[0])} to {number(values[-1])} an hour"
    return f"{text}. {window_words(heat)}."


def window_words(heat: Heat) -> str:
    """Say how busy the window is beside the rest of the week."""
    if not heat.window:
        return "No window opens in the coming week"
    own = heat.window_values()
    if not own:
        return "Of the window's own hours there is no data"
    low, high = number(own[0]), number(own[-1])
    text = f"In the window {low if low == high else f'{low} to {high}'} an hour"
    share = heat.quieter_than()
    if share is None:
        return text
    if share < _QUIET:
        return f"{text}: no quiet time, {100 - share}% of the other hours have less"
    return f"{text}, less than in {share}% of the other hours"


def number(value: float, digits: int = 3) -> str:
    """Spell a value for people, short: `0.25`, `312`, `1.5k`, `20M`."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * (1 - 0.5 / 10**digits):
            return f"{_digits(value / limit, digits)}{letter}"
    return _digits(value, digits)


def _digits(value: float, digits: int) -> str:
    """Return as many digits as asked, whole ones all, and no exponent."""
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{float(f'{value:.{digits}g}'):.10f}".rstrip("0").rstrip(".")


def _span(since: datetime, until: datetime) -> str:
    length = until - since
    days = round(length / timedelta(days=1))
    last = f"{days} days" if days >= 2 else spell(max(HOUR, HOUR * round(length / HOUR)))
    return f"last {last} up to {until:%Y-%m-%d %H:%M}Z"
