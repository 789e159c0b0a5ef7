"""A back-test as a graph: the series, the bound, alarms right and false, incidents."""

from collections.abc import Iterator

from mcm.core.backtests.tried import Tried
from mcm.core.commits.commit_range import one_line
from mcm.core.duration import spell
from mcm.core.graphs.graph import Graph, Line, Mark, MarkKind
from mcm.core.judging.backtest import Backtest
from mcm.core.windows.window import Span


def tried_graph(tried: Tried) -> Graph | None:
    """Return the graph of a guardrail's back-test; None where there is no result."""
    if tried.result is None:
        return None
    same = tried.series == tried.guardrail
    title = tried.guardrail if same else f"{tried.guardrail}: {tried.series}"
    return backtest_graph(tried.result, tried.stage, title, tried.series, tried.unit)


def backtest_graph(found: Backtest, stage: str, title: str, series: str, unit: str = "") -> Graph:
    """Return the graph of one back-test, times in UTC."""
    history, rule = found.history, found.rule
    bounds = ((rule.bound.above, True, ">"), (rule.bound.below, False, "<")) if rule else ()
    values = (
        (history.start + index * history.period, float(value))
        for index, value in enumerate(history.values)
        if value is not None
    )
    return Graph(
        stage=one_line(stage, 80),
        title=one_line(f"Back-test of {title}", 255),
        measured=one_line(f"{series} per {spell(history.period)}", 120),
        rule=_words(found),
        unit=unit,
        lines=tuple(Line(float(v), above, sign) for v, above, sign in bounds if v is not None),
        period=history.period,
        since=history.start,
        until=history.end,
        values=tuple(values),
        windows=(),
        coming=None,
        zone="UTC",
        marks=tuple(_marks(found)),
    )


def _words(found: Backtest) -> str:
    count = len(found.score.false)
    told = f"{count} false alarm{'s' * (count != 1)}, {found.score.false_a_week:.1f} a week"
    if found.rule is None:
        return f"1 while it rang: {told}"
    periods = "period" if found.rule.of == 1 else "periods"
    return f"An alarm is {found.rule.breach} of {found.rule.of} {periods} beyond: {told}"


def _marks(found: Backtest) -> Iterator[Mark]:
    scored = found.score
    for span, _ in scored.caught:
        yield Mark(span, MarkKind.NOTICED)
    for span in scored.missed:
        yield Mark(span, MarkKind.MISSED)
    wrong = set(scored.false)
    for alarm in scored.alarms:
        kind = MarkKind.FALSE if alarm in wrong else MarkKind.RIGHT
        yield Mark(Span(alarm.at, alarm.end), kind)
