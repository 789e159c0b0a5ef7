"""What an alarm watches and by which rule, from how DescribeAlarms spells it.

For a graph of it and for a back-test. One metric, or one line of metric math over metrics
of one period: what is written in several lines is put into one. The rest raises ValueError
with why not, so that nobody looks at something else than the alarm does.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from mcm.core.alarm import AlarmDefinition
from mcm.core.judging import expression
from mcm.core.judging.alarm_rule import AlarmRule, Comparison, Missing
from mcm.core.place import Expression, Metric

_UNKNOWN_MATH = "its metric math is none that can be taken apart"
_DEEPEST = 10
"""Lines of metric math that rest on one another."""


def read_alarm(known: AlarmDefinition) -> tuple[Metric | Expression, AlarmRule]:
    """Return what an alarm watches and how; raise ValueError for one that is not evaluated here."""
    item = known.spelled
    if known.kind != "MetricAlarm":
        raise ValueError("only an alarm on metrics can be evaluated again")
    if item.get("EvaluateLowSampleCountPercentile"):
        raise ValueError("low sample counts are not evaluated")
    if item.get("ThresholdMetricId"):
        raise ValueError("it fires by an anomaly band, which is no line")
    metric = metric_of(item)
    try:
        number = int(item["EvaluationPeriods"])
        rule = AlarmRule(
            metric.period,
            number,
            int(item.get("DatapointsToAlarm", number)),
            float(item["Threshold"]),
            Comparison(item["ComparisonOperator"]),
            Missing(item.get("TreatMissingData", Missing.MISSING)),
        )
    except (KeyError, TypeError) as err:
        raise ValueError(f"the alarm's definition lacks {err}") from err
    return metric, rule


def metric_of(spelled: Mapping[str, Any]) -> Metric | Expression:
    """Return the metric, or the metric math, that a metric alarm compares."""
    if spelled.get("MetricName"):
        stat = spelled.get("Statistic") or spelled.get("ExtendedStatistic")
        return _simple(spelled, stat, spelled.get("Period"))
    parts = {str(each.get("Id")): each for each in spelled.get("Metrics", ())}
    shown = [each for each in parts.values() if each.get("ReturnData", True)]
    if len(shown) != 1 or any(each.get("AccountId") for each in parts.values()):
        raise ValueError(_UNKNOWN_MATH)
    if not shown[0].get("Expression"):
        return _of_part(shown[0])
    text = _in_one_line(str(shown[0]["Expression"]), parts)
    metrics = {name: _of_part(each) for name, each in parts.items() if each.get("MetricStat")}
    used = {name: metrics[name] for name in expression.NAME.findall(text) if name in metrics}
    if len({each.period for each in used.values()}) > 1:
        raise ValueError("its metric math is over several periods")
    if why := expression.problem(text, used):
        raise ValueError(f"its metric math {why}")
    return Expression(text, tuple(sorted(used.items())))


def _in_one_line(text: str, parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Put the lines that a formula rests on in the place of their names."""

    def inner(found: re.Match[str]) -> str:
        line = parts.get(found[0], {}).get("Expression")
        return f"({line})" if line else found[0]

    for _ in range(_DEEPEST):
        longer = expression.NAME.sub(inner, text)
        if longer == text or len(longer) > expression.LONGEST:
            return longer
        text = longer
    raise ValueError(_UNKNOWN_MATH)


def _of_part(part: Mapping[str, Any]) -> Metric:
    stat = part.get("MetricStat")
    if not stat:
        raise ValueError(_UNKNOWN_MATH)
    return _simple(stat["Metric"], stat.get("Stat"), stat.get("Period"))


def _simple(spelled: Mapping[str, Any], stat: object, period: object) -> Metric:
    seconds = int(str(period or 0))
    if not stat or seconds <= 0:
        raise ValueError("its statistic or its period is not known")
    return Metric(
        str(spelled["Namespace"]),
        str(spelled["MetricName"]),
        _pairs(spelled.get("Dimensions", ())),
        str(stat),
        timedelta(seconds=seconds),
    )


def _pairs(dimensions: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(each["Name"]), str(each["Value"])) for each in dimensions))
