"""What is wrong with how an alarm is set up: it cannot fire, it is silent, nobody hears it.

AWS-RULES 25. Pure: a definition as CloudWatch spells it, and whether its metric had any
data. What cannot be judged is said to be so, since silence would read as a clean bill.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from mcm.core.alarm import SILENT, STATES, AlarmDefinition
from mcm.core.duration import spell
from mcm.core.place import Metric

LOOKED = timedelta(days=15)
"""How far back a metric without data has none: as long as CloudWatch keeps minutes."""


class FaultKind(StrEnum):
    """In the order in which people should read them."""

    CANNOT_FIRE = "cannot fire"
    SILENT = "silent"
    DOES_NOT_PAGE = "does not page"
    DOUBTFUL = "doubtful"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Fault:
    kind: FaultKind
    text: str
    """Why, in one clause."""


@dataclass(frozen=True)
class _Known:
    """What AWS's documentation says of a metric's values."""

    most: float
    """No value of these statistics is larger."""
    stats: frozenset[str]
    why: str


_RATES = frozenset({"Average", "Minimum", "Maximum"})
_EACH_REQUEST = "each request counts 0 or 1, so no {stat} is above 1; Sum counts them"
_ONES = "every request that it counts is a 1, so no {stat} is above 1; Sum counts them"
_BOUNDS: Mapping[tuple[str, str], _Known] = {
    **{
        (namespace, metric): _Known(1, _RATES, _EACH_REQUEST)
        for namespace, metrics in {
            "AWS/SageMaker": (
                "Invocation4XXErrors",
                "Invocation5XXErrors",
                "InvocationModelErrors",
            ),
            "AWS/Lambda": ("Errors", "Throttles"),
            "AWS/ApiGateway": ("4XXError", "5XXError", "4xx", "5xx"),
        }.items()
        for metric in metrics
    },
    **{
        ("AWS/ApplicationELB", f"HTTPCode_{side}_{code}XX_Count"): _Known(1, _RATES, _ONES)
        for side, codes in {"Target": "2345", "ELB": "345"}.items()
        for code in codes
    },
    ("AWS/SageMaker", "ModelLatency"): _Known(
        60_000_000,
        _RATES | {"p50", "p90", "p95", "p99", "p99.9"},
        "it is in microseconds, and SageMaker gives a model 60 s",
    ),
    ("AWS/ApplicationELB", "TargetResponseTime"): _Known(
        4_000,
        _RATES | {"p50", "p90", "p95", "p99", "p99.9"},
        "it is in seconds, and a load balancer waits 4000 s at most",
    ),
}
_MICROSECONDS = frozenset({("AWS/SageMaker", "ModelLatency"), ("AWS/SageMaker", "OverheadLatency")})
_MILLISECOND = 1_000
_ERRORS = re.compile(r"error|fault|[45]xx", re.IGNORECASE)


def faults(
    alarm: AlarmDefinition,
    has_data: bool | None,
    bake: timedelta | None = None,
    muted_by: Sequence[str] = (),
) -> tuple[Fault, ...]:
    """Return what is wrong with `alarm`, the worst first; empty for nothing.

    `has_data` says whether its metrics had any point within `LOOKED`, None when that is
    not known. `bake` is how long a stage is watched with it, `muted_by` the mute rules that
    are active for it.
    """
    found = [*_reach(alarm, has_data, bake), *_state(alarm), *_actions(alarm, muted_by)]
    order = list(FaultKind)
    return tuple(sorted(found, key=lambda each: order.index(each.kind)))


def metrics(alarm: AlarmDefinition) -> tuple[Metric, ...]:
    """Return the metrics that `alarm` reads, each hourly by its sample count.

    Empty for one whose metrics cannot be told: a composite or a log alarm, a search.
    """
    spelled = alarm.spelled
    parts = [item.get("MetricStat", {}).get("Metric") for item in spelled.get("Metrics") or ()]
    found = [part for part in (*parts, spelled) if part and part.get("MetricName")]
    return tuple(dict.fromkeys(_counted(part) for part in found))


def counts_errors(alarm: AlarmDefinition) -> bool:
    """Say whether its metric is there only when something fails: a good day has no data."""
    return bool(_ERRORS.search(str(alarm.spelled.get("MetricName", ""))))


def names(alarm: AlarmDefinition) -> frozenset[str]:
    """Return the values of the dimensions that `alarm` reads: what it is about."""
    return frozenset(pair[1] for metric in metrics(alarm) for pair in metric.dimensions)


def _counted(part: Mapping[str, Any]) -> Metric:
    pairs = sorted((str(d["Name"]), str(d["Value"])) for d in part.get("Dimensions") or ())
    hour = timedelta(hours=1)
    return Metric(
        str(part.get("Namespace", "")), str(part["MetricName"]), tuple(pairs), "SampleCount", hour
    )


def _reach(
    alarm: AlarmDefinition, has_data: bool | None, bake: timedelta | None
) -> Iterator[Fault]:
    """Can it fire at all, and within the bake?"""
    if alarm.kind != "MetricAlarm":
        what = "composite" if alarm.kind == "CompositeAlarm" else "log"
        yield Fault(FaultKind.NOT_JUDGED, f"a {what} alarm: judge what it is made of")
        return
    if has_data is False and _treats(alarm) != "breaching":
        yield Fault(FaultKind.CANNOT_FIRE, _no_data(alarm))
    elif has_data is None:
        yield Fault(FaultKind.NOT_JUDGED, "whether its metric has data is not known")
    if _treats(alarm) == "ignore":
        text = "missing data leaves it as it is: when the metric stops, it stays OK"
        yield Fault(FaultKind.DOUBTFUL, text)
    if "MetricName" not in alarm.spelled:
        yield Fault(FaultKind.NOT_JUDGED, "it computes its metric: the threshold is not judged")
    else:
        yield from _threshold(alarm)
    yield from _length(alarm, bake)


def _no_data(alarm: AlarmDefinition) -> str:
    pairs = dict.fromkeys(pair for metric in metrics(alarm) for pair in metric.dimensions)
    where = ", ".join("=".join(pair) for pair in pairs)
    about = f" with {where}" if where else ""
    always = {"notBreaching": "; without data it is OK for ever", "ignore": "; it stays as it is"}
    treated = always.get(_treats(alarm), "")
    return f"its metric{about} had no data in {LOOKED.days} days{treated}"


def _threshold(alarm: AlarmDefinition) -> Iterator[Fault]:
    spelled = alarm.spelled
    metric = (str(spelled.get("Namespace", "")), str(spelled["MetricName"]))
    stat = str(spelled.get("Statistic") or spelled.get("ExtendedStatistic") or "")
    compares = str(spelled.get("ComparisonOperator", ""))
    threshold = _number(spelled.get("Threshold"))
    if threshold is None:
        yield Fault(FaultKind.NOT_JUDGED, "its threshold moves with the metric")
        return
    bound = _BOUNDS.get(metric)
    over = compares == "GreaterThanThreshold" and bound and threshold >= bound.most
    beyond = compares == "GreaterThanOrEqualToThreshold" and bound and threshold > bound.most
    if bound and stat in bound.stats and (over or beyond):
        sign = ">" if over else ">="
        why = bound.why.format(stat=stat)
        yield Fault(FaultKind.CANNOT_FIRE, f"{stat} {metric[1]} {sign} {_spell(threshold)}: {why}")
    counted = bound is not None or stat == "SampleCount"
    below = compares == "LessThanThreshold" and threshold <= 0
    under = compares == "LessThanOrEqualToThreshold" and threshold < 0
    if counted and (below or under):
        sign = "<" if below else "<="
        yield Fault(
            FaultKind.CANNOT_FIRE,
            f"{stat} {metric[1]} {sign} {_spell(threshold)}: it is never less",
        )
    if metric in _MICROSECONDS and 0 < threshold < _MILLISECOND and stat != "SampleCount":
        yield Fault(
            FaultKind.DOUBTFUL,
            f"{metric[1]} is in microseconds: {_spell(threshold)} of them are less than 1 ms",
        )


def _length(alarm: AlarmDefinition, bake: timedelta | None) -> Iterator[Fault]:
    """Does it take longer to fire than anybody watches?"""
    spelled = alarm.spelled
    periods = [spelled.get("Period"), *(_period(item) for item in spelled.get("Metrics") or ())]
    longest = max((p for p in periods if isinstance(p, int)), default=0)
    needed = spelled.get("DatapointsToAlarm") or spelled.get("EvaluationPeriods") or 1
    takes = timedelta(seconds=longest * int(needed))
    if bake is not None and takes > bake:
        yield Fault(
            FaultKind.CANNOT_FIRE,
            f"it takes {spell(takes)} of bad data, and the bake is over after {spell(bake)}",
        )


def _period(item: Mapping[str, Any]) -> object:
    return item.get("Period") or item.get("MetricStat", {}).get("Period")


def _state(alarm: AlarmDefinition) -> Iterator[Fault]:
    state = str(alarm.spelled.get("StateValue") or "")
    evaluation = str(alarm.spelled.get("EvaluationState") or "")
    if state == SILENT:
        sparse = "name it in silent_ok if it only counts errors"
        yield Fault(FaultKind.SILENT, f"{SILENT} now: it holds every bake; {sparse}")
    elif state not in STATES:
        yield Fault(FaultKind.DOUBTFUL, f"its state is {state or 'not told'}")
    if evaluation:
        yield Fault(FaultKind.SILENT, f"CloudWatch says {evaluation} of its evaluation")


def _actions(alarm: AlarmDefinition, muted_by: Sequence[str]) -> Iterator[Fault]:
    for rule in muted_by:
        yield Fault(FaultKind.DOES_NOT_PAGE, f"the mute rule {rule} is active")
    if by := str(alarm.spelled.get("ActionsSuppressedBy") or ""):
        suppressor = str(alarm.spelled.get("ActionsSuppressor") or "").rpartition(":alarm:")[2]
        yield Fault(FaultKind.DOES_NOT_PAGE, f"suppressed now by {by} {suppressor}".rstrip())
    if not alarm.spelled.get("ActionsEnabled", True):
        yield Fault(FaultKind.DOES_NOT_PAGE, "its actions are disabled")
    elif not alarm.spelled.get("AlarmActions"):
        yield Fault(FaultKind.DOES_NOT_PAGE, "it has no action for ALARM")


def _treats(alarm: AlarmDefinition) -> str:
    return str(alarm.spelled.get("TreatMissingData") or "missing")


def _number(value: object) -> float | None:
    try:
        return float(Decimal(str(value))) if value is not None else None
    except InvalidOperation:
        return None


def _spell(value: float) -> str:
    return f"{value:g}"


def worst(found: Iterable[Fault]) -> FaultKind | None:
    """Return the kind that matters most; None for nothing."""
    order = list(FaultKind)
    return min((each.kind for each in found), key=order.index, default=None)
