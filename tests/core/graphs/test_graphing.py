"""Which graphs a plan calls for: names of files, one alarm once, a sandbox's short periods."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.core.alarm import AlarmDefinition
from mcm.core.graphs.graphing import Wish, definition_queries, file_name, wishes_of
from mcm.core.query import AlarmDefinitionQuery
from mcm.core.reading import Known, Readings
from tests.planned import NOW, make_plan


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("photo-check-5xx", "prod-us-photo-check-5xx.svg"),
        ("../../etc/passwd", "prod-us-etc-passwd.svg"),
        ("写真", "prod-us.svg"),
        ("a" * 300, f"prod-us-{'a' * 40}.svg"),
        ("x\x00\n<b>", "prod-us-x-b.svg"),
    ],
)
def test_a_file_is_named_harmlessly(title: str, name: str) -> None:
    assert file_name("prod-us", title, ()) == name


def test_names_that_are_taken_get_a_number() -> None:
    taken = ["prod-us-x.svg", "prod-us-x-2.svg"]
    assert file_name("prod-us", "x", taken) == "prod-us-x-3.svg"
    assert file_name("", "", ()) == "graph.svg"


def test_an_alarm_that_two_guardrails_name_is_drawn_once() -> None:
    plan = make_plan()
    stage = plan.stages[0]
    twice = replace(stage, guardrails=stage.guardrails * 2)
    plan = replace(plan, stages=(twice,))
    query = AlarmDefinitionQuery(stage.place, "photo-check-us-5xx")
    spelled = {
        "MetricName": "Errors",
        "Namespace": "Shop",
        "Statistic": "Sum",
        "Period": 10,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    known = Known(AlarmDefinition(query.name, "MetricAlarm", spelled), NOW)
    (wish,) = wishes_of(plan, Readings({query: known}, NOW), NOW)

    assert definition_queries(plan) == {query}
    assert isinstance(wish, Wish)
    assert wish.rule == "The alarm fires at > 5 in a period of 10s; then the stage is rolled back"
    assert NOW - wish.since <= timedelta(hours=3)
