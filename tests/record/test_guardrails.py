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
    "metric-threshold": "p99 of ModelLatency is above 250 ms in 2 of 3 periods of 1m",
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
