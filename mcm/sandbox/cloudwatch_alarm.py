"""One metric alarm of the sandbox: its configuration, its state and its evaluation."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mcm.aws.port import Params
from mcm.core.canonical import instant as spelled
from mcm.core.judging.alarm_rule import (
    AlarmRule,
    Comparison,
    Evaluation,
    Missing,
    State,
    evaluate,
)
from mcm.core.judging.composite_rule import CompositeRule
from mcm.sandbox.cloudwatch_data import Span
from mcm.sandbox.cloudwatch_wire import invalid
from mcm.sandbox.metrics import epoch, instant

CONFIGURED = (
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
    "MetricName",
    "Namespace",
    "Statistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
    "Metrics",
)
"""What PutMetricAlarm sets and DescribeAlarms gives back; anything else is refused."""

_IGNORED = {"Tags"}
_WORDS = {
    Comparison.ABOVE: "greater than",
    Comparison.AT_LEAST: "greater than or equal to",
    Comparison.BELOW: "less than",
    Comparison.AT_MOST: "less than or equal to",
}

Points = Mapping[int, float]
ReadPoints = Callable[["Alarm", Span], Points]
"""Points of an alarm's metric by the start of their period, in seconds since the epoch."""


@dataclass(frozen=True)
class HistoryItem:
    """One line of an alarm's history."""

    region: str
    name: str
    at: datetime
    kind: str
    """`StateUpdate` or `ConfigurationUpdate`."""
    summary: str
    data: str
    type: str = "MetricAlarm"

    def reply(self) -> dict[str, Any]:
        """Return the item in DescribeAlarmHistory's form."""
        return {
            "AlarmName": self.name,
            "AlarmType": self.type,
            "Timestamp": self.at,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data,
        }


@dataclass
class Alarm:
    """An alarm. A new one starts INSUFFICIENT_DATA, as on AWS.

    A composite alarm follows its children; a log alarm's queries are not run, so that its
    state is what somebody sets.
    """

    region: str
    arn: str
    config: Params
    rule: AlarmRule | CompositeRule | None
    """None for a log alarm."""
    configured: datetime
    due: datetime
    """When it is evaluated next: at whole minutes, or whole ten seconds if quick."""
    updated: datetime
    transitioned: datetime
    state: State = State.INSUFFICIENT_DATA
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str = ""
    evaluation_state: str | None = None
    history: list[HistoryItem] = field(default_factory=list)
    suppressed_by: str | None = None
    """What holds a composite alarm's actions back now."""

    @property
    def type(self) -> str:
        """Its kind, as AlarmTypes spells it."""
        if isinstance(self.rule, AlarmRule):
            return "MetricAlarm"
        return "LogAlarm" if self.rule is None else "CompositeAlarm"

    @property
    def name(self) -> str:
        """The alarm's name, unique in its account and region."""
        return str(self.config["AlarmName"])

    def reply(self) -> dict[str, Any]:
        """Return the alarm in DescribeAlarms' form."""
        shown: dict[str, Any] = {
            **self.config,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state.value,
            "StateReason": self.reason,
            "StateUpdatedTimestamp": self.updated,
            "StateTransitionedTimestamp": self.transitioned,
        }
        if self.reason_data:
            shown["StateReasonData"] = self.reason_data
        if self.suppressed_by is not None:
            shown["ActionsSuppressedBy"] = self.suppressed_by
        if self.evaluation_state is not None:
            shown["EvaluationState"] = self.evaluation_state
        return shown

    def move(self, state: State, reason: str, data: str, at: datetime) -> None:
        """Take a state; a change of the value is a transition and gets a line of history."""
        if state is self.state:
            return
        # Cut so that both reasons, escaped, leave valid JSON within a history item's 4,095.
        old = {"stateValue": self.state.value, "stateReason": self.reason[:300]}
        new = {"stateValue": state.value, "stateReason": reason[:300]}
        parts = {"version": "1.0", "oldState": old, "newState": new}
        told = json.dumps(parts, ensure_ascii=False)
        self.note("StateUpdate", f"Alarm updated from {self.state} to {state}", told, at)
        self.state, self.reason, self.reason_data = state, reason, data
        self.updated = self.transitioned = at

    def set_evaluation_state(self, value: str | None, at: datetime) -> None:
        """Set how well it can be evaluated; moves `updated` but is no transition."""
        if value != self.evaluation_state:
            self.evaluation_state, self.updated = value, at

    def note(self, kind: str, summary: str, data: str, at: datetime) -> None:
        """Write one line of history."""
        item = HistoryItem(self.region, self.name, at, kind, summary[:255], data[:4095], self.type)
        self.history.append(item)

    def evaluate_until(self, now: datetime, read: ReadPoints) -> None:
        """Evaluate a metric alarm at every time that is due up to `now`, in order."""
        rule = self.rule
        while isinstance(rule, AlarmRule) and self.due <= now:
            at, self.due = self.due, next_due(rule, self.due)
            self._evaluate(rule, at, read)

    def _evaluate(self, rule: AlarmRule, now: datetime, read: ReadPoints) -> None:
        period, second = int(rule.period.total_seconds()), epoch(now)
        end = second - second % period
        start = end - rule.looks_at * period
        points = read(self, Span(start, end, second))
        values = [points.get(at) for at in range(start, end, period)]
        found = evaluate(rule, values, self.state)
        if found.state is not self.state:
            data = self._reason_data(rule, found, points, now)
            self.move(found.state, _reason(rule, found), data, now)

    def _reason_data(
        self, rule: AlarmRule, found: Evaluation, points: Points, now: datetime
    ) -> str:
        real = sorted(points, reverse=True)
        told: dict[str, Any] = {
            "version": "1.0",
            "queryDate": spelled(now),
            "statistic": self.config.get("Statistic"),
            "period": int(rule.period.total_seconds()),
            "recentDatapoints": list(reversed(found.judged)),
            "threshold": rule.threshold,
            "evaluatedDatapoints": [
                {"timestamp": spelled(instant(at)), "value": points[at]} for at in real
            ],
        }
        if real:
            told["startDate"] = spelled(instant(real[-1]))
        # Longer than 4,000 only with very many periods; the detail goes first then.
        text = json.dumps(told)
        return text if len(text) <= 4000 else json.dumps({**told, "evaluatedDatapoints": []})[:4000]


