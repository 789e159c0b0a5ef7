"""The conditions under which mcm calls AWS: what the drawn faults do to its calls.

They stand between mcm and the engine. What the engine itself can do wrong (throttling,
timeouts, denials) is arranged there; here replies are made late, old, split or odd.
"""

import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mcm.aws.port import AwsError, Params, Port, Reply
from mcm.sandbox.engine import Engine
from mcm.sandbox.faults import Effect
from mcm.sandbox.faults import Fault as EngineFault
from mcm.sandbox.identity import user_key
from mcm.sandbox.virtual_clock import VirtualClock
from mcm.store.lease import MemoryLeases
from tests.simulation.faults import (
    READS,
    DiskFull,
    Hiccup,
    Jump,
    Lag,
    NoLease,
    Odd,
    Pages,
    Passing,
    Slow,
    Trouble,
)
from tests.simulation.faults_more import Outage, Spoiled, spoil
from tests.simulation.outside import Outside
from tests.simulation.shown import OLDEST, Shown

_SIZES = {
    "DescribeAlarms": "MaxRecords",
    "DescribeAlarmHistory": "MaxRecords",
    "GetMetricData": "MaxDatapoints",
    "ListPipelineExecutions": "maxResults",
    "ListActionExecutions": "maxResults",
}
_STATUSES = ("status", "StateValue", "EndpointStatus")


class Conditions:
    """What is wrong at the moment, and for how long."""

    def __init__(self, seed: int, engine: Engine, clock: VirtualClock, *, can_lag: bool) -> None:
        self.until = clock.now()
        """When the last of what can keep anybody from going back is over."""
        self.shown = Shown()
        self.leases = MemoryLeases()
        self.jumped = timedelta(0)
        """By how much the clock of mcm's machine was ever off."""
        self.outside: Outside | None = None
        self._engine = engine
        self._clock = clock
        self._can_lag = can_lag
        self._chance = Random(seed)
        self._active: list[tuple[Passing, datetime]] = []
        self._stale: list[tuple[dict[str, Reply], datetime]] = []
        self._answers: dict[str, list[tuple[datetime, Reply]]] = {}

    def begin(self, fault: Passing) -> None:
        """Let a fault begin now."""
        until = self._clock.now() + fault.lasts
        if _may_delay(fault):
            self.until = max(self.until, until)
        if isinstance(fault, Trouble):
            rule = EngineFault(
                fault.effect,
                operation=fault.operation,
                access_key_id=user_key("alice"),
                times=fault.times,
                until=until,
            )
            self._engine.faults.add(rule)
        if isinstance(fault, Hiccup):
            self._engine.faults.add(
                EngineFault(
                    Effect.TIMEOUT_AFTER,
                    operation=fault.operation,
                    access_key_id=user_key("alice"),
                    times=1,
                )
            )
        if isinstance(fault, NoLease):
            self.leases.broken = "input/output error"
            self._clock.at(until, self._mend_leases)
        if isinstance(fault, Outage) and self.outside is not None:
            self.outside.fail(fault.kind, fault.why, until)
        if isinstance(fault, Jump):
            self.jumped = max(self.jumped, abs(fault.by))
        self._active.append((fault, until))

    def _mend_leases(self) -> None:
        self.leases.broken = ""

    def heal(self) -> None:
        """Let everything be well from now on."""
        self._engine.faults.clear()
        self._active.clear()
        self._stale.clear()
        self._mend_leases()
        if self.outside is not None:
            self.outside.heal()
        self.until = self._clock.now()

    def horizon(self, *operations: str) -> datetime:
        """Return since when mcm may not have seen what these operations show.

        Now, unless reads lag: then by their bound before, and by how old a reading may be.
        """
        now = self._clock.now()
        bounds = [
            fault.bound
            for fault, until in self._active
            if isinstance(fault, Lag | Hiccup) and now - OLDEST < until
            if {*_lagging(fault)} & {*operations}
        ]
        return now - max(bounds) - OLDEST if bounds else now

    @property
    def behind(self) -> timedelta:
        """By how much any read may lag behind, now or a moment ago."""
        return self._clock.now() - self.horizon(*READS)

    def lags(self, *operations: str) -> bool:
        """Say whether mcm may be shown an older state by one of these operations."""
        return self.horizon(*operations) < self._clock.now()

    def disk_is_full(self) -> bool:
        return bool(self._now(DiskFull))

    def offset(self) -> timedelta:
        """Return by how much the clock of mcm's machine is off."""
        return sum((fault.by for fault in self._now(Jump)), timedelta(0))

    def call(self, port: Port, service: str, operation: str, params: Params) -> Reply:
        """Make a call of mcm's as it goes under these conditions."""
        asked = self._clock.now()
        reply = self._distorted(port, service, operation, params)
        self.shown.reply(operation, reply, asked)
        return reply

    def _distorted(self, port: Port, service: str, operation: str, params: Params) -> Reply:
        if not self._active:
            return self._past(operation, params, port.call(service, operation, params))
        for fault in self._now(Pages):
            if fault.operation == operation:
                params = {**params, _SIZES[operation]: fault.size}
        try:
            reply = port.call(service, operation, params)
        except AwsError as err:
            self._lost(operation, err)
            raise
        reply = self._past(operation, params, reply)
        if any(fault.operation == operation for fault in self._now(Odd)):
            reply = _misspelled(copy.deepcopy(reply))
        if operation == "GetMetricData" and (spoiled := self._now(Spoiled)):
            reply = copy.deepcopy(reply)
            for each in spoiled:
                spoil(each, reply)
        for fault in self._now(Slow):
            if fault.operation == operation:
                self._clock.pass_time(fault.by)
        return reply

    def _now(self, kind: type[Any]) -> list[Any]:
        now = self._clock.now()
        return [fault for fault, until in self._active if isinstance(fault, kind) and now < until]

    def _past(self, operation: str, params: Params, reply: Reply) -> Reply:
        """Return `reply` or, while a lag is in force, perhaps one from the recent past."""
        if not self._can_lag:
            return reply
        now = self._clock.now()
        key = f"{operation} {params}"
        kept = self._answers.setdefault(key, [])
        kept.append((now, reply))
        for before, until in self._stale:
            if key in before and now < until:
                return before[key]
        for fault in self._now(Lag):
            if fault.operation == operation and self._chance.random() < 0.5:
                return self._chance.choice([one for at, one in kept if now - at <= fault.bound])
        return reply

    def _lost(self, operation: str, err: AwsError) -> None:
        """Let reads show the state before a write whose reply was lost, if that was drawn."""
        now = self._clock.now()
        for fault in self._now(Hiccup):
            if fault.operation == operation and err.may_have_happened:
                before = {
                    key: kept[-1][1]
                    for key, kept in self._answers.items()
                    if key.startswith(fault.reads)
                }
                self._stale.append((before, now + fault.bound))


