"""A CloudWatch alarm as the core sees it, and the verdict on it (AWS-RULES 18–23)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mcm.core.verdict import Kind

OK = "OK"
IN_ALARM = "ALARM"
SILENT = "INSUFFICIENT_DATA"
STATES = frozenset({OK, IN_ALARM, SILENT})


@dataclass(frozen=True)
class AlarmChange:
    """A change of an alarm's state, from its history."""

    at: datetime
    state: str


@dataclass(frozen=True)
class AlarmDefinition:
    """How an alarm is set up."""

    name: str
    kind: str
    """`MetricAlarm`, `CompositeAlarm` or `LogAlarm`."""
    spelled: Mapping[str, Any]
    """As DescribeAlarms spells it, its state included."""


@dataclass(frozen=True)
class AlarmView:
    """An alarm as DescribeAlarms shows it."""

    name: str
    state: str
    evaluation_state: str
    """`PARTIAL_DATA`, …; empty when CloudWatch says nothing."""
    transitioned_at: datetime | None
    reason: str
    """CloudWatch's own words: data, never shown unsanitised."""
    pages: bool
    """False when its actions are disabled: the state counts, but nobody is paged."""
    changes: tuple[AlarmChange, ...]
    """State changes since the query's `since`, oldest first; empty when none was asked."""
    suppressed_by: str = ""
    """What keeps a composite alarm's actions back now; empty for nothing."""


@dataclass(frozen=True)
class MuteRule:
    """What mutes the actions of alarms now; their states go on being evaluated."""

    name: str
    alarms: tuple[str, ...]


@dataclass(frozen=True)
class Mutes:
    """The mute rules that are active at a place."""

    rules: tuple[MuteRule, ...]

    def of(self, alarm: str) -> tuple[str, ...]:
        """Return the names of the rules that mute an alarm."""
        return tuple(sorted(rule.name for rule in self.rules if alarm in rule.alarms))


def why_silent(alarm: AlarmView, mutes: Mutes | None) -> str:
    """Say why nobody is paged by an alarm now; empty where its actions run (AWS-RULES 23)."""
    found = [] if alarm.pages else ["its actions are disabled"]
    if alarm.suppressed_by:
        found.append(f"suppressed by {alarm.suppressed_by}")
    rules = mutes.of(alarm.name) if mutes else ()
    found += [f"muted by {rule}" for rule in rules]
    return ", ".join(found)


def judge_alarm(
    alarm: AlarmView,
    since: datetime | None,
    *,
    silence_is_fine: bool,
    excepted: bool = False,
    was_excepted: bool = False,
) -> tuple[Kind, str]:
    """Judge one alarm: kind and reason.

    An alarm that went into ALARM since `since` is a breach even when it is OK again
    (AWS-RULES 22). Any word that is not understood is INCONCLUSIVE. One that is in ALARM
    since before tells nothing of the change: `excepted` by a signed exception it passes,
    and once that has run out it does not tell (AWS-RULES 21).
    """
    if alarm.state == IN_ALARM:
        began = alarm.transitioned_at
        is_old = began is not None and (since is None or began < since)
        if is_old and excepted:
            return Kind.PASS, f"in ALARM since {_clock(began)}, which an exception allows"
        if is_old and was_excepted:
            return Kind.INCONCLUSIVE, f"in ALARM since {_clock(began)}, the exception has run out"
        return Kind.BREACH, "in ALARM" + (f" since {_clock(began)}" if began else "")
    if since is not None:
        for change in alarm.changes:
            if change.state == IN_ALARM and change.at >= since:
                return Kind.BREACH, f"went into ALARM at {_clock(change.at)}"
        odd = next((c for c in alarm.changes if c.state not in STATES and c.at >= since), None)
        if odd is not None:
            said = f"its state at {_clock(odd.at)} cannot be told: {odd.state or 'no state'}"
            return Kind.INCONCLUSIVE, said
    if alarm.evaluation_state:
        return Kind.INCONCLUSIVE, f"{alarm.state}, but evaluation is {alarm.evaluation_state}"
    if alarm.state == OK:
        return Kind.PASS, "OK"
    if alarm.state == SILENT and silence_is_fine:
        return Kind.PASS, "silent, which the plan calls fine at this traffic"
    return Kind.INCONCLUSIVE, alarm.state or "no state"


def times_rung(alarm: AlarmView, since: datetime | None) -> int:
    """Return how often the alarm went into ALARM since `since`; once if it is in it now."""
    seen = sum(1 for c in alarm.changes if c.state == IN_ALARM and (not since or c.at >= since))
    return max(seen, int(alarm.state == IN_ALARM))


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%H:%M:%SZ") if moment else "an unknown time"
