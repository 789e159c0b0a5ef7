"""What mcm was shown: the last replies that it got, whatever was true by then.

A promise can ask for no more than what could be seen. But it can ask that much always,
also while reads lag: what was shown last is what a promotion and a bake's end rest on.
"""

from datetime import datetime, timedelta

from mcm.aws.port import Reply

OLDEST = timedelta(seconds=10)
"""How old a reading may be that something rests on."""


class Shown:
    """The replies that reached mcm: the last of each kind, and when it asked for it."""

    def __init__(self) -> None:
        self.looks: list[datetime] = []
        """Each time that a guardrail's reading was shown."""
        self.served: list[datetime] = []
        """Each time that an endpoint was."""
        self.is_reread = False
        """Whether the pipeline was shown since the last intent."""
        self._at: dict[str, datetime] = {}
        self._alarms: dict[str, tuple[datetime, Reply]] = {}
        self._endpoints: dict[str, Reply] = {}
        self._pipeline: Reply = {}

    def reply(self, operation: str, reply: Reply, asked: datetime) -> None:
        """Take note of what came back to a question asked at `asked`."""
        self._at[operation] = asked
        if operation in ("DescribeAlarms", "DescribeEndpoint"):
            self.looks.append(asked)
        if operation == "DescribeAlarms":
            for alarm in reply.get("MetricAlarms", ()):
                self._alarms[alarm["AlarmName"]] = (asked, alarm)
        elif operation == "DescribeEndpoint":
            self.served.append(asked)
            self._endpoints[reply["EndpointName"]] = reply
        elif operation == "GetPipelineState":
            self._pipeline, self.is_reread = reply, True

    def is_fresh(self, operation: str, now: datetime, within: timedelta = OLDEST) -> bool:
        """Whether an answer to `operation` came that is not too old to rest on."""
        at = self._at.get(operation)
        return at is not None and now - at <= within

    def alarm(self, name: str, now: datetime, within: timedelta = OLDEST) -> str:
        """Return the state of an alarm as last shown; empty when it was not, of late."""
        at, alarm = self._alarms.get(name, (None, {}))
        is_fresh = at is not None and now - at <= within
        return str(alarm["StateValue"]) if is_fresh and not alarm.get("EvaluationState") else ""

    def endpoint(self, name: str) -> str:
        """Return the status of an endpoint as last shown, empty if never."""
        return str(self._endpoints.get(name, {}).get("EndpointStatus", ""))

    @property
    def version(self) -> int:
        """The pipeline's version as last shown."""
        return int(self._pipeline.get("pipelineVersion", 0))

    def waiting(self, stage: str) -> list[str]:
        """Return who was last shown in front of `stage`."""
        for item in self._pipeline.get("stageStates", ()):
            if item["stageName"] == stage:
                inbound = [*item.get("inboundExecutions", ()), item.get("inboundExecution")]
                found = dict.fromkeys(one["pipelineExecutionId"] for one in inbound if one)
                return list(found)
        return []
