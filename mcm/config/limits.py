"""How short the times in mcm.yaml may be: on AWS, and on the local AWS.

On AWS reads lag behind writes and metrics come late, so short times would judge what has
not been published yet (AWS-RULES 24 and 37). The sandbox's engine publishes at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from mcm.core.plans.plan import Bake

_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Limits:
    """The least of each time in one realm."""

    sandbox: bool
    poll: timedelta
    settle: timedelta
    bake: timedelta
    period: timedelta
    """Of the traffic metric; CloudWatch keeps finer ones for three hours only."""
    reserve: timedelta
    """No least but a default: how long a way back may take, which a window must hold."""

    @property
    def why(self) -> str:
        return "the sandbox" if self.sandbox else "AWS"


AWS = Limits(False, 15 * _SECOND, 3 * _MINUTE, 5 * _MINUTE, _MINUTE, 15 * _MINUTE)
SANDBOX = Limits(True, 200 * timedelta(milliseconds=1), timedelta(0), _SECOND, _SECOND, _MINUTE)

POLL = 30 * _SECOND
POLL_MOST = 5 * _MINUTE
SETTLE = 3 * _MINUTE
STOP_WAIT = 2 * _MINUTE
BAKE = Bake(30 * _MINUTE, 100, 90 * _MINUTE)
"""Defaults where mcm.yaml says nothing, in both realms."""
VETO_MOST = 10 * _MINUTE
"""Longest time in which a rollback may wait for a veto: every second of it hurts somebody."""
LIMIT_FACTOR = 3
"""A bake lasts at most so many times its `for`, unless `limit` says otherwise."""

COUNT_MOST = 1000
"""Most measurements that a guardrail may tolerate."""

_FINE = (1, 5, 10, 20, 30)
"""Seconds below a minute that CloudWatch accepts as a period."""


def is_period(span: timedelta) -> bool:
    """Return whether CloudWatch accepts `span` as a period (API_MetricStat, `Period`)."""
    seconds = Decimal(span // timedelta(milliseconds=1)) / 1000
    return seconds in _FINE or (seconds >= 60 and seconds % 60 == 0)