def next_due(rule: AlarmRule, after: datetime) -> datetime:
    """Return the first time of evaluation after an instant."""
    seconds = int(rule.cadence.total_seconds())
    return instant((epoch(after) // seconds + 1) * seconds)


def configuration(params: Params) -> Params:
    """Return the fields to keep of a PutMetricAlarm, with the defaults that AWS fills in.

    Raises AwsError(ValidationError) for a field that is not emulated, rather than
    keeping an alarm that would mean something else here than on AWS.
    """
    unknown = sorted(set(params) - set(CONFIGURED) - _IGNORED)
    if unknown:
        raise invalid(f"not emulated for a metric alarm: {', '.join(unknown)}")
    config = {name: deepcopy(params[name]) for name in CONFIGURED if name in params}
    config.setdefault("ActionsEnabled", True)
    for actions in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        config.setdefault(actions, [])
    if "Metrics" not in config:
        config.setdefault("Dimensions", [])
    return config


def rule_of(config: Params) -> AlarmRule:
    """Return the rule of an alarm's configuration; raise AwsError(ValidationError) if none."""
    try:
        periods = int(config["EvaluationPeriods"])
        return AlarmRule(
            period=timedelta(seconds=_period(config)),
            evaluation_periods=periods,
            datapoints_to_alarm=int(config.get("DatapointsToAlarm", periods)),
            threshold=float(config["Threshold"]),
            comparison=Comparison(config["ComparisonOperator"]),
            missing=Missing(config.get("TreatMissingData", Missing.MISSING)),
        )
    except KeyError as err:
        raise invalid(f"the alarm needs {err.args[0]}") from err
    except ValueError as err:
        raise invalid(str(err)) from err


def _period(config: Params) -> int:
    if "Metrics" not in config:
        for needed in ("MetricName", "Namespace", "Statistic"):
            config[needed]
        return int(config["Period"])
    periods = {q["MetricStat"]["Period"] for q in config["Metrics"] if "MetricStat" in q}
    shown = [query for query in config["Metrics"] if query.get("ReturnData", True)]
    if len(periods) != 1 or len(shown) != 1:
        raise ValueError("Metrics need one period and exactly one query that returns data")
    return int(periods.pop())


def _reason(rule: AlarmRule, found: Evaluation) -> str:
    if not found.judged:
        return (
            f"No data: none of the last {rule.looks_at} periods has a datapoint, "
            f"and missing data counts as {rule.missing.value}."
        )
    values = ", ".join(f"{value:g}" for value in found.judged)
    against = f"{_WORDS[rule.comparison]} the threshold ({rule.threshold:g})"
    return (
        f"Threshold {'crossed' if found.state is State.ALARM else 'not crossed'}: "
        f"{found.breaching} of the last {len(found.judged)} datapoints [{values}] {against}; "
        f"{rule.datapoints_to_alarm} of {rule.evaluation_periods} make an alarm."
    )[:1023]