def _may_delay(fault: Passing) -> bool:
    """Say whether a rollback may wait for the end of `fault`.

    It waits for no disk and no clock, and for no way in that AWS does not let it close.
    """
    if isinstance(fault, Trouble):
        return fault.operation != "DisableStageTransition"
    return isinstance(fault, Slow | Odd | Outage | Spoiled)


def _lagging(fault: Lag | Hiccup) -> tuple[str, ...]:
    return (fault.operation,) if isinstance(fault, Lag) else fault.reads


def _misspelled(reply: Any) -> Any:
    """Put a word that nobody knows where AWS says a status."""
    if isinstance(reply, dict):
        for key, value in reply.items():
            if key in _STATUSES and isinstance(value, str):
                reply[key] = "Quiescing"
            else:
                _misspelled(value)
    elif isinstance(reply, list):
        for item in reply:
            _misspelled(item)
    return reply


class LocalClock(VirtualClock):
    """The clock of mcm's machine: the virtual clock, off by what the conditions say."""

    def __init__(self, true: VirtualClock) -> None:
        super().__init__(true.now())
        self._true = true
        self.conditions: Conditions | None = None

    def now(self) -> datetime:
        offset = self.conditions.offset() if self.conditions else timedelta(0)
        return self._true.now() + offset

    def at(self, moment: datetime, call: Any) -> None:
        self._true.at(moment, call)

    def sleep_until(self, moment: datetime) -> None:
        self._true.sleep_until(self._true.now() + (moment - self.now()))
