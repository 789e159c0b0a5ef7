"""The sandbox's CloudWatch: metrics that can be read and alarms that really evaluate.

Emulated: metric alarms and composite ones with their history, put and read of metrics; log
alarms, whose state somebody sets; mute rules. Not emulated, and so refused as unsupported
operations: dashboards, anomaly detection, alarm actions (ActionsEnabled is kept, nothing is
sent).

Alarms read what the traffic was, and what has been read does not change any more; so an
engine that jumps goes from one `next_event` to the next, all services together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mcm.aws.port import Params
from mcm.sandbox.cloudwatch_alarm import Alarm
from mcm.sandbox.cloudwatch_alarms import Alarms
from mcm.sandbox.cloudwatch_data import MetricData
from mcm.sandbox.metrics import Metrics, Source
from mcm.sandbox.mute_rules import MuteRules
from mcm.sandbox.service import Handler


class CloudWatch:
    """CloudWatch of one account, all regions. A `Service`.

    `sources` bring metrics beside those that are put, for example `Traffic`.
    """

    def __init__(self, account: str, start: datetime, sources: Sequence[Source] = ()) -> None:
        self._now = start
        self.metrics = Metrics(sources)
        self._alarms = Alarms(account, self.metrics)
        self._data = MetricData(self.metrics)
        self._mutes = MuteRules(
            account, lambda region, name: bool(self._alarms.named(name, region))
        )

    @property
    def operations(self) -> Mapping[str, Handler]:
        """The emulated operations by name."""
        return {
            "PutMetricAlarm": self._alarms.put,
            "PutCompositeAlarm": self._alarms.others.put_composite,
            "PutLogAlarm": self._alarms.others.put_log,
            "DescribeAlarms": self._alarms.describe,
            "DescribeAlarmHistory": self._alarms.history,
            "DeleteAlarms": self._alarms.delete,
            "SetAlarmState": self._alarms.set_state,
            "EnableAlarmActions": self._alarms.enable_actions,
            "DisableAlarmActions": self._alarms.disable_actions,
            "PutAlarmMuteRule": self._mutes.put,
            "GetAlarmMuteRule": self._mutes.get,
            "ListAlarmMuteRules": self._mutes.listed,
            "DeleteAlarmMuteRule": self._mutes.delete,
            "PutMetricData": self._data.put,
            "GetMetricData": self._data.get_data,
            "GetMetricStatistics": self._data.get_statistics,
            "ListMetrics": self._data.list_metrics,
        }

    def next_event(self) -> datetime | None:
        """Say when the next alarm is due, None without alarms."""
        return self._alarms.next_due()

    def advance(self, now: datetime) -> None:
        """Evaluate every alarm at every time that is due up to `now`; never goes back."""
        self._now = max(self._now, now)
        self._alarms.evaluate(self._now)

    def put_alarm(self, region: str, params: Params, at: datetime) -> None:
        """Create an alarm as PutMetricAlarm does, at a time that may lie before the start.

        The next `advance` then evaluates it from there, so that it has a past.
        """
        self._alarms.create(region, params, at)

    # Faults

    def set_evaluation_state(
        self, name: str, value: str | None, *, region: str | None = None
    ) -> None:
        """Give an alarm an EvaluationState (also one that no model knows), or None.

        Its StateValue goes on being evaluated. Raises ValueError if no alarm has this name.
        """
        for alarm in self._named(name, region):
            alarm.set_evaluation_state(value, self._now)

    def delete(self, name: str, *, region: str | None = None) -> None:
        """Delete an alarm behind everybody's back; raise ValueError if there is none."""
        for alarm in self._named(name, region):
            self._alarms.remove(alarm.region, name, self._now)

    def set_data_status(self, status: str | None) -> None:
        """Let GetMetricData answer this StatusCode with no values, or None to end that."""
        self._data.status = status

    def _named(self, name: str, region: str | None) -> list[Alarm]:
        found = self._alarms.named(name, region)
        if not found:
            raise ValueError(f"no alarm named {name}")
        return found
