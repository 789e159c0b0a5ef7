"""What can go wrong around the newer guardrails and gates; drawn in their stories only.

So a seed of another story means what it always meant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from mcm.aws.port import Reply
from mcm.core.query import (
    CalendarsQuery,
    ChangesQuery,
    CommandQuery,
    HttpQuery,
    InvocationQuery,
    Query,
)
from mcm.core.reading import Blindness
from mcm.sandbox.faults import Effect
from tests.simulation.faults import Fault, Lag, Passing, Slow, Trouble, When

_OUTSIDE = (CommandQuery, HttpQuery, InvocationQuery, CalendarsQuery, ChangesQuery)
_READS = ("GetMetricData", "GetMetricData", "DescribeOpsItems", "GetCalendarState")
_MOMENTS = ("start", "start", "intent", "bake_started", "bake_started", "breach")


@dataclass(frozen=True)
class Outage(Passing):
    """What is not AWS does not answer: a probe hangs, a file cannot be read."""

    kind: type[Query]
    why: Blindness

    def what(self) -> str:
        return f"{self.kind.__name__} goes unanswered: {self.why}"


@dataclass(frozen=True)
class Spoiled(Passing):
    """Metrics come with gaps, without the newest points, or marked as partial."""

    how: str

    def what(self) -> str:
        return f"metrics are {self.how}"


def spoil(fault: Spoiled, reply: Reply) -> None:
    """Do it to one reply of GetMetricData."""
    for each in reply["MetricDataResults"]:
        _HOW[fault.how](each)


def _gaps(result: Reply) -> None:
    for key in ("Timestamps", "Values"):
        result[key] = [one for number, one in enumerate(result[key]) if number % 3 == 2]


def _late(result: Reply) -> None:
    """The newest come first unless something else was asked for; ours asks for nothing else."""
    order = sorted(range(len(result["Timestamps"])), key=lambda n: result["Timestamps"][n])
    kept = set(order[:-3])
    for key in ("Timestamps", "Values"):
        result[key] = [one for number, one in enumerate(result[key]) if number in kept]


def _partial(result: Reply) -> None:
    result["StatusCode"] = "PartialData"


_HOW: dict[str, Callable[[Reply], None]] = {"gappy": _gaps, "late": _late, "partial": _partial}


def draw_more(rng: Random) -> tuple[Fault, ...]:
    """Draw what else goes wrong in a story of the newer kinds."""
    return tuple(_one(rng) for _ in range(rng.choice((0, 0, 1, 1, 2))))


def _one(rng: Random) -> Fault:
    when = When(rng.choice(_MOMENTS), timedelta(seconds=rng.randint(0, 1200)))
    lasts = timedelta(seconds=rng.randint(30, 900))
    kind = rng.random()
    if kind < 0.4:
        why = rng.choice((Blindness.LATE, Blindness.FAILED))
        return Outage(when, lasts, rng.choice(_OUTSIDE), why)
    if kind < 0.7:
        return Spoiled(when, lasts, rng.choice(list(_HOW)))
    operation = rng.choice(_READS)
    if kind < 0.85:
        return Trouble(when, lasts, Effect.SERVER_ERROR, operation, None)
    if kind < 0.93:
        return Lag(when, lasts, operation, timedelta(seconds=rng.randint(5, 45)))
    return Slow(when, lasts, operation, timedelta(seconds=rng.randint(1, 15)))
