"""What six graphs cost: a week of minutes each, against one empty figure of matplotlib.

Run as a program it is the side that is measured: the six, drawn from invented values.
"""

import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EMPTY = (
    "import io, matplotlib; matplotlib.use('svg'); import matplotlib.pyplot as plt;"
    "plt.figure().savefig(io.BytesIO(), format='svg')"
)
"""What nobody who draws by matplotlib can do without, as its own manual does it."""
_GRAPHS = 5


def commands() -> tuple[list[str], list[str]]:
    """Return the command that draws six pictures, and the one that draws an empty figure."""
    return [sys.executable, str(Path(__file__))], [sys.executable, "-c", EMPTY]


def draw_six() -> int:
    """Draw five graphs and a heat map; return how many bytes they are together."""
    from mcm.core.graphs.graph import Graph, Heat, Line
    from mcm.record.draw_graph import draw_graph
    from mcm.record.draw_heat import draw_heat

    now, minute = datetime(2026, 3, 17, tzinfo=UTC), timedelta(minutes=1)
    since = now - timedelta(days=7)
    values = tuple((since + minute * n, 99 + 50 * math.sin(n / 99) + n % 7) for n in range(10_080))
    zone = "America/Los_Angeles"
    total = 0
    for number in range(_GRAPHS):
        graph = Graph(
            stage="prod-us",
            title=f"alarm {number}",
            measured="p99 of Latency per 1m",
            rule="The alarm fires",
            unit="ms",
            lines=(Line(250, True, ">"),),
            period=minute,
            since=since,
            until=now,
            values=values,
            windows=(),
            coming=None,
            zone=zone,
        )
        total += len(draw_graph(graph, f"{number}.svg"))
    cells = {(day, hour): 1000.0 * hour for day in range(7) for hour in range(24)}
    heat = Heat("prod-us", "Requests", since, now, cells, frozenset({(1, 2)}), zone)
    return total + len(draw_heat(heat, "heat.svg"))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(draw_six())
