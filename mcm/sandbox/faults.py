"""What goes wrong in the sandbox on purpose: rules that the engine consults at each call.

A rule is data: what it matches, how often or how long, and one effect. The named faults
of `mcm sandbox fault NAME` are at the end; each arranges something in a running scenario.
"""

import copy
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.identity import access_denied, expired_token, user_key


class Effect(StrEnum):
    """What happens to a call that a fault strikes."""

    THROTTLE = "throttle"
    CONFLICT = "conflict"
    TIMEOUT_BEFORE = "timeout before effect"
    """The caller waits in vain, and nothing happened."""
    TIMEOUT_AFTER = "timeout after effect"
    """The caller waits in vain, and the call was carried out."""
    SERVER_ERROR = "server error"
    DENIED = "denied"
    EXPIRED = "expired"
    STALE = "stale"
    """A read answers what it answered some time ago."""


@dataclass(frozen=True)
class Fault:
    """One rule. What is left open matches everything; the first rule that matches strikes."""

    effect: Effect
    service: str | None = None
    operation: str | None = None
    access_key_id: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that the call must have; others do not matter."""
    times: int | None = None
    """How many calls it strikes; None: all."""
    after: int = 0
    """How many matching calls it lets through first."""
    since: datetime | None = None
    until: datetime | None = None
    """It strikes in `[since, until)`."""
    age: timedelta = timedelta(seconds=10)
    """How old the answer of a STALE read is at least."""

    def matches(self, access_key_id: str, service: str, operation: str, params: Params) -> bool:
        """Say whether the call is one that this rule is about, whenever it comes."""
        return (
            self.service in (None, service)
            and self.operation in (None, operation)
            and self.access_key_id in (None, access_key_id)
            and all(params.get(key) == value for key, value in self.params.items())
        )

    def holds_at(self, now: datetime) -> bool:
        """Say whether `now` lies in the rule's time."""
        return (self.since is None or now >= self.since) and (
            self.until is None or now < self.until
        )


class Faults:
    """The rules in force, with what is left of each."""

    def __init__(self) -> None:
        self._rules: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Put a rule behind those in force."""
        self._rules.append((fault, [0]))

    def clear(self) -> None:
        """Take back every rule."""
        self._rules.clear()

    def wants_answers(self) -> bool:
        """Say whether a rule needs answers of the past to be kept."""
        return any(fault.effect is Effect.STALE for fault, _ in self._rules)

    def strike(
        self, access_key_id: str, service: str, operation: str, params: Params, now: datetime
    ) -> Fault | None:
        """Return the fault that strikes this call, and count it; None if the call is spared."""
        for fault, count in self._rules:
            if not fault.holds_at(now):
                continue
            if not fault.matches(access_key_id, service, operation, params):
                continue
            count[0] += 1
            last = None if fault.times is None else fault.after + fault.times
            if count[0] > fault.after and (last is None or count[0] <= last):
                return fault
        return None


def error_before(fault: Fault, arn: str, service: str, operation: str) -> AwsError | None:
    """Return the error of a fault that keeps the call from being carried out."""
    match fault.effect:
        case Effect.THROTTLE:
            return AwsError(ErrorKind.THROTTLED, "ThrottlingException", "Rate exceeded")
        case Effect.CONFLICT:
            message = "The pipeline is busy; try again later"
            return AwsError(ErrorKind.CONFLICT, "ConflictException", message)
        case Effect.TIMEOUT_BEFORE:
            return lost_reply()
        case Effect.SERVER_ERROR:
            message = "The service could not answer"
            return AwsError(ErrorKind.LOST, "InternalFailure", message)
        case Effect.DENIED:
            return access_denied(arn, service, operation)
        case Effect.EXPIRED:
            return expired_token()
        case Effect.TIMEOUT_AFTER | Effect.STALE:
            return None


def lost_reply() -> AwsError:
    """Build the error of a caller that waited for a reply in vain."""
    return AwsError(ErrorKind.LOST, "ReadTimeoutError", "No reply came in time")


class Answers:
    """What reads answered of late, for stale reads."""

    _KEPT = 64

    def __init__(self) -> None:
        self._kept: dict[str, deque[tuple[datetime, Reply]]] = {}

    def keep(self, where: str, params: Params, reply: Reply, now: datetime) -> None:
        """Remember an answer; `where` is the caller's view: account, region and operation."""
        kept = self._kept.setdefault(_key(where, params), deque(maxlen=self._KEPT))
        kept.append((now, copy.deepcopy(reply)))

    def recall(self, where: str, params: Params, before: datetime) -> Reply | None:
        """Return the newest answer from `before` or earlier; else the oldest; else None."""
        kept = self._kept.get(_key(where, params))
        if not kept:
            return None
        old = [reply for when, reply in kept if when <= before]
        return copy.deepcopy(old[-1] if old else kept[0][1])


