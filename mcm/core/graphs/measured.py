"""What a guardrail measures and where its line is, for a graph of it.

An alarm can be drawn when it compares one metric, or one line of metric math over some,
with a number; a check on a metric by its parameters. Others say why not: a composite
alarm has no metric of its own, an anomaly band is no line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mcm.core.alarm import AlarmDefinition
from mcm.core.checks.metric_threshold import rule_of
from mcm.core.checks.series import series_of
from mcm.core.duration import spell
from mcm.core.graphs.graph import Line
from mcm.core.judging.alarm_metric import metric_of
from mcm.core.place import Expression, Metric
from mcm.core.plans.plan import Guardrail
from mcm.core.units import KNOWN

_SIGNS: Mapping[str, tuple[str, bool]] = {
    "GreaterThanThreshold": (">", True),
    "GreaterThanOrEqualToThreshold": (">=", True),
    "LessThanThreshold": ("<", False),
    "LessThanOrEqualToThreshold": ("<=", False),
}
_UNITS: Mapping[str, str] = {"Microseconds": "us", "Milliseconds": "ms", "Seconds": "s"}
_METRIC_KINDS = ("metric-threshold", "metric-compare")


@dataclass(frozen=True)
class Measured:
    """One series and the lines that it must not cross, in a unit that people think in."""

    metric: Metric | Expression
    lines: tuple[Line, ...]
    unit: str
    scale: float
    """What a point is multiplied by to be in `unit`."""
    acts: str
    """When it acts, in words: `The alarm fires at > 5 in 2 of 3 periods of 1m`."""

    @property
    def title(self) -> str:
        """Name the series for people."""
        if isinstance(self.metric, Expression):
            return f"{self.metric.text} per {spell(self.metric.period)}"
        return f"{self.metric.stat} of {self.metric.name} per {spell(self.metric.period)}"


def is_metric_check(guardrail: Guardrail) -> bool:
    """Say whether a guardrail judges a metric by itself, without an alarm."""
    return guardrail.kind in _METRIC_KINDS


def measured_by_check(guardrail: Guardrail) -> Measured | str:
    """Return what a check on a metric compares with what, or why that cannot be drawn."""
    try:
        series = series_of(guardrail.params)
        unit, scale = _readable(series.unit)
        if guardrail.kind == "metric-compare":
            against = str(guardrail.params["against"])
            return Measured(
                series.metric, (), unit, scale, f"Compared with {against}, no fixed line"
            )
        rule = rule_of(guardrail, series.unit)
    except (KeyError, TypeError, ValueError, StopIteration) as err:
        return f"its parameters are not understood: {type(err).__name__}"
    bounds = ((rule.bound.above, True, ">"), (rule.bound.below, False, "<"))
    lines = [Line(float(v) * scale, above, sign) for v, above, sign in bounds if v is not None]
    often = _often(rule.breach, rule.of, series.metric.period)
    return Measured(
        series.metric, tuple(lines), unit, scale, _acts("A breach is", lines, unit, often)
    )


def measured_by(definition: AlarmDefinition) -> Measured | str:
    """Return what an alarm compares with what, or why that cannot be drawn."""
    spelled = definition.spelled
    if definition.kind == "CompositeAlarm":
        return "a composite alarm has no metric of its own"
    if spelled.get("ThresholdMetricId"):
        return "it fires by an anomaly band, which is no line"
    found = _SIGNS.get(str(spelled.get("ComparisonOperator", "")))
    if found is None or "Threshold" not in spelled:
        return "its rule is none that can be drawn"
    try:
        metric = metric_of(spelled)
    except ValueError as err:
        return str(err)
    unit, scale = _readable(_unit(spelled, metric))
    line = Line(float(spelled["Threshold"]) * scale, found[1], found[0])
    of = int(spelled.get("EvaluationPeriods") or 1)
    often = _often(int(spelled.get("DatapointsToAlarm") or of), of, metric.period)
    return Measured(metric, (line,), unit, scale, _acts("The alarm fires at", [line], unit, often))


def _acts(verb: str, lines: Sequence[Line], unit: str, often: str) -> str:
    bounds = " or ".join(f"{line.sign} {line.value:g} {unit}".rstrip() for line in lines)
    return f"{verb} {bounds} {often}"


def _often(breach: int, of: int, period: timedelta) -> str:
    if of == 1:
        return f"in a period of {spell(period)}"
    return f"in {breach} of {of} periods of {spell(period)}"


def _unit(spelled: Mapping[str, Any], metric: Metric | Expression) -> str:
    if isinstance(metric, Expression):
        return ""
    known = KNOWN.get((metric.namespace, metric.name), "")
    return _UNITS.get(str(spelled.get("Unit", "")), known)


def _readable(unit: str) -> tuple[str, float]:
    """Return the unit to show, and the factor: milliseconds in the place of microseconds."""
    return ("ms", 0.001) if unit == "us" else (unit, 1.0)
