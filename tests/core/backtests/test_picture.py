"""A back-test as a graph: bound, alarms right and false, incidents noticed and missed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mcm.core.backtests.picture import backtest_graph
from mcm.core.graphs.graph import MarkKind, about_graph
from mcm.core.judging.backtest import backtest
from mcm.core.judging.replay import History
from mcm.core.judging.threshold import Bound, Rule
from mcm.core.windows.window import Span

START = datetime(2026, 3, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
HISTORY = History(START, HOUR, [Decimal(9 if n in (3, 12) else 1) for n in range(24)])


def test_what_happened_is_marked_and_told_in_words() -> None:
    incidents = (
        Span(START + 3 * HOUR, START + 5 * HOUR),
        Span(START + 20 * HOUR, START + 22 * HOUR),
    )
    found = backtest(HISTORY, Rule(Bound(Decimal(5), None), 1, 1), incidents, 1.0)
    graph = backtest_graph(found, "prod-us", "latency", "Average of Latency", "ms")

    assert [mark.kind for mark in graph.marks] == [
        MarkKind.NOTICED,
        MarkKind.MISSED,
        MarkKind.RIGHT,
        MarkKind.FALSE,
    ]
    assert [line.value for line in graph.lines] == [5]
    assert about_graph(graph).endswith(
        "2 of 24 periods were > 5. An alarm is 1 of 1 period beyond: 1 false alarm, 8.4 a week."
        " 1 false alarm, 1 right alarm, 1 incident noticed, 1 incident missed."
    )