def _key(where: str, params: Params) -> str:
    return f"{where} {json.dumps(params, sort_keys=True, default=str)}"


class Scenario(Protocol):
    """What the named faults need of a running scenario."""

    @property
    def faults(self) -> Faults: ...

    def now(self) -> datetime: ...

    def raise_errors(self) -> None:
        """Let the live variant of the US endpoint answer with errors from now on."""
        ...

    def roll_back_silently(self) -> None:
        """Let the next update of the US endpoint go back while the pipeline reports success."""
        ...

    def fail_deployment(self) -> None:
        """Let the next US deployment fail in the pipeline, once."""
        ...

    def stop_records(self) -> None:
        """Let no record of the US shadow be written any more."""
        ...

    def garble_records(self) -> None:
        """Let every record of the US shadow be cut short from now on."""
        ...


@dataclass(frozen=True)
class NamedFault:
    """A fault that `mcm sandbox fault NAME` can arrange."""

    description: str
    apply: Callable[[Scenario], None]


def _throttle(scenario: Scenario) -> None:
    until = scenario.now() + timedelta(minutes=1)
    scenario.faults.add(Fault(Effect.THROTTLE, until=until))


def _lose_rollback_reply(scenario: Scenario) -> None:
    scenario.faults.add(Fault(Effect.TIMEOUT_AFTER, operation="RollbackStage", times=1))


def _expire(scenario: Scenario) -> None:
    # Only the operator's: somebody else must still be able to roll back.
    scenario.faults.add(Fault(Effect.EXPIRED, access_key_id=user_key("alice")))


def _deny_disable(scenario: Scenario) -> None:
    scenario.faults.add(Fault(Effect.DENIED, operation="DisableStageTransition"))


NAMED_FAULTS: Mapping[str, NamedFault] = {
    "5xx": NamedFault(
        "the live variant in US answers with errors from now on",
        lambda scenario: scenario.raise_errors(),
    ),
    "silent-rollback": NamedFault(
        "the next US deployment reports success, but its endpoint goes back",
        lambda scenario: scenario.roll_back_silently(),
    ),
    "deploy-fails": NamedFault(
        "the next US deployment fails in the pipeline, once; a retry goes well",
        lambda scenario: scenario.fail_deployment(),
    ),
    "records-stop": NamedFault(
        "no record of the shadow in US is written any more",
        lambda scenario: scenario.stop_records(),
    ),
    "records-broken": NamedFault(
        "every record of the shadow in US is cut short, so that it is no JSON",
        lambda scenario: scenario.garble_records(),
    ),
    "throttle": NamedFault("every call is throttled for one minute", _throttle),
    "lost-rollback-reply": NamedFault(
        "the next RollbackStage is carried out, and its reply is lost", _lose_rollback_reply
    ),
    "expired-credentials": NamedFault("the session of alice has expired", _expire),
    "deny-disable-transition": NamedFault("nobody may disable a transition", _deny_disable),
}
