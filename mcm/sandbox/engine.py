"""The sandbox's AWS: one pure model that answers calls and moves only with its clock.

A call takes the lock, brings every service up to the clock's now, meets the faults and
is dispatched. There is no thread and no wall clock in here: in process the clock is a
test's or the simulator's, behind HTTP it is the system's.
"""

import copy
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from mcm.aws.port import AwsError, ErrorKind, Params, Port, Reply
from mcm.sandbox.faults import (
    NAMED_FAULTS,
    Answers,
    Effect,
    Fault,
    Faults,
    Scenario,
    error_before,
    lost_reply,
)
from mcm.sandbox.identity import Identities, Identity
from mcm.sandbox.service import Caller, Service, Stored
from mcm.sandbox.shapes import input_errors, shape_errors

_READS = ("Get", "List", "Describe", "Search", "BatchGet")
_ACCEPTED = "accepted"


@runtime_checkable
class Eventful(Protocol):
    """A service or an actor that can tell when it next changes by itself.

    Those that cannot are brought forward in steps of the engine's `max_step`.
    """

    def next_event(self) -> datetime | None:
        """Return when; None: not before somebody calls. A past instant means at once."""
        ...


@runtime_checkable
class Storing(Protocol):
    """A service that writes objects into S3, which the engine does not have itself."""

    @property
    def buckets(self) -> tuple[tuple[str, str], ...]:
        """Return buckets that are there from the start, by region and name."""
        ...

    def stored(self, now: datetime) -> list[Stored]:
        """Return what was written since the last call."""
        ...


class Actor(Protocol):
    """Something that acts as time goes by and that nobody calls: people, for example."""

    def advance(self, now: datetime) -> None:
        """Do what is due up to `now`."""
        ...


@dataclass(frozen=True)
class LogEntry:
    """One call, as the engine saw it."""

    at: datetime
    access_key_id: str
    arn: str
    """Empty if the key is unknown."""
    region: str
    service: str
    operation: str
    params: Params
    outcome: str
    """`accepted`, or the code of the error that kept the call from being carried out."""
    reply_lost: bool = False
    """Carried out, but the caller does not know."""

    @property
    def is_write(self) -> bool:
        return not self.operation.startswith(_READS)

    @property
    def is_accepted(self) -> bool:
        return self.outcome == _ACCEPTED


class CallLog:
    """Every call since the start, oldest first; reads are counted, writes kept whole."""

    def __init__(self) -> None:
        self.writes: list[LogEntry] = []
        self.calls: dict[tuple[str, str], int] = {}
        """How many calls came in, by service and operation, refused ones included."""

    def add(self, entry: LogEntry) -> None:
        key = (entry.service, entry.operation)
        self.calls[key] = self.calls.get(key, 0) + 1
        if entry.is_write:
            self.writes.append(replace(entry, params=copy.deepcopy(entry.params)))

    def accepted(self, operation: str | None = None) -> list[LogEntry]:
        """Return the writes that were carried out, of one operation or of all."""
        return [
            entry
            for entry in self.writes
            if entry.is_accepted and operation in (None, entry.operation)
        ]


