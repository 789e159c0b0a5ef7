"""What `metric-threshold` calls bad of a twin's metrics (docs/adr/0015)."""

from datetime import timedelta
from typing import Any

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.core.plans.plan import Guardrail
from mcm.sandbox.twin_bounds import bounded, limits_of, needs

EXAMPLE = builtin_definitions()["metric-threshold"].example


def use(**changes: Any) -> Guardrail:
    return Guardrail("latency", "metric-threshold", {**EXAMPLE, **changes}, "roll_back")


@pytest.mark.parametrize("above", ["250", "0", "-3"])
@pytest.mark.parametrize("below", [None, "-10"])
def test_a_bound_has_values_on_either_side(above: str, below: str | None) -> None:
    """In the unit of the series, which is microseconds here."""
    low = {"value": below, "unit": "ms"} if below else None
    found = limits_of([use(above={"value": above, "unit": "ms"}, below=low)], "us-east-1")

    (limit,) = next(limits for series, limits in found.items() if series.name == "ModelLatency")
    assert {limit.is_bad(value) for value in limit.values} == {True, False}
    assert limit.is_bad(float(above) * 1000 + 1)
    assert not limit.is_bad(float(above) * 1000)


def test_too_few_requests_are_bad_and_twice_as_many_as_wanted_are_not() -> None:
    found = limits_of([use()], "us-east-1")

    (limit,) = next(limits for series, limits in found.items() if series.name == "Invocations")
    assert limit.is_bad(99.0)
    assert limit.values == (200.0,)


def test_metric_math_has_no_limits() -> None:
    assert bounded([use(expression="latency / 2")]) == []


def test_a_bound_shows_once_enough_periods_are_closed() -> None:
    assert needs(use(), timedelta(minutes=3)) == timedelta(minutes=5)
