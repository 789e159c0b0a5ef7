"""Alarms of the sandbox that follow no metric: composite alarms, and log alarms by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mcm.aws.port import Params, Reply
from mcm.core.judging.alarm_rule import State
from mcm.core.judging.composite_rule import CompositeRule, RuleError, parse
from mcm.sandbox.cloudwatch_alarm import Alarm
from mcm.sandbox.cloudwatch_wire import invalid
from mcm.sandbox.service import Caller

NEVER = datetime.max.replace(tzinfo=UTC)
"""When an alarm is due that is not evaluated by a clock of its own."""
_IGNORED = {"Tags"}
_COMPOSITE = (
    *("AlarmName", "AlarmRule", "AlarmDescription", "ActionsEnabled"),
    *("OKActions", "AlarmActions", "InsufficientDataActions"),
    *("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"),
)


class Composites:
    """Composite and log alarms of one account, among all its alarms."""

    def __init__(self, account: str, alarms: dict[tuple[str, str], Alarm]) -> None:
        self._account = account
        self._alarms = alarms

    def follow(self, now: datetime) -> None:
        """Bring every composite alarm to what its children say now."""
        composites = [a for a in self._alarms.values() if isinstance(a.rule, CompositeRule)]
        for _ in composites:  # each round settles at least the innermost one that is left
            moved = [self._follow(alarm, now) for alarm in composites]
            if not any(moved):
                break
        for alarm in composites:
            name = str(alarm.config.get("ActionsSuppressor", "")).split(":alarm:")[-1]
            held = bool(name) and self._state(alarm.region, name) is State.ALARM
            alarm.suppressed_by = "Alarm" if held else None

    def put_composite(self, params: Params, caller: Caller) -> Reply:
        """PutCompositeAlarm: its children must exist, in the same region, and not in a circle."""
        unknown = sorted(set(params) - set(_COMPOSITE) - _IGNORED)
        if unknown:
            raise invalid(f"not emulated for a composite alarm: {', '.join(unknown)}")
        try:
            rule = parse(params["AlarmRule"])
        except RuleError as err:
            raise invalid(f"AlarmRule: {err}") from err
        for name in sorted(rule.children):
            if (caller.region, name) not in self._alarms:
                raise invalid(f"AlarmRule: there is no alarm {name}")
        if params["AlarmName"] in self._below(caller.region, rule):
            raise invalid("AlarmRule: the alarm looks at itself")
        config = {name: params[name] for name in _COMPOSITE if name in params}
        self._put({"ActionsEnabled": True, **config}, rule, caller)
        return {}

    def put_log(self, params: Params, caller: Caller) -> Reply:
        """PutLogAlarm: kept as it is; no query is run, so SetAlarmState says its state."""
        config = {name: value for name, value in params.items() if name not in _IGNORED}
        self._put({"ActionsEnabled": True, **config}, None, caller)
        return {}

    def _put(self, config: dict[str, Any], rule: CompositeRule | None, caller: Caller) -> None:
        where, at = (caller.region, config["AlarmName"]), caller.now
        alarm = self._alarms.get(where)
        if alarm is not None:
            if alarm.type != ("LogAlarm" if rule is None else "CompositeAlarm"):
                raise invalid(f"{alarm.name} is a {alarm.type}")
            alarm.config, alarm.rule, alarm.configured = config, rule, at
            word = "updated"
        else:
            arn = f"arn:aws:cloudwatch:{caller.region}:{self._account}:alarm:{where[1]}"
            alarm = Alarm(caller.region, arn, config, rule, at, NEVER, at, at)
            self._alarms[where] = alarm
            word = "created"
        summary = f'Alarm "{alarm.name}" {word}'
        alarm.note("ConfigurationUpdate", summary, '{"version": "1.0"}', at)

    def _follow(self, alarm: Alarm, now: datetime) -> bool:
        assert isinstance(alarm.rule, CompositeRule)  # the caller picked these
        rings = alarm.rule.rings(lambda name: self._state(alarm.region, name))
        state = State.ALARM if rings else State.OK
        if state is alarm.state:
            return False
        told = self._children(alarm.region, alarm.rule)
        reason = f"AlarmRule is {'true' if rings else 'false'}: {told}"
        alarm.move(state, reason[:1023], "", now)
        return True

    def _children(self, region: str, rule: CompositeRule) -> str:
        names = sorted(rule.children)
        return ", ".join(f"{name} {self._state(region, name)}" for name in names)

    def _state(self, region: str, name: str) -> State:
        """Return a child's state; one that was deleted has no data."""
        alarm = self._alarms.get((region, name))
        return alarm.state if alarm is not None else State.INSUFFICIENT_DATA

    def _below(self, region: str, rule: CompositeRule) -> set[str]:
        """Return the names of all alarms that a rule looks at, through others too."""
        found: set[str] = set()
        left = set(rule.children)
        while left:
            name = left.pop()
            found.add(name)
            below: Mapping[str, object] = {}
            child = self._alarms.get((region, name))
            if child is not None and isinstance(child.rule, CompositeRule):
                below = dict.fromkeys(child.rule.children)
            left |= below.keys() - found
        return found
