"""What the kinds that judge metrics share: a series by its parameters, and its points.

A parameter `metrics` is a list of `{name, namespace, metric, dimensions, stat, unit}`,
sorted by name, as `mcm.config.params` reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mcm.core.canonical import parse_duration
from mcm.core.place import Expression, Metric
from mcm.core.units import Quantity, convert


@dataclass(frozen=True)
class Series:
    metric: Metric | Expression
    unit: str
    """Empty where none is declared."""

    @property
    def title(self) -> str:
        """Return a short name for people."""
        if isinstance(self.metric, Expression):
            return self.metric.text
        return f"{self.metric.stat} of {self.metric.name}"


def series_of(params: Mapping[str, Any], metrics: str = "metrics") -> Series:
    """Return the series that a guardrail judges.

    Without an expression it is the one metric that does not count samples.
    """
    named = {item["name"]: item for item in params[metrics]}
    period = parse_duration(params["period"])
    if params["expression"]:
        parts = tuple((name, metric_of(item, period)) for name, item in sorted(named.items()))
        return Series(Expression(params["expression"], parts), params["unit"])
    item = next(item for name, item in named.items() if name != params.get("samples"))
    return Series(metric_of(item, period), item["unit"])


def metric_of(item: Mapping[str, Any], period: timedelta) -> Metric:
    """Return one metric of a parameter `metrics`."""
    pairs = tuple(sorted((each["name"], each["value"]) for each in item["dimensions"]))
    return Metric(item["namespace"], item["metric"], pairs, item["stat"], period)


def quantity_of(value: Mapping[str, Any]) -> Quantity:
    """Return a parameter of type `quantity`."""
    return Quantity(Decimal(value["value"]), value["unit"])


def bound_of(value: Mapping[str, Any] | None, unit: str) -> Decimal | None:
    """Return a bound in the unit of its series; None for none. Raises ValueError if it has none."""
    return None if value is None else convert(quantity_of(value), unit)


def shown(value: Decimal | None, unit: str) -> str:
    """Spell a value for people, four digits of it or all that stand before the point."""
    if value is None:
        return "-"
    return f"{brief(float(value))} {unit}".rstrip()


def brief(number: float) -> str:
    """Spell a number without an exponent as far as people read it."""
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def listed(values: Sequence[Decimal | None], unit: str) -> str:
    """Spell the newest values for people, the unit once."""
    return f"[{', '.join(shown(value, '') for value in values[-10:])}] {unit}".rstrip()
