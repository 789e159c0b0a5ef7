"""Readings of CloudWatch's alarm mute rules: which alarms have their actions muted now.

The list names the active rules, and each is then asked for its alarms, once for as long as
it is not updated. No alarm's state depends on it (AWS-RULES 23).
"""

from collections.abc import Iterable
from datetime import datetime

from mcm.aws.port import AwsError, ErrorKind, Port
from mcm.aws.reading import Clock, moment, text, unknown
from mcm.core.alarm import MuteRule, Mutes
from mcm.core.query import MutesQuery, Query
from mcm.core.reading import Blindness, Known, Reading, Unknown

SERVICE = "cloudwatch"
MOST = 100
"""Active rules that are looked into; of more nobody knows the rest."""


class MuteReader:
    """Answers the one query of a place, and remembers the rules that it has seen."""

    def __init__(self, port: Port, clock: Clock) -> None:
        self._port = port
        self._clock = clock
        self._seen: dict[tuple[str, datetime], MuteRule] = {}

    def read(self, queries: Iterable[MutesQuery]) -> dict[Query, Reading]:
        """Return the same answer to each of `queries`."""
        at = self._clock()
        try:
            answer = self._answer(at)
        except AwsError as err:
            answer = unknown(err, at)
        return dict.fromkeys(queries, answer)

    def _answer(self, at: datetime) -> Reading:
        params = {"Statuses": ["ACTIVE"], "MaxRecords": MOST}
        page = self._port.call(SERVICE, "ListAlarmMuteRules", params)
        if page.get("NextToken"):
            return Unknown(Blindness.FAILED, f"more than {MOST} mute rules are active", at)
        listed = [
            (text(item.get("AlarmMuteRuleArn")), moment(item.get("LastUpdatedTimestamp")))
            for item in page.get("AlarmMuteRuleSummaries", ())
        ]
        found = {key: self._seen.get(key) or self._rule(key[0]) for key in listed}
        self._seen = {key: rule for key, rule in found.items() if rule is not None}
        return Known(Mutes(tuple(self._seen.values())), at)

    def _rule(self, arn: str) -> MuteRule | None:
        """Return a rule by its ARN; None when it was deleted since it was listed."""
        name = arn.partition(":alarm-mute-rule:")[2]
        if not name:
            raise ValueError("a mute rule without a name")
        try:
            rule = self._port.call(SERVICE, "GetAlarmMuteRule", {"AlarmMuteRuleName": name})
        except AwsError as err:
            if err.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        names = (rule.get("MuteTargets") or {}).get("AlarmNames", ())
        return MuteRule(name, tuple(text(each) for each in names))
