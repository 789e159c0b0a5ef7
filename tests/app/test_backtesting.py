"""Back-tests of guardrails: by the judge over what is kept, alarms evaluated again and said so."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mcm.app.backtesting import RE_EVALUATED, Terms, Tried, backtest_stage, read_alarm
from mcm.app.observing import Observer
from mcm.core.alarm import AlarmDefinition
from mcm.core.judging.threshold import Bound
from mcm.core.plans.plan import Guardrail
from mcm.core.points import Points
from mcm.core.query import AlarmDefinitionQuery, Expression, MetricQuery, Query
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
    ) -> None:
        self.value, self.alarm, self.throttled = value, alarm or ALARM, throttled
        self.asked: list[MetricQuery] = []
        self.rounds = 0

    def answers(self, query: Query) -> bool:
        return isinstance(query, MetricQuery | AlarmDefinitionQuery)

    def read(self, queries: Iterable[Query], within: timedelta) -> dict[Query, Reading]:
        self.rounds += 1
        return {query: self._answer(query) for query in queries}

    def _answer(self, query: Query) -> Reading:
        if isinstance(query, AlarmDefinitionQuery):
            if query.name != "latency":
                return Unknown(Blindness.ABSENT, "CloudWatch has no alarm of that name", NOW)
            return Known(AlarmDefinition("latency", "MetricAlarm", self.alarm), NOW)
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
         "only an alarm on one metric can be evaluated again"),
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


def test_a_composite_alarm_is_not_evaluated() -> None:
    with pytest.raises(ValueError, match="only an alarm on one metric"):
        read_alarm(AlarmDefinition("c", "CompositeAlarm", {"AlarmRule": "ALARM(x)"}))


def test_an_alarm_whose_definition_is_cut_off_is_not_guessed() -> None:
    short = {key: value for key, value in ALARM.items() if key != "Threshold"}

    with pytest.raises(ValueError, match="lacks 'Threshold'"):
        read_alarm(AlarmDefinition("c", "MetricAlarm", short))