class Engine:
    """All services of the sandbox behind one `call`."""

    def __init__(
        self,
        services: Mapping[str, Service],
        identities: Identities,
        clock: Callable[[], datetime],
        *,
        actors: Iterable[Actor] = (),
        faults: Faults | None = None,
        max_step: timedelta = timedelta(seconds=1),
        is_strict: bool = False,
    ) -> None:
        """Build the engine at the clock's now.

        At each common instant the services are advanced in the mapping's order, then the
        actors. `is_strict` holds parameters and replies against botocore's service models
        in process too: wrong parameters get ValidationException, a wrong reply is a bug
        and raises AssertionError. The HTTP face does so by itself.
        """
        self.services = dict(services)
        self.identities = identities
        self.faults = faults if faults is not None else Faults()
        self.log = CallLog()
        self.scenario: Scenario | None = None
        self._moving: list[Actor] = [*self.services.values(), *actors]
        # An instance check against a protocol is slow, and every call asks.
        self._events = [one.next_event for one in self._moving if isinstance(one, Eventful)]
        self._is_strict = is_strict
        self._clock = clock
        self._max_step = max_step
        self._at = clock()
        self._was_read = False
        self._answers = Answers()
        self._lock = threading.RLock()

    def now(self) -> datetime:
        """Return the instant up to which everything has happened."""
        return self._at

    def clock(self) -> datetime:
        """Return what its clock says, which may be past `now` while nobody calls."""
        return self._clock()

    def port(self, access_key_id: str, region: str) -> Port:
        """Return a port that calls as the holder of a key in one region."""
        return EnginePort(self, access_key_id, region)

    def call(
        self, caller_key: str, region: str, service: str, operation: str, params: Params
    ) -> Reply:
        """Answer one call at the clock's now; raise AwsError, and nothing else."""
        with self._lock:
            self._catch_up(operation)
            fault = self.faults.strike(caller_key, service, operation, params, self._at)
            request = _Request(self._at, caller_key, region, service, operation, params)
            try:
                reply = self._answer(request, fault)
            except AwsError as error:
                error.service = error.service or service
                error.operation = error.operation or operation
                raise
            return reply

    def advance(self) -> None:
        """Bring every service up to the clock's now, all together, in the order of time."""
        with self._lock:
            now = max(self._clock(), self._at)
            is_second = False
            while True:
                step = min(now, self._next_instant(is_second))
                is_second = step == self._at
                for moving in self._moving:
                    moving.advance(step)
                self._at = step
                if step >= now:
                    return

    def stored(self) -> tuple[list[tuple[str, str]], list[Stored]]:
        """Return buckets, and the objects that services wrote up to now, each of them once."""
        with self._lock:
            self.advance()
            writers = [one for one in self.services.values() if isinstance(one, Storing)]
            buckets = [bucket for one in writers for bucket in one.buckets]
            return buckets, [each for one in writers for each in one.stored(self._at)]

    def _catch_up(self, operation: str) -> None:
        """Advance before a call, unless only reads have come since at this very instant."""
        is_read = operation.startswith(_READS)
        if not (is_read and self._was_read and self._clock() == self._at):
            self.advance()
        self._was_read = is_read

    def fault(self, name: str) -> None:
        """Arrange a named fault in the scenario; raise KeyError for a name that is not one."""
        named = NAMED_FAULTS[name]
        if self.scenario is None:
            raise KeyError(f"{name}: this engine runs no scenario")
        with self._lock:
            self.advance()
            named.apply(self.scenario)

    def _next_instant(self, must_move: bool) -> datetime:
        """Return the next instant at which services may have an effect on each other.

        An event that stays due however often its service is advanced must not stop time.
        """
        found = (next_event() for next_event in self._events)
        instants = [instant for instant in found if instant is not None]
        if len(self._events) < len(self._moving):
            instants.append(self._at + self._max_step)
        first = min(instants, default=datetime.max.replace(tzinfo=self._at.tzinfo))
        if first > self._at:
            return first
        return self._at + self._max_step if must_move else self._at

    def _answer(self, request: "_Request", fault: Fault | None) -> Reply:
        arn = ""
        try:
            identity = self.identities.find(request.access_key_id, self._at)
            arn = identity.arn
            if fault and (error := error_before(fault, arn, request.service, request.operation)):
                raise error
            self.identities.check(identity, request.service, request.operation)
            reply = self._dispatch(identity, request)
        except AwsError as error:
            self.log.add(request.entry(arn, error.code))
            raise
        is_lost = fault is not None and fault.effect is Effect.TIMEOUT_AFTER
        entry = request.entry(arn, _ACCEPTED, is_lost)
        self.log.add(entry)
        if is_lost:
            raise lost_reply()
        return reply if entry.is_write else self._remember(request, reply, fault)

    def _dispatch(self, identity: Identity, request: "_Request") -> Reply:
        service = self.services.get(request.service)
        handler = service.operations.get(request.operation) if service else None
        if handler is None:
            name = f"{request.service}:{request.operation}"
            raise AwsError(
                ErrorKind.INVALID, "UnsupportedOperation", f"The sandbox does not emulate {name}"
            )
        caller = Caller(
            account=identity.account,
            region=request.region,
            arn=identity.arn,
            user_id=identity.user_id,
            now=self._at,
        )
        if not self._is_strict:
            return handler(request.params, caller)
        if found := input_errors(request.service, request.operation, request.params):
            raise AwsError(ErrorKind.INVALID, "ValidationException", "; ".join(found))
        reply = handler(request.params, caller)
        found = shape_errors(request.service, request.operation, reply)
        assert found == [], f"{request.operation} answered what AWS could not: {found}"
        return reply

    def _remember(self, request: "_Request", reply: Reply, fault: Fault | None) -> Reply:
        """Keep a read's answer if a fault may want it; answer with an old one if it is stale."""
        if not self.faults.wants_answers():
            return reply
        where = f"{request.region} {request.service} {request.operation}"
        self._answers.keep(where, request.params, reply, self._at)
        if fault is not None and fault.effect is Effect.STALE:
            old = self._answers.recall(where, request.params, self._at - fault.age)
            return reply if old is None else old
        return reply


@dataclass(frozen=True)
class EnginePort:
    """The engine as one caller in one region sees it: a `mcm.aws.port.Port`."""

    engine: Engine
    access_key_id: str
    region: str

    def call(self, service: str, operation: str, params: Params) -> Reply:
        return self.engine.call(self.access_key_id, self.region, service, operation, params)


@dataclass(frozen=True)
class _Request:
    at: datetime
    access_key_id: str
    region: str
    service: str
    operation: str
    params: Params

    def entry(self, arn: str, outcome: str, reply_lost: bool = False) -> LogEntry:
        return LogEntry(
            at=self.at,
            access_key_id=self.access_key_id,
            arn=arn,
            region=self.region,
            service=self.service,
            operation=self.operation,
            params=self.params,
            outcome=outcome,
            reply_lost=reply_lost,
        )
