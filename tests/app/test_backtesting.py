"""Back-tests of guardrails: by the judge over what is kept, alarms evaluated again and said so."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from mcm.app.backtesting import backtest_stage
from mcm.app.observing import Observer
from mcm.core.alarm import AlarmChange, AlarmDefinition, AlarmView
from mcm.core.backtests.alarms import BY_CHILDREN, BY_HISTORY, RE_EVALUATED
from mcm.core.backtests.tried import Terms, Tried
from mcm.core.incident import PastIncident
from mcm.core.judging.alarm_metric import read_alarm
from mcm.core.judging.threshold import Bound
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import (
    AlarmDefinitionQuery,
    AlarmQuery,
    AlarmSetQuery,
    Expression,
    MetricQuery,
    PastIncidentsQuery,
    Query,
)
from mcm.core.reading import Blindness, Known, Reading, Unknown
from mcm.core.windows.window import Span
from tests.kit.clock import VirtualClock
from tests.planned import make_plan

NOW = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LAG = 3 * MINUTE
NIGHT = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)
STAGE = make_plan().stages[0]
ALARM: dict[str, Any] = {
    "AlarmName": "latency",
    "Namespace": "AWS/SageMaker",
    "MetricName": "ModelLatency",
    "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 100.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


MATH = [
    {"Id": "share", "Expression": "100 * ratio", "ReturnData": True},
    {"Id": "ratio", "Expression": "bad / all", "ReturnData": False},
    *(
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": []},
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for name, metric in (("bad", "Invocation5XXErrors"), ("all", "Invocations"))
    ),
]


def threshold(**params: object) -> Guardrail:
    metric = {
        "name": "errors",
        "namespace": "AWS/SageMaker",
        "metric": "Invocation5XXErrors",
        "dimensions": [],
        "stat": "Sum",
        "unit": "",
    }
    requests = {**metric, "name": "requests", "metric": "Invocations"}
    values = {
        "metrics": [metric, requests],
        "expression": "",
        "unit": "",
        "above": {"value": "100", "unit": ""},
        "below": None,
        "points": {"breach": 2, "of": 3},
        "period": 60_000,
        "samples": "requests",
        "min_samples": 0,
        "no_data_is_zero": False,
        **params,
    }
    return Guardrail("metric-threshold", "metric-threshold", values, "roll_back")


def bad_night(at: datetime) -> Decimal | None:
    """150 for ten minutes of one night, else 10."""
    return Decimal(150 if NIGHT <= at < NIGHT + 10 * MINUTE else 10)


class Past:
    """A source of alarms' definitions and of points, one value for each period."""

    def __init__(
        self,
        value: Callable[[datetime], Decimal | None] = bad_night,
        *,
        alarm: dict[str, Any] | None = None,
        throttled: bool = False,
        more: Iterable[AlarmDefinition] = (),
        rang: Mapping[str, datetime] = MappingProxyType({}),
        incidents: tuple[PastIncident, ...] | None = None,
    ) -> None:
        self.value, self.throttled = value, throttled
        latency = AlarmDefinition("latency", "MetricAlarm", alarm or ALARM)
        self.alarms = {each.name: each for each in (latency, *more)}
        self.rang, self.incidents = rang, incidents
        self.asked: list[MetricQuery] = []
        self.rounds = 0

    def answers(self, query: Query) -> bool:
        kinds = (MetricQuery, AlarmDefinitionQuery, AlarmQuery, AlarmSetQuery, PastIncidentsQuery)
        return isinstance(query, kinds)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        self.rounds += 1
        return {query: self._answer(query) for query in queries}

    def _answer(self, query: Query) -> Reading:
        if isinstance(query, AlarmDefinitionQuery):
            if query.name not in self.alarms:
                return Unknown(Blindness.ABSENT, "CloudWatch has no alarm of that name", NOW)
            return Known(self.alarms[query.name], NOW)
        if isinstance(query, PastIncidentsQuery):
            if self.incidents is None:
                return Unknown(Blindness.DENIED, "AccessDenied", NOW)
            return Known(self.incidents, NOW)
        if isinstance(query, AlarmSetQuery):
            if not "latency".startswith(query.prefix):
                return Unknown(Blindness.DENIED, "AccessDenied", NOW)
            return Known((alarm_view("latency", ()),), NOW)
        if isinstance(query, AlarmQuery):
            if query.name not in self.rang:
                return Unknown(Blindness.FAILED, "no history came back", NOW)
            at = self.rang[query.name]
            changes = (AlarmChange(at, "ALARM"), AlarmChange(at + 10 * MINUTE, "OK"))
            return Known(alarm_view(query.name, changes), NOW)
        assert isinstance(query, MetricQuery)
        assert query.start is not None
        self.asked.append(query)
        if self.throttled:
            return Unknown(Blindness.THROTTLED, "Throttling", NOW)
        if isinstance(query.metric, Expression) or query.metric.name == "Invocations":
            return self._points(query, lambda _: Decimal(5))
        return self._points(query, self.value)

    def _points(self, query: MetricQuery, value: Callable[[datetime], Decimal | None]) -> Known:
        assert query.start is not None
        step = query.metric.period
        starts = (query.start + n * step for n in range((NOW - LAG - query.start) // step))
        found = [(at, given) for at in starts if (given := value(at)) is not None]
        return Known(Points(tuple(found), query.start, NOW - LAG), NOW)


def composite(name: str, rule: str) -> AlarmDefinition:
    return AlarmDefinition(name, "CompositeAlarm", {"AlarmName": name, "AlarmRule": rule})


def metric_alarm(name: str, **changes: object) -> AlarmDefinition:
    return AlarmDefinition(name, "MetricAlarm", {**ALARM, "AlarmName": name, **changes})


def alarm_view(name: str, changes: tuple[AlarmChange, ...]) -> AlarmView:
    return AlarmView(name, "OK", "", None, "", pages=True, changes=changes)


def compare(**params: object) -> Guardrail:
    values = {
        **threshold().params,
        "metrics": threshold().params["metrics"][:1],
        "other": [],
        "other_region": "",
        "against": "before",
        "baseline_for": 3_600_000,
        "worse": "higher",
        "confidence": "0.98",
        "effect": "0.25",
        "floor": {"value": "1", "unit": ""},
        "min_points": 15,
        **params,
    }
    return Guardrail("metric-compare", "metric-compare", values, "roll_back")


def replayed(
    past: Past, *guardrails: Guardrail, days: int = 14, incidents: tuple[Span, ...] = ()
) -> tuple[Tried, ...]:
    stage = replace(STAGE, guardrails=guardrails)
    terms = Terms(NOW, days, incidents, 1.0)
    return backtest_stage(stage, Observer([past], VirtualClock(NOW)), LAG, terms)


def alarms(*names: str) -> Guardrail:
    return Guardrail("alarms", "alarms", {"names": list(names), "silent_ok": []}, "roll_back")


def test_a_threshold_is_replayed_by_its_rule() -> None:
    past = Past()
    (found,) = replayed(past, threshold(), incidents=(Span(NIGHT, NIGHT + DAY / 24),))

    assert found.result is not None
    (alarm,) = found.result.score.alarms
    assert alarm.at == NIGHT + 2 * MINUTE
    assert found.result.score.recall == 1
    assert (found.notes, found.why_not, found.series) == ((), "", "Sum of Invocation5XXErrors")


def test_an_alarm_is_evaluated_again_and_labelled_so() -> None:
    (found,) = replayed(Past(), alarms("latency"))

    assert found.notes == (RE_EVALUATED,)
    assert found.result is not None
    (alarm,) = found.result.score.alarms
    assert NIGHT < alarm.at <= NIGHT + 3 * MINUTE


def test_all_metrics_are_read_in_one_round() -> None:
    past = Past()
    replayed(past, threshold(), threshold(no_data_is_zero=True), alarms("latency"))

    assert past.rounds == 2  # the alarms' definitions, then every metric


def test_rule_27_older_than_15_days_is_judged_by_longer_points_and_says_so() -> None:
    past = Past()
    (found,) = replayed(past, threshold(), days=30)

    (query,) = past.asked
    assert query.metric.period == 5 * MINUTE
    assert found.result is not None
    assert found.result.rule.bound == Bound(Decimal(500), None)  # a Sum of five minutes
    assert (found.result.rule.breach, found.result.rule.of) == (1, 1)
    assert found.notes[0].startswith("points of 5m: finer ones of that age are gone")


def test_no_data_is_zero_only_where_there_were_requests() -> None:
    def silent(at: datetime) -> Decimal | None:
        return None

    (without,) = replayed(Past(silent), threshold(below={"value": "1", "unit": ""}, above=None))
    (counted,) = replayed(
        Past(silent), threshold(below={"value": "1", "unit": ""}, above=None, no_data_is_zero=True)
    )

    assert without.result is not None
    assert without.result.never == "there is no data at all"
    assert counted.result is not None
    assert len(counted.result.score.alarms) == 1


def test_what_a_use_tolerates_is_said_and_not_counted() -> None:
    (found,) = replayed(Past(), replace(threshold(), failure_limit=2))

    assert found.notes == ("each breach rings here, though failure_limit tolerates 2",)
    assert found.result is not None
    assert len(found.result.score.alarms) == 1


def test_kinds_without_a_history_say_so() -> None:
    health = Guardrail("http-health", "http-health", {}, "roll_back")
    (found,) = replayed(Past(), health)

    assert (found.result, found.why_not) == (None, "nothing is kept of what it looks at")


@pytest.mark.parametrize(
    ("past", "guardrail", "why"),
    [
        (Past(throttled=True), threshold(), "Throttling"),
        (Past(), alarms("gone"), "CloudWatch has no alarm of that name"),
        (Past(alarm={**ALARM, "ComparisonOperator": "LessThanLowerThreshold"}), alarms("latency"),
         "'LessThanLowerThreshold' is not a valid Comparison"),
        (Past(alarm={"AlarmName": "latency", "Metrics": []}), alarms("latency"),
         "its metric math is none that can be taken apart; its history: no history came back"),
        (Past(), threshold(above={"value": "1", "unit": "ms"}), "ms"),
    ],
)  # fmt: skip
def test_what_is_unknown_has_no_result(past: Past, guardrail: Guardrail, why: str) -> None:
    (found,) = replayed(past, guardrail)

    assert found.result is None
    assert why in found.why_not


def test_nothing_is_older_than_the_longest_points() -> None:
    (found,) = replayed(Past(), threshold(), days=500)

    assert found.why_not == "CloudWatch keeps metrics for 455 days"


def test_a_composite_alarm_is_put_together_from_its_children() -> None:
    rule = 'ALARM("latency") AND NOT ALARM(errors)'
    past = Past(more=[composite("both", rule), metric_alarm("errors", Threshold=1000.0)])
    (found,) = replayed(past, alarms("both"), incidents=(Span(NIGHT, NIGHT + DAY / 24),))

    assert found.notes == (BY_CHILDREN,)
    assert found.result is not None
    assert found.result.rule is None
    (alarm,) = found.result.score.alarms
    assert NIGHT < alarm.at <= NIGHT + 3 * MINUTE
    assert (found.result.score.recall, found.result.suggestion) == (1, None)


def test_a_composite_alarm_says_when_its_children_were_seen_coarsely() -> None:
    past = Past(more=[composite("both", "ALARM(latency)")])
    (found,) = replayed(past, alarms("both"), days=30)

    assert found.notes[0] == BY_CHILDREN
    assert found.notes[1].startswith("points of 5m: finer ones of that age are gone")


def test_a_child_that_cannot_be_evaluated_is_taken_from_its_history() -> None:
    log = AlarmDefinition("log", "LogAlarm", {})
    past = Past(more=[composite("both", "ALARM(latency) AND ALARM(log)"), log], rang={"log": NIGHT})
    (found,) = replayed(past, alarms("both"))

    assert found.notes == (BY_CHILDREN, f"log: {BY_HISTORY}")
    assert found.result is not None
    assert len(found.result.score.alarms) == 1


def test_a_composite_alarm_whose_child_is_unknown_is_taken_from_its_own_history() -> None:
    past = Past(more=[composite("both", "ALARM(latency) OR ALARM(gone)")], rang={"both": NIGHT})
    (found,) = replayed(past, alarms("both"))

    assert found.notes == (BY_HISTORY, "not evaluated again: its child gone is not known")
    assert found.result is not None
    assert [each.at for each in found.result.score.alarms] == [NIGHT]


@pytest.mark.parametrize("definition", [
    AlarmDefinition("odd", "LogAlarm", {}),
    AlarmDefinition("odd", "MetricAlarm", {**ALARM, "ThresholdMetricId": "band"}),
])  # fmt: skip
def test_what_has_no_points_is_told_by_cloudwatchs_history(definition: AlarmDefinition) -> None:
    (found,) = replayed(Past(more=[definition], rang={"odd": NIGHT}), alarms("odd"))
    (without,) = replayed(Past(more=[definition]), alarms("odd"))

    assert found.notes[0] == BY_HISTORY
    assert found.result is not None
    assert [each.at for each in found.result.score.alarms] == [NIGHT]
    assert without.result is None
    assert without.why_not.endswith("; its history: no history came back")


def test_an_alarm_on_metric_math_is_evaluated_over_what_cloudwatch_computes() -> None:
    math = metric_alarm("share", MetricName=None, Metrics=MATH)
    past = Past(more=[math])
    (found,) = replayed(past, alarms("share"))

    assert found.notes == (RE_EVALUATED, "its metric math is computed by CloudWatch, judged by mcm")
    assert found.result is not None
    (query,) = past.asked
    assert isinstance(query.metric, Expression)
    assert query.metric.text == "100 * (bad / all)"


def test_alarms_of_a_prefix_are_replayed_too() -> None:
    guardrail = alarms()
    named = replace(guardrail, params={**guardrail.params, "prefix": "lat", "tag": ""})
    (found,) = replayed(Past(), named)
    (without,) = replayed(Past(), replace(named, params={**named.params, "prefix": "zzz"}))

    assert (found.series, found.notes) == ("latency", (RE_EVALUATED,))
    assert (without.series, without.why_not) == ("zzz", "AccessDenied")


def test_a_comparison_is_replayed_as_if_changes_were_promoted_all_the_time() -> None:
    past = Past(lambda at: Decimal(20 if NIGHT <= at < NIGHT + DAY / 6 else 10))
    stage = compare(against="before", baseline_for=3_600_000)
    (found,) = replayed(past, stage, incidents=(Span(NIGHT, NIGHT + DAY / 24),))

    assert found.series == "Sum of Invocation5XXErrors against the time before"
    assert found.notes == ("as if a change had been promoted every 30m, and watched for as long",)
    assert found.result is not None
    assert found.result.score.recall == 1
    assert found.result.score.false == ()


def test_a_comparison_in_which_nothing_moved_suggests_nothing() -> None:
    (found,) = replayed(Past(lambda _: Decimal(10)), compare(against="before"))

    assert found.result is not None
    assert found.result.suggestion is None
    assert found.result.never == "no period was ever beyond the bound: the highest is 0"


@pytest.mark.parametrize("against", ["last-week", "other"])
def test_the_baseline_is_of_the_same_history(against: str) -> None:
    past = Past(lambda at: Decimal(20 if NIGHT <= at < NIGHT + DAY / 6 else 10))
    (found,) = replayed(past, compare(against=against), days=7)

    assert found.result is not None
    hit = bool(found.result.score.alarms)
    assert hit is (against == "last-week")  # the other series rose with it


def open_incidents() -> Guardrail:
    params = {"severities": ["1"], "source": ""}
    return Guardrail("open-incidents", "open-incidents", params, "hold")


def test_op_items_are_incidents_that_the_other_guardrails_are_held_against() -> None:
    past = Past(incidents=(PastIncident("oi-1", NIGHT, NIGHT + DAY / 24),))
    judged, source = replayed(past, threshold(), open_incidents())

    assert judged.result is not None
    assert judged.result.score.recall == 1
    assert source.why_not == "not replayed: OpsItems taken as known incidents: 1"


def test_op_items_that_cannot_be_read_are_said_to_be_unknown() -> None:
    judged, source = replayed(Past(), threshold(), open_incidents())

    assert judged.result is not None
    assert judged.result.score.recall is None
    assert source.why_not == "OpsItems are not known: AccessDenied"


def test_a_comparison_that_could_never_tell_says_so() -> None:
    (found,) = replayed(Past(), compare(against="before", baseline_for=600_000))

    assert found.why_not.startswith("its baseline of 10m has 10 points, and 15 are needed")


def test_an_alarm_whose_definition_is_cut_off_is_not_guessed() -> None:
    short = {key: value for key, value in ALARM.items() if key != "Threshold"}

    with pytest.raises(ValueError, match="lacks 'Threshold'"):
        read_alarm(AlarmDefinition("c", "MetricAlarm", short))
