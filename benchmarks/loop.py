"""What the loop costs: calls in a turn, and the time from an alarm to the first write.

Calls are counted, not timed. The reaction is virtual waiting (at most one poll) plus
real computing: the example runs on a virtual clock, and the seconds that the machine
really spends between the reading that shows the alarm and the rollback's first write
are added to the virtual ones.
"""

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mcm.aws.observe import AwsSource
from mcm.aws.port import Params, Reply
from mcm.core.query import AlarmQuery, Metric, MetricQuery, Place, Query
from tests.kit.world import World
from tests.simulation.many import run_many

ALARMS, METRICS = 1_000, 500
RUNS = 200
SEEDS_OF_TURNS, DEPLOYMENTS = 20, 10_000
SLACK = 0.3
"""Seconds that may pass beside the poll interval (p99)."""


@dataclass(frozen=True)
class Measure:
    """One line of the second table: a figure and the most it may be."""

    what: str
    value: float
    limit: float | None
    """The most that it may be; None for a figure that is only shown."""
    unit: str

    @property
    def is_met(self) -> bool:
        return self.limit is None or self.value <= self.limit


class CountingPort:
    """Answers alarms and metrics with nonsense-free emptiness and counts the calls."""

    def __init__(self) -> None:
        self.calls = 0

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """Return every alarm OK and every metric complete and empty."""
        del service
        self.calls += 1
        if operation == "DescribeAlarms":
            alarms = [{"AlarmName": name, "StateValue": "OK"} for name in params["AlarmNames"]]
            return {"MetricAlarms": alarms}
        ids = [query["Id"] for query in params["MetricDataQueries"]]
        return {"MetricDataResults": [{"Id": i, "StatusCode": "Complete"} for i in ids]}


def calls_of_a_turn() -> Measure:
    """Count the calls for a thousand alarms and five hundred metrics: 10 + 1."""
    now = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
    place, port = Place("111111111111", "us-east-1"), CountingPort()
    minute = timedelta(minutes=1)
    queries: set[Query] = {AlarmQuery(place, f"alarm-{n}", None) for n in range(ALARMS)}
    for n in range(METRICS):
        metric = Metric("AWS/SageMaker", "Invocations", (("EndpointName", f"e{n}"),), "Sum", minute)
        queries.add(MetricQuery(place, metric, now - timedelta(hours=1), None, minute))
    answers = AwsSource(lambda _: port, lambda: now).read(queries, timedelta(seconds=10))
    assert len(answers) == ALARMS + METRICS
    return Measure(f"calls for {ALARMS} alarms and {METRICS} metrics", port.calls, 11, "calls")


def calls_of_a_thousand_stages() -> Measure:
    """Count the calls of a turn over a thousand stages with their alarms, metrics, endpoints."""
    from benchmarks.judging import calls_of_a_big_turn

    calls, most = calls_of_a_big_turn()
    what = "calls for 1,000 stages of 10 alarms, 2 metrics, an endpoint and a pipeline"
    return Measure(what, calls, most, "calls")


def reaction() -> Measure:
    """Measure the p99 of computing between the alarm's reading and the first write back."""
    spent = sorted(_react(f"bench-{n}") for n in range(RUNS))
    p99 = spent[int(len(spent) * 0.99) - 1]
    median = statistics.median(spent)
    what = f"alarm visible to first rollback write, beyond one poll (p99; median {median:.3f} s)"
    return Measure(what, p99, SLACK, "s")


def _react(seed: str) -> float:
    """Walk one change into a breach; return seconds from the red reading to the first write.

    The poll interval before that reading is virtual; a wait after it would be added.
    """
    world = World(seed=seed)
    plan = world.plan()
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))
    red: list[tuple[float, datetime]] = []
    first: list[float] = []

    def before(service: str, operation: str, params: Params) -> None:
        del service, params
        if operation == "GetMetricData" and not world.listener.turns[-1].samples:
            world.scenario.raise_errors()
        if operation == "DescribeAlarms":
            red[:] = red if first else [(time.perf_counter(), world.clock.now())]
        if operation == "RollbackStage" and not first:
            began, at = red[0]
            waited = (world.clock.now() - at).total_seconds()
            first.append(time.perf_counter() - began + waited)

    world.before = before
    world.deploy(plan)
    return first[0]


def turns_to_go_back() -> Measure:
    """Count the turns from the one that read the breach to the one that goes back."""
    most = max(_turns(f"turns-{n}") for n in range(SEEDS_OF_TURNS))
    return Measure("turns from the breach's reading to the decision to go back", most, 1, "turns")


def _turns(seed: str) -> int:
    world = World(seed=seed)
    plan = world.ready()
    world.when("bake_started", world.scenario.raise_errors, 30)
    world.deploy(plan)
    kinds = [{entry.kind for entry in turn.entries} for turn in world.listener.turns]
    read = next(n for n, found in enumerate(kinds) if "breach" in found)
    return next(n for n, found in enumerate(kinds) if "rollback_started" in found) - read


def deployments() -> Measure:
    """Play ten thousand simulated deployments, faults and kills included, on all cores."""
    tally = run_many(range(DEPLOYMENTS))
    assert not tally.failed, f"make simulate SEED={tally.failed[0].seed}"
    what = f"{DEPLOYMENTS} simulated deployments in {tally.seconds:.0f} s"
    return Measure(what, tally.rate, None, "deployments a second")


MEASURES = (calls_of_a_turn, calls_of_a_thousand_stages, reaction, turns_to_go_back, deployments)
