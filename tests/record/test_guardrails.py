"""Guardrails in words: every kind that mcm brings has its own."""

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.plans.plan import Guardrail
from mcm.record.guardrails import describe

BUILTIN = builtin_definitions()
SAID = {
    "alarms": "one of the alarms photo-check-5xx, photo-check-latency enters ALARM",
    "command": "ends with status 2 (critical)",
    "http-health": "with a status other than 200, 204",
    "metric-compare": "is clearly higher than before: by 25 % and 20 ms or more",
    "metric-threshold": (
        "p99 of ModelLatency of photo-check-us, live is above 250 ms in 2 of 3 periods of 1m"
    ),
    "open-incidents": "an incident of severity 1, 2 is opened",
    "person": "somebody reports a breach, signed",
    "sagemaker-endpoint": "endpoint photo-check-us leaves service",
    "shadow-traffic": "candidate gets another share of the requests than 0.9 to 1.1",
    "smoke": "endpoint photo-check-us does not answer samples/parcel.json",
}


@pytest.mark.parametrize("name", sorted(BUILTIN))
def test_each_kind_says_when_it_is_crossed_with_its_numbers(name: str) -> None:
    definition = BUILTIN[name]
    line = describe(Guardrail(name, definition.kind, definition.example, definition.on_breach))

    assert SAID[name] in line.condition


def test_alarms_by_prefix_and_tag_are_told_too() -> None:
    params = {"names": [], "prefix": "photo-", "tag": "service=photo", "silent_ok": []}
    line = describe(Guardrail("alarms", "alarms", params, "hold"))

    assert "one of the alarms those called photo-…, those tagged service=photo" in line.condition


def test_an_expression_names_its_metrics() -> None:
    """Who approves must see which endpoint is watched, and of what the bound is one."""
    params = {
        **BUILTIN["metric-threshold"].example,
        "expression": "latency / requests",
        "samples": "",
    }
    line = describe(Guardrail("ratio", "metric-threshold", params, "hold"))

    assert line.condition.startswith(
        "latency / requests (latency: p99 of ModelLatency of photo-check-us, live;"
        " requests: Sum of Invocations of photo-check-us, live) is above"
    )


def test_another_series_and_its_region_are_named() -> None:
    example = BUILTIN["metric-compare"].example
    params = {**example, "against": "other", "other_region": "eu-west-1"}
    line = describe(Guardrail("compare", "metric-compare", params, "hold"))

    assert "is clearly higher than the same in eu-west-1: by 25 %" in line.condition


def test_all_that_an_answer_must_be_is_named() -> None:
    params = {
        **BUILTIN["http-health"].example,
        "slower_than": 500,
        "body": ["ok"],
        "certificate_days": 14,
    }
    line = describe(Guardrail("ping", "http-health", params, "hold"))

    assert line.condition.endswith(
        "other than 200, 204, or after more than 500ms, or without 'ok',"
        " or its certificate ends within 14 days"
    )
