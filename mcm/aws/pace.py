"""How often AWS is read: a steady rate for each service, after a burst (AWS-RULES 37).

One pace for each account and region, shared by all that read there, so that a hundred
walks in one process are as gentle as AWS wants them. Writes never wait, nor does
anything of a rollback: those go first. Whoever has to wait for too long is late, which is
unknown and no verdict.
"""

from collections.abc import Callable, Mapping
from threading import Event, Lock
from time import monotonic

RATES: Mapping[str, float] = {"codepipeline": 1.0, "cloudwatch": 5.0, "sagemaker": 5.0}
"""Reads a second that are kept up; AWS publishes none for CodePipeline, and throttles."""
BURST_SECONDS = 20.0
"""How many seconds' worth of reads may come at once: a turn of many stages does."""
CALM_SECONDS = 60.0
"""So long after AWS has throttled a service there is no burst, and half the rate."""


_shared: dict[tuple[str, str], "Pace"] = {}
_sharing = Lock()


def pace_of(account: str, region: str) -> "Pace":
    """Return the one pace of this process for an account and region."""
    with _sharing:
        return _shared.setdefault((account, region), Pace())


def _rest(seconds: float) -> None:
    Event().wait(seconds)


class Pace:
    """Lets reads through; safe to use from several threads."""

    def __init__(
        self,
        now: Callable[[], float] = monotonic,
        rest: Callable[[float], None] = _rest,
    ) -> None:
        self._now = now
        self._rest = rest
        self._paid: dict[str, float] = {}
        """Until when each service's reads are paid for, as the rate has it."""
        self._throttled: dict[str, float] = {}
        """When AWS has last said of a service that it was too much."""
        self._lock = Lock()

    def wait(self, service: str) -> None:
        """Return when the next read of `service` may be sent; at once where it has no rate."""
        rate = RATES.get(service)
        if rate is None:
            return
        with self._lock:
            now = self._now()
            told = self._throttled.get(service)
            slow = told is not None and now - told < CALM_SECONDS
            earliest = now if slow else now - BURST_SECONDS
            rate = rate / 2 if slow else rate
            due = max(self._paid.get(service, earliest), earliest) + 1 / rate
            self._paid[service] = due
        if due > now:
            self._rest(due - now)

    def throttled(self, service: str) -> None:
        """Slow down for a while: AWS has said that this was too much."""
        with self._lock:
            self._throttled[service] = self._now()
