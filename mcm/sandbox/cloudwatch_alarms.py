"""CloudWatch's alarm operations over all metric alarms of one account."""

from datetime import datetime

from mcm.aws.port import Params, Reply
from mcm.core.judging.alarm_rule import State
from mcm.sandbox.cloudwatch_alarm import (
    Alarm,
    HistoryItem,
    Points,
    configuration,
    next_due,
    rule_of,
)
from mcm.sandbox.cloudwatch_data import Queries, Span
from mcm.sandbox.cloudwatch_others import Composites
from mcm.sandbox.cloudwatch_wire import invalid, page, refused
from mcm.sandbox.metrics import Metrics, exact, series_of
from mcm.sandbox.service import Caller

_UNSUPPORTED = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_PAGE = 50


class Alarms:
    """Alarms of all regions: metric, composite and log alarms."""

    def __init__(self, account: str, metrics: Metrics) -> None:
        self._account = account
        self._metrics = metrics
        self._alarms: dict[tuple[str, str], Alarm] = {}
        self._gone: list[HistoryItem] = []
        self._composites = Composites(account, self._alarms)

    @property
    def others(self) -> Composites:
        """Composite and log alarms, which follow no metric."""
        return self._composites

    def evaluate(self, now: datetime) -> None:
        """Evaluate each alarm at each time that is due, up to `now`."""
        for alarm in self._alarms.values():
            alarm.evaluate_until(now, self._read)
        self._composites.follow(now)

    def next_due(self) -> datetime | None:
        """Return when the next evaluation of any alarm is due, None without alarms."""
        return min((alarm.due for alarm in self._alarms.values()), default=None)

    def create(self, region: str, params: Params, at: datetime) -> Alarm:
        """Create an alarm, or change one and leave its state, as PutMetricAlarm does."""
        config = configuration(params)
        rule = rule_of(config)
        if "Metrics" in config:
            Queries(self._metrics, region, config["Metrics"], Span(0, 1, 1))
        alarm = self._alarms.get((region, config["AlarmName"]))
        if alarm and alarm.type != "MetricAlarm":
            raise invalid(f"{alarm.name} is a {alarm.type}")
        if alarm:
            alarm.config, alarm.rule, alarm.configured = config, rule, at
            alarm.due = next_due(rule, at)
            summary = f'Alarm "{alarm.name}" updated'
        else:
            arn = f"arn:aws:cloudwatch:{region}:{self._account}:alarm:{config['AlarmName']}"
            alarm = Alarm(region, arn, config, rule, at, next_due(rule, at), at, at)
            self._alarms[region, alarm.name] = alarm
            summary = f'Alarm "{alarm.name}" created'
        alarm.note("ConfigurationUpdate", summary, '{"version": "1.0"}', at)
        return alarm

    def remove(self, region: str, name: str, at: datetime) -> bool:
        """Delete an alarm, keep its history; say whether there was one."""
        alarm = self._alarms.pop((region, name), None)
        if alarm is None:
            return False
        alarm.note("ConfigurationUpdate", f'Alarm "{name}" deleted', '{"version": "1.0"}', at)
        self._gone += alarm.history
        return True

    def named(self, name: str, region: str | None = None) -> list[Alarm]:
        """Return the alarms of this name, in all regions or one."""
        return [
            alarm
            for alarm in self._alarms.values()
            if alarm.name == name and region in (None, alarm.region)
        ]

    def put(self, params: Params, caller: Caller) -> Reply:
        """PutMetricAlarm."""
        self.create(caller.region, params, caller.now)
        return {}

    def describe(self, params: Params, caller: Caller) -> Reply:
        """DescribeAlarms: unknown names are silently absent, metric alarms alone by default."""
        for name in _UNSUPPORTED:
            if name in params:
                raise invalid(f"{name} is not emulated")
        names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix")
        if names and prefix:
            raise invalid("AlarmNames and AlarmNamePrefix exclude each other")
        if names and len(names) > 100:
            raise invalid("more than 100 alarm names")
        types = params.get("AlarmTypes") or ["MetricAlarm"]
        asked = names or (name for region, name in self._alarms if region == caller.region)
        known = (self._alarms.get((caller.region, name)) for name in sorted(set(asked)))
        found = [
            alarm
            for alarm in known
            if alarm is not None
            and alarm.type in types
            and alarm.name.startswith(prefix or "")
            and params.get("StateValue", alarm.state) == alarm.state
            and _acts_on(alarm, params.get("ActionPrefix", ""))
        ]
        rows, token = page(found, params.get("NextToken"), _size(params))
        kinds = ("CompositeAlarm", "MetricAlarm", *(["LogAlarm"] if "LogAlarm" in types else []))
        reply: Reply = {
            f"{kind}s": [alarm.reply() for alarm in rows if alarm.type == kind] for kind in kinds
        }
        return {**reply, "NextToken": token} if token else reply

    def history(self, params: Params, caller: Caller) -> Reply:
        """DescribeAlarmHistory, newest first by default; both dates are inclusive."""
        everything = self._gone + [
            item for alarm in self._alarms.values() for item in alarm.history
        ]
        since = exact(params["StartDate"]) if "StartDate" in params else None
        until = exact(params["EndDate"]) if "EndDate" in params else None
        types = params.get("AlarmTypes") or ["MetricAlarm"]
        found = [
            item
            for item in everything
            if item.type in types
            and item.region == caller.region
            and params.get("AlarmName", item.name) == item.name
            and params.get("HistoryItemType", item.kind) == item.kind
            and (since is None or exact(item.at) >= since)
            and (until is None or exact(item.at) <= until)
        ]
        found.sort(key=lambda item: item.at)
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        rows, token = page(found, params.get("NextToken"), _size(params))
        reply: Reply = {"AlarmHistoryItems": [item.reply() for item in rows]}
        return {**reply, "NextToken": token} if token else reply

    def delete(self, params: Params, caller: Caller) -> Reply:
        """DeleteAlarms: deletes those that exist, then says ResourceNotFound for the rest."""
        names: list[str] = params["AlarmNames"]
        unknown = [name for name in names if not self.remove(caller.region, name, caller.now)]
        if unknown:
            raise refused("ResourceNotFound", f"no alarm named {', '.join(unknown)}")
        return {}

    def set_state(self, params: Params, caller: Caller) -> Reply:
        """SetAlarmState; the next evaluation takes the alarm back to what its metric says."""
        alarm = self._alarms.get((caller.region, params["AlarmName"]))
        if alarm is None:
            raise refused("ResourceNotFound", f"no alarm named {params['AlarmName']}")
        state = State(params["StateValue"])
        alarm.move(state, params["StateReason"], params.get("StateReasonData", ""), caller.now)
        return {}

    def enable_actions(self, params: Params, caller: Caller) -> Reply:
        """EnableAlarmActions; unknown names are passed over."""
        return self._set_actions(params, caller, enabled=True)

    def disable_actions(self, params: Params, caller: Caller) -> Reply:
        """DisableAlarmActions: the state is still evaluated."""
        return self._set_actions(params, caller, enabled=False)

    def _set_actions(self, params: Params, caller: Caller, *, enabled: bool) -> Reply:
        for name in params["AlarmNames"]:
            alarm = self._alarms.get((caller.region, name))
            if alarm:
                alarm.config = {**alarm.config, "ActionsEnabled": enabled}
        return {}

    def _read(self, alarm: Alarm, span: Span) -> Points:
        config = alarm.config
        if "Metrics" in config:
            queries = config["Metrics"]
            shown = next(query["Id"] for query in queries if query.get("ReturnData", True))
            return Queries(self._metrics, alarm.region, queries, span).values(shown)
        series = series_of(
            alarm.region, config["Namespace"], config["MetricName"], config["Dimensions"]
        )
        found = self._metrics.read(
            series, span.start, span.end, config["Period"], span.now, config.get("Unit")
        )
        return {second: stats.value(config["Statistic"]) for second, stats in found.items()}


def _acts_on(alarm: Alarm, prefix: str) -> bool:
    if not prefix:
        return True
    kinds = ("OKActions", "AlarmActions", "InsufficientDataActions")
    return any(
        str(action).startswith(prefix) for kind in kinds for action in alarm.config.get(kind, [])
    )


def _size(params: Params) -> int:
    size = int(params.get("MaxRecords", _PAGE))
    if not 1 <= size <= 100:
        raise invalid("MaxRecords must be between 1 and 100")
    return size
