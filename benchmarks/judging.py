"""What judging costs: back-tests over a fortnight, one decision, the calls of a big turn.

Back-tests and decisions are compared with the bare work on the same data, in turn; calls
are counted.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from benchmarks.proof import race
from mcm.aws.observe import AwsSource
from mcm.aws.port import Params, Reply
from mcm.core import canonical, codec
from mcm.core.history.fold import fold
from mcm.core.history.goal import GoForward
from mcm.core.judging.backtest import backtest
from mcm.core.judging.replay import History
from mcm.core.judging.threshold import Bound, Rule
from mcm.core.plans.plan import Plan
from mcm.core.points import Points
from mcm.core.query import (
    AlarmQuery,
    EndpointQuery,
    Metric,
    MetricQuery,
    PipelineId,
    PipelineQuery,
    Place,
    Query,
)
from mcm.core.walking import forward
from tests.kit.world import World

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
GUARDRAILS, DAYS = 10, 15
STAGES, PLACES, ALARMS, METRICS = 1_000, 5, 10, 2


def backtested() -> tuple[float, float]:
    """Back-test ten thresholds over 15 days of minutes; pass over the same points once."""
    chance = Random(6)
    start = NOON - timedelta(days=DAYS)
    count = DAYS * 24 * 60
    series = [
        Points(
            tuple(
                (start + n * MINUTE, Decimal(round(chance.gauss(100, 10), 2)))
                for n in range(count)
                if chance.random() > 0.01
            ),
            start,
            NOON,
        )
        for _ in range(GUARDRAILS)
    ]
    rule = Rule(Bound(Decimal(125), None), 2, 3)

    def ours() -> None:
        for points in series:
            values = points.values(MINUTE)
            assert (
                len(backtest(History(start, MINUTE, values), rule, (), 1.0).history.values) == count
            )

    def bare() -> None:
        for points in series:
            total, since = Decimal(0), start
            for at, value in points.points:
                total += value
                since = max(since, at)
            assert total > 0

    return race(ours, bare)


def decided() -> tuple[float, float]:
    """Decide for a stage that waits at its gates; spell and hash its plan once."""
    world = World()
    plan = world.plan()
    goal = GoForward(plan, (plan.stages[0].name,))
    world.deploy(plan)  # up to the gates, of which the approval is closed
    state = fold(world.journal.entries(plan.change))
    readings = world.runner().observer.observe(forward.queries(goal, state), timedelta(seconds=10))
    now = world.clock.now()
    rounds = 20

    def ours() -> None:
        for _ in range(rounds):
            forward.decide(goal, state, readings, now)

    def bare() -> None:
        for _ in range(rounds):
            canonical.digest_bytes(canonical.encode(codec.to_value(replace(plan))))

    assert isinstance(plan, Plan)
    return race(ours, bare)


class Counting:
    """Answers reads emptily and counts them."""

    def __init__(self) -> None:
        self.calls = 0

    def call(self, service: str, operation: str, params: Params) -> Reply:
        """Return a reply without content."""
        del service
        self.calls += 1
        if operation.startswith("GetPipeline"):
            return {
                "pipelineVersion": 1,
                "stageStates": [],
                "pipeline": {"version": 1, "stages": []},
            }
        if operation == "GetMetricData":
            ids = [query["Id"] for query in params["MetricDataQueries"]]
            return {"MetricDataResults": [{"Id": i, "StatusCode": "Complete"} for i in ids]}
        if operation == "DescribeEndpoint":
            given = {"EndpointConfigName": "c", "LastModifiedTime": NOON}
            live = {"ProductionVariants": [{"VariantName": "live"}]}
            return {"EndpointStatus": "InService", **given, **live}
        if operation == "DescribeEndpointConfig":
            live = [{"VariantName": "live", "ModelName": "m", "InstanceType": "ml.m5.large"}]
            return {"ProductionVariants": live}
        return {}


def calls_of_a_big_turn() -> tuple[int, int]:
    """Count the calls of a turn over a thousand stages; and what they may be in all."""
    port = Counting()
    queries: set[Query] = set()
    for number in range(STAGES):
        place = Place("111111111111", f"region-{number % PLACES}")
        name = f"stage-{number}"
        queries.add(EndpointQuery(place, name))
        queries.add(PipelineQuery(PipelineId(place, name)))
        queries |= {AlarmQuery(place, f"{name}-{n}", None) for n in range(ALARMS)}
        for each in range(METRICS):
            pairs = (("EndpointName", name),)
            metric = Metric("AWS/SageMaker", f"Metric{each}", pairs, "Sum", MINUTE)
            queries.add(MetricQuery(place, metric, NOON - timedelta(hours=1), None, MINUTE))
    source = AwsSource(lambda _: port, lambda: NOON)
    source.read(queries, timedelta(seconds=10))
    port.calls = 0  # how a pipeline is built and what an endpoint was given is read once
    assert len(source.read(queries, timedelta(seconds=10))) == len(queries)
    here = STAGES // PLACES
    most = PLACES * (-(-here * ALARMS // 100) + -(-here * METRICS // 500)) + 2 * STAGES
    return port.calls, most
