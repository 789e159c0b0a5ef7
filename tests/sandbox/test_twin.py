"""The twin of the example answers like the example."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.app.observing import Observer
from mcm.app.twin_reading import see_stage
from mcm.aws.observe import AwsSource
from mcm.core.alarm import AlarmDefinition, AlarmView
from mcm.core.endpoint import Content, EndpointView, Variant
from mcm.core.errors import BlindError
from mcm.core.pipeline import Declaration, ExecutionView, PipelineView, StageHistory
from mcm.core.points import Points
from mcm.core.query import (
    AlarmDefinitionQuery,
    AlarmQuery,
    DeclarationQuery,
    EndpointQuery,
    ExecutionQuery,
    HistoryQuery,
    IdentityQuery,
    MetricQuery,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Known
from mcm.sandbox.metrics import Series
from mcm.sandbox.twin import Twin, build_twin
from mcm.sandbox.twin_metrics import Switches, TwinMetrics, rates_of, set_up
from mcm.sandbox.twin_seen import Seen, Tempo
from tests.kit.world import PIPELINE, STAGE, US, World

APPROVER = "arn:aws:iam::111111111111:user/drill-approver"
ENDPOINT = EndpointQuery(US, "photo-check-us")
ALARMS = ("photo-check-5xx", "photo-check-latency")
NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)


class Pair:
    """The example with its pinned execution in front of ProdUS, and its twin."""

    def __init__(self, **changes: Any) -> None:
        self.world = World()
        self.plan = self.world.ready()
        stage = self.plan.stage(STAGE)
        assert stage is not None
        self.original = self.world.runner().observer
        seen = see_stage(self.plan, stage, self.original, self.world.clock.now())
        self.seen: Seen = replace(seen, **changes)
        clock = self.world.clock.now
        self.twin: Twin = build_twin(
            self.seen, clock, seed=1, tempo=Tempo.of(self.plan), approver=APPROVER
        )
        self.copy = Observer([AwsSource(self.twin.port, clock)], self.world.clock)

    def both(self, query: Query) -> tuple[Any, Any]:
        """Return what the example and what the twin say."""
        found = []
        for observer in (self.original, self.copy):
            reading = observer.observe([query], timedelta(seconds=5)).get(query)
            assert isinstance(reading, Known), reading
            found.append(reading.value)
        return found[0], found[1]


def answered(view: PipelineView) -> PipelineView:
    """Leave out who answered or closed what, with what word: nobody needs that of a twin."""
    stages = []
    for stage in view.stages:
        actions = tuple(replace(a, answered_by="", summary="") for a in stage.actions)
        stages.append(replace(stage, actions=actions, transition_by=""))
    return replace(view, stages=tuple(stages))


def test_the_pipeline_stands_as_in_the_example() -> None:
    original, copy = Pair().both(PipelineQuery(PIPELINE))

    assert answered(copy) == answered(original)


def test_the_pipeline_is_built_as_in_the_example() -> None:
    original, copy = Pair().both(DeclarationQuery(PIPELINE))

    assert isinstance(copy, Declaration)
    assert replace(copy, updated=None) == replace(original, updated=None)


def test_the_past_of_the_stage_is_that_of_the_example() -> None:
    original, copy = Pair().both(HistoryQuery(PIPELINE, "ProdUS"))

    assert isinstance(copy, StageHistory)
    assert [(run.execution.id, run.entered) for run in copy.succeeded] == [
        (run.execution.id, run.entered) for run in original.succeeded
    ]
    assert copy.rollbacks == original.rollbacks
    assert copy.latest == original.latest


def test_a_rollback_of_the_past_is_in_the_twin_too() -> None:
    world = World()
    world.roll_back()
    plan = world.ready()
    stage = plan.stages[0]
    seen = see_stage(plan, stage, world.runner().observer, world.clock.now())

    twin = build_twin(seen, world.clock.now, seed=1, tempo=Tempo.of(plan), approver=APPROVER)

    copy = Observer([AwsSource(twin.port, world.clock.now)], world.clock)
    query = HistoryQuery(PIPELINE, "ProdUS")
    found = copy.observe([query], timedelta(seconds=5)).known(query, StageHistory)
    assert found is not None
    assert [(r.id, r.target, r.status) for r in found.rollbacks] == [
        (r.id, r.target, r.status) for r in seen.history.rollbacks
    ]


def test_the_pinned_execution_carries_the_planned_revisions() -> None:
    pair = Pair()
    original, copy = pair.both(ExecutionQuery(PIPELINE, pair.plan.execution))

    assert isinstance(copy, ExecutionView)
    assert (copy.revisions, copy.status, copy.version) == (
        original.revisions,
        original.status,
        original.version,
    )


def test_the_endpoint_serves_the_same_content() -> None:
    original, copy = Pair().both(ENDPOINT)

    assert isinstance(copy, EndpointView)
    assert copy == original


@pytest.mark.parametrize("name", ALARMS)
def test_the_alarms_are_set_up_alike_and_in_the_same_state(name: str) -> None:
    pair = Pair()
    original, copy = pair.both(AlarmDefinitionQuery(US, name))
    before, after = pair.both(AlarmQuery(US, name, None))

    assert isinstance(copy, AlarmDefinition)
    told = ("MetricName", "Dimensions", "Threshold", "Period", "Statistic", "EvaluationPeriods")
    assert {k: copy.spelled[k] for k in told} == {k: original.spelled[k] for k in told}
    assert isinstance(after, AlarmView)
    assert after.state == before.state == "OK"


def test_the_requests_have_the_shape_of_the_last_day() -> None:
    pair = Pair()
    metric = pair.plan.stages[0].traffic
    assert metric is not None
    end = pair.world.clock.now()
    query = MetricQuery(US, metric, end - timedelta(hours=1), end, timedelta(0))
    original, copy = pair.both(query)

    assert copy.total() == pytest.approx(original.total(), rel=0.15)


def test_whoever_drills_is_of_the_account_that_is_asked() -> None:
    original, copy = Pair().both(IdentityQuery(US))

    assert copy.account == original.account


def test_an_alarm_that_rings_now_is_quiet_at_first_and_that_is_said() -> None:
    pair = Pair()
    ringing = {
        n: AlarmDefinition(n, d.kind, {**d.spelled, "StateValue": "ALARM"})
        for n, d in pair.seen.alarms.items()
    }
    told = Pair(alarms=ringing).twin.assumed

    assert "alarm photo-check-5xx is OK at first (ALARM now)" in told


def test_a_shadow_that_aws_would_refuse_makes_no_twin() -> None:
    pair = Pair()
    view = pair.seen.endpoints["photo-check-us"]
    two = (*view.content.live, replace(view.content.live[0], name="second"))
    content = replace(view.content, live=two)

    with pytest.raises(BlindError, match="exactly one production and one shadow"):
        Pair(endpoints={"photo-check-us": replace(view, content=content)})


@pytest.mark.parametrize("declaration", [{}, {"stages": 3}, {"stages": [{"name": "ProdUS"}]}])
def test_a_structure_that_cannot_be_read_makes_no_twin(declaration: Mapping[str, Any]) -> None:
    with pytest.raises(BlindError, match="no twin of prod-us can be built"):
        Pair(declaration=declaration)


def test_data_capture_is_taken_over() -> None:
    pair = Pair()
    view = pair.seen.endpoints["photo-check-us"]
    content = replace(view.content, capture="Started 20 s3://photo-check/capture")
    pair = Pair(endpoints={"photo-check-us": replace(view, content=content)})

    assert pair.both(ENDPOINT)[1].content == content


def test_what_runs_elsewhere_is_taken_as_over_and_that_is_said() -> None:
    pair = Pair()
    stages = tuple(
        replace(s, status="InProgress") if s.name == "ProdUS" else s for s in pair.seen.view.stages
    )
    pair = Pair(view=replace(pair.seen.view, stages=stages))

    found = pair.both(PipelineQuery(PIPELINE))[1].stage("ProdUS")
    assert found.status == "Succeeded"
    assert any("has ended in ProdUS (InProgress now)" in each for each in pair.twin.assumed)


@pytest.mark.parametrize("status", ["Brandnew", ""])
def test_a_status_that_nobody_knows_is_no_success(status: str) -> None:
    pair = Pair()
    stages = tuple(
        replace(s, status=status) if s.name == "ProdUS" else s for s in pair.seen.view.stages
    )

    found = Pair(view=replace(pair.seen.view, stages=stages)).both(PipelineQuery(PIPELINE))[1]
    assert found.stage("ProdUS").status == "Stopped"


# Metrics


def spelled(**more: Any) -> Mapping[str, Any]:
    return {
        "AlarmName": "one",
        "Namespace": "Shop",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


@pytest.mark.parametrize(
    ("comparison", "threshold"),
    [
        (comparison, threshold)
        for comparison in (
            "GreaterThanThreshold",
            "GreaterThanOrEqualToThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
        )
        for threshold in (-3.0, 0.0, 0.001, 99.9, 1e9)
    ],
)
def test_every_alarm_has_a_calm_and_a_loud_value(comparison: str, threshold: float) -> None:
    alarm = set_up(
        AlarmDefinition(
            "one", "MetricAlarm", spelled(ComparisonOperator=comparison, Threshold=threshold)
        )
    )
    metrics = TwinMetrics(Switches(), seed=1)
    metrics.add("us-east-1", [alarm])
    (dial,) = metrics.dials.values()

    op = {"G": lambda v: v > threshold, "L": lambda v: v < threshold}[comparison[0]]
    equal = "OrEqual" in comparison
    assert not op(dial.calm)
    assert not (equal and dial.calm == threshold)
    assert op(dial.loud) or (equal and dial.loud == threshold)


@pytest.mark.parametrize(
    "definition",
    [
        AlarmDefinition("one", "CompositeAlarm", {"AlarmName": "one", "AlarmRule": "ALARM(two)"}),
        AlarmDefinition("one", "LogAlarm", {"AlarmName": "one"}),
        AlarmDefinition(
            "one",
            "MetricAlarm",
            {k: v for k, v in spelled(ExtendedStatistic="p99").items() if k != "Statistic"},
        ),
        AlarmDefinition("one", "MetricAlarm", {"AlarmName": "one", "ThresholdMetricId": "ad1"}),
    ],
)
def test_what_is_not_emulated_gets_a_stand_in_of_the_same_name(definition: AlarmDefinition) -> None:
    alarm = set_up(definition)

    assert alarm.is_stand_in
    assert alarm.params["AlarmName"] == "one"


def test_the_new_content_is_loud_from_when_it_serves_and_the_old_is_calm_again() -> None:
    switches = Switches()
    metrics = TwinMetrics(switches, seed=1)
    metrics.add("us-east-1", [set_up(AlarmDefinition("one", "MetricAlarm", spelled()))])
    start = int(NOW.timestamp())
    switches.turn(NOW + timedelta(minutes=2), is_new=True)
    switches.turn(NOW + timedelta(minutes=4), is_new=False)

    series = Series("us-east-1", "Shop", "Errors", ())
    found = metrics.buckets(series, start, start + 600, 60, start + 330)
    assert [stats.total > 5 for stats in found.values()] == [False, False, True, True, False]
    assert switches.back_at() == NOW + timedelta(minutes=4)


def test_content_that_never_left_has_not_come_back() -> None:
    switches = Switches()

    assert switches.back_at() is None
    switches.turn(NOW, is_new=True)
    assert switches.back_at() is None


def test_an_hour_that_was_not_read_has_the_mean_of_those_that_were() -> None:
    points = Points(((NOW, Decimal(3600)), (NOW + timedelta(hours=1), Decimal(7200))))

    rates = rates_of(points, 9.0)
    assert (rates[9], rates[10], rates[11]) == (1.0, 2.0, 1.5)
    assert set(rates_of(Points(()), 9.0)) == {0.0}
    assert set(rates_of(None, 9.0)) == {9.0}


def test_the_content_of_a_variant_without_instances_is_taken_over() -> None:
    live = Variant("live", "v6", "sha256:v6", "", 1, "1")
    content = Content("photo-check-us", (live,), (), "")
    view = EndpointView("photo-check-us", "InService", "config", False, True, content)

    assert Pair(endpoints={"photo-check-us": view}).both(ENDPOINT)[1] == view
