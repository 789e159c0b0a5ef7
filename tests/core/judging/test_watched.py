"""Endpoints, alarms and traffic of a stage, found by their names alone."""

from dataclasses import replace
from typing import Any

from mcm.core.alarm import AlarmDefinition
from mcm.core.endpoint import EndpointView
from mcm.core.judging.watched import alarms_of, endpoints_of, traffic_of
from mcm.core.plans.layout import Site
from mcm.core.query import Place
from tests.kit.readings import content

US = Place("111111111111", "us-east-1")


def site(stage: str, *targets: str) -> Site:
    return Site(stage, US, (), targets, None, (), False, "", True)


def alarm(name: str, *about: str, kind: str = "MetricAlarm", **fields: Any) -> AlarmDefinition:
    dimensions = [{"Name": f"D{i}", "Value": value} for i, value in enumerate(about)]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "M", "Dimensions": dimensions}
    return AlarmDefinition(name, kind, {**(metric if about else {}), **fields})


BETA, PROD = site("Beta", "photo-check-beta"), site("ProdUS", "photo-check-us")
BOTH = (BETA, PROD)


def named(*alarms: AlarmDefinition) -> list[str]:
    return [each.name for each in alarms_of(PROD, ("photo-check-us",), alarms, BOTH)]


def test_an_exact_name_wins_over_similar_ones() -> None:
    known = ("photo-check-us", "photo-check-us-old", "photo-check-beta")

    assert endpoints_of(PROD, known, BOTH) == ("photo-check-us",)


def test_a_similar_name_is_taken_unless_another_stage_has_it() -> None:
    stack = site("ProdUS", "PhotoCheckUsStack")
    assert endpoints_of(site("P", "Photo-Check"), ("photo-check-us",), (BETA,)) == (
        "photo-check-us",
    )
    assert endpoints_of(stack, ("other",), (stack, BETA)) == ()
    assert endpoints_of(site("P", "photo-check"), ("photo-check-beta",), BOTH) == ()


def test_the_only_endpoint_of_a_place_belongs_to_its_only_stage() -> None:
    alone = site("Prod", "Stack")

    assert endpoints_of(alone, ("e",), (alone,)) == ("e",)
    assert endpoints_of(alone, ("e", "f"), (alone,)) == ()


def test_alarms_are_those_that_measure_what_the_stage_deploys() -> None:
    assert named(
        alarm("a", "photo-check-us", "live"),
        alarm("b", "photo-check-beta"),
        alarm("photo-check-us-by-name-only", "something"),
        alarm("photo-check-us-all", kind="CompositeAlarm"),
    ) == ["a", "photo-check-us-all"]


def test_without_such_alarms_their_own_names_tell() -> None:
    assert named(alarm("Photo-Check-US-cpu", "i-1"), alarm("disk", "i-2")) == ["Photo-Check-US-cpu"]
    assert named(alarm("photo-check-beta-and-photo-check-us")) == []


def test_traffic_is_counted_at_the_live_variant_with_the_most_weight() -> None:
    view = EndpointView("photo-check-us", "InService", "c", False, True, content())
    heavy = replace(view.content.live[0], name="heavy", weight="9")
    both = replace(view, content=replace(view.content, live=(view.content.live[0], heavy)))

    metric = traffic_of((both,), ())

    assert metric is not None
    assert (metric.name, metric.dimensions[1]) == ("Invocations", ("VariantName", "heavy"))


def test_without_an_endpoint_an_alarm_s_service_may_tell() -> None:
    web = alarm("w", "app/lb/1", Namespace="AWS/ApplicationELB")

    metric = traffic_of((), (alarm("x", "i", Namespace="Mine"), web))

    assert metric is not None
    assert (metric.namespace, metric.name) == ("AWS/ApplicationELB", "RequestCount")
    assert traffic_of((), ()) is None
