"""The sandbox's alarm mute rules: what silences the actions of alarms by a schedule.

A rule changes no alarm's state [CW alarm-mute-rules]. Its status follows the clock: ACTIVE
in a span of its schedule, EXPIRED past its end, else SCHEDULED. That a one-time rule is
EXPIRED once its span is over is inferred.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.core.windows.window import Window
from mcm.sandbox.cloudwatch_wire import invalid, page
from mcm.sandbox.service import Caller

_DURATION = re.compile(r"P(?:(\d{1,2})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,5})M)?)?", re.ASCII)
_LEAST, _MOST = timedelta(minutes=1), timedelta(days=15)
_ACTIVE, _SCHEDULED, _EXPIRED = "ACTIVE", "SCHEDULED", "EXPIRED"
_TARGETS = 100


@dataclass(frozen=True)
class _Rule:
    arn: str
    params: Params
    updated: datetime
    schedule: Window | datetime
    """A recurring one, or the start of one that mutes once."""
    duration: timedelta

    @property
    def name(self) -> str:
        return str(self.params["Name"])

    @property
    def kind(self) -> str:
        return "RECURRING" if isinstance(self.schedule, Window) else "ONE_TIME"

    def status(self, now: datetime) -> str:
        """Return its status at `now`."""
        starts, expires = self.params.get("StartDate"), self.params.get("ExpireDate")
        once = self.schedule if isinstance(self.schedule, datetime) else None
        is_over = once is not None and now >= once + self.duration
        if is_over or (expires is not None and now >= expires):
            return _EXPIRED
        if starts is not None and now < starts:
            return _SCHEDULED
        if isinstance(self.schedule, Window):
            return _ACTIVE if self.schedule.span_at(now) else _SCHEDULED
        return _ACTIVE if now >= self.schedule else _SCHEDULED


class MuteRules:
    """Mute rules of one account, all regions; `has_alarm` says whether a region has an alarm."""

    def __init__(self, account: str, has_alarm: Callable[[str, str], bool]) -> None:
        self._account = account
        self._has_alarm = has_alarm
        self._rules: dict[tuple[str, str], _Rule] = {}

    def put(self, params: Params, caller: Caller) -> Reply:
        """PutAlarmMuteRule: a rule of that name is replaced."""
        asked = params["Rule"]["Schedule"]
        schedule, duration = _schedule(asked)
        for name in params.get("MuteTargets", {}).get("AlarmNames", ()):
            if not self._has_alarm(caller.region, name):
                raise invalid(f"MuteTargets: there is no alarm {name}")
        if len(params.get("MuteTargets", {}).get("AlarmNames", ())) > _TARGETS:
            raise invalid(f"MuteTargets: {_TARGETS} alarms at most")
        name = params["Name"]
        arn = f"arn:aws:cloudwatch:{caller.region}:{self._account}:alarm-mute-rule:{name}"
        kept = {key: value for key, value in params.items() if key != "Tags"}
        self._rules[caller.region, name] = _Rule(arn, kept, caller.now, schedule, duration)
        return {}

    def delete(self, params: Params, caller: Caller) -> Reply:
        """DeleteAlarmMuteRule: also of one that is not there."""
        self._rules.pop((caller.region, params["AlarmMuteRuleName"]), None)
        return {}

    def get(self, params: Params, caller: Caller) -> Reply:
        """GetAlarmMuteRule."""
        rule = self._rules.get((caller.region, params["AlarmMuteRuleName"]))
        if rule is None:
            message = f"There is no mute rule {params['AlarmMuteRuleName']}"
            code = "ResourceNotFoundException"
            raise AwsError(ErrorKind.NOT_FOUND, code, message, service="cloudwatch")
        return {**rule.params, **_told(rule, caller.now)}

    def listed(self, params: Params, caller: Caller) -> Reply:
        """ListAlarmMuteRules: by name; by target and status where the caller asks so."""
        found = [
            rule
            for (region, _), rule in sorted(self._rules.items())
            if region == caller.region
            and rule.status(caller.now) in params.get("Statuses", (rule.status(caller.now),))
            and ("AlarmName" not in params or params["AlarmName"] in _targets(rule))
        ]
        rules, token = page(found, params.get("NextToken"), params.get("MaxRecords", 50))
        summaries = []
        for rule in rules:
            shown = _told(rule, caller.now)
            if "ExpireDate" in rule.params:
                shown["ExpireDate"] = rule.params["ExpireDate"]
            summaries.append(shown)
        reply: Reply = {"AlarmMuteRuleSummaries": summaries}
        return {**reply, "NextToken": token} if token else reply


def _told(rule: _Rule, now: datetime) -> dict[str, Any]:
    return {
        "AlarmMuteRuleArn": rule.arn,
        "Status": rule.status(now),
        "MuteType": rule.kind,
        "LastUpdatedTimestamp": rule.updated,
    }


def _targets(rule: _Rule) -> tuple[str, ...]:
    return tuple(rule.params.get("MuteTargets", {}).get("AlarmNames", ()))


def _schedule(asked: Params) -> tuple[Window | datetime, timedelta]:
    """Read a schedule; raise AwsError(ValidationError) for what is none."""
    duration, zone = _duration(asked["Duration"]), asked.get("Timezone", "UTC")
    word, _, rest = asked["Expression"].partition("(")
    inside = rest.removesuffix(")")
    try:
        if word == "cron" and rest.endswith(")"):
            return Window("mute", inside, duration, zone), duration
        if word == "at" and rest.endswith(")"):
            local = datetime.fromisoformat(inside)
            return local.replace(tzinfo=ZoneInfo(zone)), duration
    except (ValueError, KeyError, OSError) as err:
        raise invalid(f"Schedule: {err}") from err
    raise invalid("Schedule: write cron(…) or at(…)")


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    duration = timedelta(days=days, hours=hours, minutes=minutes)
    if not _LEAST <= duration <= _MOST:
        raise invalid("Duration: write PT1M to P15D")
    return duration
